//! A run's socket and its clients, in one process.

use super::address::SocketAddress;
use super::client::{RemoteRun, open};
use super::message::{FromRun, VERSION, Want};
use super::*;
use crate::control::{Actor, CommandId, CommandOutcome, LifecycleCommand, Request, Verdict};
use crate::telemetry::fixture::{notice, small_run, step_sample};
use crate::telemetry::{Arrival, Event, Hub, RecordWriter, RunView, Snapshot, wall_clock};
use crate::unit::Step;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use tempfile::TempDir;

const LONG: Duration = Duration::from_secs(60);

/// A run of a few events whose socket is open.
struct Run {
    _dir: TempDir,
    hub: Hub,
    requests: Receiver<Request>,
    server: Option<Server>,
}

impl Run {
    fn new() -> Self {
        Self::in_folder(tempfile::tempdir().unwrap(), Path::new(""))
    }

    fn in_folder(dir: TempDir, below: &Path) -> Self {
        let folder = dir.path().join(below);
        fs::create_dir_all(&folder).unwrap();
        let writer = RecordWriter::create(&folder).unwrap();
        let hub = Hub::new(writer, Snapshot::default(), wall_clock());
        for event in small_run().into_iter().take(20) {
            hub.emit(event).unwrap();
        }
        let (sender, requests) = channel();
        let server = Server::start(&folder, hub.clone(), sender).unwrap();
        Run { _dir: dir, hub, requests, server: Some(server) }
    }

    fn folder(&self) -> PathBuf {
        self.server.as_ref().unwrap().folder()
    }

    /// Answers the next request as an engine does.
    fn answer(&self, verdict: Verdict) -> Request {
        let request = self.requests.recv_timeout(LONG).unwrap();
        self.hub.emit(outcome(request.clone(), verdict)).unwrap();
        request
    }

    /// Rejects all requests from now on.
    fn reject_all(&mut self) {
        let requests = std::mem::replace(&mut self.requests, channel().1);
        let hub = self.hub.clone();
        std::thread::spawn(move || {
            for request in requests {
                // What is none was refused; the rest is for the engine to check.
                assert!(matches!(request.actor, Actor::Remote(_)));
                hub.emit(outcome(request, Verdict::Rejected { why: "not now".into() })).unwrap();
            }
        });
    }

    fn raw(&self) -> (UnixStream, BufReader<UnixStream>) {
        let stream = UnixStream::connect(self.folder().join(SOCKET_FILE)).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        let mut lines = BufReader::new(stream.try_clone().unwrap());
        let mut welcome = String::new();
        lines.read_line(&mut welcome).unwrap();
        assert!(welcome.contains("\"versatune\":1"), "{welcome}");
        (stream, lines)
    }
}

fn outcome(request: Request, verdict: Verdict) -> Event {
    let Request { id, actor, command, reason, .. } = request;
    Event::CommandOutcome(CommandOutcome {
        id: CommandId(1),
        request: id,
        step: Step(3),
        actor,
        command,
        reason,
        verdict,
        undone: None,
    })
}

fn done() -> Verdict {
    Verdict::Applied { old: None, new: None }
}

fn pause() -> Request {
    Request::new(Actor::Remote("ada".into()), LifecycleCommand::Pause)
}

/// The next record that is no news of clients.
fn next(view: &mut RunView<RemoteRun>) -> Option<Event> {
    loop {
        match view.advance(LONG).unwrap() {
            Arrival::Record(record) => match &record.event {
                Event::ClientAttached { .. } | Event::ClientLeft { .. } => {}
                event => return Some(event.clone()),
            },
            Arrival::Nothing | Arrival::Refused { .. } | Arrival::Moved(_) => {
                panic!("nothing came")
            }
            Arrival::End => return None,
        }
    }
}

fn connected(run: &Run, client: &str) -> (RunView<RemoteRun>, RunSender) {
    let (source, sender) = connect(&run.folder(), client, Access::Full).unwrap();
    (RunView::open(source).unwrap(), sender)
}

#[test]
fn a_client_has_the_run_as_it_is_and_every_later_record() {
    let mut run = Run::new();
    let (mut view, _) = connected(&run, "ada@pts/3");
    for event in small_run().into_iter().skip(20) {
        run.hub.emit(event.clone()).unwrap();
        assert_eq!(next(&mut view), Some(event));
    }
    run.hub.with_state(|state| {
        let (mine, theirs) = (view.state(), state);
        assert_eq!((&mine.history, &mine.domains), (&theirs.history, &theirs.domains));
        assert_eq!(theirs.clients, ["ada@pts/3"]);
    });
    run.server = None;
    run.hub.close().unwrap();
    assert_eq!(next(&mut view), None, "the end of the run");
}

