//! Rules and alerts with the real binary: a rule acts once and in a resume where it did, and no alert touches the
//! run.

use crate::common::{Sandbox, UNDISTURBED, assert_undisturbed, of_kind, steps};
use serde_json::{Value, json};
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

/// Step, number of the rule and command of each event of a kind that is a rule's.
fn of_rules(record: &[Value], kind: &str) -> Vec<(u64, u64, String)> {
    of_kind(record, kind)
        .into_iter()
        .filter_map(|event| {
            let number = event["actor"]["Rule"]["number"].as_u64()?;
            let command = event["command"].as_str().unwrap().to_owned();
            Some((event["step"].as_u64().unwrap(), number, command))
        })
        .collect()
}

fn is_paused(event: &Value) -> bool {
    event["event"] == "phase_changed" && event["phase"] == "paused"
}

/// Rules that every run of this config follows alike: at a step, and by measured losses.
const BY_LOSS: &str = r#"schedule=[
    (when: "step >= 7", do: "set lambda 0.9"),
    (when: "loss(law) < 99 for 3 updates", do: "target code"),
    (when: "step >= 9 and not weight(law) > 0.99", do: "note still moving", repeat: Each),
    (when: "step > 12", do: "hold"),
]"#;

#[test]
fn rules_act_once_and_a_killed_run_gives_the_bits_of_one_that_was_not() {
    let expected = [
        (7, 1, "set lambda 0.9"),
        (9, 3, "note still moving"),
        (13, 4, "mixing hold"),
        (15, 2, "target code"),
    ];
    let expected = expected.map(|(step, rule, command)| (step, rule, command.to_owned()));
    let sandbox = Sandbox::new();
    sandbox.train("whole", &[BY_LOSS]).expect(0);
    let whole = sandbox.record("whole");
    assert_eq!(of_rules(&whole, "command_outcome"), expected);
    assert_ne!(steps(&whole), UNDISTURBED.steps, "the rules changed nothing");
    let by_loss = of_kind(&whole, "command_outcome")[3];
    let when = "loss(law) < 99 for 3 updates";
    assert_eq!(by_loss["actor"], json!({"Rule": {"number": 2, "when": when}}));
    assert!(by_loss["reason"].as_str().unwrap().starts_with("loss(law) is "), "{by_loss}");
    // Without a checkpoint, between two, and after the rules that came first.
    for (name, killed_at, every) in [("early", 8, 100), ("middle", 14, 6), ("late", 16, 4)] {
        let every = format!("checkpoint.every={every}");
        let sets = [BY_LOSS, every.as_str()];
        let mut process = sandbox.start(name, &sets);
        process.until_step(killed_at);
        process.kill();
        sandbox.resume(name, &sets).finish().expect(0);
        let record = sandbox.record(name);
        assert_eq!(steps(&record), steps(&whole), "{name}");
        assert_eq!(of_rules(&record, "command_outcome"), expected, "{name}");
    }
}

/// Which steps are slow is another each time. What the first process did is done again all the same: `steps` compares
/// each step that is done twice.
#[test]
fn rules_that_look_at_speed_act_where_the_record_says() {
    let by_speed = r#"schedule=[
        (when: "tokens_per_s < 1 * median", do: "set lambda 5", repeat: Each),
        (when: "tokens_per_s >= 1 * median", do: "set lambda 0", repeat: Each),
    ]"#;
    for (name, killed_at, every) in [("anew", 24, 100), ("from-a-checkpoint", 27, 11)] {
        let sandbox = Sandbox::new();
        let every = format!("checkpoint.every={every}");
        let sets = [by_speed, every.as_str()];
        let mut process = sandbox.start(name, &sets);
        process.until_step(killed_at);
        process.kill();
        let before = of_rules(&sandbox.record(name), "command_outcome");
        sandbox.resume(name, &sets).finish().expect(0);
        let record = sandbox.record(name);
        assert!(!before.is_empty(), "no step was slower or faster than usual");
        assert!(steps(&record).len() == 30);
        let all = of_rules(&record, "command_outcome");
        assert!(all.starts_with(&before), "{all:?} {before:?}");
        // What is new is of steps that the first process did not come beyond.
        let reached = steps_reached(&record);
        assert!(all[before.len()..].iter().all(|(step, ..)| *step >= reached), "{all:?}");
        let again = of_rules(&record, "command_replayed");
        assert!(again.iter().all(|one| before.contains(one)), "{again:?} {before:?}");
    }
}

/// The furthest step of the first process.
fn steps_reached(record: &[Value]) -> u64 {
    let second = record.iter().rposition(|event| event["event"] == "run_started").unwrap();
    let steps = of_kind(&record[..second], "step");
    steps.iter().filter_map(|event| event["step"].as_u64()).max().unwrap()
}

