use crate::telemetry::{Event, Record, RecordError, RecordReader};
use crate::unit::Step;
use std::path::Path;

/// A run went back: what came after a checkpoint counts no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WayBack {
    /// Number of the last event that still counts.
    pub known: u64,
    /// The first step whose points are void.
    pub first: Step,
}

impl WayBack {
    /// `None` for an event by which a run goes on.
    pub fn of(event: &Event) -> Option<Self> {
        match event {
            // Also one that was killed before its first checkpoint, and begins anew.
            Event::RunStarted { resumed_at: None, .. } => {
                Some(WayBack { known: 0, first: Step(0) })
            }
            Event::Resumed { step, replayed_from_seq, .. } => {
                Some(WayBack { known: *replayed_from_seq, first: step.next() })
            }
            Event::RolledBack { step, to_seq, .. } | Event::Branched { step, to_seq, .. } => {
                Some(WayBack { known: *to_seq, first: step.next() })
            }
            _ => None,
        }
    }
}

/// Which events of a record are on the way that counts: all but those that a resume did again, or that a
/// rollback left. It is as long as the run went back often.
#[derive(Debug, Default)]
pub struct Way {
    /// Number of the last event.
    pub last: u64,
    /// Time of the first event, milliseconds since 1970 UTC.
    pub began_ms: u64,
    /// What was wrong with the record, in sentences.
    pub damage: Vec<String>,
    /// Numbers between which nothing counts, without the two: both sorted.
    left: Vec<(u64, u64)>,
}

impl Way {
    /// Reads the record of a run up to its last event of now.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    pub fn read(run_dir: &Path) -> Result<Self, RecordError> {
        let mut way = Way::default();
        let mut records = RecordReader::open(run_dir)?;
        for record in records.by_ref() {
            way.see(&record?);
        }
        way.damage = records.damage().to_vec();
        Ok(way)
    }

    /// Goes on by the next record.
    pub fn see(&mut self, record: &Record) {
        if self.last == 0 {
            self.began_ms = record.unix_ms;
        }
        self.last = record.seq;
        if let Some(back) = WayBack::of(&record.event) {
            self.left.retain(|(known, _)| *known < back.known);
            self.left.push((back.known, record.seq));
        }
    }

    /// Whether the event of this number counts.
    pub fn has(&self, seq: u64) -> bool {
        match self.left.partition_point(|(known, _)| *known < seq) {
            0 => true,
            after => seq >= self.left[after - 1].1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::Actor;
    use crate::telemetry::fixture::{notice, records, started};

    fn resumed(step: u64, known: u64) -> Event {
        Event::Resumed { step: Step(step), path: String::new(), replayed_from_seq: known }
    }

    fn rolled_back(step: u64, known: u64) -> Event {
        let (path, actor) = (String::new(), Actor::Schedule);
        Event::RolledBack { from: Step(9), step: Step(step), path, to_seq: known, actor }
    }

    fn kept(events: Vec<Event>) -> Vec<u64> {
        let mut way = Way::default();
        records(events).iter().for_each(|record| way.see(record));
        (1..=way.last).filter(|seq| way.has(*seq)).collect()
    }

    #[test]
    fn what_was_done_again_or_left_counts_no_more() {
        let said = || notice("a step");
        // 1 to 4, back to behind 2 at 5, 6, 7, back to behind 6 at 8, 9.
        let twice = vec![
            started(None),
            said(),
            said(),
            said(),
            resumed(1, 2),
            said(),
            said(),
            rolled_back(2, 6),
            said(),
        ];
        assert_eq!(kept(twice.clone()), [1, 2, 5, 6, 8, 9]);
        // From the first checkpoint again: what the second process did is void too.
        let again = [twice.clone(), vec![resumed(1, 2), said()]].concat();
        assert_eq!(kept(again), [1, 2, 10, 11]);
        // Killed before a checkpoint.
        let anew = [twice, vec![started(None), said()]].concat();
        assert_eq!(kept(anew), [10, 11]);
    }

    #[test]
    fn points_of_the_checkpoint_itself_stay() {
        let back = |event: &Event| WayBack::of(event).unwrap();
        assert_eq!(back(&resumed(20, 30)), WayBack { known: 30, first: Step(21) });
        assert_eq!(back(&started(None)), WayBack { known: 0, first: Step(0) });
        assert_eq!(WayBack::of(&started(Some(20))), None);
    }
}
