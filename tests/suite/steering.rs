//! What clients of the socket do to a run, by bits, and what others cannot do.

use crate::common::terminal::Terminal;
use crate::common::{Sandbox, UNDISTURBED, assert_undisturbed, of_kind, steps};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Lines, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::thread;

/// A client that speaks lines.
struct Client {
    stream: UnixStream,
    lines: Lines<BufReader<UnixStream>>,
}

impl Client {
    fn connect(socket: &Path, name: &str) -> Self {
        let stream = UnixStream::connect(socket).unwrap();
        let lines = BufReader::new(stream.try_clone().unwrap()).lines();
        let mut client = Client { stream, lines };
        client.line();
        client.send(&json!({"versatune": 1, "client": name}));
        client
    }

    fn send(&mut self, message: &Value) {
        self.stream.write_all(format!("{message}\n").as_bytes()).unwrap();
    }

    fn line(&mut self) -> Value {
        serde_json::from_str(&self.lines.next().unwrap().unwrap()).unwrap()
    }

    /// Reads a line; counts the outcome in it, which is a rejection.
    fn count_outcome(&mut self, outcomes: &mut BTreeMap<u64, usize>) {
        let line = self.line();
        let Some(outcome) = line.get("outcome") else { return };
        assert!(outcome["outcome"]["verdict"]["Rejected"].is_object(), "{line}");
        *outcomes.entry(outcome["request"].as_u64().unwrap()).or_insert(0) += 1;
    }

    /// Gives a command and waits until the run has it.
    fn give(&mut self, request: u64, command: &str) {
        self.send(&json!({"request": request, "command": command}));
        assert_eq!(self.line()["accepted"]["request"], request);
    }
}

/// Commands that no run of three domains takes.
const IMPOSSIBLE: [&str; 9] = [
    "set lambda -1",
    "target nowhere",
    "limit law=-0.5",
    "weights law=2",
    "rollback 7777",
    "cancel 99",
    "set every 0.5",
    "stop at 0",
    "set length 0",
];

