//! Every family against what `transformers` computes: logits, losses and gradients stored by
//! `tests/fixtures/golden/make.py`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use tch::{Device, Kind, Tensor};
use versatune::config::Precision;
use versatune::data::PackedSequence;
use versatune::model::{Model, PassOptions, Recompute};

const FAMILIES: [&str; 5] = ["llama", "llama3", "mistral", "qwen2", "qwen3"];
const KEEP: PassOptions = PassOptions { recompute: Recompute::None, loss_chunk: 5 };
const RECOMPUTE: PassOptions = PassOptions { recompute: Recompute::Full, loss_chunk: 5 };

fn fixture(family: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/golden").join(family)
}

fn open(family: &str, precision: Precision) -> Model {
    Model::open(&fixture(family), Device::Cpu, precision).unwrap()
}

/// What transformers computed: `tokens`, `labels`, `bounds`, `logits`, `loss_sums`, `loss`, `grad.*`.
struct Golden(HashMap<String, Tensor>);

impl Golden {
    fn read(family: &str) -> Self {
        let tensors = Tensor::read_safetensors(fixture(family).join("expected.safetensors"));
        Golden(tensors.unwrap().into_iter().collect())
    }

    fn integers(&self, name: &str) -> Vec<i64> {
        Vec::try_from(&self.0[name]).unwrap()
    }

    fn floats(&self, name: &str) -> Vec<f64> {
        Vec::try_from(self.0[name].to_kind(Kind::Double).view([-1])).unwrap()
    }

    /// Both documents in one row; document i is of domain i.
    fn packed(&self) -> PackedSequence {
        let cu_seqlens = self.integers("bounds");
        let lengths = cu_seqlens.windows(2).map(|ends| ends[1] - ends[0]);
        let of_each = |i: usize, length: i64| std::iter::repeat_n(i as i64, length as usize);
        PackedSequence {
            tokens: self.integers("tokens"),
            labels: self.integers("labels"),
            positions: lengths.clone().flat_map(|length| 0..length).collect(),
            domains: lengths.enumerate().flat_map(|(i, length)| of_each(i, length)).collect(),
            cu_seqlens,
        }
    }

    /// One document in a row of its own.
    fn alone(&self, document: usize) -> PackedSequence {
        let row = self.packed();
        let range = row.cu_seqlens[document] as usize..row.cu_seqlens[document + 1] as usize;
        PackedSequence {
            tokens: row.tokens[range.clone()].to_vec(),
            labels: row.labels[range.clone()].to_vec(),
            positions: row.positions[range.clone()].to_vec(),
            domains: row.domains[range.clone()].to_vec(),
            cu_seqlens: vec![0, range.len() as i64],
        }
    }

    fn scale(&self) -> f64 {
        let labels = self.integers("labels");
        1.0 / labels.iter().filter(|label| **label != PackedSequence::IGNORE).count() as f64
    }
}

/// Largest difference, relative to the largest expected value.
fn difference(found: &Tensor, expected: &Tensor) -> f64 {
    assert_eq!(found.size(), expected.size());
    let (found, expected) = (found.to_kind(Kind::Double), expected.to_kind(Kind::Double));
    let scale = expected.abs().max().double_value(&[]);
    assert!(scale > 0.0, "the fixture is not all zeros");
    (found - expected).abs().max().double_value(&[]) / scale
}

fn sums(tensor: &Tensor) -> Vec<f64> {
    Vec::try_from(tensor.to_kind(Kind::Double)).unwrap()
}

fn grads(model: &Model) -> Vec<Tensor> {
    model.grads().unwrap().iter().map(Tensor::copy).collect()
}

fn assert_grads(model: &Model, golden: &Golden, tolerance: f64, context: &str) {
    let expected = golden.0.keys().filter(|name| name.starts_with("grad.")).count();
    assert_eq!(expected, model.params().len(), "{context}");
    for (param, grad) in model.params().iter().zip(model.grads().unwrap()) {
        let off = difference(&grad, &golden.0[&format!("grad.{}", param.name)]);
        assert!(off <= tolerance, "{context}: gradient of {} is off by {off:.2e}", param.name);
    }
}

#[test]
fn logits_of_packed_documents_are_those_of_transformers() {
    for family in FAMILIES {
        let golden = Golden::read(family);
        let row = golden.packed();
        let logits = open(family, Precision::F32).logits(&row.tokens, &row.cu_seqlens).unwrap();
        let off = difference(&logits, &golden.0["logits"]);
        assert!(off <= 1e-4, "{family}: logits are off by {off:.2e}");
    }
}

