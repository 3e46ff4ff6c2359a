use serde::{Deserialize, Serialize};

/// What of a conversation its template did not write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::data) struct LeftOut {
    /// A part of a message that the loss counts, such as its thoughts.
    pub answer: bool,
    /// White space of such a message only.
    pub spaces: bool,
    /// A message of the system or the user.
    pub message: bool,
}
