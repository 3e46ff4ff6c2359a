//! The beginning of a record, as the beginning of another run's.

use super::super::{Event, Record};
use super::{RecordError, RecordReader, RecordWriter};
use crate::unit::Step;
use std::path::Path;

/// Begins a record in `to` with what the record in `from` holds up to the event of that number, and with
/// the saving of the checkpoint of that step, which may have come while the run went on; what cannot be read is
/// reported as lost, as everywhere. Returns it with the number of its last event.
///
/// # Errors
/// One of the records cannot be read or written.
pub fn copy_beginning(
    from: &Path,
    to: &Path,
    last: u64,
    saved: Step,
) -> Result<(RecordWriter, u64), RecordError> {
    let (mut seq, mut unix_ms, mut is_begun) = (0, 0, false);
    let mut writer = RecordWriter::create(to)?;
    for record in RecordReader::open(from)? {
        let record = record?;
        if record.seq <= last {
            (seq, unix_ms) = (record.seq, record.unix_ms);
            writer.write(&record)?;
            continue;
        }
        match &record.event {
            Event::CheckpointBegun { step, .. } if *step == saved => is_begun = true,
            Event::CheckpointSaved { step, .. } if *step == saved => {
                // The branch has nothing of what came between, its time neither.
                seq += 1;
                let unix_ms = if is_begun { unix_ms } else { record.unix_ms };
                writer.write(&Record { seq, unix_ms, event: record.event })?;
                break;
            }
            event if is_of_others(event) => {}
            event if !is_begun || ends_the_writing(event) => break,
            _ => {}
        }
    }
    Ok((writer, seq))
}

/// Whether an event is none of the engine: it may come while a checkpoint is copied.
fn is_of_others(event: &Event) -> bool {
    matches!(event, Event::Host(_) | Event::ClientAttached { .. } | Event::ClientLeft { .. })
}

/// Whether a checkpoint that was being written is not any more: one is written at a time, and by one process.
fn ends_the_writing(event: &Event) -> bool {
    matches!(
        event,
        Event::CheckpointBegun { .. }
            | Event::CheckpointSaved { .. }
            | Event::RunStarted { .. }
            | Event::RolledBack { .. }
            | Event::Finished { .. }
            | Event::Failed { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::fixture::{evaluated, records, saved, small_run, started};
    use crate::unit::Bytes;

    /// It was written while the run went on.
    #[test]
    fn the_saving_of_a_checkpoint_follows_what_it_holds() {
        let begun = |step| Event::CheckpointBegun {
            step: Step(step),
            path: format!("checkpoints/step-{step:06}"),
            bytes: Bytes(1),
            secs: 0.1,
        };
        let all = |later: Event| {
            let events = [started(None), begun(20), evaluated(21, [1.0; 3]), later, saved(20)];
            records(events.to_vec())
        };
        for (later, copied) in [(evaluated(22, [1.0; 3]), true), (started(None), false)] {
            let [from, to] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
            let mut writer = RecordWriter::create(from.path()).unwrap();
            all(later).iter().for_each(|record| writer.write(record).unwrap());
            drop(writer);
            drop(copy_beginning(from.path(), to.path(), 1, Step(20)).unwrap());
            let found = RecordReader::open(to.path()).unwrap().map(Result::unwrap);
            let found: Vec<(u64, Event)> = found.map(|record| (record.seq, record.event)).collect();
            let expected = [(1, started(None)), (2, saved(20))];
            assert_eq!(found, expected[..1 + usize::from(copied)]);
        }
    }

    #[test]
    fn a_record_begins_with_the_events_up_to_a_checkpoint_and_its_saving() {
        let dir = tempfile::tempdir().unwrap();
        let all = records(small_run());
        let mut writer = RecordWriter::create(dir.path()).unwrap();
        all.iter().for_each(|record| writer.write(record).unwrap());
        drop(writer);
        let saved = all.iter().position(|r| matches!(r.event, Event::CheckpointSaved { .. }));
        let saved = saved.unwrap() as u64 + 1;
        for (last, step, copied) in [(saved - 1, 20, saved), (saved - 1, 21, saved - 1), (5, 20, 5)]
        {
            let to = tempfile::tempdir().unwrap();
            drop(copy_beginning(dir.path(), to.path(), last, Step(step)).unwrap());
            let found: Vec<Record> =
                RecordReader::open(to.path()).unwrap().map(Result::unwrap).collect();
            assert_eq!(found, all[..copied as usize], "{last} {step}");
        }
        let taken = copy_beginning(dir.path(), dir.path(), 1, Step(20)).unwrap_err();
        assert!(matches!(taken, RecordError::Exists { .. }));
    }
}
