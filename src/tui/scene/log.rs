//! The run's events, as many as a screen can need.

use crate::telemetry::{RECENT_EVENTS, Record};
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

/// Lifecycle events that are kept.
const EVENTS: usize = RECENT_EVENTS;
/// Samples (steps, readings of the machine, progress) that are kept.
const SAMPLES: usize = 1_000;

/// The newest events in bounded memory: samples, of which there are many, do not push out the
/// others.
#[derive(Clone, Debug, Default)]
pub struct EventLog {
    events: Kept,
    samples: Kept,
}

/// The newest records of a list. Each has an index in the whole list, from 0, that it keeps when
/// older ones are forgotten.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    records: VecDeque<Arc<Record>>,
    forgotten: u64,
}

impl Kept {
    fn push(&mut self, record: Arc<Record>, most: usize) {
        if self.records.len() == most {
            self.records.pop_front();
            self.forgotten += 1;
        }
        self.records.push_back(record);
    }

    /// Indices of what is kept.
    pub fn indices(&self) -> Range<u64> {
        self.forgotten..self.forgotten + self.records.len() as u64
    }

    /// The record at an index.
    pub fn get(&self, index: u64) -> Option<&Arc<Record>> {
        self.records.get(usize::try_from(index.checked_sub(self.forgotten)?).ok()?)
    }
}

impl EventLog {
    /// Adds the next one.
    pub fn push(&mut self, record: Arc<Record>) {
        match record.event.is_droppable() {
            true => self.samples.push(record, SAMPLES),
            false => self.events.push(record, EVENTS),
        }
    }

    /// Lifecycle events, oldest first.
    pub fn events(&self) -> impl DoubleEndedIterator<Item = &Arc<Record>> + ExactSizeIterator {
        self.events.records.iter()
    }

    /// The same by their indices.
    pub fn event_list(&self) -> &Kept {
        &self.events
    }

    /// Samples by their indices.
    pub fn sample_list(&self) -> &Kept {
        &self.samples
    }

    /// How many are not kept any more; the record on disk holds them all.
    pub fn forgotten(&self) -> u64 {
        self.events.forgotten + self.samples.forgotten
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::fixture::{notice, step_sample};

    #[test]
    fn samples_push_out_no_events_and_places_stay() {
        let mut log = EventLog::default();
        let record = |seq, event| Arc::new(Record { seq, unix_ms: 0, event });
        log.push(record(1, notice("first")));
        (0..5000).for_each(|n| log.push(record(n + 2, step_sample(n))));
        (0..EVENTS as u64).for_each(|n| log.push(record(n + 9000, notice("later"))));
        assert_eq!((log.sample_list().indices().count(), log.events().len()), (SAMPLES, EVENTS));
        assert_eq!(log.event_list().indices(), 1..EVENTS as u64 + 1);
        assert_eq!(log.event_list().get(0), None);
        assert_eq!(log.event_list().get(1).map(|record| record.seq), Some(9000));
        assert_eq!(log.forgotten(), 4001);
    }
}
