//! Frozen parameters: no gradient of theirs is computed, and no bit of another changes.

use super::*;
use crate::torch::ops::matmul_count;
use tch::Tensor;

const FAMILIES: [&str; 5] = ["llama", "llama3", "mistral", "qwen2", "qwen3"];
const KEEP: PassOptions = PassOptions { recompute: Recompute::None, loss_chunk: 5 };
const RECOMPUTE: PassOptions = PassOptions { recompute: Recompute::Full, loss_chunk: 5 };

/// Two documents.
fn packed() -> PackedSequence {
    let tokens: Vec<i64> = (0..29).map(|i| (i * 37 + 5) % 101).collect();
    let labels = tokens.iter().skip(1).copied().chain([PackedSequence::IGNORE]).collect();
    PackedSequence {
        labels,
        positions: (0..12).chain(0..17).collect(),
        domains: (0..29).map(|i| i64::from(i >= 12)).collect(),
        cu_seqlens: vec![0, 12, 29],
        tokens,
    }
}

/// Losses, gradients of the trainable parameters by name, and matmuls of the layers.
fn train(
    family: &str,
    precision: Precision,
    options: PassOptions,
    trainable: &dyn Fn(&str) -> bool,
) -> (Tensor, Vec<(String, Tensor)>, usize) {
    let mut model = Model::open(&fixture(family), Device::Cpu, precision).unwrap();
    model.set_trainable(|param| trainable(&param.name)).unwrap();
    let before = matmul_count();
    let sums = model.train_sequence(&packed(), 0.1, 2, options).unwrap();
    let matmuls = matmul_count() - before;
    for param in model.params() {
        let has_grad = param.tensor.grad().defined();
        assert_eq!(has_grad, trainable(&param.name), "{family}: {}", param.name);
    }
    let params = model.params().iter().filter(|param| param.is_trainable());
    let names: Vec<String> = params.map(|param| param.name.clone()).collect();
    let grads = model.grads().unwrap();
    assert_eq!(names.len(), grads.len());
    (sums, names.into_iter().zip(grads).collect(), matmuls)
}

/// Asserts that the subset has the losses and gradients that it has among all.
fn assert_subset(
    family: &str,
    precision: Precision,
    all: &(Tensor, Vec<(String, Tensor)>, usize),
    trainable: &dyn Fn(&str) -> bool,
) {
    for options in [KEEP, RECOMPUTE] {
        let (sums, grads, _) = train(family, precision, options, trainable);
        assert_eq!(sums, all.0, "{family} {precision:?}");
        for (name, grad) in grads {
            let whole = all.1.iter().find(|(other, _)| *other == name).unwrap();
            assert_eq!(grad, whole.1, "{family} {precision:?}: {name}");
        }
    }
}

#[test]
fn any_parameter_can_be_trained_alone_or_frozen_alone() {
    for family in FAMILIES {
        let all = train(family, Precision::F32, KEEP, &|_| true);
        for (one, _) in &all.1 {
            assert_subset(family, Precision::F32, &all, &|name| name == one);
            assert_subset(family, Precision::F32, &all, &|name| name != one);
        }
    }
}

#[test]
fn any_part_can_be_frozen_in_every_precision() {
    let parts: [fn(&str) -> bool; 7] = [
        |name| name.contains("layers.1."),
        |name| name.contains("layers.0."),
        |name| name.contains("norm"),
        |name| name.contains("proj"),
        |name| name.contains("self_attn"),
        |name| name.contains("mlp") || name.contains("embed"),
        |name| name.ends_with("bias") || name.contains("lm_head"),
    ];
    for family in FAMILIES {
        for precision in [Precision::F32, Precision::MixedBf16, Precision::PureBf16] {
            let all = train(family, precision, KEEP, &|_| true);
            for part in parts {
                assert_subset(family, precision, &all, &part);
            }
        }
    }
}

#[test]
fn matmuls_whose_result_nobody_needs_are_not_computed() {
    let matmuls = |trainable: &dyn Fn(&str) -> bool| {
        let mut model = open(&fixture("llama")).unwrap();
        assert_eq!(model.architecture().layer_count(), 2);
        model.set_trainable(|param| trainable(&param.name)).unwrap();
        let before = matmul_count();
        let _ = model.train_sequence(&packed(), 0.1, 2, KEEP).unwrap();
        matmul_count() - before
    };
    // A layer has 7 projections: 7 matmuls forward, 7 gradients of inputs, 7 of weights.
    assert_eq!(matmuls(&|_| true), 2 * 21);
    assert_eq!(matmuls(&|name| !name.ends_with("proj.weight")), 2 * 14);
    assert_eq!(matmuls(&|name| name != "model.layers.1.mlp.up_proj.weight"), 2 * 21 - 1);
    // The lower layer and the embedding are frozen: no backward there.
    let upper = |name: &str| name.contains("layers.1.");
    assert_eq!(matmuls(&upper), 7 + 21);
    // Its first norm is frozen too: the gradient of what it gives is not needed either.
    assert_eq!(matmuls(&|name| upper(name) && !name.contains("input_layernorm")), 7 + 21 - 3);
    // The feed-forward half alone, of whose input no gradient is needed.
    assert_eq!(matmuls(&|name| name.ends_with("layers.1.mlp.down_proj.weight")), 2 * 7 + 2);
    assert_eq!(matmuls(&|name| name == "model.norm.weight"), 2 * 7);
    assert_eq!(matmuls(&|_| false), 2 * 7);
}

#[test]
fn freezing_takes_gradients_away_and_thawing_starts_from_zero() {
    let mut model = open(&fixture("llama")).unwrap();
    let _ = model.train_sequence(&packed(), 0.1, 2, KEEP).unwrap();
    model.set_trainable(|param| param.name.contains("layers.1.")).unwrap();
    assert!(model.params().iter().all(|param| !param.tensor.grad().defined()));
    assert!(model.grads().unwrap().iter().all(|grad| grad.abs().max().double_value(&[]) == 0.0));
    model.set_trainable(|_| true).unwrap();
    let _ = model.train_sequence(&packed(), 0.1, 2, KEEP).unwrap();
    let (_, expected, _) = train("llama", Precision::F32, KEEP, &|_| true);
    for (grad, (name, expected)) in model.grads().unwrap().iter().zip(expected) {
        assert_eq!(*grad, expected, "{name}");
    }
}
