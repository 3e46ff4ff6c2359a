//! What holds for whole models, and what the tests of the parts share.

mod config;
mod frozen;
mod save;
mod trace;
mod weights;

use super::tensors::tensors;
use super::*;
use crate::data::PackedSequence;
use std::fs;
use std::path::{Path, PathBuf};
use tch::Device;

fn fixture(family: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/golden").join(family)
}

fn open(folder: &Path) -> Result<Model, ModelError> {
    Model::open(folder, Device::Cpu, Precision::F32)
}

/// A copy of a fixture that a test may damage.
fn copy_of(family: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(fixture(family)).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
    }
    folder
}

#[test]
fn random_models_depend_on_the_seed_alone() {
    let random =
        |seed| Model::random(&fixture("qwen2"), seed, Device::Cpu, Precision::F32).unwrap();
    let (a, b, c) = (random(1), random(1), random(2));
    let specs = tensors(a.architecture());
    for (((a, b), c), spec) in a.params().iter().zip(b.params()).zip(c.params()).zip(&specs) {
        assert_eq!(a.tensor, b.tensor);
        assert_eq!(a.tensor.size(), spec.shape);
        let weight = a.name.ends_with("proj.weight") || a.name.contains("embed");
        assert_eq!(a.tensor != c.tensor, weight, "{}", a.name);
        assert_eq!(a.decays, weight, "{}", a.name);
        if !weight {
            let expected = if a.name.ends_with("bias") { 0.0 } else { 1.0 };
            assert!(Vec::<f32>::try_from(&a.tensor).unwrap().iter().all(|x| *x == expected));
        }
    }
}

#[test]
fn rows_that_contradict_the_model_are_refused() {
    let model = open(&fixture("mistral")).unwrap();
    let options = PassOptions { recompute: Recompute::None, loss_chunk: 8 };
    let row = PackedSequence {
        tokens: vec![5, 6, 7],
        labels: vec![6, 7, PackedSequence::IGNORE],
        positions: vec![0, 1, 2],
        domains: vec![0; 3],
        cu_seqlens: vec![0, 3],
    };
    let error = |change: &dyn Fn(&mut PackedSequence)| {
        let mut row = row.clone();
        change(&mut row);
        model.train_sequence(&row, 1.0, 1, options).unwrap_err().to_string()
    };
    assert!(error(&|row| row.tokens[1] = 101).contains("token 101 is outside"));
    assert!(error(&|row| row.labels[1] = -5).contains("token -5 is outside"));
    assert!(error(&|row| row.domains[1] = 1).contains("domain 1 of 1"));
    assert!(error(&|row| row.cu_seqlens = vec![0, 2]).contains("do not rise from 0 to 3"));
    assert!(error(&|row| row.positions = vec![0]).contains("1 positions"));
    let long = vec![5; 65];
    let error = model.logits(&long, &[0, 65]).unwrap_err().to_string();
    assert!(error.contains("sliding window of 64"), "{error}");
}
