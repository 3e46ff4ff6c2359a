use super::super::fixture::*;
use super::super::{
    Event, Hub, PastEvent, Record, RecordedRun, RunState, RunView, Snapshot, SourceError,
    StepSample, wall_clock,
};
use super::index::INDEX_FILE;
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

    let Continued { mut writer, run, notices, .. } = RecordWriter::resume(dir.path()).unwrap();
    assert_eq!((run.state.seq, notices.len()), (10, 0));
    assert_eq!(fs::read(&path).unwrap(), whole);
    records[10..].iter().for_each(|record| writer.write(record).unwrap());
    drop(writer);
    assert_eq!(replay(dir.path()).unwrap(), fold(&records));
}

/// The record as it is read and what was wrong with it, after `damage` was done to its lines.
fn damaged(dir: &std::path::Path, damage: impl Fn(&mut Vec<String>)) -> (Vec<Record>, Vec<String>) {
    let path = dir.join(RECORD_FILE);
    let _ = fs::remove_file(&path);
    write(dir, &records(small_run()));
    let mut lines: Vec<String> =
        fs::read_to_string(&path).unwrap().lines().map(String::from).collect();
    damage(&mut lines);
    fs::write(&path, lines.join("\n") + "\n").unwrap();
    let mut reader = RecordReader::open(dir).unwrap();
    let read = reader.by_ref().collect::<Result<_, _>>().unwrap();
    (read, reader.damage().to_vec())
}

/// Line 7 is damaged, line 4 is missing, a number is damaged, a line is there twice, the end is damaged.
#[test]
fn of_a_damaged_record_everything_that_can_be_read_is_read_and_the_rest_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let whole = records(small_run());
    let last = whole.len() as u64;
    type Damage = Box<dyn Fn(&mut Vec<String>)>;
    type Lost = Option<(u64, u64)>;
    let cases: [(Damage, Lost, &str); 5] = [
        (Box::new(|l| l[6] = "{\u{1}".into()), Some((7, 7)), "line 7 is damaged (key must be"),
        (Box::new(|l| drop(l.remove(3))), Some((4, 4)), "has none of them before line 4"),
        (
            Box::new(|l| l[8] = l[8].replacen(r#""seq":9,"#, r#""seq":9000009,"#, 1)),
            Some((9, 9)),
            "line 9 is damaged (event 9000009 does not belong there)",
        ),
        (Box::new(|l| l.insert(5, l[4].clone())), None, "line 6 is damaged (event 5 comes again"),
        (
            Box::new(|l| l.iter_mut().rev().take(2).for_each(|line| *line = "x".into())),
            Some((last - 1, last)),
            "are damaged (expected value",
        ),
    ];
    for (damage, lost, said) in cases {
        let (read, why) = damaged(dir.path(), damage);
        assert!(why.len() == 1 && why[0].contains(said), "no `{said}` in {why:?}");
        let gap = |record: &Record| lost.is_some_and(|(a, b)| (a..=b).contains(&record.seq));
        let is_lost = |record: &&Record| matches!(record.event, Event::EventsLost { .. });
        let found: Vec<_> = read.iter().filter(|record| !is_lost(record)).cloned().collect();
        let left: Vec<_> = whole.iter().filter(|record| !gap(record)).cloned().collect();
        assert_eq!(found, left, "{said}");
        let told: Vec<_> = read.iter().filter(is_lost).map(|record| record.seq).collect();
        assert_eq!(told, lost.iter().map(|(_, last)| *last).collect::<Vec<_>>(), "{said}");
    }
}

#[test]
fn any_line_may_be_damaged_and_the_rest_still_folds() {
    let dir = tempfile::tempdir().unwrap();
    for line in 0..records(small_run()).len() {
        damaged(dir.path(), |lines| lines[line].truncate(9));
        let state = replay(dir.path()).unwrap();
        assert!(state.notices.iter().any(|notice| notice.text.contains("lost")), "{line}");
        state.closing_table();
    }
}

#[test]
fn a_damaged_record_is_repaired_when_the_run_goes_on_and_kept_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(RECORD_FILE);
    let (read, _) = damaged(dir.path(), |lines| lines[6] = "torn".into());
    let before = fs::read(&path).unwrap();
    let Continued { mut writer, run, notices, .. } = RecordWriter::resume(dir.path()).unwrap();
    let repaired: Vec<_> = RecordReader::open(dir.path()).unwrap().map(Result::unwrap).collect();
    assert_eq!(repaired, read);
    assert!(notices[0].contains("events.jsonl line 7 is damaged"), "{notices:?}");
    assert!(notices[1].contains("kept as ") && notices[1].ends_with(".damaged-1"), "{notices:?}");
    assert_eq!(fs::read(dir.path().join("events.jsonl.damaged-1")).unwrap(), before);
    let seq = run.state.seq + 1;
    writer.write(&Record { seq, unix_ms: 0, event: notice("on") }).unwrap();
    drop(writer);
    // Now it is whole: nothing is repaired a second time.
    let again = RecordWriter::resume(dir.path()).unwrap();
    assert_eq!((again.run.state.seq, again.notices), (seq, vec![]));
    assert!(!dir.path().join("events.jsonl.damaged-2").exists());
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

    // Its first line is as ours, a later one is not.
    let mut first = records([started(None)]).remove(0);
    if let Event::RunStarted { version, .. } = &mut first.event {
        *version = "0.0.1".into();
    }
    let first = serde_json::to_string(&first).unwrap();
    let later = error(&format!("{first}\n{{\"seq\":2,\"unix_ms\":6,\"event\":\"odd\"}}\n"));
    assert!(later.contains(&versions), "{later}");
}

