//! What a row says, whatever the form that it came in.

use sha2::{Digest, Sha256};

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Instructions that stand above the conversation.
    System,
    /// The person.
    User,
    /// The model: what the loss counts.
    Assistant,
}

impl Role {
    /// The name that chat templates know.
    pub fn name(self) -> &'static str {
        match self {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
        }
    }
}

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: String,
}

impl Turn {
    /// A message.
    pub fn new(role: Role, content: impl Into<String>) -> Self {
        Turn { role, content: content.into() }
    }
}

/// The meaning of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Document {
    /// Messages, with at least one of the assistant; no answer is empty.
    Conversation(Vec<Turn>),
    /// Running text, not empty.
    Text(String),
}

/// Fingerprint of what a row says. Rows that say the same have the same one, whatever their form
/// and their other fields, in every domain and in every run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// Decides between training and held out.
    pub side: u64,
    /// Decides which rows a limit keeps.
    pub order: u64,
    /// Tells rows apart.
    pub identity: u128,
}

impl Document {
    /// Its fingerprint. A row's side depends on nothing else, so duplicates never straddle.
    pub fn fingerprint(&self) -> Fingerprint {
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
                turns.iter().for_each(|turn| part(turn.role.name(), &turn.content));
            }
        }
        let digest: [u8; 32] = hash.finalize().into();
        let [a, b, c, d] = [0, 8, 16, 24].map(|at| {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&digest[at..at + 8]);
            u64::from_le_bytes(bytes)
        });
        Fingerprint { side: a, order: b, identity: u128::from(c) << 64 | u128::from(d) }
    }
}

impl Fingerprint {
    /// Whether the row is among the `share` (0..1) that is held out.
    pub fn is_held_out(self, share: f64) -> bool {
        // 2⁻⁶⁴ of the 64-bit hash is uniform in 0..1.
        self.side as f64 * 2f64.powi(-64) < share
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(question: &str, answer: &str) -> Document {
        Document::Conversation(vec![
            Turn::new(Role::User, question),
            Turn::new(Role::Assistant, answer),
        ])
    }

    #[test]
    fn fingerprints_know_where_a_message_ends() {
        assert_eq!(asked("ab", "c").fingerprint(), asked("ab", "c").fingerprint());
        assert_ne!(asked("ab", "c").fingerprint(), asked("a", "bc").fingerprint());
    }

    #[test]
    fn a_share_holds_out_about_that_share() {
        let held = (0..4000)
            .filter(|i| asked(&i.to_string(), "yes").fingerprint().is_held_out(0.1))
            .count();
        // 400 expected, standard deviation 19.
        assert!((320..480).contains(&held), "{held}");
    }

    #[test]
    fn sides_never_change() {
        // A change here would move held-out rows of running projects into training. The numbers
        // were computed apart from this code, with another SHA-256.
        let sides: Vec<u64> =
            (0..3).map(|i| asked(&i.to_string(), "yes").fingerprint().side).collect();
        assert_eq!(sides, [18_420_188_529_148_829_562, 7135270417019721713, 8091221222898391230]);
    }
}