#[test]
fn losses_and_gradients_are_those_of_transformers() {
    for family in FAMILIES {
        let golden = Golden::read(family);
        let model = open(family, Precision::F32);
        let (row, scale) = (golden.packed(), golden.scale());
        let found = sums(&model.train_sequence(&row, scale, 2, KEEP).unwrap());
        for (found, expected) in found.iter().zip(golden.floats("loss_sums")) {
            assert!((found / expected - 1.0).abs() <= 1e-5, "{family}: {found} for {expected}");
        }
        let loss = found.iter().sum::<f64>() * scale;
        assert!((loss / golden.floats("loss")[0] - 1.0).abs() <= 1e-5, "{family}: {loss}");
        assert_grads(&model, &golden, 1e-3, family);
    }
}

#[test]
fn recompute_changes_no_bit() {
    let some = PassOptions { recompute: Recompute::Layers { full: 1, selective: 1 }, ..KEEP };
    let widest = PassOptions { recompute: Recompute::Selective, ..KEEP };
    for (family, options) in FAMILIES
        .iter()
        .flat_map(|family| [RECOMPUTE, widest, some].map(|options| (*family, options)))
    {
        let golden = Golden::read(family);
        let (row, scale) = (golden.packed(), golden.scale());
        let (kept, recomputed) = (open(family, Precision::F32), open(family, Precision::F32));
        let a = kept.train_sequence(&row, scale, 2, KEEP).unwrap();
        let b = recomputed.train_sequence(&row, scale, 2, options).unwrap();
        assert_eq!(a, b, "{family}");
        assert_eq!(grads(&kept), grads(&recomputed), "{family}");
    }
}

#[test]
fn documents_packed_or_alone_or_in_two_rows_come_to_the_same() {
    for family in FAMILIES {
        let golden = Golden::read(family);
        let model = open(family, Precision::F32);
        let mut found = [0.0; 2];
        for document in 0..2 {
            let row = golden.alone(document);
            let logits = model.logits(&row.tokens, &row.cu_seqlens).unwrap();
            let packed = golden.packed();
            let begin = packed.cu_seqlens[document];
            let expected = golden.0["logits"].narrow(0, begin, row.tokens.len() as i64);
            assert!(difference(&logits, &expected) <= 1e-4, "{family}");

            // Gradients add up over rows, as over the micro-batches of one step.
            let sums = sums(&model.train_sequence(&row, golden.scale(), 2, KEEP).unwrap());
            found.iter_mut().zip(sums).for_each(|(all, one)| *all += one);
        }
        for (found, expected) in found.iter().zip(golden.floats("loss_sums")) {
            assert!((found / expected - 1.0).abs() <= 1e-5, "{family}: {found} for {expected}");
        }
        assert_grads(&model, &golden, 1e-3, family);
    }
}

#[test]
fn evaluation_is_training_without_gradients() {
    for family in FAMILIES {
        let golden = Golden::read(family);
        let model = open(family, Precision::F32);
        // The two documents are of the two domains.
        let evaluated = sums(&model.document_losses(&golden.packed(), 2, 5).unwrap());
        let trained = sums(&model.train_sequence(&golden.packed(), 1.0, 2, KEEP).unwrap());
        for (a, b) in evaluated.iter().zip(trained) {
            assert!((a / b - 1.0).abs() < 1e-6, "{family}: {a}, {b}");
        }
        model.zero_grads().unwrap();
        let _ = model.document_losses(&golden.packed(), 2, 5).unwrap();
        let all_zero = |grad: &Tensor| grad.abs().max().double_value(&[]) == 0.0;
        assert!(model.grads().unwrap().iter().all(all_zero), "{family}");
    }
}

#[test]
fn bf16_stays_near_f32() {
    for family in FAMILIES {
        let golden = Golden::read(family);
        for precision in [Precision::MixedBf16, Precision::PureBf16] {
            let model = open(family, precision);
            let found =
                sums(&model.train_sequence(&golden.packed(), golden.scale(), 2, KEEP).unwrap());
            for (found, expected) in found.iter().zip(golden.floats("loss_sums")) {
                let off = (found / expected - 1.0).abs();
                assert!(off < 0.02, "{family} {precision:?}: {found} for {expected}");
            }
            let kind = match precision {
                Precision::PureBf16 => Kind::BFloat16,
                _ => Kind::Float,
            };
            assert!(model.grads().unwrap().iter().all(|grad| grad.kind() == kind));
            assert_grads(&model, &golden, 0.1, &format!("{family} {precision:?}"));
        }
    }
}

#[test]
fn a_saved_model_is_the_same_to_the_bit() {
    for family in FAMILIES {
        let folder = tempfile::tempdir().unwrap();
        let saved = folder.path().join("saved");
        let model = open(family, Precision::F32);
        model.save(&saved).unwrap();
        let again = Model::open(&saved, Device::Cpu, Precision::F32).unwrap();
        assert_eq!(model.architecture(), again.architecture());
        for (a, b) in model.params().iter().zip(again.params()) {
            assert_eq!(a.name, b.name);
            assert_eq!(a.tensor, b.tensor, "{family}: {}", a.name);
        }
    }
}
