use super::*;
use crate::control::Verdict;
use crate::telemetry::fixture::*;
use crate::telemetry::{Event, Hub, NonFinite, Pass, Phase, RecordWriter, RunView, Snapshot};
use crate::unit::{Bytes, Step, Tokens};
use jiff::tz::TimeZone;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

/// What is on stdout after these events.
fn printed(events: Vec<Event>, format: LogFormat, every: u64) -> String {
    let out = Shared::default();
    show(events, out.clone(), format, every);
    String::from_utf8(out.0.lock().unwrap().clone()).unwrap()
}

fn show(events: Vec<Event>, out: impl Write, format: LogFormat, every: u64) {
    let dir = tempfile::tempdir().unwrap();
    let mut now = BEGAN_MS;
    let clock = Box::new(move || {
        now += 1000;
        now
    });
    let writer = RecordWriter::create(dir.path()).unwrap();
    let hub = Hub::new(writer, Snapshot::default(), clock);
    let view = RunView::open(hub.subscribe(1000)).unwrap();
    events.into_iter().for_each(|event| assert!(hub.emit(event).is_ok()));
    hub.close().unwrap();
    run(view, out, format, every, &TimeZone::UTC);
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_whole_run_in_lines() {
    insta::assert_snapshot!(printed(small_run(), LogFormat::Text, 10));
}

#[test]
fn errors_and_warnings_in_lines() {
    let path = || "checkpoints/step-000020".to_owned();
    let events = vec![
        started(Some(20)),
        Event::Planned { steps: 40 },
        Event::CheckpointSkipped {
            path: "checkpoints/step-000040".into(),
            why: "model.safetensors has another checksum".into(),
        },
        Event::ConfigChanged {
            field: "training.lr".into(),
            old: "2e-5".into(),
            new: "1e-5".into(),
            obeyed: true,
        },
        Event::Resumed { step: Step(20), path: path(), replayed_from_seq: 40 },
        Event::LossRejected { step: Step(20), domain: "law".into(), value: "NaN".into() },
        evaluated(20, [f64::NAN, 2.25, 2.125]),
        Event::StepSkipped { step: Step(21), why: NonFinite::GradientNorm, in_a_row: 2 },
        Event::MicroBatchHalved {
            step: Step(21),
            pass: Pass::Training,
            old: Tokens(8192),
            new: Tokens(4096),
        },
        commanded(21, Verdict::Rejected { why: "lambda is -1; allowed is ≥ 0".into() }),
        notice("two lines\nand a \u{1b}[31mcolour"),
        saved(21),
        Event::CheckpointBegun { step: Step(21), path: path(), bytes: Bytes(12 << 20), secs: 0.25 },
        Event::CheckpointRemoved { path: path() },
        Event::PhaseChanged { phase: Phase::Paused, detail: Some("3 steps skipped".into()) },
        Event::Failed { step: Step(21), error: "no space left; free some and resume".into() },
    ];
    insta::assert_snapshot!(printed(events, LogFormat::Text, 10));
}

#[test]
fn json_lines_are_the_records() {
    let lines = printed(small_run(), LogFormat::Json, 10);
    let read: Vec<crate::telemetry::Record> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(read.into_iter().map(|record| record.event).collect::<Vec<_>>(), small_run());
}

#[test]
fn the_loss_of_a_line_is_the_token_mean_since_the_line_before() {
    let lines = printed(small_run(), LogFormat::Text, 10);
    // Step s has loss 3 − s/64 on 200 tokens: 2.9844 at step 1, and on average
    // 3 − (2 + 10)/2/64 = 2.90625 over steps 2 to 10.
    let losses: Vec<&str> =
        lines.lines().filter_map(|line| line.split("  loss ").nth(1)?.split(' ').next()).collect();
    assert_eq!(losses[1..3], ["2.9844", "2.9062"]);
}

#[test]
fn progress_is_rare_and_shows_what_is_known() {
    let progress =
        |done, total| Event::Progress { phase: Phase::Tokenizing, what: "law".into(), done, total };
    let mut events: Vec<Event> = (0..10).map(|n| progress(n * 100, Some(1000))).collect();
    events.push(Event::PhaseChanged { phase: Phase::Detection, detail: None });
    events.push(progress(7, None));
    let lines = printed(events, LogFormat::Text, 1);
    let shown: Vec<&str> = lines.lines().map(|line| &line[27..]).collect();
    assert_eq!(
        shown,
        [
            "progress  tokenizing  law  0/1000  0%",
            "progress  tokenizing  law  500/1000  50%",
            "phase     detection",
            "progress  tokenizing  law  7",
        ]
    );
}

/// Takes two lines, then is closed.
struct Pipe(usize);

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(1).ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_closed_stdout_harms_nothing() {
    show(small_run(), Pipe(2), LogFormat::Text, 1);
}
