//! Folders that are written, and written again.

use super::super::save::{ModelFolder, save_folder};
use super::*;
use tch::{Kind, Tensor};

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_saved_folder_has_the_layout_that_transformers_reads() {
    let source = copy_of("llama3");
    for name in
        ["tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "generation_config.json"]
    {
        fs::write(source.path().join(name), name).unwrap();
    }
    fs::write(source.path().join("trainer_state.bin"), "not the model's").unwrap();
    let named = source.path().join("additional_chat_templates");
    fs::create_dir(&named).unwrap();
    fs::write(named.join("tool_use.jinja"), "tools").unwrap();
    fs::write(named.join("notes.txt"), "not the model's").unwrap();
    let model = open(source.path()).unwrap();
    let target = tempfile::tempdir().unwrap();
    let saved = target.path().join("runs/step-1");
    let written = ModelFolder::new(source.path(), model.params(), StoredAs::Bf16, 20_000);
    save_folder(&saved, &written).unwrap();

    assert_eq!(
        files(&saved),
        [
            "additional_chat_templates",
            "chat_template.jinja",
            "config.json",
            "generation_config.json",
            "model-00001-of-00002.safetensors",
            "model-00002-of-00002.safetensors",
            "model.safetensors.index.json",
            "tokenizer.json",
            "tokenizer_config.json",
        ]
    );
    assert_eq!(files(&saved.join("additional_chat_templates")), ["tool_use.jinja"]);
    assert_eq!(files(&target.path().join("runs")), ["step-1"], "nothing else is left behind");
    assert_eq!(fs::read_to_string(saved.join("tokenizer.json")).unwrap(), "tokenizer.json");
    let config = fs::read_to_string(saved.join("config.json")).unwrap();
    assert!(config.contains("\"torch_dtype\": \"bfloat16\"") && !config.contains("\"dtype\""));
    assert_eq!(Architecture::read(&saved).unwrap(), *model.architecture());

    let index = fs::read_to_string(saved.join("model.safetensors.index.json")).unwrap();
    let index: serde_json::Value = serde_json::from_str(&index).unwrap();
    assert_eq!(index["metadata"]["total_size"], model.parameter_count() * 2);
    assert_eq!(index["weight_map"].as_object().unwrap().len(), model.params().len());
    let shard = fs::read(saved.join("model-00001-of-00002.safetensors")).unwrap();
    assert!(shard.len() <= 20_000 + 8_000, "{}", shard.len());
    let header = safetensors::SafeTensors::read_metadata(&shard).unwrap().1;
    assert_eq!(header.metadata().as_ref().unwrap()["format"], "pt");

    // Rounded once, and the same to the bit from then on.
    let again = Model::open(&saved, Device::Cpu, Precision::PureBf16).unwrap();
    for (a, b) in model.params().iter().zip(again.params()) {
        assert_eq!(a.tensor.to_kind(Kind::BFloat16), b.tensor, "{}", a.name);
    }
    let twice = target.path().join("twice");
    again.save(&twice).unwrap();
    let third = Model::open(&twice, Device::Cpu, Precision::PureBf16).unwrap();
    assert!(again.params().iter().zip(third.params()).all(|(a, b)| a.tensor == b.tensor));
}

#[test]
fn saving_overwrites_nothing_and_leaves_nothing_half() {
    let model = open(&fixture("mistral")).unwrap();
    let target = tempfile::tempdir().unwrap();
    fs::write(target.path().join("precious"), "x").unwrap();
    let error = model.save(target.path()).unwrap_err().to_string();
    assert!(error.contains("exists and is not empty"), "{error}");
    assert_eq!(files(target.path()), ["precious"]);

    let empty = target.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let nowhere = Path::new("/nonexistent/source");
    let half = ModelFolder::new(nowhere, model.params(), StoredAs::F32, u64::MAX);
    let half = save_folder(&empty, &half);
    assert!(half.unwrap_err().to_string().contains("/nonexistent/source/config.json"));
    assert!(files(&empty).is_empty());
    assert_eq!(files(target.path()), ["empty", "precious"]);
    model.save(&empty).unwrap();
    assert_eq!(files(&empty), ["config.json", "model.safetensors"]);
}

#[test]
fn load_from_replaces_the_weights_in_place() {
    let folder = fixture("qwen3");
    let model = Model::random(&folder, 7, Device::Cpu, Precision::F32).unwrap();
    let same_storage: Vec<Tensor> =
        model.params().iter().map(|p| p.tensor.shallow_clone()).collect();
    let expected = open(&folder).unwrap();
    assert_ne!(model.params()[0].tensor, expected.params()[0].tensor);
    model.load_from(&folder).unwrap();
    for ((a, b), c) in model.params().iter().zip(expected.params()).zip(&same_storage) {
        assert_eq!(a.tensor, b.tensor);
        assert_eq!(a.tensor.data_ptr(), c.data_ptr());
        assert!(a.tensor.requires_grad());
    }
    let error = model.load_from(&fixture("mistral")).unwrap_err().to_string();
    assert!(error.contains("q_norm.weight [12] is missing"), "{error}");
}
