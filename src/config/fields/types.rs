//! The types of fields: how a value of each is written, and what may be written, in words.

use super::super::plan::{
    AlertWay, AnswerForm, ChatRole, Colours, CrossTableChoice, DeviceChoice, FieldIs, FitChoice,
    HeldOut, KeySource, Length, LossRule, ModelSource, MomentKind, Objective, OnBadRow, Precision,
    Recompute, Repeat, RowFormat, ScreenMarks, Shape, StructuredOutput, TemplateChoice, TooLong,
    WebhookForm, Weighting,
};
use super::super::value::Value;
use crate::unit::{Step, Tokens};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A type that a field may have.
pub(in crate::config) trait FieldType {
    /// What may be written, in words and RON.
    fn form() -> String;

    /// The value in config syntax.
    fn to_value(&self) -> Value;

    /// The value as a number, to be compared with a range; `None` where it is not a number.
    fn number(&self) -> Option<f64> {
        None
    }

    /// Whether `None` may be written.
    const IS_OPTIONAL: bool = false;
}

macro_rules! numbers {
    ($($type:ty: $form:literal),*) => {
        $(impl FieldType for $type {
            fn form() -> String {
                $form.into()
            }
            fn to_value(&self) -> Value {
                (*self).into()
            }
            fn number(&self) -> Option<f64> {
                Some(*self as f64)
            }
        })*
    };
}

numbers!(
    u32: "whole number", u64: "whole number", usize: "whole number", f32: "number", f64: "number"
);

/// Enums whose variants have no fields: a config writes the variant's name.
macro_rules! words {
    ($($type:ty: $($variant:ident)*;)*) => {
        $(impl FieldType for $type {
            fn form() -> String {
                one_of(&[$(stringify!($variant)),*])
            }
            fn to_value(&self) -> Value {
                Value::word(match self { $(<$type>::$variant => stringify!($variant)),* })
            }
        })*
    };
}

words! {
    Precision: F32 MixedBf16 PureBf16;
    FitChoice: Auto Off;
    MomentKind: F32 Bf16 Int8;
    TooLong: Cut Drop;
    ChatRole: System User Assistant Tool;
    Weighting: Samples Tokens;
    AnswerForm: Probabilities Label Logprobs;
    StructuredOutput: Auto Off;
    Shape: Cosine Linear Constant;
    Objective: Tokens Samples Domains;
    Colours: Auto True Indexed Basic None;
    ScreenMarks: Auto Braille Block Ascii;
    CrossTableChoice: Auto On Off;
    Repeat: Once Each;
    WebhookForm: Auto Ntfy Slack;
}

/// `` `A`, `B` or `C` ``.
pub(super) fn one_of(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    super::super::words::any_of(&quoted)
}

impl FieldType for bool {
    fn form() -> String {
        "`true` or `false`".into()
    }

    fn to_value(&self) -> Value {
        (*self).into()
    }
}

impl FieldType for String {
    fn form() -> String {
        "text".into()
    }

    fn to_value(&self) -> Value {
        self.as_str().into()
    }
}

impl FieldType for PathBuf {
    fn form() -> String {
        "path".into()
    }

    fn to_value(&self) -> Value {
        self.clone().into()
    }
}

impl FieldType for Tokens {
    fn form() -> String {
        u64::form()
    }

    fn to_value(&self) -> Value {
        self.0.into()
    }

    fn number(&self) -> Option<f64> {
        self.0.number()
    }
}

impl FieldType for Step {
    fn form() -> String {
        u64::form()
    }

    fn to_value(&self) -> Value {
        self.0.into()
    }
}

impl<T: FieldType> FieldType for Option<T> {
    fn form() -> String {
        format!("{}, or `None`", T::form())
    }

    fn to_value(&self) -> Value {
        self.as_ref().map_or_else(Value::none, T::to_value)
    }

    fn number(&self) -> Option<f64> {
        self.as_ref().and_then(T::number)
    }

    const IS_OPTIONAL: bool = true;
}

impl<T: FieldType> FieldType for Vec<T> {
    fn form() -> String {
        format!("list: `[{}, …]`", T::form())
    }

    fn to_value(&self) -> Value {
        Value::List(self.iter().map(T::to_value).collect())
    }
}

impl FieldType for BTreeMap<String, Vec<String>> {
    fn form() -> String {
        "names with lists of texts: `{\"pause\": [\"p\"], …}`".into()
    }

    fn to_value(&self) -> Value {
        Value::Map(self.iter().map(|(name, texts)| (name.clone(), texts.to_value())).collect())
    }
}

impl FieldType for BTreeMap<String, ChatRole> {
    fn form() -> String {
        "names with roles, `System`, `User`, `Assistant` or `Tool`: `{\"narrator\": User, …}`"
            .into()
    }

    fn to_value(&self) -> Value {
        Value::Map(self.iter().map(|(name, role)| (name.clone(), role.to_value())).collect())
    }
}

impl FieldType for LossRule {
    fn form() -> String {
        "`Assistant`, `LastAssistant`, `All` or `Roles([User, Assistant])`".into()
    }

    fn to_value(&self) -> Value {
        match self {
            LossRule::Assistant => Value::word("Assistant"),
            LossRule::LastAssistant => Value::word("LastAssistant"),
            LossRule::All => Value::word("All"),
            LossRule::Roles(roles) => Value::call("Roles", roles.to_value()),
        }
    }
}

impl FieldType for DeviceChoice {
    fn form() -> String {
        "`Auto`, `Cpu` or `Cuda(0)`".into()
    }

