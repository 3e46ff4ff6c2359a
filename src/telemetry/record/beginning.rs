//! The beginning of a record, as the beginning of another run's.

use super::super::{Event, Record};
use super::{RecordError, RecordReader, RecordWriter};
use crate::unit::Step;
use std::path::Path;

/// Begins a record in `to` with what the record in `from` holds up to the event of that number, and with
/// the saving of the checkpoint of that step, if it follows; what cannot be read is reported as lost, as everywhere. Returns it with
/// the number of its last event.
///
/// # Errors
/// One of the records cannot be read or written.
pub fn copy_beginning(
    from: &Path,
    to: &Path,
    last: u64,
    saved: Step,
) -> Result<(RecordWriter, u64), RecordError> {
    let mut seq = 0;
    let mut write = |writer: &mut RecordWriter, record: &Record| {
        seq = record.seq;
        writer.write(record)
    };
    let mut writer = RecordWriter::create(to)?;
    let mut behind = Vec::new();
    for record in RecordReader::open(from)? {
        let record = record?;
        if record.seq <= last {
            write(&mut writer, &record)?;
            continue;
        }
        let is_saved =
            matches!(&record.event, Event::CheckpointSaved { step, .. } if *step == saved);
        let goes_on = is_of_others(&record);
        behind.push(record);
        if is_saved {
            behind.iter().try_for_each(|record| write(&mut writer, record))?;
        }
        if !goes_on {
            break;
        }
    }
    Ok((writer, seq))
}

/// Whether an event is none of the engine: it may come while a checkpoint is written.
fn is_of_others(record: &Record) -> bool {
    matches!(record.event, Event::Host(_) | Event::ClientAttached { .. } | Event::ClientLeft { .. })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::fixture::{records, small_run};

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
