//! Training with each kind of moments ends where training in f32 does.

use super::objective::StepObjective;
use super::trainer::{Budgets, StepOptions, Trainer, TrainerOptions};
use crate::config::{Adam, MomentKind, Precision};
use crate::data::Example;
use crate::model::{Model, PassOptions, Recompute};
use crate::unit::{DomainId, Step, Tokens};
use tch::Device;

const SHAPE: &str = r#"{
    "model_type": "llama", "vocab_size": 97, "hidden_size": 64, "intermediate_size": 176,
    "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1,
    "max_position_embeddings": 64, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
    "tie_word_embeddings": false
}"#;
const VOCABULARY: u64 = 97;
const STEPS: u64 = 300;
/// Examples of a step, and of what is held out.
const BATCH: u64 = 8;
const HELD_OUT: u64 = 96;

/// A walk in which each token follows from the two before it, but for every fourth or so.
fn example(number: u64) -> Example {
    let hash = |i: u64| {
        let x = (number * 1000 + i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (x ^ (x >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 33
    };
    let mut tokens = vec![hash(0) % VOCABULARY, hash(1) % VOCABULARY];
    for i in 2..32 {
        let rule = 3 * tokens[i - 1] + tokens[i - 2] % 4;
        let by_chance = hash(2 * i as u64) % 4 == 0;
        tokens.push(if by_chance { hash(2 * i as u64 + 1) } else { rule } % VOCABULARY);
    }
    let counted = (0..tokens.len()).map(|i| i > 1).collect();
    let tokens = tokens.into_iter().map(|token| token as u32).collect();
    Example { domain: DomainId(0), tokens, counted }
}

/// The held-out loss before and after the steps.
fn trained(precision: Precision, moments: MomentKind) -> (f64, f64) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.json"), SHAPE).unwrap();
    let model = Model::random(folder.path(), 1, Device::Cpu, precision).unwrap();
    let budget = Tokens(512);
    let options = TrainerOptions {
        adam: Adam { beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.01 },
        moments,
        seed: 1,
        budgets: Budgets { training: budget, evaluation: budget },
        pass_options: PassOptions { recompute: Recompute::None, loss_chunk: 512 },
        domains: 1,
    };
    let mut trainer = Trainer::new(model, options).unwrap();
    let held_out: Vec<Example> = (0..HELD_OUT).map(|i| example(1 << 20 | i)).collect();
    let loss = |trainer: &mut Trainer| {
        let losses = trainer.evaluate(&held_out, &mut || false).unwrap().unwrap();
        losses[0].nats.iter().sum::<f64>() / losses[0].tokens.iter().sum::<u64>() as f64
    };
    let before = loss(&mut trainer);
    for step in 1..=STEPS {
        let examples: Vec<Example> = (0..BATCH).map(|i| example(step * BATCH + i)).collect();
        // A rate that falls to a tenth, so that the last steps' noise does not count.
        let lr = 3e-3 * (1.0 - 0.9 * step as f64 / STEPS as f64);
        let objective = StepObjective::Tokens;
        trainer
            .step(&examples, StepOptions { step: Step(step), lr, clip: Some(1.0), objective })
            .unwrap();
    }
    (before, loss(&mut trainer))
}

#[test]
fn three_hundred_steps_with_fewer_bits_end_within_a_hundredth_of_f32() {
    let (before, f32_loss) = trained(Precision::F32, MomentKind::F32);
    assert!(f32_loss < 0.6 * before, "it learns: {before} to {f32_loss}");
    for (precision, moments) in [
        (Precision::F32, MomentKind::Bf16),
        (Precision::F32, MomentKind::Int8),
        (Precision::PureBf16, MomentKind::Bf16),
        (Precision::PureBf16, MomentKind::Int8),
    ] {
        let (_, loss) = trained(precision, moments);
        let share = loss / f32_loss - 1.0;
        println!(
            "{precision:?} with {moments:?}: {loss:.4} against {f32_loss:.4}, {:+.2} %",
            100.0 * share
        );
        assert!(share.abs() < 0.01, "{precision:?}, {moments:?}: {loss} against {f32_loss}");
    }
}
