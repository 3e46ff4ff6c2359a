//! What a viewer reads a run from, live or recorded.

use super::{Record, RecordError, RunState, Snapshot};
use crate::control::RequestId;
use std::sync::Arc;
use std::time::Duration;

/// How long one wait for a record lasts where the viewer has nothing else to do.
const LONG_WAIT: Duration = Duration::from_secs(60);

/// A run as a viewer gets it: a snapshot, then every later record in order. Everything that shows a run
/// reads one of these and nothing else.
///
/// A live run in this process is one ([`Viewer`](super::Viewer)), and so is the record of a run on
/// disk ([`RecordedRun`](super::RecordedRun)). The engine need not be in the same process. A source
/// may leave out records whose event is [droppable](super::Event::is_droppable) where its viewer is
/// slow; it counts them.
pub trait EventSource {
    /// The run as it is before the first record of [`EventSource::receive`]. To be called once, and
    /// first: a source need not keep it.
    ///
    /// # Errors
    /// The source cannot be read.
    fn snapshot(&mut self) -> Result<Snapshot, SourceError>;

    /// The next record. Waits for it, but not longer than `patience`; zero only looks.
    ///
    /// # Errors
    /// The source cannot be read any further; later calls give [`Arrival::End`].
    fn receive(&mut self, patience: Duration) -> Result<Arrival, SourceError>;

    /// Records that were left out until now because this viewer was slow.
    fn missed(&self) -> u64;
}

impl<S: EventSource + ?Sized> EventSource for Box<S> {
    fn snapshot(&mut self) -> Result<Snapshot, SourceError> {
        (**self).snapshot()
    }

    fn receive(&mut self, patience: Duration) -> Result<Arrival, SourceError> {
        (**self).receive(patience)
    }

    fn missed(&self) -> u64 {
        (**self).missed()
    }
}

/// What came from a source.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrival {
    /// The next record.
    Record(Arc<Record>),
    /// None within the time; there may be more later.
    Nothing,
    /// A request of this viewer was not taken, and has no outcome.
    Refused {
        /// Its number.
        request: RequestId,
        /// Why.
        why: String,
    },
    /// The run as it was at another moment, of a source that can go there; the records that follow are those
    /// after it.
    Moved(Box<Moved>),
    /// There will be no more.
    End,
}

/// A run at a moment that a source went to.
#[derive(Clone, Debug, PartialEq)]
pub struct Moved {
    /// The run.
    pub run: Snapshot,
    /// The newest of the records before that moment that the snapshot does not hold: steps, readings, progress.
    pub samples: Vec<Arc<Record>>,
}

/// Why a source cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The record on disk cannot be used.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The connection to the run of another process is lost.
    #[error("{0}")]
    Lost(String),
}

/// A source, and the run as it is after the records that were taken from the source.
pub struct RunView<S> {
    source: S,
    run: Snapshot,
}

impl<S: EventSource> RunView<S> {
    /// Takes the snapshot of a source.
    ///
    /// # Errors
    /// The source cannot be read.
    pub fn open(mut source: S) -> Result<Self, SourceError> {
        let run = source.snapshot()?;
        Ok(RunView { source, run })
    }

    /// A view of a source whose snapshot was taken; `run` is the run after the records that were
    /// taken from it.
    pub fn from_parts(source: S, run: Snapshot) -> Self {
        RunView { source, run }
    }

    /// The source, and the run up to now.
    pub fn into_parts(self) -> (S, Snapshot) {
        (self.source, self.run)
    }

    /// The run up to the newest record that was taken. Where records were missed, sums over steps
    /// (tokens) are too small by what they held.
    pub fn state(&self) -> &RunState {
        &self.run.state
    }

    /// Records that were left out until now because this viewer was slow.
    pub fn missed(&self) -> u64 {
        self.source.missed()
    }

    /// Takes the next record, if one comes within `patience`.
    ///
    /// # Errors
    /// As [`EventSource::receive`].
    pub fn advance(&mut self, patience: Duration) -> Result<Arrival, SourceError> {
        let arrival = self.source.receive(patience)?;
        match &arrival {
            Arrival::Record(record) => self.run.apply(record),
            Arrival::Moved(moved) => self.run.clone_from(&moved.run),
            Arrival::Nothing | Arrival::Refused { .. } | Arrival::End => {}
        }
        Ok(arrival)
    }

    /// Takes the next record, however long it takes to come; `None` is the end.
    ///
    /// # Errors
    /// As [`EventSource::receive`].
    pub fn wait(&mut self) -> Result<Option<Arc<Record>>, SourceError> {
        loop {
            match self.advance(LONG_WAIT)? {
                Arrival::Record(record) => return Ok(Some(record)),
                Arrival::Nothing | Arrival::Refused { .. } | Arrival::Moved(_) => {}
                Arrival::End => return Ok(None),
            }
        }
    }

    /// Takes all records to the end, and gives the source back with the run as it is then.
    ///
    /// # Errors
    /// As [`EventSource::receive`].
    pub fn finish(mut self) -> Result<(S, Snapshot), SourceError> {
        while self.wait()?.is_some() {}
        Ok(self.into_parts())
    }
}
