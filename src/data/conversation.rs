//! The content of a row, whatever its format, and the fingerprint by which equal content is found.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Who speaks in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChatRole {
    /// Instructions before the conversation.
    System,
    /// The user, whose messages the loss does not count.
    User,
    /// The model: its words are what the loss counts.
    Assistant,
    /// What a tool gave the model, which the loss does not count.
    Tool,
}

impl ChatRole {
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

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    pub role: ChatRole,
    pub content: String,
    /// Whether the loss counts it; never of a turn that is not the assistant's.
    pub counted: bool,
}

impl Turn {
    pub fn new(role: ChatRole, content: impl Into<String>) -> Self {
        Turn { role, content: content.into(), counted: role == ChatRole::Assistant }
    }
}

/// The content of one row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Document {
    /// Messages, with at least one of the assistant; no answer is empty.
    Conversation(Vec<Turn>),
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
            Document::Conversation(turns) => turns.iter().map(|turn| turn.content.len()).sum(),
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
            Document::Conversation(turns) => {
                for turn in turns {
                    let uncounted = turn.role == ChatRole::Assistant && !turn.counted;
                    part(if uncounted { "context" } else { turn.role.name() }, &turn.content);
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
        Document::Conversation(vec![
            Turn::new(ChatRole::User, question),
            Turn::new(ChatRole::Assistant, answer),
        ])
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
