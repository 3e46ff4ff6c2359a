//! Configs as they are published, and what is refused.

use super::*;

fn parse(text: &str) -> Result<Architecture, ModelError> {
    Architecture::parse(text, Path::new("m/config.json"))
}

fn error(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

const LLAMA_3_1_8B: &str = r#"{
    "architectures": ["LlamaForCausalLM"], "attention_bias": false, "attention_dropout": 0.0,
    "bos_token_id": 128000, "eos_token_id": 128001, "hidden_act": "silu", "hidden_size": 4096,
    "initializer_range": 0.02, "intermediate_size": 14336, "max_position_embeddings": 131072,
    "mlp_bias": false, "model_type": "llama", "num_attention_heads": 32, "num_hidden_layers": 32,
    "num_key_value_heads": 8, "pretraining_tp": 1, "rms_norm_eps": 1e-05,
    "rope_scaling": {"factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                     "original_max_position_embeddings": 8192, "rope_type": "llama3"},
    "rope_theta": 500000.0, "tie_word_embeddings": false, "torch_dtype": "bfloat16",
    "transformers_version": "4.43.0.dev0", "use_cache": true, "vocab_size": 128256 }"#;

const QWEN_2_5_7B: &str = r#"{
    "architectures": ["Qwen2ForCausalLM"], "attention_dropout": 0.0, "bos_token_id": 151643,
    "eos_token_id": 151643, "hidden_act": "silu", "hidden_size": 3584, "initializer_range": 0.02,
    "intermediate_size": 18944, "max_position_embeddings": 131072, "max_window_layers": 28,
    "model_type": "qwen2", "num_attention_heads": 28, "num_hidden_layers": 28,
    "num_key_value_heads": 4, "rms_norm_eps": 1e-06, "rope_theta": 1000000.0,
    "sliding_window": 131072, "tie_word_embeddings": false, "torch_dtype": "bfloat16",
    "transformers_version": "4.40.1", "use_cache": true, "use_mrope": false,
    "use_sliding_window": false, "vocab_size": 152064 }"#;

#[test]
fn published_models_have_their_published_sizes() {
    let llama = parse(LLAMA_3_1_8B).unwrap();
    assert_eq!(llama.parameter_count(), 8_030_261_248);
    let attention = &llama.layers[31].attention;
    assert_eq!((attention.head_dim, attention.kv_heads, llama.window), (128, 8, None));
    let scaling = RopeScaling::Llama3 { factor: 8.0, low: 1.0, high: 4.0, original: 8192.0 };
    assert_eq!(llama.rope, Rope { theta: 500_000.0, scaling });

    let qwen = parse(QWEN_2_5_7B).unwrap();
    assert_eq!(qwen.parameter_count(), 7_615_616_512);
    let attention = &qwen.layers[0].attention;
    let inputs = [&attention.query, &attention.key, &attention.value];
    assert!(inputs.iter().all(|projection| projection.bias) && !attention.output.bias);
    assert_eq!(attention.head_norms, None);
    assert_eq!(qwen.window, None);
}

#[test]
fn flops_count_projections_heads_and_attended_pairs() {
    // One layer by hand: q and o 4·4 each, k and v 2·4 each, feed-forward 3·4·8: 144; head 10·4.
    let text = r#"{"model_type": "llama", "vocab_size": 10, "hidden_size": 4,
        "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2,
        "num_key_value_heads": 1}"#;
    let a = parse(text).unwrap();
    assert_eq!(a.parameter_count(), 10 * 4 * 2 + 144 + 3 * 4);
    // Documents of 3 and 2 tokens, 4 of 5 tokens counted: pairs 6 + 3, heads·size 4.
    let expected = 6.0 * 144.0 * 5.0 + 6.0 * 40.0 * 4.0 + 12.0 * 4.0 * 9.0;
    assert_eq!(a.flops(&[0, 3, 5], 4), expected);
}