#[test]
fn commands_go_to_the_engine_and_their_outcomes_to_their_senders() {
    let run = Run::new();
    let ((mut ada, send), (mut bob, _)) = (connected(&run, "ada"), connected(&run, "bob"));
    let request = pause().with_reason(Some("lunch".into()));
    send.send(&request).unwrap();
    let got = run.answer(done());
    assert_eq!((got.actor, got.command), (Actor::Remote("ada".into()), request.command.clone()));
    assert_eq!(got.reason.as_deref(), Some("lunch"));
    let ids = [&mut ada, &mut bob].map(|view| match next(view) {
        Some(Event::CommandOutcome(outcome)) => outcome.request,
        other => panic!("{other:?}"),
    });
    assert_eq!(ids[0], request.id, "the sender knows it by its own number");
    assert_ne!(ids[1], request.id, "and to others it is nothing of theirs");
    drop((ada, bob));

    let folder = run.folder();
    let waiting = std::thread::spawn(move || order(&folder, "eve", &pause(), true).unwrap());
    run.answer(Verdict::Rejected { why: "the run is paused already".into() });
    let outcomes = waiting.join().unwrap();
    assert!(!outcomes[0].is_applied() && outcomes[0].step == Step(3), "{outcomes:?}");
    assert_eq!(order(&run.folder(), "eve", &pause(), false).unwrap(), []);
    assert!(run.requests.recv_timeout(LONG).is_ok());
}

#[test]
fn who_only_looks_commands_nothing() {
    let run = Run::new();
    let (source, send) = open(&run.folder(), "wall", Want::Outcomes, Access::ReadOnly).unwrap();
    let mut source = source;
    send.send(&pause()).unwrap();
    let refused = source.message(LONG).unwrap();
    let Some(FromRun::Refused { why, .. }) = refused else { panic!("{refused:?}") };
    assert!(why.contains("only looks"), "{why}");
    assert!(run.requests.try_recv().is_err());
    assert_eq!(run.hub.clients(), 0, "no client that could end a pause");
    let status = status(&run.folder(), "wall").unwrap();
    assert_eq!((status.pid, status.clients), (Some(std::process::id()), Vec::<String>::new()));
}

#[test]
fn the_socket_is_its_owners_and_goes_with_the_run() {
    let mut run = Run::new();
    let (folder, socket) = (run.folder(), run.folder().join(SOCKET_FILE));
    assert_eq!(fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    let (sender, _requests) = channel();
    let second = Server::start(&folder, run.hub.clone(), sender);
    assert!(second.err().unwrap().to_string().contains("another process listens"));
    run.server = None;
    assert!(!socket.exists());
    let error = status(&folder, "ada").unwrap_err();
    assert!(matches!(error, RemoteError::NoRun { .. }), "{error}");
    // What a killed process leaves is in nobody's way.
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    assert!(matches!(status(&folder, "ada"), Err(RemoteError::NoRun { .. })));
    let (sender, _requests) = channel();
    run.server = Some(Server::start(&folder, run.hub.clone(), sender).unwrap());
    assert!(status(&folder, "ada").is_ok());
}

#[test]
fn a_folder_of_any_length_has_a_socket() {
    let long: PathBuf = (0..4).map(|_| "a_folder_with_a_name_of_some_length_indeed").collect();
    let run = Run::in_folder(tempfile::tempdir().unwrap(), &long);
    let path = SocketAddress::of_run(&run.folder()).path();
    assert!(path.as_os_str().len() > 108 && path.exists(), "{}", path.display());
    assert!(status(&run.folder(), "ada").is_ok());
}

/// None of it reaches the engine, and the next client is served.
#[test]
fn lines_that_are_no_messages_harm_nobody() {
    let run = Run::new();
    let hello = format!("{{\"versatune\":{VERSION},\"client\":\"x\"}}\n");
    let order = |words: &str| format!("{hello}{{\"request\":5,\"command\":\"{words}\"}}\n");
    let long = "x".repeat(70_000);
    for (sent, expected) in [
        (String::new(), ""),
        ("\n".into(), "no greeting"),
        ("{\"versatune\":9,\"client\":\"x\"}\n".into(), "version 1"),
        ("{\"versatune\":1".into(), ""),
        (long.clone(), "no message"),
        (format!("{hello}garbage\n"), "no command"),
        (format!("{hello}{long}"), "longer than 65536 bytes"),
        (format!("{hello}[[[[[[[[\n"), "no command"),
        (order("set lambda x"), "\"request\":5"),
        (order("sudo"), "sudo"),
        (format!("{hello}{}", "no\n".repeat(200)), "100 lines were no commands"),
    ] {
        let (mut stream, mut lines) = run.raw();
        // A line that is too long is not read to its end.
        let _ = stream.write_all(sent.as_bytes());
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = String::new();
        let _ = lines.read_to_string(&mut answer);
        assert!(answer.contains(expected), "{sent:.80}: {answer}");
    }
    assert!(run.requests.try_recv().is_err());
    assert!(status(&run.folder(), "ada").is_ok());
}

#[test]
fn more_clients_than_places_are_told_and_those_that_leave_make_room() {
    let run = Run::new();
    let mut held: Vec<_> = (0..64).map(|_| run.raw()).collect();
    let more = status(&run.folder(), "ada").unwrap_err().to_string();
    assert!(more.contains("64 clients are connected already"), "{more}");
    held.clear();
    let served = (0..600).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        status(&run.folder(), "ada").is_ok()
    });
    assert!(served);
}

