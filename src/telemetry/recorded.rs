use super::{Arrival, EventSource, RecordReader, Snapshot, SourceError};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The record of a run on disk as a source of events, from the first one to the last one that is written
/// now, whether the run goes on or not.
#[derive(Debug)]
pub struct RecordedRun {
    records: RecordReader,
}

impl RecordedRun {
    /// The run in this folder.
    ///
    /// # Errors
    /// There is no record in it.
    pub fn open(run_dir: &Path) -> Result<Self, SourceError> {
        Ok(RecordedRun { records: RecordReader::open(run_dir)? })
    }

    /// Bytes of the record up to the end of the last whole line that was read.
    pub(super) fn whole_bytes(&self) -> u64 {
        self.records.whole_bytes()
    }
}

impl EventSource for RecordedRun {
    fn snapshot(&mut self) -> Result<Snapshot, SourceError> {
        Ok(Snapshot::default())
    }

    fn receive(&mut self, _patience: Duration) -> Result<Arrival, SourceError> {
        match self.records.next().transpose()? {
            Some(record) => Ok(Arrival::Record(Arc::new(record))),
            None => Ok(Arrival::End),
        }
    }

    fn missed(&self) -> u64 {
        0
    }
}
