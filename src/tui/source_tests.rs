//! The screens of a run are the same, whichever source its records come from.

use super::keys::KeyMap;
use super::look::{Look, Marks, Theme};
use super::picture;
use super::*;
use crate::telemetry::fixture::{configured, records, sampled, small_run};
use crate::telemetry::{Arrival, EventSource, Hub, Record, RecordWriter, RecordedRun, Snapshot};
use jiff::tz::TimeZone;
use std::collections::VecDeque;
use std::path::Path;
use std::time::Duration;

fn run() -> Vec<Record> {
    let mut events = small_run();
    events.splice(1..1, configured());
    events.insert(events.len() - 1, sampled(40, "pleads"));
    records(events)
}

/// The screens of a run after all records of a source.
fn screens(mut source: impl EventSource) -> Vec<String> {
    let run = source.snapshot().unwrap();
    let init = ModelInit {
        now_ms: run.state.unix_ms,
        run,
        look: Look { theme: Theme::dark(), marks: Marks::Braille },
        themes: vec![Theme::dark()],
        keys: KeyMap::default(),
        zone: TimeZone::UTC,
        size: (120, 40),
        operator: String::new(),
    };
    let mut model = Model::new(init);
    while let Arrival::Record(record) = source.receive(Duration::ZERO).unwrap() {
        let now_ms = record.unix_ms;
        update(&mut model, Message::Record(record));
        update(&mut model, Message::Tick(now_ms));
    }
    let pictures = ScreenId::all().map(|id| {
        model.show(id);
        picture::text(&frame(&mut model))
    });
    pictures.collect()
}

/// A live run whose viewer subscribes after the first `before` events.
fn live(dir: &Path, before: usize) -> impl EventSource + use<> {
    let records = run();
    let mut times: VecDeque<u64> = records.iter().map(|record| record.unix_ms).collect();
    let clock = Box::new(move || times.pop_front().unwrap_or(0));
    let hub = Hub::new(RecordWriter::create(dir).unwrap(), Snapshot::default(), clock);
    let emit = |records: &[Record]| {
        records.iter().for_each(|record| assert!(hub.emit(record.event.clone()).is_ok()));
    };
    emit(&records[..before]);
    let viewer = hub.subscribe(usize::MAX);
    emit(&records[before..]);
    hub.close().unwrap();
    viewer
}

#[test]
fn screens_of_a_recorded_run_equal_those_of_the_live_one() {
    let dir = tempfile::tempdir().unwrap();
    let live = screens(live(dir.path(), 0));
    let recorded = screens(RecordedRun::open(dir.path()).unwrap());
    assert_eq!(live.len(), 8);
    assert!(live[0].contains("law") && live[6].contains("pleads"), "{}", live[6]);
    assert_eq!(live, recorded);
}

#[test]
fn screens_that_open_late_equal_those_that_saw_the_whole_run() {
    let whole = tempfile::tempdir().unwrap();
    let expected = screens(live(whole.path(), 0));
    for before in [1, 20, 40, run().len()] {
        let dir = tempfile::tempdir().unwrap();
        let seen = screens(live(dir.path(), before));
        // A snapshot has no steps and readings: only the events screen differs.
        assert_eq!(seen[..5], expected[..5], "from {before}");
        assert_eq!(seen[6..], expected[6..], "from {before}");
    }
}
