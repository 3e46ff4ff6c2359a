//! What the Hub names, checked so that it can be part of a path.

use super::checksum::{Checksum, is_hex};

/// A commit's 40 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Commit(String);

impl Commit {
    pub fn parse(text: &str) -> Option<Self> {
        is_hex(text, 40).then(|| Commit(text.into()))
    }

    pub fn digits(&self) -> &str {
        &self.0
    }
}

/// A file that is to be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RemoteFile {
    /// Of the repository's top folder, and free of anything that could lead elsewhere.
    pub name: String,
    pub size: u64,
    pub checksum: Checksum,
}
