//! The tokens of one side of one domain on disk.
//!
//! `<name>.tokens` holds every token as a little-endian u32 whose highest bit is set if the
//! loss counts it; `<name>.offsets` holds, as little-endian u64, the token at which each example
//! begins, and their number; `<name>.identities` a hash of each example's row; `<name>.texts` two u64 for
//! each example, the size of its counted text in bytes and in tokens. Examples are read by position, so a
//! store takes no memory whatever its size.

use crate::data::error::DataError;
use crate::data::summary::TextSize;
use crate::disk::{create_new, hex, sha256};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// The bit of a token that the loss counts.
const COUNTED: u32 = 1 << 31;

/// What a store holds. The serialized names are those of caches that exist, so that they stay valid.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Contents {
    #[serde(rename = "rows")]
    pub examples: u64,
    pub tokens: u64,
    #[serde(rename = "answer_tokens")]
    pub target_tokens: u64,
    pub largest_token: u32,
    /// Tokens of the longest example.
    pub longest: u64,
    /// The counted text of all examples.
    pub text: TextSize,
    tokens_sha256: String,
    offsets_sha256: String,
    identities_sha256: String,
    texts_sha256: String,
}

fn paths(folder: &Path, name: &str) -> [PathBuf; 4] {
    ["tokens", "offsets", "identities", "texts"].map(|end| folder.join(format!("{name}.{end}")))
}

/// Writes a store, example by example.
pub(super) struct Writer {
    contents: Contents,
    tokens: Hashed,
    offsets: Hashed,
    identities: Hashed,
    texts: Hashed,
}

impl Writer {
    pub fn create(folder: &Path, name: &str) -> Result<Self, DataError> {
        let [tokens, mut offsets, identities, texts] = paths(folder, name).map(Hashed::create);
        if let Ok(offsets) = &mut offsets {
            offsets.write(&0u64.to_le_bytes())?;
        }
        Ok(Writer {
            contents: Contents::default(),
            tokens: tokens?,
            offsets: offsets?,
            identities: identities?,
            texts: texts?,
        })
    }

    /// Appends an example of the row with this identity, whose counted text has this size.
    ///
    /// # Errors
    /// The system's, or an id that leaves no room for the mark.
    pub fn push(
        &mut self,
        tokens: &[u32],
        counted: &[bool],
        identity: u64,
        text: TextSize,
    ) -> Result<(), DataError> {
        if let Some(id) = tokens.iter().find(|token| **token >= COUNTED) {
            let problem = format!("token id {id} is not below {COUNTED}");
            let error = io::Error::new(io::ErrorKind::InvalidData, problem);
            return Err(DataError::io("store tokens in", &self.tokens.path)(error));
        }
        let words = tokens.iter().zip(counted);
        let bytes: Vec<u8> = words
            .flat_map(|(token, &counted)| (token | if counted { COUNTED } else { 0 }).to_le_bytes())
            .collect();
        self.tokens.write(&bytes)?;
        let contents = &mut self.contents;
        contents.examples += 1;
        contents.tokens += tokens.len() as u64;
        contents.longest = contents.longest.max(tokens.len() as u64);
        contents.target_tokens += counted.iter().filter(|counted| **counted).count() as u64;
        contents.largest_token = tokens.iter().copied().fold(contents.largest_token, u32::max);
        contents.text += text;
        self.offsets.write(&contents.tokens.to_le_bytes())?;
        self.texts.write(&text.bytes.to_le_bytes())?;
        self.texts.write(&text.tokens.to_le_bytes())?;
        self.identities.write(&identity.to_le_bytes())
    }

    /// Makes the files durable, and returns what they hold.
    pub fn finish(self) -> Result<Contents, DataError> {
        Ok(Contents {
            tokens_sha256: self.tokens.finish()?,
            offsets_sha256: self.offsets.finish()?,
            identities_sha256: self.identities.finish()?,
            texts_sha256: self.texts.finish()?,
            ..self.contents
        })
    }
}

/// A file that is hashed while it is written.
struct Hashed {
    path: PathBuf,
    file: BufWriter<File>,
    hash: Sha256,
}

impl Hashed {
    fn create(path: PathBuf) -> Result<Self, DataError> {
        let file = create_new(&path).map_err(DataError::io("create", &path))?;
        Ok(Hashed { file: BufWriter::new(file), hash: Sha256::new(), path })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), DataError> {
        self.hash.update(bytes);
        self.file.write_all(bytes).map_err(DataError::io("write", &self.path))
    }

