use super::log::{EventLog, RecordList};
use crate::telemetry::{Moved, Record, RunState, Snapshot};
use std::collections::VecDeque;
use std::sync::Arc;

/// Steps, readings of the machine and the like that are kept.
const SAMPLES: usize = 1_000;

/// The run that the screens show: its snapshot, and the newest of the records that a snapshot does
/// not hold.
#[derive(Clone, Debug, Default)]
pub struct ShownRun {
    pub(in crate::tui) snapshot: Snapshot,
    samples: VecDeque<Arc<Record>>,
    samples_forgotten: u64,
}

impl ShownRun {
    /// The run at this moment.
    pub fn new(snapshot: Snapshot) -> Self {
        ShownRun { snapshot, ..ShownRun::default() }
    }

    /// The run at a moment, and the newest records until then that the snapshot does not hold.
    pub fn at(moved: Moved) -> Self {
        let Moved { run, samples } = moved;
        ShownRun { snapshot: run, samples: samples.into(), samples_forgotten: 0 }
    }

    /// Goes on by the next record.
    pub fn apply(&mut self, record: &Arc<Record>) {
        self.snapshot.apply(record);
        if record.event.is_droppable() {
            if self.samples.len() == SAMPLES {
                self.samples.pop_front();
                self.samples_forgotten += 1;
            }
            self.samples.push_back(record.clone());
        }
    }

    /// What the records up to now add up to.
    pub fn state(&self) -> &RunState {
        &self.snapshot.state
    }

    /// The newest records.
    pub fn log(&self) -> EventLog<'_> {
        EventLog {
            events: RecordList::new(&self.snapshot.recent, self.snapshot.forgotten),
            samples: RecordList::new(&self.samples, self.samples_forgotten),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::RECENT_EVENTS;
    use crate::telemetry::fixture::{notice, step_sample};

    #[test]
    fn samples_push_out_no_events_and_indices_stay() {
        let mut run = ShownRun::default();
        let mut apply = |seq, event| run.apply(&Arc::new(Record { seq, unix_ms: 0, event }));
        apply(1, notice("first"));
        (0..5000).for_each(|n| apply(n + 2, step_sample(n)));
        (0..RECENT_EVENTS as u64).for_each(|n| apply(n + 9000, notice("later")));
        let EventLog { events, samples } = run.log();
        assert_eq!((samples.iter().len(), events.iter().len()), (SAMPLES, RECENT_EVENTS));
        assert_eq!(events.indices(), 1..RECENT_EVENTS as u64 + 1);
        assert!(events.get(0).is_none());
        assert_eq!(events.get(1).map(|record| record.seq), Some(9000));
        assert_eq!(run.log().forgotten(), 4001);
    }
}