#[test]
fn a_rule_is_added_from_a_shell_and_pauses_the_run() {
    let sandbox = Sandbox::new();
    let mut run = sandbox.start("live", &[r#"schedule=[(at: 3, command: "pause")]"#]);
    assert!(run.until(is_paused).is_some());
    let ctl = |words: &[&str]| sandbox.run(&[&["ctl", "live"], words].concat());
    let wrong = ctl(&["when", "loss(lwa) > 3", "do", "pause"]).expect(1);
    assert!(wrong.stderr.contains("no domain 'lwa'; did you mean law?"), "{}", wrong.stderr);
    let wrong = ctl(&["when", "no step for 1 min", "do", "pause"]).expect(1);
    assert!(wrong.stderr.contains("may only alert"), "{}", wrong.stderr);
    let added = ctl(&["when", "step >= 6", "do", "pause", "--", "to look"]).expect(0);
    assert_eq!(added.stdout, "applied at step 3: none → 1: when step >= 6 do pause\n");
    ctl(&["when", "step >= 5", "do", "set", "lambda", "0.9"]).expect(0);
    ctl(&["cancel", "2"]).expect(0);
    ctl(&["undo"]).expect(0);
    ctl(&["cancel", "2"]).expect(0);
    let none = ctl(&["cancel", "2"]).expect(1);
    assert!(none.stderr.contains("there is no rule 2; there are: 1"), "{}", none.stderr);
    ctl(&["resume"]).expect(0);
    assert!(run.until(is_paused).is_some());
    ctl(&["resume"]).expect(0);
    run.finish().expect(0);
    let record = sandbox.record("live");
    assert_eq!(of_rules(&record, "command_outcome"), [(6, 1, "pause".to_owned())]);
    assert_undisturbed(&sandbox, "live");
}

/// Whether any file below a folder holds a text.
fn is_written(folder: &Path, text: &str) -> bool {
    fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => is_written(&path, text),
            false => {
                let bytes = fs::read(&path).unwrap();
                bytes.windows(text.len()).any(|window| window == text.as_bytes())
            }
        }
    })
}

fn notices(record: &[Value]) -> Vec<String> {
    let notices = of_kind(record, "notice").into_iter();
    notices.map(|notice| notice["text"].as_str().unwrap().to_owned()).collect()
}

/// What came to a webhook.
#[derive(Clone, Debug, PartialEq)]
struct Post {
    address: String,
    title: String,
    token: String,
    body: String,
}

/// A server that is busy at the first two requests: its address, and what came to it.
fn busy_twice() -> (String, Arc<Mutex<Vec<Post>>>) {
    let server = tiny_http::Server::http("127.0.0.1:0").unwrap();
    let address = format!("http://{}", server.server_addr());
    let posts = Arc::new(Mutex::new(Vec::new()));
    let seen = posts.clone();
    thread::spawn(move || {
        for mut request in server.incoming_requests() {
            let header = |name: &'static str| {
                let header = request.headers().iter().find(|header| header.field.equiv(name));
                header.map_or(String::new(), |header| header.value.to_string())
            };
            let (title, token) = (header("Title"), header("Authorization"));
            let address = format!("{} {}", request.method(), request.url());
            let mut body = String::new();
            request.as_reader().read_to_string(&mut body).unwrap();
            let mut posts = seen.lock().unwrap();
            posts.push(Post { address, title, token, body });
            let status = if posts.len() < 3 { 503 } else { 200 };
            drop(posts);
            request.respond(tiny_http::Response::empty(status)).unwrap();
        }
    });
    (address, posts)
}

#[test]
fn a_webhook_that_fails_twice_gets_its_message_and_nobody_its_address() {
    let (address, posts) = busy_twice();
    let sandbox = Sandbox::new();
    let sets = [
        r#"alerts=[(when: "step >= 5", alert: Webhook(Env("HOOK")))]"#,
        r#"notify.webhook_token=Env("HOOK_TOKEN")"#,
    ];
    let mut args = vec!["train", "tiny.ron", "--headless", "--set", "name=told"];
    sets.iter().for_each(|set| args.extend(["--set", set]));
    let mut command = sandbox.versatune(&args);
    command.env("HOOK", format!("{address}/secret-topic")).env("HOOK_TOKEN", "secret-token");
    let done = crate::common::RunningProcess::start(command).finish().expect(0);
    let posts = posts.lock().unwrap().clone();
    let post = Post {
        address: "POST /secret-topic".into(),
        title: "VersaTune told".into(),
        token: "Bearer secret-token".into(),
        body: "step >= 5 at step 5: step is 5".into(),
    };
    assert_eq!(posts, [post.clone(), post.clone(), post]);
    let said = notices(&sandbox.record("told"));
    for text in ["alert: step >= 5 at step 5: step is 5", "alert `step >= 5` went to a webhook"] {
        assert!(said.iter().any(|notice| notice == text), "{said:?}");
    }
    assert!(done.stdout.contains("alert: step >= 5"), "{}", done.stdout);
    for secret in ["secret-topic", "secret-token"] {
        assert!(!is_written(&sandbox.run_dir("told"), secret), "{secret}");
        assert!(!done.stdout.contains(secret) && !done.stderr.contains(secret), "{secret}");
    }
    assert_undisturbed(&sandbox, "told");
}