/// 1,000 commands of four clients while the run trains: each has one outcome, and where none was taken, the run is
/// the one that it would have been.
#[test]
fn a_thousand_commands_of_four_clients_have_one_outcome_each() {
    const EACH: u64 = 250;
    const IN_FLIGHT: u64 = 25;
    let sandbox = Sandbox::new();
    // It waits for those who have not said all before step 20.
    let mut run = sandbox.start("many", &[r#"schedule=[(at: 20, command: "pause")]"#]);
    run.until_step(1);
    let socket = sandbox.run_dir("many").join("control.sock");
    let clients: Vec<_> = (0..4)
        .map(|number| {
            let socket = socket.clone();
            thread::spawn(move || {
                let mut client = Client::connect(&socket, &format!("client-{number}"));
                let mut dice = crate::common::Dice(number);
                let mut outcomes = BTreeMap::new();
                for request in 0..EACH {
                    let command = IMPOSSIBLE[dice.below(IMPOSSIBLE.len() as u64) as usize];
                    client.send(&json!({"request": request, "command": command}));
                    // A client that reads nothing while it sends is left when the buffers are full.
                    while request + 1 - outcomes.len() as u64 > IN_FLIGHT {
                        client.count_outcome(&mut outcomes);
                    }
                }
                while (outcomes.len() as u64) < EACH {
                    client.count_outcome(&mut outcomes);
                }
                outcomes
            })
        })
        .collect();
    for client in clients {
        let outcomes = client.join().unwrap();
        assert!(outcomes.values().all(|count| *count == 1), "{outcomes:?}");
    }
    sandbox.until_recorded("many", |event| event["phase"] == "paused");
    sandbox.run(&["ctl", "many", "resume"]).expect(0);
    run.finish().expect(0);
    assert_undisturbed(&sandbox, "many");
    let record = sandbox.record("many");
    let outcomes = of_kind(&record, "command_outcome");
    let ids: Vec<u64> = outcomes.iter().map(|event| event["id"].as_u64().unwrap()).collect();
    assert_eq!(
        ids,
        (1..=4 * EACH + 2).collect::<Vec<_>>(),
        "one order, the pause and its end in it"
    );
}

/// Killed between the moment at which a command was taken and that at which it takes effect: the record tells
/// which of the two came first, and the resumed run is what the record says.
#[test]
fn the_record_tells_the_truth_about_a_command_before_a_kill() {
    for killed_at in [4, 9, 17] {
        let sandbox = Sandbox::new();
        let mut run = sandbox.start("killed", &[]);
        run.until_step(killed_at);
        let socket = sandbox.run_dir("killed").join("control.sock");
        Client::connect(&socket, "ada").give(1, "set lambda 0.9");
        run.kill();
        let record = sandbox.record("killed");
        let given = of_kind(&record, "command_outcome").first().map(|event| event["step"].clone());
        sandbox.resume("killed", &[]).finish().expect(0);
        let expected = match given {
            None => UNDISTURBED.steps.clone(),
            Some(step) => {
                let schedule = format!(r#"schedule=[(at: {step}, command: "set lambda 0.9")]"#);
                sandbox.train("expected", &[&schedule]).expect(0);
                steps(&sandbox.record("expected"))
            }
        };
        assert_eq!(steps(&sandbox.record("killed")), expected, "killed at {killed_at}");
    }
}

/// The terminal goes in each phase, and the run is the one that nobody watched.
#[test]
fn a_terminal_that_is_lost_in_any_phase_takes_nothing_with_it() {
    for phase in ["loading", "tokenizing", "evaluating", "training", "saving", "paused"] {
        let sandbox = Sandbox::new();
        let pause: &[&str] = match phase {
            "paused" => &[r#"schedule=[(at: 5, command: "pause")]"#],
            _ => &[],
        };
        let sets = [&["name=lost"], pause].concat();
        let mut terminal = Terminal::train(&sandbox, (24, 80), &sets, &[]);
        sandbox.until_recorded("lost", |event| event["phase"] == phase);
        terminal.hang_up();
        if phase == "paused" {
            sandbox.run(&["ctl", "lost", "resume"]).expect(0);
        }
        assert_eq!(terminal.wait(), 0, "{phase}");
        let record = sandbox.record("lost");
        assert_eq!(steps(&record), UNDISTURBED.steps, "{phase}");
        let numbers: Vec<u64> = record.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
        assert_eq!(numbers, (1..=record.len() as u64).collect::<Vec<_>>(), "{phase}");
        assert_eq!(record.last().unwrap()["event"], "finished", "{phase}");
    }
}

/// The same where w(0) and the mastery ceilings are measured first.
#[test]
fn a_terminal_that_is_lost_while_something_is_measured_takes_nothing_with_it() {
    let sandbox = Sandbox::new();
    let sets = [
        "detection.samples=24",
        "detection.max_tokens=12",
        "mixing.detected=Measure",
        "mixing.reference=Tune(epochs: 1, steps_per_epoch: 4, lr: 1e-2)",
    ];
    sandbox.train("whole", &sets).expect(0);
    let whole = sandbox.record("whole");
    for kind in ["detecting", "reference_epoch"] {
        let name = format!("lost-in-{kind}");
        // What the first run measured is in its cache.
        let own = [format!("name={name}"), format!("data.cache_dir=\"cache-{kind}\"")];
        let sets = [&sets[..], &own.each_ref().map(String::as_str)].concat();
        let mut terminal = Terminal::train(&sandbox, (24, 80), &sets, &[]);
        sandbox.until_recorded(&name, |event| event["event"] == kind);
        terminal.hang_up();
        assert_eq!(terminal.wait(), 0, "{kind}");
        let record = sandbox.record(&name);
        assert_eq!(steps(&record), steps(&whole), "{kind}");
        assert_eq!(record.last().unwrap()["event"], "finished", "{kind}");
    }
}

/// Two terminals steer a run by turns; one is killed, then the run. Resumed, it is the run to which a config gave
/// the same commands at the same steps.
#[test]
fn a_run_steered_by_two_terminals_and_killed_is_the_one_of_its_commands() {
    const EDITS: [(u64, &str); 3] =
        [(3, "set lambda 0.75"), (5, "target code"), (7, "set lr 0.002")];
    let pauses: Vec<String> =
        EDITS.iter().map(|(step, _)| format!(r#"(at: {step}, command: "pause")"#)).collect();
    let sandbox = Sandbox::new();
    let mut run = sandbox.start("steered", &[&format!("schedule=[{}]", pauses.join(", "))]);
    let attach = || Terminal::versatune(&sandbox, (30, 100), &["attach", "steered"]);
    assert!(run.until(|event| event["phase"] == "paused").is_some());
    let (mut ada, mut bob) = (attach(), attach());
    let [first, second, third] = EDITS;
    edit(&mut ada, first);
    ada.press(" ");
    edit(&mut bob, second);
    bob.kill();
    ada.until("step 5 / 30");
    ada.press(" ");
    edit(&mut ada, third);
    ada.press(" ");
    run.until_step(15);
    run.kill();
    ada.until("the run's process has ended");
    ada.press("q");
    assert_eq!(ada.exit(), 0);
    sandbox.resume("steered", &[]).finish().expect(0);

    let commands = EDITS.map(|(step, command)| format!(r#"(at: {step}, command: "{command}")"#));
    sandbox.train("scheduled", &[&format!("schedule=[{}]", commands.join(", "))]).expect(0);
    let [steered, scheduled] = ["steered", "scheduled"].map(|name| sandbox.record(name));
    assert_eq!(steps(&steered), steps(&scheduled));
    assert_ne!(steps(&steered), UNDISTURBED.steps, "the commands changed nothing");
    assert!(sandbox.last_weights("steered") == sandbox.last_weights("scheduled"), "other weights");
}

/// Makes an edit in the pause at this step.
fn edit(terminal: &mut Terminal, (step, command): (u64, &str)) {
    terminal.until(&format!("step {step} / 30"));
    terminal.until("● paused");
    terminal.press(&format!(":{command}\r"));
    terminal.until("why (kept in the record)");
    terminal.press("\r");
    terminal.until(&format!("{command}: applied"));
}

/// By permissions, and by the credentials of the peer where somebody has loosened them.
#[test]
fn another_user_can_neither_read_nor_connect_nor_signal() {
    use rustix::process::{Pid, test_kill_process};
    use std::os::unix::fs::PermissionsExt;
    // In some containers not even root can.
    if !rustix::process::geteuid().is_root() || as_nobody(|| ()).is_none() {
        println!("skipped: these tests cannot become another user");
        return;
    }
    let sandbox = Sandbox::new();
    let mut run = sandbox.start("mine", &[r#"schedule=[(at: 3, command: "pause")]"#]);
    assert!(run.until(|event| event["phase"] == "paused").is_some());
    let folder = sandbox.run_dir("mine");
    let open = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    // The way to the run's folder is open, so that only what the run itself has made is in the way.
    open(&sandbox.path(""), 0o755);
    open(&sandbox.path("runs"), 0o755);
    let pid = Pid::from_raw(run.id().cast_signed()).unwrap();
    let (socket, record) = (folder.join("control.sock"), folder.join("events.jsonl"));
    let tried = {
        let (socket, record) = (socket.clone(), record.clone());
        as_nobody(move || {
            let connected = UnixStream::connect(&socket).map(drop);
            let read = std::fs::read(&record).map(drop);
            let signalled = test_kill_process(pid).map_err(std::io::Error::from);
            [connected, read, signalled].map(|tried| tried.unwrap_err().kind())
        })
    };
    assert_eq!(tried, Some([std::io::ErrorKind::PermissionDenied; 3]));
    open(&folder, 0o777);
    open(&socket, 0o777);
    let answer = as_nobody(move || {
        let stream = UnixStream::connect(&socket).unwrap();
        BufReader::new(stream).lines().next().map(|line| line.map_err(|error| error.kind()))
    });
    assert_eq!(answer, Some(None), "the run answers");
    sandbox.run(&["ctl", "mine", "resume"]).expect(0);
    run.finish().expect(0);
    assert_undisturbed(&sandbox, "mine");
}

/// Does it in a thread of another user: of the threads of this process only that one changes. `None` where it
/// cannot become one.
fn as_nobody<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    use rustix::process::{Gid, Uid};
    use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};
    let (user, group) = (Uid::from_raw(65_534), Gid::from_raw(65_534));
    let thread = thread::spawn(move || {
        set_thread_groups(&[]).ok()?;
        set_thread_res_gid(group, group, group).ok()?;
        set_thread_res_uid(user, user, user).ok()?;
        Some(work())
    });
    thread.join().unwrap()
}
