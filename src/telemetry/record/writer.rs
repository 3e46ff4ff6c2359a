use super::super::{Event, PastEvent, Record, Snapshot};
use super::blocks::Blocks;
use super::index::RecordIndex;
use super::reader::Indexed;
use super::{RECORD_FILE, RecordError, RecordReader};
use crate::disk;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How many droppable events may wait in memory before they are written. Other events never wait.
const SAMPLES_HELD_BACK: usize = 8;

/// Bytes by which a record grows before its index is written anew. So many are read line by line in a
/// fraction of a second.
const INDEX_EVERY: u64 = 16 << 20;

/// Writes `events.jsonl`, one JSON object a line.
///
/// Droppable events are written in small groups, others at once; checkpoints and the end of a run are
/// forced to disk. What could not be written (a full disk) stays in memory, and the next call goes on at
/// the same byte, so that a record never has a torn line in its middle. A long record has an index
/// beside it, which is written anew from time to time.
#[derive(Debug)]
pub struct RecordWriter {
    path: PathBuf,
    file: File,
    pending: Vec<u8>,
    pending_samples: usize,
    /// Of what the file holds.
    blocks: Blocks,
    /// Lines that were written or wait.
    lines: u64,
    past: Vec<PastEvent>,
    /// Bytes that the index stands for.
    indexed: u64,
}

/// A record that is gone on with.
pub struct Continued {
    /// At its end.
    pub writer: RecordWriter,
    /// Its fold, which the hub has to begin with.
    pub run: Snapshot,
    /// What a resume has to know of it.
    pub past: Vec<PastEvent>,
    /// What was wrong with it, and what was done about it.
    pub notices: Vec<String>,
}

impl RecordWriter {
    /// Begins a record in `run_dir`, which must not hold one.
    ///
    /// # Errors
    /// [`RecordError::Exists`]; [`RecordError::Io`] if the folder does not take the file.
    pub fn create(run_dir: &Path) -> Result<Self, RecordError> {
        let path = run_dir.join(RECORD_FILE);
        match OpenOptions::new().append(true).create_new(true).open(&path) {
            Ok(file) => Ok(Self::over(path, file)),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Err(RecordError::Exists { path }),
            Err(source) => Err(RecordError::Io { doing: "create", path, source }),
        }
    }

    /// Goes on with the record in `run_dir`, after its last whole line; a torn last line is cut off. A
    /// damaged record is repaired: what can be read stays, what is missing is an
    /// [`Event::EventsLost`], and the file as it was is kept beside it. Where there is none, a new one
    /// is begun.
    ///
    /// # Errors
    /// As [`RecordReader`]; the file cannot be written.
    pub fn resume(run_dir: &Path) -> Result<Continued, RecordError> {
        let path = run_dir.join(RECORD_FILE);
        let indexed = match RecordReader::open_indexed(run_dir) {
            Err(RecordError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                let notices = vec![format!("there was no {}: a new one is begun", path.display())];
                let (writer, run) = (Self::create(run_dir)?, Snapshot::default());
                return Ok(Continued { writer, run, past: Vec::new(), notices });
            }
            indexed => indexed?,
        };
        let Indexed { mut reader, bytes: indexed, mut run, mut past } = indexed;
        for record in reader.by_ref() {
            let record = Arc::new(record?);
            run.apply(&record);
            past.extend(PastEvent::from_record(&record));
        }
        let failed = |source| RecordError::Io { doing: "write", path: path.clone(), source };
        if !reader.damage().is_empty() {
            let mut notices = reader.damage().to_vec();
            let kept = repair(run_dir).map_err(failed)?;
            notices.push(format!("the record as it was is kept as {}", kept.display()));
            return Ok(Continued { notices, ..Self::resume(run_dir)? });
        }
        let (lines, blocks) = reader.into_read();
        let file = OpenOptions::new().append(true).open(&path).map_err(failed)?;
        file.set_len(blocks.bytes()).map_err(failed)?;
        let mut writer = Self::over(path, file);
        (writer.blocks, writer.lines, writer.indexed) = (blocks, lines, indexed);
        writer.past.clone_from(&past);
        writer.index_if_due(&run);
        Ok(Continued { writer, run, past, notices: Vec::new() })
    }

    pub(in crate::telemetry) fn over(path: PathBuf, file: File) -> Self {
        RecordWriter {
            path,
            file,
            pending: Vec::new(),
            pending_samples: 0,
            blocks: Blocks::default(),
            lines: 0,
            past: Vec::new(),
            indexed: 0,
        }
    }

