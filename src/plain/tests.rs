use super::session::{PlainEnd, PlainSession, follow};
use super::spoken::Spoken;
use super::typed::Typed;
use crate::control::{Command, LifecycleCommand, Request};
use crate::telemetry::any::any_event;
use crate::telemetry::fixture::{configured, records, small_run};
use crate::telemetry::many::{names, training_of};
use crate::telemetry::{Arrival, Event, EventSource, Record, RunView, Snapshot, SourceError};
use proptest::prelude::*;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

/// Everything that is said of a run.
fn said(events: Vec<Event>) -> Vec<String> {
    let (mut run, mut spoken, mut lines) = (Snapshot::default(), Spoken::default(), Vec::new());
    for record in records(events).into_iter().map(Arc::new) {
        run.apply(&record);
        lines.extend(spoken.lines(&run.state, &record));
    }
    lines
}

#[test]
fn a_run_is_told_in_lines() {
    let mut events = small_run();
    events.splice(1..1, configured());
    insta::assert_snapshot!("small_run", said(events).join("\n"));
}

#[test]
fn nothing_is_said_twice_and_nothing_is_drawn() {
    let lines = said(training_of(names(6)));
    for two in lines.windows(2) {
        assert_ne!(two[0], two[1]);
    }
    let tenths = lines.iter().filter(|line| line.contains("percent. Training loss")).count();
    assert_eq!(tenths, 4, "{lines:#?}");
    let drawn =
        |c: char| ('\u{2500}'..='\u{259f}').contains(&c) || ('\u{2800}'..='\u{28ff}').contains(&c);
    assert!(!lines.iter().any(|line| line.chars().any(drawn)));
}

#[test]
fn words_and_commands_are_told_apart() {
    let domains = ["law".to_owned()];
    let of = |line: &str| Typed::of(line, &domains);
    assert_eq!(
        [of(" status "), of(""), of("?"), of("q")],
        [Typed::Status, Typed::Nothing, Typed::Help, Typed::Leave]
    );
    let pause = Command::Lifecycle(LifecycleCommand::Pause);
    assert_eq!(of("pause -- lunch"), Typed::Command(pause, Some("lunch".into())));
    let Typed::Wrong(why) = of("pasue") else { panic!("a command of pasue") };
    assert!(why.contains("pause") && why.contains("status"), "{why}");
    let Typed::Wrong(why) = of("target code") else { panic!("a target that is no domain") };
    assert!(why.contains("law"), "{why}");
}

/// A run that has gone on to here, then these records, then its end.
struct Given(Option<Snapshot>, VecDeque<Arc<Record>>);

impl EventSource for Given {
    fn snapshot(&mut self) -> Result<Snapshot, SourceError> {
        Ok(self.0.take().unwrap_or_default())
    }

    fn receive(&mut self, _patience: Duration) -> Result<Arrival, SourceError> {
        Ok(self.1.pop_front().map_or(Arrival::End, Arrival::Record))
    }

    fn missed(&self) -> u64 {
        0
    }
}

#[test]
fn typed_lines_are_answered_and_sent_until_the_run_ends() {
    let mut snapshot = Snapshot::default();
    let mut all: Vec<Arc<Record>> =
        records(training_of(names(3))).into_iter().map(Arc::new).collect();
    let last = all.pop().unwrap();
    all.iter().for_each(|record| snapshot.apply(record));
    let mut view = RunView::open(Given(Some(snapshot), [last].into())).unwrap();
    let (sender, lines) = channel();
    for line in ["domains", "set lambda 0.5 -- slow"] {
        sender.send(line.to_owned()).unwrap();
    }
    let sent: RefCell<Vec<Request>> = RefCell::default();
    let session = PlainSession {
        send: &|request| {
            sent.borrow_mut().push(request);
            true
        },
        operator: "ada@pts/3".into(),
        hung_up: Arc::default(),
        is_record: true,
    };
    let mut out = Vec::new();
    // As a record it is left only when no more lines can be typed.
    drop(sender);
    let end = follow(&mut view, &mut out, &session, &lines).unwrap();
    let out = String::from_utf8(out).unwrap();
    assert_eq!(end, PlainEnd::ByOperator);
    assert!(out.starts_with("demo: training, step 400 of 1,000, 40 percent"), "{out}");
    assert!(out.contains("law, target: weight"), "{out}");
    assert!(out.contains("This is a record: it takes no commands."), "{out}");
    assert!(sent.borrow().is_empty());
    let (sender, lines) = channel();
    sender.send("set lambda 0.5 -- slow".to_owned()).unwrap();
    let mut out = Vec::new();
    let live = PlainSession { is_record: false, ..session };
    assert_eq!(follow(&mut view, &mut out, &live, &lines).unwrap(), PlainEnd::Ended);
    let request = sent.borrow_mut().pop().unwrap();
    assert_eq!(
        (request.command.to_string().as_str(), request.reason.as_deref()),
        ("set lambda 0.5", Some("slow"))
    );
    drop(sender);
}

proptest! {
    #[test]
    fn any_events_are_said_in_single_lines(
        begun in any::<bool>(),
        events in prop::collection::vec(any_event(), 0..30),
    ) {
        let mut all = if begun { small_run() } else { Vec::new() };
        all.extend(events);
        for line in said(all) {
            prop_assert!(!line.chars().any(char::is_control), "{line:?}");
        }
    }
}
