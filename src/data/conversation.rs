//! The content of a row, whatever its format, and the fingerprint by which equal content is found.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// Who speaks in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChatRole {
    /// Instructions before the conversation.
    System,
    /// The user.
    User,
    /// The model, whose words the loss counts.
    Assistant,
    /// What a tool gave the model.
    Tool,
}

impl ChatRole {
    /// All of them.
    pub const ALL: [ChatRole; 4] =
        [ChatRole::System, ChatRole::User, ChatRole::Assistant, ChatRole::Tool];

    /// The name that chat templates know.
    pub fn name(self) -> &'static str {
        match self {
            ChatRole::System => "system",
            ChatRole::User => "user",
            ChatRole::Assistant => "assistant",
            ChatRole::Tool => "tool",
        }
    }
}

/// Whether the row itself says that the loss counts a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    /// It does not: [`LossRule`](crate::data::LossRule) decides.
    Usual,
    /// The message is of the prompt that the row's completion follows on: it counts only where all does.
    Prompt,
    /// The message says that it never counts (`weight: 0`, `train: false`).
    Excluded,
}

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    pub role: ChatRole,
    /// Its text; `None` where the row has none, as beside `tool_calls`.
    pub content: Option<String>,
    /// Further fields that the chat template reads, such as `tool_calls`; `content` is among them where
    /// it is null.
    pub fields: Map<String, Value>,
    pub part: Part,
}

impl Turn {
    pub fn new(role: ChatRole, content: impl Into<String>) -> Self {
        Turn { role, content: Some(content.into()), fields: Map::new(), part: Part::Usual }
    }

    /// Its text; empty where it has none.
    pub fn text(&self) -> &str {
        self.content.as_deref().unwrap_or_default()
    }

    /// The field with the tools that it calls, if it calls any.
    pub fn tool_calls(&self) -> Option<&Vec<Value>> {
        self.fields.get(TOOL_CALLS)?.as_array().filter(|calls| !calls.is_empty())
    }

    /// Its thoughts, if they are in a field of their own.
    pub fn thoughts(&self) -> Option<&str> {
        THOUGHTS.iter().find_map(|name| self.fields.get(*name)?.as_str())
    }
}

/// The function that a tool or a call of one names: its `function`, or itself.
pub fn function_of(call: &Value) -> &Value {
    call.get("function").filter(|function| function.is_object()).unwrap_or(call)
}

/// The same, to be changed.
pub fn function_mut(call: &mut Value) -> &mut Value {
    match call.get("function").is_some_and(Value::is_object) {
        true => &mut call["function"],
        false => call,
    }
}

/// The field of an assistant's message with the tools that it calls.
pub const TOOL_CALLS: &str = "tool_calls";

/// The fields by which chat templates know the thoughts before an answer.
pub const THOUGHTS: [&str; 3] = ["reasoning_content", "reasoning", "thinking"];

/// Messages, and what their chat template is given beside them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    /// At least one is the assistant's, and none of those is empty.
    pub turns: Vec<Turn>,
    /// Variables of the template by name: `tools`, `documents` and those of `chat_template_kwargs`.
    pub variables: Map<String, Value>,
}

impl From<Vec<Turn>> for Conversation {
    fn from(turns: Vec<Turn>) -> Self {
        Conversation { turns, variables: Map::new() }
    }
}

/// The content of one row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Document {
    /// Messages.
    Conversation(Conversation),
    /// Running text, not empty.
    Text(String),
}

/// Fingerprint of a row's content: the same for equal content, whatever the format and the other fields
/// of the rows, in every domain and in every run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowFingerprint {
    /// Decides between training and held out.
    pub side: u64,
    /// Decides which rows a limit keeps.
    pub order: u64,
    /// Tells rows apart.
    pub identity: u128,
}

impl Document {
    /// Bytes of its texts.
    pub fn size(&self) -> usize {
        match self {
            Document::Text(text) => text.len(),
            Document::Conversation(Conversation { turns, variables }) => {
                let of_turns = |turn: &Turn| turn.text().len() + size_of_all(&turn.fields);
                turns.iter().map(of_turns).sum::<usize>() + size_of_all(variables)
            }
        }
    }

    /// The fingerprint depends on the content alone, so that duplicates are never on both sides.
    pub fn fingerprint(&self) -> RowFingerprint {
        let mut hash = Sha256::new();
        hash.update(b"versatune/row/1");
        let mut part = |kind: &str, text: &str| {
            hash.update(kind.as_bytes());
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text.as_bytes());
        };
        match self {
            Document::Text(text) => part("text", text),
            Document::Conversation(Conversation { turns, variables }) => {
                for turn in turns {
                    let uncounted = turn.role == ChatRole::Assistant && turn.part != Part::Usual;
                    part(if uncounted { "context" } else { turn.role.name() }, turn.text());
                    if !turn.fields.is_empty() {
                        part("fields", &json_of(&turn.fields));
                    }
                }
                if !variables.is_empty() {
                    part("variables", &json_of(variables));
                }
            }
        }
        let digest: [u8; 32] = hash.finalize().into();
        let [a, b, c, d] = [0, 8, 16, 24].map(|at| {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&digest[at..at + 8]);
            u64::from_le_bytes(bytes)
        });
        RowFingerprint { side: a, order: b, identity: u128::from(c) << 64 | u128::from(d) }
    }
}

/// Bytes of the texts and names in all values.
fn size_of_all(fields: &Map<String, Value>) -> usize {
    fields.iter().map(|(name, value)| name.len() + size_of(value)).sum()
}

fn size_of(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(size_of).sum(),
        Value::Object(fields) => size_of_all(fields),
        // As it would be written.
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
    }
}

fn json_of(fields: &Map<String, Value>) -> String {
    Value::Object(fields.clone()).to_string()
}

impl RowFingerprint {
    /// Whether the row is among the `share` (0..1) that is held out.
    pub fn is_held_out(self, share: f64) -> bool {
        // 2⁻⁶⁴ of the 64-bit hash is uniform in 0..1.
        self.side as f64 * 2f64.powi(-64) < share
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(question: &str, answer: &str) -> Document {
        let (question, answer) =
            (Turn::new(ChatRole::User, question), Turn::new(ChatRole::Assistant, answer));
        Document::Conversation(vec![question, answer].into())
    }

    #[test]
    fn a_fingerprint_depends_on_where_a_message_ends() {
        assert_eq!(exchange("ab", "c").fingerprint(), exchange("ab", "c").fingerprint());
        assert_ne!(exchange("ab", "c").fingerprint(), exchange("a", "bc").fingerprint());
    }

    #[test]
    fn a_share_holds_out_about_that_share() {
        let held = (0..4000)
            .filter(|i| exchange(&i.to_string(), "yes").fingerprint().is_held_out(0.1))
            .count();
        // 400 expected, standard deviation 19.
        assert!((320..480).contains(&held), "{held}");
    }

    #[test]
    fn the_hash_that_decides_the_side_never_changes() {
        // A change here would move held-out rows of running projects into training. The numbers
        // were computed apart from this code, with another SHA-256.
        let sides: Vec<u64> =
            (0..3).map(|i| exchange(&i.to_string(), "yes").fingerprint().side).collect();
        assert_eq!(sides, [18_420_188_529_148_829_562, 7135270417019721713, 8091221222898391230]);
    }
}