    /// Writes one record.
    ///
    /// # Errors
    /// [`RecordError::Io`], naming the file, if it cannot be written (a full disk, say). The record is
    /// kept and written with the next call.
    pub fn write(&mut self, record: &Record) -> Result<(), RecordError> {
        let before = self.pending.len();
        if let Err(e) = serde_json::to_writer(&mut self.pending, record) {
            self.pending.truncate(before);
            return Err(self.io(e.into()));
        }
        self.pending.push(b'\n');
        self.lines += 1;
        self.past.extend(PastEvent::from_record(record));
        match &record.event {
            Event::CheckpointSaved { .. }
            | Event::Resumed { .. }
            | Event::RolledBack { .. }
            | Event::Finished { .. }
            | Event::Failed { .. } => self.sync(),
            event if !event.is_droppable() => self.flush(),
            _ => {
                self.pending_samples += 1;
                if self.pending_samples < SAMPLES_HELD_BACK { Ok(()) } else { self.flush() }
            }
        }
    }

    /// Hands everything to the system: it then survives the death of this process.
    ///
    /// # Errors
    /// [`RecordError::Io`]; [`RecordError::Gone`].
    pub fn flush(&mut self) -> Result<(), RecordError> {
        if !self.pending.is_empty() {
            self.require_in_place()?;
        }
        while !self.pending.is_empty() {
            match self.file.write(&self.pending) {
                Ok(0) => return Err(self.io(io::ErrorKind::WriteZero.into())),
                Ok(written) => {
                    self.blocks.add(&self.pending[..written]);
                    self.pending.drain(..written);
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(self.io(e)),
            }
        }
        self.pending_samples = 0;
        Ok(())
    }

    /// Forces everything to disk: it then survives the death of the machine.
    ///
    /// # Errors
    /// [`RecordError::Io`]; [`RecordError::Gone`], also where nothing is left to write.
    pub fn sync(&mut self) -> Result<(), RecordError> {
        self.require_in_place()?;
        self.flush()?;
        self.file.sync_data().map_err(|e| self.io(e))
    }

    /// Writes the index anew where the record has grown by much since. `run` is the fold of all that
    /// was written. An index that cannot be written costs the next reader time and nothing else.
    pub fn index_if_due(&mut self, run: &Snapshot) {
        if self.blocks.bytes() < self.indexed + INDEX_EVERY || self.flush().is_err() {
            return;
        }
        let (blocks, past) = (self.blocks.clone(), self.past.clone());
        let index = RecordIndex::new(blocks, self.lines, run.clone(), past);
        if let Err(error) = index.write(disk::parent(&self.path)) {
            tracing::warn!("the index of {} is not written: {error}", self.path.display());
        }
        self.indexed = self.blocks.bytes();
    }

    /// The file would be written on under another path, and what else the run writes would make its
    /// folder anew.
    fn require_in_place(&self) -> Result<(), RecordError> {
        let id = |file: &Metadata| (file.dev(), file.ino());
        let ours = self.file.metadata().map_err(|e| self.io(e))?;
        match fs::metadata(&self.path) {
            Ok(found) if id(&found) == id(&ours) => Ok(()),
            Ok(_) => Err(RecordError::Gone { path: self.path.clone() }),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                Err(RecordError::Gone { path: self.path.clone() })
            }
            Err(e) => Err(self.io(e)),
        }
    }

    fn io(&self, source: io::Error) -> RecordError {
        RecordError::Io { doing: "write", path: self.path.clone(), source }
    }
}

/// Writes a damaged record anew with what can be read of it; where the old one is kept.
fn repair(run_dir: &Path) -> io::Result<PathBuf> {
    let path = run_dir.join(RECORD_FILE);
    let kept = keep(&path)?;
    disk::write_atomic_with(&path, disk::OWNER_ONLY, |out| {
        let mut out = BufWriter::new(out);
        for record in RecordReader::open(run_dir).map_err(io::Error::other)? {
            serde_json::to_writer(&mut out, &record.map_err(io::Error::other)?)?;
            out.write_all(b"\n")?;
        }
        out.flush()
    })?;
    Ok(kept)
}

/// Gives a damaged record a second name, `events.jsonl.damaged-1` or the next that is free.
fn keep(path: &Path) -> io::Result<PathBuf> {
    for n in 1u64.. {
        let kept = path.with_file_name(format!("{RECORD_FILE}.damaged-{n}"));
        match fs::hard_link(path, &kept) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Ok(()) => return Ok(kept),
            // A file system without links.
            Err(_) => return fs::copy(path, &kept).map(|_| kept),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

impl Drop for RecordWriter {
    fn drop(&mut self) {
        if let Err(e) = self.flush() {
            tracing::error!("{e}");
        }
    }
}
