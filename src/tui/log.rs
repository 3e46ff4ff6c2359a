//! The run's events, as many as a screen can need.

use crate::telemetry::Record;
use std::collections::VecDeque;
use std::sync::Arc;

/// Lifecycle events that are kept.
const EVENTS: usize = 20_000;
/// Samples (steps, readings of the machine, progress) that are kept.
const SAMPLES: usize = 1_000;

/// The newest events in bounded memory: samples, of which there are many, do not push out the
/// others.
#[derive(Clone, Debug, Default)]
pub struct EventLog {
    events: VecDeque<Arc<Record>>,
    samples: VecDeque<Arc<Record>>,
    forgotten: u64,
}

impl EventLog {
    /// Adds the next one.
    pub fn push(&mut self, record: Arc<Record>) {
        let (list, most) = match record.event.is_sample() {
            true => (&mut self.samples, SAMPLES),
            false => (&mut self.events, EVENTS),
        };
        if list.len() == most {
            list.pop_front();
            self.forgotten += 1;
        }
        list.push_back(record);
    }

    /// Lifecycle events, oldest first.
    pub fn events(&self) -> impl DoubleEndedIterator<Item = &Arc<Record>> + ExactSizeIterator {
        self.events.iter()
    }

    /// Samples, oldest first.
    pub fn samples(&self) -> impl DoubleEndedIterator<Item = &Arc<Record>> + ExactSizeIterator {
        self.samples.iter()
    }

    /// How many are not kept any more; the record on disk holds them all.
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }
}
