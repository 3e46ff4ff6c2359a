//! What the Hub names, checked so that it can be part of a path.

use super::checksum::{Checksum, is_hex};

/// Longest name of a file with its folders, and of each part of it, bytes.
const LONGEST_NAME: usize = 1000;
const LONGEST_PART: usize = 255;

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
    /// Its path in the repository, one for which [`is_path`] holds.
    pub name: String,
    pub size: u64,
    pub checksum: Checksum,
}

/// Whether a name is the path of a file below the repository's top folder, and free of anything that
/// could lead elsewhere.
pub(super) fn is_path(name: &str) -> bool {
    let is_part = |part: &str| !matches!(part, "" | "." | "..") && part.len() <= LONGEST_PART;
    name.len() <= LONGEST_NAME
        && name.split('/').all(is_part)
        && !name.chars().any(|c| c.is_control() || c == '\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_a_file_below_the_top_folder() {
        for good in ["a", "data/train-00000-of-00001.parquet", "lang=de/Zeile 1.jsonl", ".x/y"] {
            assert!(is_path(good), "{good}");
        }
        let long = "a".repeat(256);
        for bad in ["", "/a", "a/", "a//b", "..", "a/../b", "./a", "a\\b", "a\nb", "a\0", &long] {
            assert!(!is_path(bad), "{bad}");
        }
    }
}