#[test]
fn both_spellings_of_rope_mean_the_same() {
    let new =
        LLAMA_3_1_8B.replace("\"rope_scaling\": {", "\"rope_parameters\": {\"rope_theta\": 5e5, ");
    let new = new.replace("\"rope_theta\": 500000.0,", "").replace("torch_dtype", "dtype");
    assert_eq!(parse(&new).unwrap(), parse(LLAMA_3_1_8B).unwrap());
    let both_types = LLAMA_3_1_8B.replace("\"rope_type\"", "\"type\": \"llama3\", \"rope_type\"");
    assert_eq!(parse(&both_types).unwrap(), parse(LLAMA_3_1_8B).unwrap());
    let oldest = LLAMA_3_1_8B.replace("\"rope_type\"", "\"type\"");
    assert_eq!(parse(&oldest).unwrap(), parse(LLAMA_3_1_8B).unwrap());
}

#[test]
fn what_is_not_computed_is_refused_by_name() {
    let with = |from: &str, to: &str| error(&LLAMA_3_1_8B.replace(from, to));
    let errors = [
        with("\"llama\"", "\"gemma2\""),
        with("\"silu\"", "\"gelu\""),
        with("\"rope_type\": \"llama3\"", "\"rope_type\": \"yarn\""),
        with("\"attention_dropout\": 0.0", "\"attention_dropout\": 0.1"),
        with("\"mlp_bias\": false", "\"quantization_config\": {\"bits\": 4}"),
        with("\"mlp_bias\": false", "\"partial_rotary_factor\": 0.5"),
        with("\"num_key_value_heads\": 8", "\"num_key_value_heads\": 7"),
        with("\"vocab_size\": 128256", "\"vocab_size\": 0"),
        with("\"vocab_size\": 128256", "\"vocab_size\": \"many\""),
        with("\"hidden_size\": 4096,", ""),
        with("\"high_freq_factor\": 4.0", "\"high_freq_factor\": 1.0"),
        with("1e-05", "-1"),
        error("{"),
    ];
    insta::assert_snapshot!(errors.join("\n"), @r#"
    m/config.json: model_type is 'gemma2', which is not supported; supported: llama, mistral, qwen2, qwen3
    m/config.json: hidden_act is 'gelu', which is not supported; supported: silu
    m/config.json: rope_scaling.rope_type is 'yarn', which is not supported; supported: default, linear, llama3
    m/config.json: attention_dropout is 0.1, which is not supported; supported: 0
    m/config.json: quantization_config is set, which is not supported; supported: weights in f32, f16 or bf16 (remove the quantization first)
    m/config.json: partial_rotary_factor is 0.5, which is not supported; supported: 1
    m/config.json: num_attention_heads is 32, not a multiple of num_key_value_heads, 7
    m/config.json: vocab_size is 0; it must lie in 1..=67108864
    m/config.json: field vocab_size: invalid type: string "many", expected i64 at line 10 column 82
    m/config.json: hidden_size is missing
    m/config.json: rope_scaling.high_freq_factor is 1, which must exceed low_freq_factor, 1
    m/config.json: rms_norm_eps is -1; it must be a positive number
    m/config.json: field ?: EOF while parsing an object at line 1 column 1
    "#);
}

#[test]
fn windows_limit_documents() {
    let mistral = QWEN_2_5_7B.replace("\"qwen2\"", "\"mistral\"").replace("131072", "4096");
    let a = parse(&mistral).unwrap();
    assert_eq!(a.window, Some(4096));
    assert!(a.admits(4096).is_ok());
    insta::assert_snapshot!(a.admits(4097).unwrap_err(), @"a document of 4097 tokens exceeds the model's sliding window of 4096, which is not computed; set sequence_length to at most 4096");
    let none = mistral.replace("\"sliding_window\": 4096", "\"sliding_window\": null");
    assert_eq!(parse(&none).unwrap().window, None);
    let used = QWEN_2_5_7B.replace("\"use_sliding_window\": false", "\"use_sliding_window\": true");
    assert_eq!(parse(&used).unwrap().window, Some(131_072));
}
