//! `data`.

use super::super::given::Given;
use super::super::plan::{FieldIs, OnBadRow, TooLong};
use serde::Deserialize;

/// The data.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct Data {
    /// The domains, at least one; has to be given. Short form of one: its name alone, where
    /// `train` and `domain_field` below serve them all.
    pub domains: Given<Vec<Domain>>,
    /// Files of every domain that names none of its own.
    pub train: Given<Vec<String>>,
    /// Held-out rows of every domain that says nothing of its own. Default: `Share(0.02)`.
    pub held_out: Given<HeldOut>,
    /// Form of the rows of every domain that says nothing of its own. Default: `Auto`.
    pub format: Given<Format>,
    /// The field whose value is the domain's name, for files that hold several domains.
    pub domain_field: Given<String>,
    /// Longest sample and capacity of a packed row, tokens, ≥ 2. Default: 2048.
    pub sequence_length: Given<usize>,
    /// `Tokenizer`, `BuiltIn("chatml")` or `File("chat.jinja")`. Default: `Tokenizer`.
    pub template: Given<Template>,
    /// `Cut` or `Drop`. Default: `Cut`.
    pub too_long: Given<TooLong>,
    /// `Stop` or `Skip(limit)`. Default: `Stop`.
    pub on_bad_row: Given<OnBadRow>,
    /// Where tokens are cached. Default: `versatune/tokens` in the user's cache folder.
    pub cache_dir: Given<String>,
    /// Most held-out rows of a domain that are measured, ≥ 1, or `None`. Default: 256.
    pub held_out_limit: Given<Option<usize>>,
}

/// A domain.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct Domain {
    /// Its name: letters, digits, `_`, `-` and `.`, a letter or digit first; has to be given.
    pub name: Given<String>,
    /// Its files. Default: `data.train`.
    pub train: Given<Vec<String>>,
    /// `Files([…])` or `Share(0.02)`. Default: `data.held_out`.
    pub held_out: Given<HeldOut>,
    /// Form of its rows. Default: `data.format`.
    pub format: Given<Format>,
    /// Only rows whose field has this value. Default: `data.domain_field` and the domain's name,
    /// where the files are `data.train`.
    pub only: Given<Option<FieldIs>>,
    /// Most training rows, ≥ 1, or `None`. Default: `None`.
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

/// Form of a row; each field name defaults to the usual one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::config) enum Format {
    /// Recognised by the fields of the first row.
    Auto {},
    /// `instruction`, `input`, `output`.
    Alpaca {
        /// Field of the instruction.
        #[serde(default)]
        instruction: Given<String>,
        /// Field of the input.
        #[serde(default)]
        input: Given<String>,
        /// Field of the answer.
        #[serde(default)]
        output: Given<String>,
    },
    /// `conversations`.
    ShareGpt {
        /// Field of the list.
        #[serde(default)]
        conversations: Given<String>,
    },
    /// `messages`.
    Messages {
        /// Field of the list.
        #[serde(default)]
        messages: Given<String>,
    },
    /// `prompt`, `completion`.
    PromptCompletion {
        /// Field of the prompt.
        #[serde(default)]
        prompt: Given<String>,
        /// Field of the completion.
        #[serde(default)]
        completion: Given<String>,
    },
    /// `text`.
    Text {
        /// Field of the text.
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
