use super::record::Indexed;
use super::{Arrival, EventSource, RecordReader, Snapshot, SourceError};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The record of a run on disk as a source of events, up to the last one that is written now, whether the
/// run goes on or not. It begins with the first, or behind what the record's index stands for.
#[derive(Debug)]
pub struct RecordedRun {
    run: Snapshot,
    records: RecordReader,
}

impl RecordedRun {
    /// The run in this folder.
    ///
    /// # Errors
    /// There is no record in it.
    pub fn open(run_dir: &Path) -> Result<Self, SourceError> {
        let Indexed { reader: records, run, .. } = RecordReader::open_indexed(run_dir)?;
        Ok(RecordedRun { run, records })
    }

    /// What was wrong with the record up to here, in sentences.
    pub fn damage(&self) -> &[String] {
        self.records.damage()
    }
}

impl EventSource for RecordedRun {
    fn snapshot(&mut self) -> Result<Snapshot, SourceError> {
        Ok(std::mem::take(&mut self.run))
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
