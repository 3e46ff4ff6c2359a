//! What every source of events has to do, tested on each of them.

use super::fixture::{configured, fold, notice, records, saved, small_run, started, step_sample};
use super::*;
use crate::unit::Step;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// A source as a client in another process would have it: snapshot and records are lines of JSON.
struct JsonLines {
    snapshot: String,
    lines: VecDeque<String>,
}

impl EventSource for JsonLines {
    fn snapshot(&mut self) -> Result<Snapshot, SourceError> {
        Ok(serde_json::from_str(&self.snapshot).unwrap())
    }

    fn receive(&mut self, _patience: Duration) -> Result<Arrival, SourceError> {
        let record = self.lines.pop_front().map(|line| serde_json::from_str(&line).unwrap());
        Ok(record.map_or(Arrival::End, |record| Arrival::Record(Arc::new(record))))
    }

    fn missed(&self) -> u64 {
        0
    }
}

/// A hub that gives the events the times of these records.
fn hub(dir: &Path, records: &[Record]) -> Hub {
    let mut times: VecDeque<u64> = records.iter().map(|record| record.unix_ms).collect();
    let clock = Box::new(move || times.pop_front().unwrap_or(0));
    Hub::new(RecordWriter::create(dir).unwrap(), Snapshot::default(), clock)
}

fn emit(hub: &Hub, records: &[Record]) {
    records.iter().for_each(|record| assert!(hub.emit(record.event.clone()).is_ok()));
}

/// A live run that the viewer subscribes to after `before` events.
fn live(dir: &Path, records: &[Record], before: usize) -> Viewer {
    let hub = hub(dir, records);
    emit(&hub, &records[..before]);
    let viewer = hub.subscribe(usize::MAX);
    emit(&hub, &records[before..]);
    hub.close().unwrap();
    viewer
}

fn json_lines(records: &[Record], before: usize) -> JsonLines {
    let mut run = Snapshot::default();
    records[..before].iter().for_each(|record| run.apply(&Arc::new(record.clone())));
    let line = |record| serde_json::to_string(record).unwrap();
    JsonLines {
        snapshot: serde_json::to_string(&run).unwrap(),
        lines: records[before..].iter().map(line).collect(),
    }
}

/// A run that is resumed from a checkpoint, with everything that a state can hold.
fn resumed_run() -> Vec<Record> {
    let mut events = small_run();
    events.pop();
    events.splice(1..1, configured());
    events.extend([saved(40), step_sample(41), step_sample(42)]);
    let Event::CheckpointSaved { path, .. } = saved(40) else { panic!("a checkpoint") };
    events.push(started(Some(40)));
    events.push(Event::Resumed { step: Step(40), path, replayed_from_seq: 9 });
    events.extend([step_sample(41), step_sample(42)]);
    records(events)
}

/// Runs `check` on every kind of source of these records, by name; the number is how many of them come
/// before its snapshot.
fn on_each(records: &[Record], check: impl Fn(&str, usize, Box<dyn EventSource>)) {
    for before in [0, 1, records.len() / 2, records.len() - 3, records.len()] {
        let dir = tempfile::tempdir().unwrap();
        check("live", before, Box::new(live(dir.path(), records, before)));
        check("JSON lines", before, Box::new(json_lines(records, before)));
        if before == 0 {
            check("recorded", before, Box::new(RecordedRun::open(dir.path()).unwrap()));
        }
    }
}

#[test]
fn every_source_adds_up_to_the_same_run() {
    let records = resumed_run();
    // As text, because a state holds NaN, which equals nothing.
    let expected = format!("{:?}", fold(&records));
    let lifecycle: Vec<u64> =
        records.iter().filter(|r| !r.event.is_droppable()).map(|r| r.seq).collect();
    on_each(&records, |name, before, source| {
        let (_, run) = RunView::open(source).unwrap().finish().unwrap();
        assert_eq!(format!("{:?}", run.state), expected, "{name} from {before}");
        let recent: Vec<u64> = run.recent.iter().map(|record| record.seq).collect();
        assert_eq!(recent, lifecycle, "{name} from {before}");
    });
}

#[test]
fn every_source_gives_the_records_after_its_snapshot_once_and_in_order() {
    let records = resumed_run();
    on_each(&records, |name, before, mut source| {
        let snapshot = source.snapshot().unwrap();
        assert_eq!(snapshot.state.seq, before as u64, "{name}");
        for record in &records[before..] {
            let arrival = source.receive(Duration::ZERO).unwrap();
            assert_eq!(arrival, Arrival::Record(Arc::new(record.clone())), "{name} from {before}");
        }
        for _ in 0..2 {
            assert_eq!(source.receive(Duration::ZERO).unwrap(), Arrival::End, "{name}");
        }
        assert_eq!(source.missed(), 0, "{name}");
    });
}

#[test]
fn a_snapshot_reads_back_and_goes_on_to_the_same_run_from_any_event() {
    let records = resumed_run();
    let mut run = Snapshot::default();
    for (read, record) in records.iter().enumerate() {
        let json = serde_json::to_string(&run).unwrap();
        let mut copy: Snapshot = serde_json::from_str(&json).unwrap();
        assert_eq!(format!("{copy:?}"), format!("{run:?}"), "after {read}");
        let record = Arc::new(record.clone());
        run.apply(&record);
        copy.apply(&record);
        assert_eq!(format!("{copy:?}"), format!("{run:?}"), "one event after {read}");
    }
}

#[test]
fn a_damaged_record_is_said_and_then_comes_the_end() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join(RECORD_FILE), "no record\n").unwrap();
    let mut source = RecordedRun::open(dir.path()).unwrap();
    let Arrival::Record(lost) = source.receive(Duration::ZERO).unwrap() else { panic!("nothing") };
    assert!(matches!(lost.event, Event::EventsLost { first: 1, .. }), "{lost:?}");
    assert!(source.damage()[0].contains("events.jsonl line 1 is damaged"), "{:?}", source.damage());
    assert_eq!(source.receive(Duration::ZERO).unwrap(), Arrival::End);
}

#[test]
fn a_snapshot_counts_the_lifecycle_events_that_it_no_longer_holds() {
    let mut run = Snapshot::default();
    for seq in 1..=RECENT_EVENTS as u64 + 3 {
        run.apply(&Arc::new(Record { seq, unix_ms: seq, event: notice("again") }));
    }
    assert_eq!((run.recent.len(), run.forgotten), (RECENT_EVENTS, 3));
    assert_eq!(run.recent.front().map(|record| record.seq), Some(4));
    // A snapshot of a version that did not count them.
    let mut json = serde_json::to_value(Snapshot::default()).unwrap();
    json.as_object_mut().unwrap().remove("forgotten");
    assert_eq!(serde_json::from_value::<Snapshot>(json).unwrap(), Snapshot::default());
}

/// A run of a hundred thousand steps in six domains, the paper's largest by far.
#[test]
fn a_snapshot_is_bounded() {
    let mut run = Snapshot::default();
    let mut seq = 0;
    let mut apply = |event| {
        seq += 1;
        run.apply(&Arc::new(Record { seq, unix_ms: seq, event }));
    };
    apply(started(None));
    (1..=100_000).for_each(|step| apply(step_sample(step)));
    let bytes = serde_json::to_string(&run).unwrap().len();
    assert!(bytes < 4_000_000, "{bytes} bytes");
}
