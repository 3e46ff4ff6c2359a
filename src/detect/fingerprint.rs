//! A digest of everything that decides the texts that are drawn.

use super::detection::Detection;
use super::error::DetectError;
use crate::disk::{self, hex, sha256};
use sha2::{Digest, Sha256};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Bytes at either end of a weights file that are hashed: enough to tell models apart without
/// reading gigabytes.
const END: u64 = 1 << 20;

/// Digest of the model's files, of how texts are drawn, of the seed and of the batches; not of the
/// judge.
pub(super) fn sampling_fingerprint(detection: &Detection<'_>) -> Result<String, DetectError> {
    let Detection { plan, seed, model, .. } = detection;
    let mut hash = Sha256::new();
    hash.update(format!("{:?} {} seed {seed}", plan.sampling, plan.samples));
    for path in files(model).map_err(DetectError::io("list", model))? {
        let sum = digest_of_ends(&path).map_err(DetectError::io("read", &path))?;
        hash.update(path.file_name().unwrap_or_default().as_encoded_bytes());
        hash.update(sum);
    }
    Ok(hex(hash))
}

/// Config, tokenizer and weights, in the order of their names.
fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_weights = name.starts_with("model") && name.ends_with(".safetensors");
        if is_weights
            || ["config.json", "tokenizer.json", "generation_config.json"].contains(&&*name)
        {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// A file's length, and the digests of both its ends.
fn digest_of_ends(path: &Path) -> std::io::Result<String> {
    let mut file = disk::open(path)?;
    let length = file.metadata()?.len();
    let first = sha256((&file).take(END), &mut |_| Ok(()))?;
    file.seek(SeekFrom::Start(length.saturating_sub(END)))?;
    let last = sha256(&file, &mut |_| Ok(()))?;
    Ok(format!("{length} {first} {last}"))
}