    fn finish(mut self) -> Result<String, DataError> {
        let durable = self.file.flush().and_then(|()| self.file.get_ref().sync_all());
        durable.map_err(DataError::io("write", &self.path))?;
        Ok(hex(self.hash))
    }
}

/// Reads a store.
#[derive(Debug)]
pub(super) struct Store {
    path: PathBuf,
    tokens: File,
    offsets: File,
    identities: File,
    texts: File,
    examples: u64,
}

impl Store {
    /// Opens a store and checks every byte of it. The error is what is wrong with it.
    pub fn open(folder: &Path, name: &str, contents: &Contents) -> Result<Self, String> {
        let [tokens, offsets, identities, texts] = paths(folder, name);
        let checked = |path: &Path, expected: &str| -> Result<File, String> {
            let (file, found) = File::open(path)
                .and_then(|file| Ok((file.try_clone()?, sha256(file, &mut |_| Ok(()))?)))
                .map_err(|error| format!("{}: {error}", path.display()))?;
            if found == expected {
                Ok(file)
            } else {
                Err(format!("{} does not have the checksum that was noted", path.display()))
            }
        };
        Ok(Store {
            tokens: checked(&tokens, &contents.tokens_sha256)?,
            offsets: checked(&offsets, &contents.offsets_sha256)?,
            identities: checked(&identities, &contents.identities_sha256)?,
            texts: checked(&texts, &contents.texts_sha256)?,
            examples: contents.examples,
            path: tokens,
        })
    }

    /// The tokens of example `index`, below [`Contents::examples`], and which of them the loss counts.
    pub fn example(&self, index: usize) -> Result<(Vec<u32>, Vec<bool>), DataError> {
        self.read(index).map_err(DataError::io("read", &self.path))
    }

    /// A hash of the row of every example, in their order.
    pub fn identities(&self) -> Result<Vec<u64>, DataError> {
        self.numbers(&self.identities, self.examples)
    }

    /// The size of the counted text of every example, in their order.
    pub fn texts(&self) -> Result<Vec<TextSize>, DataError> {
        let numbers = self.numbers(&self.texts, 2 * self.examples)?;
        let sizes = numbers.as_chunks().0.iter();
        Ok(sizes.map(|[bytes, tokens]| TextSize { bytes: *bytes, tokens: *tokens }).collect())
    }

    fn numbers(&self, file: &File, count: u64) -> Result<Vec<u64>, DataError> {
        let mut bytes = vec![0; 8 * count as usize];
        let read = file.read_exact_at(&mut bytes, 0);
        read.map_err(DataError::io("read", &self.path))?;
        let words = bytes.as_chunks().0.iter();
        Ok(words.map(|word| u64::from_le_bytes(*word)).collect())
    }

    fn read(&self, index: usize) -> io::Result<(Vec<u32>, Vec<bool>)> {
        let mut offsets = [0; 16];
        self.offsets.read_exact_at(&mut offsets, 8 * index as u64)?;
        let [start, end] = [0, 8].map(|at| {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&offsets[at..at + 8]);
            u64::from_le_bytes(bytes)
        });
        let mut bytes = vec![0; 4 * end.saturating_sub(start) as usize];
        self.tokens.read_exact_at(&mut bytes, 4 * start)?;
        let words = bytes.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
        Ok(words.map(|word| (word & !COUNTED, word & COUNTED != 0)).unzip())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_would_be_taken_for_a_mark_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = Writer::create(folder.path(), "train").unwrap();
        let text = TextSize { bytes: 5, tokens: 1 };
        writer.push(&[0, COUNTED - 1], &[false, true], 7, text).unwrap();
        let error = writer.push(&[COUNTED], &[true], 8, text).unwrap_err().to_string();
        assert!(error.contains("token id 2147483648 is not below 2147483648"), "{error}");
        let contents = writer.finish().unwrap();
        let store = Store::open(folder.path(), "train", &contents).unwrap();
        assert_eq!(store.example(0).unwrap(), (vec![0, COUNTED - 1], vec![false, true]));
        assert_eq!(store.identities().unwrap(), [7]);
        assert_eq!((store.texts().unwrap(), contents.text), (vec![text], text));
    }
}
