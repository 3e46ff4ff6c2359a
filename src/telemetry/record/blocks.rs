//! Checksums of a record's bytes.

use serde::{Deserialize, Serialize};
use std::io::{self, Read};

/// Bytes of a block.
const BLOCK: u64 = 4 << 20;

/// CRC-32 of each block of a file that only grows, the last one up to its end.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Blocks {
    bytes: u64,
    /// Those that are full, then the one that is not.
    sums: Vec<u32>,
}

impl Blocks {
    /// Bytes that were added.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Goes on by what follows in the file.
    pub fn add(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let filled = self.bytes % BLOCK;
            if filled == 0 {
                self.sums.push(0);
            }
            let room = usize::try_from(BLOCK - filled).unwrap_or(usize::MAX);
            let (now, later) = bytes.split_at(bytes.len().min(room));
            if let Some(last) = self.sums.last_mut() {
                let mut hasher = crc32fast::Hasher::new_with_initial_len(*last, filled);
                hasher.update(now);
                *last = hasher.finalize();
            }
            self.bytes += now.len() as u64;
            bytes = later;
        }
    }

    /// Whether a file begins with the bytes that were added.
    ///
    /// # Errors
    /// The system's.
    pub fn are_of(&self, file: impl Read) -> io::Result<bool> {
        let mut file = file.take(self.bytes);
        let mut found = Blocks::default();
        let mut buffer = vec![0; 1 << 20];
        loop {
            match file.read(&mut buffer)? {
                0 => return Ok(found == *self),
                read => found.add(&buffer[..read]),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_changed_missing_or_added_byte_is_seen() {
        let content: Vec<u8> = (0..3 * BLOCK / 2).map(|n| n as u8).collect();
        let mut blocks = Blocks::default();
        blocks.add(&content);
        assert_eq!((blocks.bytes(), blocks.sums.len()), (3 * BLOCK / 2, 2));
        assert!(blocks.are_of(&content[..]).unwrap());
        assert!(blocks.are_of(&[&content[..], b"more"].concat()[..]).unwrap());
        assert!(!blocks.are_of(&content[1..]).unwrap());
        for at in [0, 99, BLOCK as usize, content.len() - 1] {
            let mut torn = content.clone();
            torn[at] ^= 1;
            assert!(!blocks.are_of(&torn[..]).unwrap(), "{at}");
        }
    }

    proptest! {
        #[test]
        fn the_sums_do_not_depend_on_how_the_bytes_came(sizes in prop::collection::vec(0..3_000_000usize, 1..8)) {
            let content = vec![7; sizes.iter().sum()];
            let (mut whole, mut parts, mut rest) = (Blocks::default(), Blocks::default(), &content[..]);
            whole.add(&content);
            for size in sizes {
                let (now, later) = rest.split_at(size);
                parts.add(now);
                rest = later;
            }
            prop_assert_eq!(whole, parts);
        }
    }
}
