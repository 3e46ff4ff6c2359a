//! `events.index`: what a long record adds up to, so that it is not read line by line each time.

use super::super::{PastEvent, Snapshot};
use super::RECORD_FILE;
use super::blocks::Blocks;
use crate::disk::{self, hex};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io;
use std::path::Path;

/// Name of the index in a run's folder.
pub(super) const INDEX_FILE: &str = "events.index";

/// Raised when an index of the same version of the program would be read as something else.
const FORMAT: u32 = 1;

/// The largest index that is read, bytes. Snapshots are bounded far below.
const LARGEST: u64 = 512 << 20;

/// What the beginning of a record adds up to.
///
/// The file is a line with the SHA-256 of the rest, and JSON. It is a copy of what the record says, and
/// used only where it is whole, of this version of the program, and the record begins with just the
/// bytes that it stands for: else the record is read from its first line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::telemetry) struct RecordIndex {
    format: u32,
    version: String,
    /// Checksums of the bytes that it stands for.
    pub(super) blocks: Blocks,
    /// Lines that it stands for.
    pub(super) lines: u64,
    /// Their fold.
    pub snapshot: Snapshot,
    /// What a resume has to know of them.
    pub past: Vec<PastEvent>,
}

impl RecordIndex {
    pub(super) fn new(
        blocks: Blocks,
        lines: u64,
        snapshot: Snapshot,
        past: Vec<PastEvent>,
    ) -> Self {
        let version = env!("CARGO_PKG_VERSION").into();
        RecordIndex { format: FORMAT, version, blocks, lines, snapshot, past }
    }

    /// # Errors
    /// The system's.
    pub(super) fn write(&self, run_dir: &Path) -> io::Result<()> {
        let content = serde_json::to_vec(self)?;
        let mut file = hex(Sha256::new_with_prefix(&content)).into_bytes();
        file.push(b'\n');
        file.extend(content);
        disk::write_atomic(&run_dir.join(INDEX_FILE), &file, disk::OWNER_ONLY)
    }

    /// The index of a run, where there is one that can be used.
    pub(super) fn read(run_dir: &Path) -> Option<Self> {
        let path = run_dir.join(INDEX_FILE);
        let file = match disk::read(&path, LARGEST) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            file => file,
        };
        let read = file.map_err(|error| error.to_string()).and_then(|file| Self::parse(&file));
        let index = read.and_then(|index| index.checked(run_dir));
        index.inspect_err(|why| tracing::warn!("{} is not used: {why}", path.display())).ok()
    }

    fn parse(file: &[u8]) -> Result<Self, String> {
        let end = file.iter().position(|byte| *byte == b'\n');
        let (sum, content) = file.split_at(end.ok_or("it is cut off")?);
        let content = &content[1..];
        if hex(Sha256::new_with_prefix(content)).as_bytes() != sum {
            return Err("it does not have the checksum in its first line".into());
        }
        serde_json::from_slice(content).map_err(|error| error.to_string())
    }

    fn checked(self, run_dir: &Path) -> Result<Self, String> {
        if self.format != FORMAT || self.version != env!("CARGO_PKG_VERSION") {
            return Err(format!("versatune {} wrote it", self.version));
        }
        let record = File::open(run_dir.join(RECORD_FILE));
        match record.and_then(|record| self.blocks.are_of(record)) {
            Ok(true) => Ok(self),
            Ok(false) => Err(format!("{RECORD_FILE} is not as it was then")),
            Err(error) => Err(error.to_string()),
        }
    }
}