#[test]
fn a_webhook_that_never_answers_holds_up_no_step() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let sandbox = Sandbox::new();
    let address = format!("http://{}/x", silent.local_addr().unwrap());
    let hook = format!(r#"alerts=[(when: "step >= 2", alert: [Webhook("{address}"), Bell])]"#);
    let done = sandbox.train("silent", &[&hook, &format!("notify.usual=Webhook(\"{address}\")")]);
    let done = done.expect(0);
    assert!(!done.stdout.contains(['\u{7}', '\u{1b}']), "a bell in a log: {:?}", done.stdout);
    assert_undisturbed(&sandbox, "silent");
    let said = notices(&sandbox.record("silent"));
    let failed = |text: &str| said.iter().any(|notice| notice.starts_with(text));
    assert!(failed("alert `step >= 2` did not go to a webhook: "), "{said:?}");
    assert!(failed("alert `phase ended` did not go to a webhook"), "{said:?}");
    assert!(!is_written(&sandbox.run_dir("silent"), &address));
}

/// The config in a run's folder is another's word: what it was given by its owner is not in it.
#[test]
fn a_command_is_carried_out_for_the_config_that_holds_it_and_not_for_a_stored_one() {
    let sandbox = Sandbox::new();
    let command =
        r#"alerts=[(when: "step >= 4", alert: Command("echo \"$VERSATUNE_TEXT\" >> told"))]"#;
    let mut run = sandbox.start("told", &[command]);
    run.until(|event| {
        let text = event["text"].as_str().unwrap_or_default();
        event["event"] == "notice" && text == "alert `step >= 4` went to a command"
    });
    run.kill();
    assert_eq!(
        fs::read_to_string(sandbox.path("told")).unwrap(),
        "step >= 4 at step 4: step is 4\n"
    );
    let stored = fs::read_to_string(sandbox.run_dir("told").join("run.ron")).unwrap();
    assert!(stored.contains("NotKept") && !stored.contains("echo"), "{stored}");
    let args = ["train", "runs/told/run.ron", "--headless", "--resume=runs/told"];
    sandbox.run(&args).expect(0);
    let told = fs::read_to_string(sandbox.path("told")).unwrap();
    assert_eq!(told.lines().count(), 1, "{told}");
    // A copy with a command in it, still in the run's folder.
    let forged = stored.replace("NotKept", "Command(\"touch forged\")");
    fs::write(sandbox.run_dir("told").join("forged.ron"), forged).unwrap();
    let refused = sandbox.run(&["train", "runs/told/forged.ron", "--headless"]).expect(2);
    assert!(refused.stderr.contains("in a file of a run's folder"), "{}", refused.stderr);
    assert!(!sandbox.path("forged").exists());
}

/// A command in a config is its owner's word: not that of a file which others may write, or of another user.
#[test]
fn a_config_of_others_gives_no_command() {
    use std::os::unix::fs::{PermissionsExt, chown};
    let sandbox = Sandbox::new();
    let alert = r#"alerts: [(when: "step >= 2", alert: Command("touch forged"))],"#;
    let config = fs::read_to_string(sandbox.path("tiny.ron")).unwrap();
    let config = config.trim_end().strip_suffix(')').unwrap().to_owned() + alert + "\n)\n";
    let path = sandbox.path("theirs.ron");
    fs::write(&path, config).unwrap();
    let refused = || {
        let refused = sandbox.run(&["train", "theirs.ron", "--headless"]).expect(2);
        assert!(!sandbox.path("forged").exists());
        refused.stderr
    };
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    let open = refused();
    assert!(open.contains("alerts[0].alert") && open.contains("every user may change"), "{open}");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    if chown(&path, Some(65_534), None).is_ok() {
        let theirs = refused();
        assert!(theirs.contains("in a file of user 65534"), "{theirs}");
    } else {
        println!("skipped in part: these tests cannot give a file to another user");
    }
}