    fn to_value(&self) -> Value {
        match self {
            DeviceChoice::Auto => Value::word("Auto"),
            DeviceChoice::Cpu => Value::word("Cpu"),
            DeviceChoice::Cuda(index) => Value::call("Cuda", *index),
        }
    }
}

impl FieldType for ModelSource {
    fn form() -> String {
        "`\"folder\"`, `\"owner/name\"`, `Folder(\"…\")`, `Hub(id: …)` or `Random(\"…\")`".into()
    }

    fn to_value(&self) -> Value {
        match self {
            ModelSource::Folder(path) => Value::call("Folder", path.clone()),
            ModelSource::Random(path) => Value::call("Random", path.clone()),
            ModelSource::Hub { id, revision } => Value::fields(
                Some("Hub"),
                [("id", id.to_value()), ("revision", revision.to_value())],
            ),
        }
    }
}

impl FieldType for HeldOut {
    fn form() -> String {
        "`\"file\"`, `[\"file\", …]`, a share such as `0.02`, `Files([…])` or `Share(0.02)`".into()
    }

    fn to_value(&self) -> Value {
        match self {
            HeldOut::Files(files) => Value::call("Files", files.to_value()),
            HeldOut::Share(share) => Value::call("Share", *share),
        }
    }
}

impl FieldType for FieldIs {
    fn form() -> String {
        "`(field: \"…\", is: \"…\")`".into()
    }

    fn to_value(&self) -> Value {
        Value::fields(None, [("field", self.field.to_value()), ("is", self.is.to_value())])
    }
}

impl FieldType for RowFormat {
    fn form() -> String {
        "`Auto`, `Alpaca(…)`, `ShareGpt(…)`, `Messages(…)`, `PromptCompletion(…)` or `Text(…)`"
            .into()
    }

    fn to_value(&self) -> Value {
        match self {
            RowFormat::Auto => Value::word("Auto"),
            RowFormat::Alpaca { instruction, input, output } => Value::fields(
                Some("Alpaca"),
                [
                    ("instruction", instruction.to_value()),
                    ("input", input.to_value()),
                    ("output", output.to_value()),
                ],
            ),
            RowFormat::ShareGpt { conversations } => {
                Value::fields(Some("ShareGpt"), [("conversations", conversations.to_value())])
            }
            RowFormat::Messages { messages } => {
                Value::fields(Some("Messages"), [("messages", messages.to_value())])
            }
            RowFormat::PromptCompletion { prompt, completion } => Value::fields(
                Some("PromptCompletion"),
                [("prompt", prompt.to_value()), ("completion", completion.to_value())],
            ),
            RowFormat::Text { text } => Value::fields(Some("Text"), [("text", text.to_value())]),
        }
    }
}

impl FieldType for TemplateChoice {
    fn form() -> String {
        "`Tokenizer`, a built-in one such as `\"chatml\"`, or `File(\"chat.jinja\")`".into()
    }

    fn to_value(&self) -> Value {
        match self {
            TemplateChoice::Tokenizer => Value::word("Tokenizer"),
            TemplateChoice::BuiltIn(name) => Value::call("BuiltIn", name.to_value()),
            TemplateChoice::File(path) => Value::call("File", path.clone()),
        }
    }
}

impl FieldType for OnBadRow {
    fn form() -> String {
        "`Stop` or `Skip(100)`".into()
    }

    fn to_value(&self) -> Value {
        match self {
            OnBadRow::Stop => Value::word("Stop"),
            OnBadRow::Skip(rows) => Value::call("Skip", *rows),
        }
    }
}

impl FieldType for KeySource {
    fn form() -> String {
        "`Env(\"NAME\")`, `File(\"path\")` or `None`".into()
    }

    fn to_value(&self) -> Value {
        match self {
            KeySource::Env(name) => Value::call("Env", name.to_value()),
            KeySource::File(path) => Value::call("File", path.clone()),
            KeySource::None => Value::none(),
        }
    }
}

/// What leaves the process is not kept: see [`AlertWay`].
impl FieldType for AlertWay {
    fn form() -> String {
        "`Bell`, `Desktop`, `Command(\"…\")`, `Webhook(\"https://…\")`, `Webhook(Env(\"NAME\"))` or \
         `Webhook(File(\"path\"))`"
            .into()
    }

    fn to_value(&self) -> Value {
        Value::word(match self {
            AlertWay::Bell => "Bell",
            AlertWay::Desktop => "Desktop",
            AlertWay::Command(_) | AlertWay::Webhook(_) | AlertWay::NotKept => "NotKept",
        })
    }
}

impl FieldType for Recompute {
    fn form() -> String {
        "`None`, `Selective`, `Full` or `Layers(full: 4, selective: 20)`".into()
    }

    fn to_value(&self) -> Value {
        match self {
            Recompute::None => Value::word("None"),
            Recompute::Selective => Value::word("Selective"),
            Recompute::Full => Value::word("Full"),
            Recompute::Layers { full, selective } => {
                let layers = [("full", full.to_value()), ("selective", selective.to_value())];
                Value::fields(Some("Layers"), layers)
            }
        }
    }
}

impl FieldType for Length {
    fn form() -> String {
        "`Steps(300)` or `Epochs(4)`".into()
    }

    fn to_value(&self) -> Value {
        match self {
            Length::Steps(steps) => Value::call("Steps", *steps),
            Length::Epochs(epochs) => Value::call("Epochs", *epochs),
        }
    }
}
