use serde_json::json;

/// Model shapes by name; their weights are random.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Shape {
    /// Llama-3-8B: 8.03 B parameters
    #[value(name = "llama3-8b")]
    Llama3_8b,
    /// Qwen2.5-7B: 7.62 B parameters
    #[value(name = "qwen2.5-7b")]
    Qwen25_7b,
    /// Qwen2.5-0.5B: 0.49 B parameters, tied
    #[value(name = "qwen2.5-0.5b")]
    Qwen25_05b,
    /// The 27 M parameters of `make bench`: Qwen2, d 512, 8 layers, 8/2 heads, vocabulary 8192
    #[value(name = "small")]
    Small,
    /// The demo's model: Llama, d 256, 4 layers, vocabulary 4096, tied
    #[value(name = "demo")]
    Demo,
}

impl Shape {
    /// The `config.json` of the shape.
    pub fn config_json(self) -> String {
        let [family, vocab, d, ff, layers, heads, kv_heads, tied] = match self {
            Shape::Llama3_8b => [LLAMA, 128_256, 4096, 14_336, 32, 32, 8, 0],
            Shape::Qwen25_7b => [QWEN2, 152_064, 3584, 18_944, 28, 28, 4, 0],
            Shape::Qwen25_05b => [QWEN2, 151_936, 896, 4864, 24, 14, 2, 1],
            Shape::Small => [QWEN2, 8192, 512, 1408, 8, 8, 2, 1],
            Shape::Demo => [LLAMA, 4096, 256, 640, 4, 8, 2, 1],
        };
        let (model_type, architecture) = if family == LLAMA {
            ("llama", "LlamaForCausalLM")
        } else {
            ("qwen2", "Qwen2ForCausalLM")
        };
        json!({
            "architectures": [architecture],
            "model_type": model_type,
            "vocab_size": vocab,
            "hidden_size": d,
            "intermediate_size": ff,
            "num_hidden_layers": layers,
            "num_attention_heads": heads,
            "num_key_value_heads": kv_heads,
            "max_position_embeddings": 8192,
            "hidden_act": "silu",
            "rms_norm_eps": 1e-5,
            "rope_theta": 500_000.0,
            "initializer_range": 0.02,
            "tie_word_embeddings": tied == 1,
        })
        .to_string()
    }
}

const LLAMA: u64 = 0;
const QWEN2: u64 = 1;
