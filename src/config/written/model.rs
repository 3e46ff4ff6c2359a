//! `model`.

use super::super::given::Given;
use super::super::plan::Precision;
use serde::Deserialize;

/// The model.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct Model {
    pub source: Given<Source>,
    pub precision: Given<Option<Precision>>,
    pub recompute: Given<Recompute>,
}

/// What is computed again in the backward pass.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::config) enum Recompute {
    /// What a bare `true` or `false` means: everything or nothing.
    Flag(bool),
    /// Nothing.
    None,
    /// The widest part of each layer.
    Selective,
    /// Everything but the inputs of layers.
    Full,
    /// The lowest layers in full, those above selectively.
    Layers { full: usize, selective: usize },
}

/// Where weights come from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::config) enum Source {
    /// What a bare string means: a folder if there is one of that name, else a Hub id.
    Named(String),
    /// A folder in HF layout.
    Folder(String),
    /// A model on the Hub.
    Hub {
        id: String,
        #[serde(default)]
        revision: Given<Option<String>>,
    },
    /// Random weights for the config and tokenizer in this folder.
    Random(String),
}
