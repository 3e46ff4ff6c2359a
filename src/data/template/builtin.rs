//! Chat templates by name, for base models that bring none.

/// A template that this program carries.
#[derive(Debug)]
pub(super) struct BuiltIn {
    pub name: &'static str,
    pub source: &'static str,
    /// Texts that the tokenizer should know as one token each.
    pub tokens: &'static [&'static str],
    /// Whether an answer ends with the tokenizer's `eos_token`.
    pub needs_eos: bool,
    /// Whether the template is given `bos_token` only if the tokenizer itself puts it before a text.
    pub bos_as_tokenizer: bool,
}

static ALL: [BuiltIn; 6] = [
    BuiltIn {
        name: "chatml",
        source: include_str!("chatml.jinja"),
        tokens: &["<|im_start|>", "<|im_end|>"],
        needs_eos: false,
        bos_as_tokenizer: false,
    },
    BuiltIn {
        name: "llama2",
        source: include_str!("llama2.jinja"),
        tokens: &[],
        needs_eos: true,
        bos_as_tokenizer: false,
    },
    BuiltIn {
        name: "llama3",
        source: include_str!("llama3.jinja"),
        tokens: &["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"],
        needs_eos: false,
        bos_as_tokenizer: false,
    },
    BuiltIn {
        name: "mistral",
        source: include_str!("mistral.jinja"),
        tokens: &[],
        needs_eos: true,
        bos_as_tokenizer: false,
    },
    BuiltIn {
        name: "alpaca",
        source: include_str!("alpaca.jinja"),
        tokens: &[],
        needs_eos: true,
        bos_as_tokenizer: true,
    },
    BuiltIn {
        name: "plain",
        source: include_str!("plain.jinja"),
        tokens: &[],
        needs_eos: true,
        bos_as_tokenizer: true,
    },
];

pub(super) fn by_name(name: &str) -> Option<&'static BuiltIn> {
    ALL.iter().find(|builtin| builtin.name == name)
}

/// Names of all built-in chat templates, as a config gives them in `BuiltIn(name)`.
pub fn template_names() -> Vec<&'static str> {
    ALL.iter().map(|builtin| builtin.name).collect()
}
