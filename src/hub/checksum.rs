//! What a file's content must hash to. Such a hash is also the file's name among the cache's blobs.

use crate::disk;
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// Checksum of a file as the Hub lists it: lower-case hexadecimal digits and nothing else, so that
/// as a file name it leads nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Checksum {
    /// Of a file that lies in git itself: SHA-1 of `blob <size>\0` and the content.
    GitBlob(String),
    /// Of a large file: SHA-256 of the content.
    Sha256(String),
}

impl Checksum {
    pub fn git_blob(digits: &str) -> Option<Self> {
        is_hex(digits, 40).then(|| Checksum::GitBlob(digits.into()))
    }

    pub fn sha256(digits: &str) -> Option<Self> {
        is_hex(digits, 64).then(|| Checksum::Sha256(digits.into()))
    }

    pub fn digits(&self) -> &str {
        match self {
            Checksum::GitBlob(digits) | Checksum::Sha256(digits) => digits,
        }
    }

    /// A hasher for content of `size` bytes.
    pub fn hasher(&self, size: u64) -> Hasher {
        match self {
            Checksum::GitBlob(_) => {
                Hasher::GitBlob(Sha1::new_with_prefix(format!("blob {size}\0")))
            }
            Checksum::Sha256(_) => Hasher::Sha256(Sha256::new()),
        }
    }
}

/// Hashes content piece by piece.
#[derive(Clone)]
pub(super) enum Hasher {
    GitBlob(Sha1),
    Sha256(Sha256),
}

impl Hasher {
    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Hasher::GitBlob(hash) => hash.update(bytes),
            Hasher::Sha256(hash) => hash.update(bytes),
        }
    }

    pub fn matches(self, checksum: &Checksum) -> bool {
        let digits = match self {
            Hasher::GitBlob(hash) => disk::hex(hash),
            Hasher::Sha256(hash) => disk::hex(hash),
        };
        digits == checksum.digits()
    }
}

/// Whether `text` is `length` lower-case hexadecimal digits.
pub(super) fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_compared_with_its_checksum() {
        // `printf hello | git hash-object --stdin` and `printf hello | sha256sum`.
        let git = Checksum::git_blob("b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0").unwrap();
        let sha256 =
            Checksum::sha256("2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")
                .unwrap();
        for checksum in [git, sha256] {
            let sum = |pieces: &[&[u8]]| {
                let mut hasher = checksum.hasher(5);
                pieces.iter().for_each(|piece| hasher.update(piece));
                hasher.matches(&checksum)
            };
            assert!(sum(&[b"he", b"llo"]));
            assert!(!sum(&[b"hallo"]));
        }
    }

    #[test]
    fn only_digits_make_a_checksum() {
        let path = format!("/{}", "a".repeat(39));
        for bad in ["", "1", "..", &path, &"A".repeat(40), &"g".repeat(40)] {
            assert_eq!(Checksum::git_blob(bad), None, "{bad}");
            assert_eq!(Checksum::sha256(bad), None, "{bad}");
        }
        assert_eq!(Checksum::sha256(&"a".repeat(40)), None);
    }
}
