//! What a config decides about the data: files, fields, template, limits. `config` makes these values
//! and checks them; every path in them is resolved.
//!
//! The token caches are named after the `Debug` text of these types: renaming a field or a variant
//! invalidates every cache.

use super::conversation::{ChatRole, Part, Turn};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// All data of a run and how they become tokens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataPlan {
    /// The domains, in the order that every vector of the run follows.
    pub domains: Vec<DomainPlan>,
    /// Most tokens of an example, and the capacity of a packed sequence.
    pub sequence_length: usize,
    /// The chat template that turns conversations into text.
    pub template: TemplateChoice,
    /// What happens to a row of more tokens than `sequence_length`.
    pub too_long: TooLong,
    /// What happens to a row that cannot be read.
    pub on_bad_row: OnBadRow,
    /// Which messages of a conversation the loss counts.
    #[serde(default)]
    pub loss: LossRule,
    /// Who speaks under names of the data's own, beside the usual ones.
    #[serde(default)]
    pub roles: BTreeMap<String, ChatRole>,
    /// A JSON file with the tools of the conversations whose rows name none.
    #[serde(default)]
    pub tools: Option<PathBuf>,
    /// Fields of rows and of messages that are left out although they change what a row means, such as
    /// `tools`.
    #[serde(default)]
    pub ignore_fields: Vec<String>,
    /// Where tokens are cached.
    pub cache_dir: PathBuf,
    /// Whether tokens that other users cached are used.
    pub trust_cache: bool,
    /// At most this many held-out rows per domain are kept for evaluation (the first by hash).
    pub held_out_limit: Option<usize>,
}

/// One domain of the mixture and the files that its rows come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DomainPlan {
    /// Unique among the domains of the run.
    pub name: String,
    /// Data files with its training rows, and with its held-out rows under [`HeldOut::Share`].
    pub train: Vec<PathBuf>,
    /// Where its held-out rows come from.
    pub held_out: HeldOut,
    /// Which fields of its rows hold what.
    pub format: RowFormat,
    /// Only rows whose field has this value belong to the domain (a file that holds several).
    pub only: Option<FieldIs>,
    /// At most this many training rows (the first by hash), to balance or to skew.
    pub limit: Option<usize>,
}

/// A condition on a row: a field and the value that it must have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldIs {
    /// Name of a field that every row of the file has.
    pub field: String,
    /// The value that the row must have there; what is not a string is compared as JSON text.
    pub is: String,
}

/// Where a domain's held-out rows come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum HeldOut {
    /// All rows of these files.
    Files(Vec<PathBuf>),
    /// This share of the training rows, chosen by a hash of the row, 0..1 exclusive.
    Share(f64),
}

/// Shape of a row. Each carries the names of its fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum RowFormat {
    /// Recognized by the fields of each row.
    Auto,
    /// `instruction`, optional `input`, `output`.
    Alpaca {
        /// Field of the instruction.
        instruction: String,
        /// Field of the input.
        input: String,
        /// Field of the answer.
        output: String,
    },
    /// `conversations: [{from: human|gpt|system, value}]`.
    ShareGpt {
        /// Field of the list.
        conversations: String,
    },
    /// `messages: [{role, content}]`.
    Messages {
        /// Field of the list.
        messages: String,
    },
    /// `prompt`, `completion`: the loss counts the completion.
    PromptCompletion {
        /// Field of the prompt.
        prompt: String,
        /// Field of the completion.
        completion: String,
    },
    /// `text`: the loss counts every token but the first.
    Text {
        /// Field of the text.
        text: String,
    },
}

/// Which chat template is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TemplateChoice {
    /// The one in the tokenizer's folder.
    Tokenizer,
    /// A built-in one, by name (`chatml`, `llama2`, `llama3`, `mistral`, `alpaca`, `plain`).
    BuiltIn(String),
    /// A Jinja file.
    File(PathBuf),
}

/// Which messages of a conversation the loss counts. A message that says so itself never counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum LossRule {
    /// Those of the assistant, the calls of tools among them.
    #[default]
    Assistant,
    /// The last one of the assistant.
    LastAssistant,
    /// All, with what the chat template writes around them.
    All,
    /// Those of these roles.
    Roles(Vec<ChatRole>),
}

impl LossRule {
    /// Whether it counts `turn`, which is the last one of the assistant or not.
    pub(super) fn counts(&self, turn: &Turn, is_last_answer: bool) -> bool {
        let by_role = match self {
            LossRule::Assistant => turn.role == ChatRole::Assistant,
            LossRule::LastAssistant => is_last_answer,
            LossRule::All => true,
            LossRule::Roles(roles) => roles.contains(&turn.role),
        };
        by_role
            && match turn.part {
                Part::Usual => true,
                Part::Prompt => *self == LossRule::All,
                Part::Excluded => false,
            }
    }
}

/// What happens to a row of more tokens than `sequence_length`. Either way it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TooLong {
    /// Keep the first `sequence_length` tokens.
    Cut,
    /// Leave the row out.
    Drop,
}

/// What happens to a row that cannot be read or made into an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OnBadRow {
    /// The first one ends the run with an error.
    Stop,
    /// Up to this many per domain are skipped and counted; one more is an error.
    Skip(u64),
}
