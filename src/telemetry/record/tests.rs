use super::super::fixture::*;
use super::super::{Event, Record, RecordedRun, RunState, RunView, SourceError, StepSample};
use super::*;
use std::fs;
use std::io::Write;

fn write(dir: &std::path::Path, records: &[Record]) {
    let mut writer = RecordWriter::create(dir).unwrap();
    records.iter().for_each(|record| writer.write(record).unwrap());
}

/// The state that the record in a folder adds up to.
fn replay(dir: &std::path::Path) -> Result<RunState, SourceError> {
    Ok(RunView::open(RecordedRun::open(dir)?)?.finish()?.1.state)
}

/// For states that hold NaN, which equals nothing.
fn shown(state: &RunState) -> String {
    format!("{state:?}")
}

#[test]
fn a_record_reads_back_as_the_same_state() {
    let dir = tempfile::tempdir().unwrap();
    let records = records(small_run());
    write(dir.path(), &records);
    let read: Vec<Record> =
        RecordReader::open(dir.path()).unwrap().collect::<Result<_, _>>().unwrap();
    assert_eq!(read, records);
    assert_eq!(replay(dir.path()).unwrap(), fold(&records));
}

#[test]
fn what_is_no_number_survives_json() {
    let sample = |loss, sums: [f64; 2]| match step_sample(1) {
        Event::Step(sample) => {
            Event::Step(StepSample { loss, domain_loss_sum: sums.into(), ..sample })
        }
        other => other,
    };
    let record = Record { seq: 1, unix_ms: 5, event: sample(f64::NAN, [f64::NEG_INFINITY, 2.0]) };
    let line = serde_json::to_string(&record).unwrap();
    assert!(line.starts_with(r#"{"seq":1,"unix_ms":5,"event":"step","step":1,"loss":null,"#));
    assert!(line.contains(r#""domain_loss_sum":[null,2.0]"#));
    let Event::Step(read) = serde_json::from_str::<Record>(&line).unwrap().event else {
        panic!("{line}");
    };
    assert!(read.loss.is_nan() && read.domain_loss_sum[0].is_nan());
    assert_eq!(read.domain_loss_sum[1], 2.0);
}

#[test]
fn a_torn_last_line_is_left_out_and_cut_off_when_the_run_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let records = records(small_run());
    write(dir.path(), &records[..10]);
    let path = dir.path().join(RECORD_FILE);
    let whole = fs::read(&path).unwrap();
    let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(br#"{"seq":11,"unix_ms":17723"#).unwrap();
    assert_eq!(shown(&replay(dir.path()).unwrap()), shown(&fold(&records[..10])));

    let (mut writer, run) = RecordWriter::append(dir.path(), 10).unwrap();
    assert_eq!(run.state.seq, 10);
    assert_eq!(fs::read(&path).unwrap(), whole);
    records[10..].iter().for_each(|record| writer.write(record).unwrap());
    drop(writer);
    assert_eq!(replay(dir.path()).unwrap(), fold(&records));
}

#[test]
fn a_damaged_record_is_an_error_that_names_file_and_line() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(RECORD_FILE);
    write(dir.path(), &records(small_run()));
    let lines: Vec<String> = fs::read_to_string(&path).unwrap().lines().map(String::from).collect();

    let mut damaged = lines.clone();
    damaged[6] = damaged[6].replace("progress", "progrezz");
    fs::write(&path, damaged.join("\n") + "\n").unwrap();
    let error = replay(dir.path()).unwrap_err().to_string();
    assert!(error.contains("events.jsonl line 7 is not an event: unknown variant"), "{error}");

    let mut lost = lines;
    lost.remove(3);
    fs::write(&path, lost.join("\n") + "\n").unwrap();
    let error = replay(dir.path()).unwrap_err().to_string();
    assert!(error.contains("line 4 is event 5, but event 4 belongs there"), "{error}");
}

#[test]
fn a_record_of_another_version_is_an_error_that_names_both_versions() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(RECORD_FILE);
    let error = |lines: &str| {
        fs::write(&path, lines).unwrap();
        replay(dir.path()).unwrap_err().to_string()
    };
    let old = r#"{"seq":1,"unix_ms":5,"event":"run_started","version":"0.0.1","name":"x"}"#;
    let first = error(&format!("{old}\n"));
    assert!(first.contains("line 1 cannot be read (missing field"), "{first}");
    let ours = env!("CARGO_PKG_VERSION");
    let versions = format!("the run was written by versatune 0.0.1, this is {ours}");
    assert!(first.contains(&versions), "{first}");

    // Its first line is as ours, a later one is not; then one of ours is damaged.
    let Record { seq, unix_ms, mut event } = records([started(None)]).remove(0);
    for (wrote, expected) in [("0.0.1", versions.as_str()), (ours, "line 2 is not an event")] {
        if let Event::RunStarted { version, .. } = &mut event {
            *version = wrote.into();
        }
        let first = Record { seq, unix_ms, event: event.clone() };
        let first = serde_json::to_string(&first).unwrap();
        let later = error(&format!("{first}\n{{\"seq\":2,\"unix_ms\":6,\"event\":\"odd\"}}\n"));
        assert!(later.contains(expected), "{later}");
    }
}

#[test]
fn a_record_is_begun_once_and_must_reach_the_checkpoint() {
    let dir = tempfile::tempdir().unwrap();
    let SourceError::Record(error) = replay(dir.path()).unwrap_err();
    assert!(matches!(error, RecordError::Io { doing: "read", .. }));
    write(dir.path(), &records(opening()));
    assert!(matches!(RecordWriter::create(dir.path()), Err(RecordError::Exists { .. })));
    let SourceError::Record(error) = RecordWriter::append(dir.path(), 999).unwrap_err();
    assert!(matches!(error, RecordError::Behind { last: 16, wanted: 999, .. }));
}

#[test]
fn lifecycle_events_are_on_disk_at_once_and_samples_soon() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = RecordWriter::create(dir.path()).unwrap();
    let on_disk = || RecordReader::open(dir.path()).unwrap().count();
    let events = records((1..=20).map(step_sample).chain([notice("now")]));
    for record in &events[..20] {
        writer.write(record).unwrap();
        assert!(record.seq as usize - on_disk() < 8);
    }
    writer.write(&events[20]).unwrap();
    assert_eq!(on_disk(), 21);
}
