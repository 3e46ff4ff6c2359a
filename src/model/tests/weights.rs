//! Weights files that do not fit, are damaged, or are not there.

use super::*;
use tch::{Kind, Tensor};

/// Rewrites the single weights file of a folder.
fn rewrite(folder: &Path, change: impl FnOnce(&mut Vec<(String, Tensor)>)) {
    let path = folder.join("model.safetensors");
    let mut tensors = Tensor::read_safetensors(&path).unwrap();
    change(&mut tensors);
    Tensor::write_safetensors(&tensors, &path).unwrap();
}

#[test]
fn every_tensor_that_does_not_fit_is_named() {
    let folder = copy_of("mistral");
    rewrite(folder.path(), |tensors| {
        tensors.retain(|(name, _)| name != "model.norm.weight");
        for (name, tensor) in tensors.iter_mut() {
            if name == "model.layers.1.mlp.up_proj.weight" {
                *tensor = tensor.narrow(0, 0, 40).contiguous();
            }
            if name == "model.layers.0.mlp.up_proj.weight" {
                *tensor = tensor.to_kind(Kind::Int);
            }
        }
        tensors.push((
            "model.vision.weight".into(),
            Tensor::zeros([2, 3], (Kind::Float, Device::Cpu)),
        ));
        let buffer = Tensor::zeros([4], (Kind::Float, Device::Cpu));
        tensors.push(("model.layers.0.self_attn.rotary_emb.inv_freq".into(), buffer));
    });
    let ModelError::Tensors { mut errors, .. } = open(folder.path()).unwrap_err() else { panic!() };
    errors.sort();
    insta::assert_snapshot!(errors.join("\n"), @r"
    model.layers.0.mlp.up_proj.weight has type I32; supported: F32, F16, BF16
    model.layers.1.mlp.up_proj.weight has shape [40, 32]; config.json asks for [48, 32]
    model.norm.weight [32] is missing
    model.vision.weight [2, 3] is not part of this architecture
    ");
}

#[test]
fn a_tied_head_may_be_stored_if_it_is_the_embedding() {
    let folder = copy_of("qwen2");
    let embedding = |tensors: &[(String, Tensor)]| {
        let found = tensors.iter().find(|(name, _)| name == "model.embed_tokens.weight");
        found.unwrap().1.copy()
    };
    rewrite(folder.path(), |tensors| tensors.push(("lm_head.weight".into(), embedding(tensors))));
    open(folder.path()).unwrap();
    rewrite(folder.path(), |tensors| {
        let other = embedding(tensors) + 1.0;
        tensors.retain(|(name, _)| name != "lm_head.weight");
        tensors.push(("lm_head.weight".into(), other));
    });
    let error = open(folder.path()).unwrap_err().to_string();
    assert!(
        error.contains("lm_head.weight [101, 32] differs from model.embed_tokens.weight"),
        "{error}"
    );
}

#[test]
fn damaged_and_absent_weights_are_named() {
    let folder = copy_of("mistral");
    let path = folder.path().join("model.safetensors");
    let bytes = fs::read(&path).unwrap();
    let after = |content: &[u8]| {
        fs::write(&path, content).unwrap();
        open(folder.path()).unwrap_err().to_string()
    };
    assert!(after(&bytes[..bytes.len() - 5]).contains("damaged or cut off"));
    assert!(after(&bytes[..100]).contains("damaged or cut off"));
    assert!(after(b"PK").contains("2 bytes are no safetensors file"));
    assert!(after(&[0xff; 64]).contains("its header would have"));
    let mut garbled = bytes.clone();
    garbled[20] = b'!';
    assert!(after(&garbled).contains("its header"));

    fs::remove_file(&path).unwrap();
    let error = open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("holds no model.safetensors"), "{error}");
    fs::write(folder.path().join("pytorch_model.bin"), b"pickle").unwrap();
    let error = open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("pytorch_model.bin is a pickle file"), "{error}");
    assert!(error.contains("save_pretrained"), "{error}");
}

#[test]
fn an_index_must_tell_the_truth() {
    let folder = copy_of("llama3");
    let index = folder.path().join("model.safetensors.index.json");
    let text = fs::read_to_string(&index).unwrap();
    let after = |content: &str| {
        fs::write(&index, content).unwrap();
        open(folder.path()).unwrap_err().to_string()
    };
    let gone = after(&text.replace("model-00002-of-00002", "model-00003-of-00003"));
    assert!(gone.contains("model-00003-of-00003.safetensors"), "{gone}");
    let elsewhere = after(&text.replace("model-00002-of-00002", "../model-00002-of-00002"));
    assert!(elsewhere.contains("is not the name of a file in this folder"), "{elsewhere}");
    let renamed = after(&text.replace("layers.1.mlp.up_proj", "layers.1.mlp.app_proj"));
    assert!(renamed.contains("which does not hold it"), "{renamed}");
    assert!(after("{}").contains("weight_map"));
}

#[test]
fn values_that_are_not_finite_are_named() {
    for value in [f64::NAN, f64::NEG_INFINITY] {
        let folder = copy_of("mistral");
        rewrite(folder.path(), |tensors| {
            let norm = tensors.iter_mut().find(|(name, _)| name == "model.norm.weight").unwrap();
            let _ = norm.1.get(3).fill_(value);
        });
        let error = open(folder.path()).unwrap_err().to_string();
        assert!(error.contains("model.safetensors: the tensor model.norm.weight"), "{error}");
    }
}

#[test]
fn sizes_beyond_the_weights_or_the_machine_are_refused_before_anything_is_allocated() {
    let folder = copy_of("mistral");
    let config = folder.path().join("config.json");
    let with = |field: &str, value: u64| {
        let mut json: serde_json::Value =
            serde_json::from_slice(&fs::read(fixture("mistral").join("config.json")).unwrap())
                .unwrap();
        json[field] = value.into();
        fs::write(&config, json.to_string()).unwrap();
    };
    let random = || Model::random(folder.path(), 1, Device::Cpu, Precision::F32).map(drop);
    with("num_hidden_layers", 100_000_000);
    let error = random().unwrap_err().to_string();
    assert!(error.contains("num_hidden_layers is 100000000; it must lie in 1..=10000"), "{error}");
    with("num_hidden_layers", 9_000);
    let error = open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("is missing") && error.ends_with("more"), "{error}");
    fs::remove_file(folder.path().join("model.safetensors")).unwrap();
    with("vocab_size", 1 << 26);
    let wide =
        fs::read_to_string(&config).unwrap().replace("\"hidden_size\":32", "\"hidden_size\":65536");
    fs::write(&config, wide).unwrap();
    let error = random().unwrap_err();
    assert!(matches!(error, ModelError::TooLarge { .. }), "{error}");
}
