//! The run's newest records as lists that screens look records up in.

use crate::telemetry::Record;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

/// The newest records of a list, oldest first. Each has an index in the whole list, from 0, that it
/// keeps when older ones are forgotten.
#[derive(Clone, Copy, Debug)]
pub struct RecordList<'a> {
    records: &'a VecDeque<Arc<Record>>,
    forgotten: u64,
}

impl<'a> RecordList<'a> {
    /// A list of these records, after `forgotten` older ones that are not kept any more.
    pub(super) fn new(records: &'a VecDeque<Arc<Record>>, forgotten: u64) -> Self {
        RecordList { records, forgotten }
    }

    /// Indices of the records that are kept.
    pub fn indices(self) -> Range<u64> {
        self.forgotten..self.forgotten + self.records.len() as u64
    }

    /// The record at an index; `None` where it is forgotten or has not come yet.
    pub fn get(self, index: u64) -> Option<&'a Arc<Record>> {
        self.records.get(usize::try_from(index.checked_sub(self.forgotten)?).ok()?)
    }

    /// The records that are kept, oldest first.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = &'a Arc<Record>> + ExactSizeIterator {
        self.records.iter()
    }
}

/// The newest records of a run. Steps and readings come often: they have a list of their own, so
/// that they push out no others.
#[derive(Clone, Copy, Debug)]
pub struct EventLog<'a> {
    /// Lifecycle events.
    pub events: RecordList<'a>,
    /// Steps, readings of the machine, progress: what is
    /// [droppable](crate::telemetry::Event::is_droppable).
    pub samples: RecordList<'a>,
}

impl EventLog<'_> {
    /// How many records are not kept any more; the record on disk holds them all.
    pub fn forgotten(self) -> u64 {
        self.events.forgotten + self.samples.forgotten
    }
}