/// Its samples are dropped, lifecycle events wait for it, and the hub never does.
#[test]
fn a_client_that_does_not_read_misses_samples_only() {
    let run = Run::new();
    let (mut view, _) = connected(&run, "slow");
    let steps = 200_000;
    for step in 100..100 + steps {
        run.hub.emit(step_sample(step)).unwrap();
    }
    run.hub.emit(notice("at the end")).unwrap();
    let mut seen = 0;
    while next(&mut view) != Some(notice("at the end")) {
        seen += 1;
    }
    assert!(seen < steps && view.missed() > 0, "{seen} seen, {} missed", view.missed());
    assert!(seen + view.missed() <= steps);
}

#[test]
fn a_name_is_shown_as_a_plain_text() {
    let run = Run::new();
    let name = "\u{1b}[31mada\n\u{202e}".repeat(40);
    let _client = connected(&run, &name);
    let shown = run.hub.with_state(|state| state.clients[0].clone());
    assert!(
        shown.chars().count() <= 64 && !shown.contains(['\u{1b}', '\n', '\u{202e}']),
        "{shown:?}"
    );
}

/// As `printf … | nc -U control.sock` does: it sends all that it has to say, and waits for the answers.
#[test]
fn a_client_that_closes_its_end_gets_its_outcomes() {
    let run = Run::new();
    let (mut stream, mut lines) = run.raw();
    let hello = format!("{{\"versatune\":{VERSION},\"client\":\"script\"}}\n");
    let order = "{\"request\":5,\"command\":\"set lambda 0.3\"}\n";
    stream.write_all((hello + order).as_bytes()).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut accepted = String::new();
    lines.read_line(&mut accepted).unwrap();
    run.answer(done());
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    let answers: Vec<FromRun> =
        rest.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(matches!(&answers[..], [FromRun::Outcome { request: 5, .. }]), "{answers:?}");
}

/// A run that does nothing has no events, and a place that only an event frees would never be free.
#[test]
fn the_place_of_a_client_that_leaves_is_free_at_once() {
    let run = Run::new();
    for _ in 0..500 {
        let (mut stream, mut lines) = run.raw();
        let hello = format!("{{\"versatune\":{VERSION},\"client\":\"ada\",\"want\":\"events\"}}\n");
        stream.write_all(hello.as_bytes()).unwrap();
        let mut begins = String::new();
        lines.read_line(&mut begins).unwrap();
        assert!(begins.contains("missed"), "{begins}");
    }
}

/// Each line is an answer or nothing, and none of them a panic of the connection: the next client is served.
#[test]
fn ten_thousand_lines_of_strangers_are_answered() {
    use rand::{RngExt, SeedableRng};
    let mut run = Run::new();
    run.reject_all();
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(7);
    let good = ["set lambda -1", "target nowhere", "mixing x", "limit", "weights law=2"];
    for connection in 0..110 {
        let (mut stream, mut lines) = run.raw();
        let mut sent =
            format!("{{\"versatune\":{VERSION},\"client\":\"{connection}\"}}\n").into_bytes();
        for request in 0..95 {
            let command = good[random.random_range(0..good.len())];
            let line = format!("{{\"request\":{request},\"command\":\"{command}\"}}");
            let mut line = line.into_bytes();
            for _ in 0..random.random_range(0..4) {
                let at = random.random_range(0..line.len());
                line[at] = random.random();
            }
            line.retain(|byte| *byte != b'\n');
            sent.extend(line);
            sent.push(b'\n');
        }
        // Both ends have a bounded buffer: answers are read while lines are written.
        let writer = std::thread::spawn(move || {
            let _ = stream.write_all(&sent);
            let _ = stream.shutdown(std::net::Shutdown::Write);
        });
        let mut answers = Vec::new();
        lines.read_to_end(&mut answers).unwrap();
        writer.join().unwrap();
        for answer in answers.split(|byte| *byte == b'\n').filter(|answer| !answer.is_empty()) {
            serde_json::from_slice::<FromRun>(answer).unwrap();
        }
    }
    assert!(status(&run.folder(), "ada").is_ok());
}
