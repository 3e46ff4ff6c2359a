//! Judgements on disk, so that no text is paid for twice: one JSON line each, appended as they come.

use crate::detect::judge::error::JudgeError;
use crate::disk::{self, OWNER_ONLY, hex};
use crate::mixing::Mixture;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Judgements of one judge. The file may hold those of others, which are left alone, and several
/// processes may append to it.
#[derive(Debug)]
pub(super) struct Cache {
    path: PathBuf,
    file: File,
    judge: String,
    known: BTreeMap<String, Mixture>,
    damaged: usize,
}

/// A judgement.
#[derive(Serialize, Deserialize)]
struct Line {
    /// Checksum of the text.
    text: String,
    /// Fingerprint of the judge; lines of other judges are skipped.
    judge: String,
    probabilities: Mixture,
}

impl Cache {
    /// Reads the judgements of the judge with this fingerprint, and makes the file where there is
    /// none. Only its owner can read it then.
    ///
    /// # Errors
    /// The file cannot be made, read or written.
    pub fn open(path: &Path, judge: &str, domains: usize) -> Result<Self, JudgeError> {
        let failed = |source| JudgeError::Cache { doing: "open", path: path.to_owned(), source };
        let (mut file, bytes) = read(path).map_err(failed)?;
        if bytes.last().is_some_and(|byte| *byte != b'\n') {
            // A torn line is ended, so that the next one is whole.
            file.write_all(b"\n").map_err(failed)?;
        }
        let mut cache = Cache {
            path: path.to_owned(),
            file,
            judge: judge.to_owned(),
            known: BTreeMap::new(),
            damaged: 0,
        };
        for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            cache.take(line, domains);
        }
        Ok(cache)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Number of lines that are no judgements: incomplete after a crash, or of another origin.
    pub fn damaged(&self) -> usize {
        self.damaged
    }

    /// The key of a text in this file.
    pub fn checksum(text: &str) -> String {
        hex(Sha256::new_with_prefix(text))
    }

    pub fn find(&self, checksum: &str) -> Option<&Mixture> {
        self.known.get(checksum)
    }

    /// Appends a judgement; when this returns, the operating system has it.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn keep(&mut self, checksum: &str, probabilities: &Mixture) -> Result<(), JudgeError> {
        let line = Line {
            text: checksum.to_owned(),
            judge: self.judge.clone(),
            probabilities: probabilities.clone(),
        };
        self.known.insert(line.text.clone(), line.probabilities.clone());
        // In one call, so that the lines of two processes do not mix.
        let written = serde_json::to_string(&line)
            .map_err(io::Error::other)
            .and_then(|text| self.file.write_all(format!("{text}\n").as_bytes()));
        written.map_err(|source| JudgeError::Cache {
            doing: "append to",
            path: self.path.clone(),
            source,
        })
    }

    fn take(&mut self, line: &[u8], domains: usize) {
        match serde_json::from_slice::<Line>(line) {
            Ok(line) if line.judge != self.judge => {}
            Ok(line) if line.probabilities.len() == domains => {
                self.known.insert(line.text, line.probabilities);
            }
            Ok(_) | Err(_) => self.damaged += 1,
        }
    }
}

fn read(path: &Path) -> io::Result<(File, Vec<u8>)> {
    fs::create_dir_all(disk::parent(path))?;
    let mut options = OpenOptions::new();
    let mut file = options.read(true).append(true).create(true).mode(OWNER_ONLY).open(path)?;
    file.set_permissions(Permissions::from_mode(OWNER_ONLY))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok((file, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(path: &Path, judge: &str) -> Cache {
        Cache::open(path, judge, 2).unwrap()
    }

    #[test]
    fn judgements_come_back_to_the_bit_and_to_their_judge_only() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("new folder/judge.jsonl");
        let third = Mixture::new(vec![1.0 / 3.0, 2.0 / 3.0]).unwrap();
        open(&path, "a").keep(&Cache::checksum("text"), &third).unwrap();
        assert_eq!(open(&path, "a").find(&Cache::checksum("text")), Some(&third));
        assert_eq!(open(&path, "a").find(&Cache::checksum("another")), None);
        assert_eq!(open(&path, "b").find(&Cache::checksum("text")), None);
        assert_eq!(open(&path, "b").damaged(), 0, "another judge's lines are no damage");
    }

    #[test]
    fn only_the_owner_can_read_it_even_if_others_could_before() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("judge.jsonl");
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        open(&path, "a");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, OWNER_ONLY);
    }

    #[test]
    fn a_torn_line_loses_no_other() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("judge.jsonl");
        let even = Mixture::uniform(2);
        for text in ["one", "two"] {
            open(&path, "a").keep(text, &even).unwrap();
        }
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() - 7]).unwrap();

        let mut cache = open(&path, "a");
        assert_eq!((cache.find("one"), cache.find("two")), (Some(&even), None));
        assert_eq!(cache.damaged(), 1);
        cache.keep("three", &even).unwrap();
        let cache = open(&path, "a");
        assert_eq!((cache.find("one"), cache.find("three")), (Some(&even), Some(&even)));
        assert_eq!(cache.damaged(), 1);
    }

    #[test]
    fn lines_without_a_distribution_count_as_damaged() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("judge.jsonl");
        let line = |text: &str, probabilities: &str| {
            format!("{{\"text\":\"{text}\",\"judge\":\"a\",\"probabilities\":{probabilities}}}\n")
        };
        let content = [line("x", "[0.9,0.9]"), line("y", "[1.0]"), line("z", "[0.25,0.75]")];
        fs::write(&path, content.concat()).unwrap();
        let cache = open(&path, "a");
        assert_eq!((cache.known.len(), cache.damaged()), (1, 2));
        assert_eq!(cache.find("z").unwrap().as_slice(), [0.25, 0.75]);
    }
}
