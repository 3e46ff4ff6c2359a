//! The shape of a tiny model with the demo's tokenizer, without weights. The tests within the crate use it, too.

use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// The demo's model, whose tokenizer is used.
fn demo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/demo/model")
}

/// `config.json` of a model of two layers.
pub fn config() -> Value {
    json!({
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 4096,
        "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8,
        "max_position_embeddings": 512, "hidden_act": "silu", "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0, "initializer_range": 0.02, "tie_word_embeddings": true,
        "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "torch_dtype": "float32",
    })
}

/// Makes a folder with `config` as `config.json` and the demo's tokenizer.
pub fn write(folder: &Path, config: &Value) {
    fs::create_dir(folder).unwrap();
    for file in ["tokenizer.json", "tokenizer_config.json"] {
        fs::copy(demo().join(file), folder.join(file)).unwrap();
    }
    fs::write(folder.join("config.json"), config.to_string()).unwrap();
}