#[test]
fn a_record_is_begun_once_and_one_that_is_gone_is_begun_anew() {
    let dir = tempfile::tempdir().unwrap();
    let Err(SourceError::Record(error)) = replay(dir.path()) else { panic!("it was read") };
    assert!(matches!(error, RecordError::Io { doing: "read", .. }));
    let Continued { run, notices, .. } = RecordWriter::resume(dir.path()).unwrap();
    assert_eq!(run.state.seq, 0);
    assert!(notices[0].contains("there was no ") && notices[0].contains("events.jsonl"));
    assert!(matches!(RecordWriter::create(dir.path()), Err(RecordError::Exists { .. })));
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

/// It was trained on, and the folder was made again.
#[test]
fn a_record_that_is_moved_or_replaced_is_not_written_on() {
    let dir = tempfile::tempdir().unwrap();
    let (here, there) = (dir.path().join("run"), dir.path().join("moved"));
    fs::create_dir(&here).unwrap();
    let mut writer = RecordWriter::create(&here).unwrap();
    let events = records([notice("one"), notice("two")]);
    writer.write(&events[0]).unwrap();
    let before = fs::read(here.join(RECORD_FILE)).unwrap();
    fs::rename(&here, &there).unwrap();
    let error = writer.write(&events[1]).unwrap_err();
    assert!(matches!(error, RecordError::Gone { .. }), "{error}");
    assert!(!here.exists());
    fs::create_dir(&here).unwrap();
    fs::write(here.join(RECORD_FILE), "another run's").unwrap();
    assert!(matches!(writer.sync(), Err(RecordError::Gone { .. })));
    assert_eq!(fs::read(there.join(RECORD_FILE)).unwrap(), before);
    // Moved back, nothing is missing.
    fs::remove_dir_all(&here).unwrap();
    fs::rename(&there, &here).unwrap();
    writer.sync().unwrap();
    assert_eq!(RecordReader::open(&here).unwrap().count(), 2);
}

/// A run whose record is long enough for an index, and its state.
fn long_run(dir: &std::path::Path) -> RunState {
    let hub = Hub::new(RecordWriter::create(dir).unwrap(), Snapshot::default(), wall_clock());
    for event in opening() {
        hub.emit(event).unwrap();
    }
    for step in 1.. {
        hub.emit(step_sample(step)).unwrap();
        if dir.join(INDEX_FILE).exists() {
            break;
        }
    }
    hub.emit(notice("behind the index")).unwrap();
    hub.close().unwrap();
    hub.with_state(RunState::clone)
}

#[test]
fn a_long_record_is_read_from_its_index_on_and_adds_up_to_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let state = long_run(dir.path());
    let Indexed { mut reader, bytes, run, past } = RecordReader::open_indexed(dir.path()).unwrap();
    assert!(bytes >= 16 << 20);
    assert_eq!((run.state.seq + 1, reader.by_ref().count()), (state.seq, 1));
    assert_eq!(shown(&replay(dir.path()).unwrap()), shown(&state));
    let whole: Vec<_> = RecordReader::open(dir.path()).unwrap().map(Result::unwrap).collect();
    assert_eq!(past, whole.iter().filter_map(PastEvent::from_record).collect::<Vec<_>>());

    let Continued { mut writer, run, notices, .. } = RecordWriter::resume(dir.path()).unwrap();
    assert_eq!((shown(&run.state), notices), (shown(&state), vec![]));
    writer.write(&Record { seq: state.seq + 1, unix_ms: 0, event: notice("on") }).unwrap();
    drop(writer);
    assert_eq!(replay(dir.path()).unwrap().seq, state.seq + 1);
}

/// An index is only a copy: damage to it costs nothing, and it hides no damage to the record.
#[test]
fn an_index_that_does_not_fit_is_not_used() {
    let dir = tempfile::tempdir().unwrap();
    let state = long_run(dir.path());
    let (record, index) = (dir.path().join(RECORD_FILE), dir.path().join(INDEX_FILE));
    let whole = fs::read(&index).unwrap();
    let mut torn = whole.clone();
    torn[whole.len() / 2] ^= 1;
    for damaged in [&torn[..], &whole[..whole.len() - 9], b"", b"no index"] {
        fs::write(&index, damaged).unwrap();
        assert_eq!(shown(&replay(dir.path()).unwrap()), shown(&state));
    }
    fs::write(&index, &whole).unwrap();
    let mut bytes = fs::read(&record).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 300].fill(0);
    fs::write(&record, bytes).unwrap();
    let Continued { run, notices, .. } = RecordWriter::resume(dir.path()).unwrap();
    assert!(notices[0].contains("damaged"), "{notices:?}");
    assert_eq!(run.state.seq, state.seq);
    // It was made anew for the repaired record.
    assert_ne!(fs::read(&index).unwrap(), whole);
    assert!(RecordReader::open_indexed(dir.path()).unwrap().bytes > 0);
}
