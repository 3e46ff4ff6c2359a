//! `data`.

use super::super::given::Given;
use super::super::plan::{ChatRole, FieldIs, LossRule, OnBadRow, TooLong};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The data.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct Data {
    pub domains: Given<Vec<Domain>>,
    pub train: Given<Vec<String>>,
    pub held_out: Given<HeldOut>,
    pub format: Given<Format>,
    pub domain_field: Given<String>,
    pub sequence_length: Given<usize>,
    pub template: Given<Template>,
    pub too_long: Given<TooLong>,
    pub on_bad_row: Given<OnBadRow>,
    pub loss: Given<LossRule>,
    pub roles: Given<BTreeMap<String, ChatRole>>,
    pub tools: Given<Option<String>>,
    pub ignore_fields: Given<Vec<String>>,
    pub cache_dir: Given<String>,
    pub trust_cache: Given<bool>,
    pub held_out_limit: Given<Option<usize>>,
}

/// A domain.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct Domain {
    pub name: Given<String>,
    pub train: Given<Vec<String>>,
    pub held_out: Given<HeldOut>,
    pub format: Given<Format>,
    pub only: Given<Option<FieldIs>>,
    pub limit: Given<Option<usize>>,
}

/// Source of held-out rows.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::config) enum HeldOut {
    /// Files of their own.
    Files(Vec<String>),
    /// A share of the training rows, above 0 and below 1.
    Share(f64),
}

/// Format of a row; each name of a field defaults to the usual one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::config) enum Format {
    /// Recognized by the fields of each row.
    Auto {},
    /// `instruction`, `input`, `output`.
    Alpaca {
        #[serde(default)]
        instruction: Given<String>,
        #[serde(default)]
        input: Given<String>,
        #[serde(default)]
        output: Given<String>,
    },
    /// `conversations`.
    ShareGpt {
        #[serde(default)]
        conversations: Given<String>,
    },
    /// `messages`.
    Messages {
        #[serde(default)]
        messages: Given<String>,
    },
    /// `prompt`, `completion`.
    PromptCompletion {
        #[serde(default)]
        prompt: Given<String>,
        #[serde(default)]
        completion: Given<String>,
    },
    /// `text`.
    Text {
        #[serde(default)]
        text: Given<String>,
    },
}

/// Source of the chat template.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::config) enum Template {
    /// The tokenizer's own.
    Tokenizer,
    /// A built-in one.
    BuiltIn(String),
    /// A Jinja file.
    File(String),
}
