//! Runs beside each other: `versatune compare` with the real binary.

use crate::common::terminal::Terminal;
use crate::common::{DOMAINS, Sandbox, assert_close, assert_one_error};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;

/// Tokens and nats of the rows of a domain that a run measured last, by row.
fn last_rows(sandbox: &Sandbox, run: &str, domain: &str) -> BTreeMap<String, (f64, f64)> {
    let text = fs::read_to_string(sandbox.run_dir(run).join("held_out/last.jsonl")).unwrap();
    let rows = text.lines().skip(1).map(|line| serde_json::from_str::<Value>(line).unwrap());
    let number = |row: &Value, field: &str| row[field].as_f64().unwrap();
    rows.filter(|row| row["domain"] == domain)
        .map(|row| {
            (row["row"].as_str().unwrap().into(), (number(&row, "tokens"), number(&row, "nats")))
        })
        .collect()
}

fn compare(sandbox: &Sandbox, args: &[&str]) -> Value {
    let done = sandbox.run(&[&["compare", "--json"], args].concat()).expect(0);
    serde_json::from_str(&done.stdout).unwrap()
}

#[test]
fn the_paired_errors_are_those_of_the_rows_own_differences() {
    let sandbox = Sandbox::new();
    sandbox.train("first", &[r#"schedule=[(at: 14, command: "target code")]"#]).expect(0);
    sandbox.train("second", &["mixing.strategy=Constant"]).expect(0);
    let json = compare(&sandbox, &["runs/first", "second"]);

    let mut squares = 0.0;
    for (index, domain) in DOMAINS.iter().enumerate() {
        let (base, own) =
            (last_rows(&sandbox, "first", domain), last_rows(&sandbox, "second", domain));
        assert_eq!(base.keys().collect::<Vec<_>>(), own.keys().collect::<Vec<_>>());
        let pairs = || base.values().zip(own.values());
        let tokens: f64 = base.values().map(|(tokens, _)| tokens).sum();
        let nats: f64 = pairs().map(|((_, base), (_, own))| own - base).sum::<f64>() / tokens;
        let residual = |(tokens, base): &(f64, f64), own: &f64| own - base - nats * tokens;
        let sum: f64 = pairs().map(|(base, (_, own))| residual(base, own).powi(2)).sum();
        let rows = base.len() as f64;
        let error = (rows / (rows - 1.0) * sum).sqrt() / tokens;
        squares += error.powi(2);

        let found = &json["domains"][index]["runs"][1];
        let difference = &found["difference"];
        let numbers = [&difference["nats"], &difference["error"]].map(|n| n.as_f64().unwrap());
        assert_close(&numbers, &[nats, error]);
        assert_eq!((&difference["rows"], &difference["same_rows"]), (&6.into(), &true.into()));
        assert!(error > 0.0 && error < found["error"].as_f64().unwrap(), "{found}");
    }
    let mean = json["runs"][1]["mean"]["difference"]["error"].as_f64().unwrap();
    assert_close(&[mean], &[squares.sqrt() / 3.0]);
    assert!(json["runs"][0]["mean"]["difference"].is_null(), "the baseline");

    // The report of each run has the same losses.
    for (run, name) in ["first", "second"].iter().enumerate() {
        let report = sandbox.report(name);
        for domain in 0..3 {
            let loss = &json["domains"][domain]["runs"][run]["loss"];
            assert_eq!(*loss, report["domains"][domain]["loss_last"]);
        }
    }
    let fields: Vec<&str> = json["config"]["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| field["field"].as_str().unwrap())
        .collect();
    assert!(fields.contains(&"mixing.strategy") && fields.contains(&"schedule[0]"), "{fields:?}");
    assert_eq!(json["config"]["put_aside"], serde_json::json!(["name"]));
    assert!(json["config"]["same"].as_u64().unwrap() > 30, "{}", json["config"]["same"]);
    let interventions = json["interventions"].as_array().unwrap();
    assert_eq!(interventions.len(), 1, "{interventions:?}");
    assert_eq!(
        (&interventions[0]["step"], &interventions[0]["run"]),
        (&14.into(), &"first".into())
    );

    let text =
        sandbox.run(&["compare", "runs/first", "runs/second", "--svg", "both.svg"]).expect(0);
    for needle in ["baseline", "the same 6 rows", "target code", "mixing.strategy", "both.svg"] {
        assert!(text.stdout.contains(needle), "no {needle}: {}", text.stdout);
    }
    assert!(text.stdout.lines().all(|line| line.chars().count() <= 100), "{}", text.stdout);
    assert!(fs::read_to_string(sandbox.path("both.svg")).unwrap().contains("baseline: first"));
}

#[test]
fn runs_over_other_rows_are_compared_without_a_paired_error_and_it_is_said_why() {
    let sandbox = Sandbox::new();
    let rows = fs::read_to_string(sandbox.path("law-held.jsonl")).unwrap();
    sandbox.write("law-other.jsonl", &rows.replace("Say ", "Tell me of "));
    let short = "training.length=Steps(6)";
    let other = r#"data.domains.law.held_out=Files(["law-other.jsonl"])"#;
    sandbox.train("one", &[short]).expect(0);
    sandbox.train("other", &[short, other]).expect(0);
    let json = compare(&sandbox, &["runs/other", "--baseline", "runs/one"]);
    assert_eq!((&json["baseline"], &json["runs"][0]["run"]), (&"one".into(), &"one".into()));
    let difference = |domain: usize| json["domains"][domain]["runs"][1]["difference"].clone();
    assert_eq!(difference(0)["unpaired"], "they measured other held-out rows");
    assert!(difference(0)["rows"].is_null() && difference(0)["clear"] == false);
    assert_eq!(difference(1)["rows"], 6);

    fs::remove_file(sandbox.run_dir("other").join("held_out/last.jsonl")).unwrap();
    let text = sandbox.run(&["compare", "runs/one", "runs/other"]).expect(0).stdout;
    assert!(text.contains("Not paired: other: other has no losses row by row"), "{text}");
}

#[test]
fn what_cannot_be_compared_is_an_error_that_says_what_to_do() {
    let sandbox = Sandbox::new();
    sandbox.train("one", &["training.length=Steps(6)"]).expect(0);
    let run = |args: &[&str]| sandbox.run(&[&["compare"], args].concat());
    assert_one_error(&run(&["runs/one"]).expect(1), &["one run only", "versatune ls"]);
    assert_one_error(&run(&["runs/one", "runs/../runs/one"]).expect(1), &["named twice"]);
    assert_one_error(&run(&["runs/one", "runs/two"]).expect(1), &["there is no run 'runs/two'"]);
    let nowhere = run(&["runs/one", "runs/one", "--svg", "no/such.svg"]).expect(1);
    assert_one_error(&nowhere, &["no/such.svg"]);
}

#[test]
fn runs_are_shown_over_each_other_from_the_shell_and_from_the_list() {
    let sandbox = Sandbox::new();
    for (name, strategy) in [("one", "VersaTune"), ("two", "Constant")] {
        let strategy = format!("mixing.strategy={strategy}");
        sandbox.train(name, &["training.length=Steps(6)", "mixing.every=2", &strategy]).expect(0);
    }
    // The second one has done half of its steps, and a process works on it.
    let record = sandbox.run_dir("two").join("events.jsonl");
    let whole = fs::read_to_string(&record).unwrap();
    let is_step = |line: &str| line.contains(r#""event":"step""#);
    let half = whole.match_indices('\n').map(|(end, _)| &whole[..=end]);
    let half =
        half.map(str::len).find(|end| whole[..*end].lines().filter(|l| is_step(l)).count() == 3);
    let (half, rest) = whole.split_at(half.unwrap());
    fs::write(&record, half).unwrap();
    let lock = File::open(sandbox.run_dir("two").join("run.lock")).unwrap();
    lock.lock().unwrap();

    let words = ["compare", "runs/one", "two", "--screen"];
    let mut terminal = Terminal::versatune(&sandbox, (24, 100), &words);
    terminal.until("still going, as of step 3");
    let text = terminal.until("3 of 6");
    assert!(text.contains("mean held-out loss") && text.contains("unpaired"), "{text}");
    terminal.press("\t");
    terminal.until("held-out loss of law");
    // It goes on while it is shown.
    OpenOptions::new().append(true).open(&record).unwrap().write_all(rest.as_bytes()).unwrap();
    drop(lock);
    let text = terminal.until("all steps done");
    assert!(text.contains("losses of two") && text.contains("held-out loss of law"), "{text}");
    assert!(!text.contains("3 of 6") && text.contains("±") && text.contains("6 rows"), "{text}");
    terminal.press("b");
    terminal.until("losses of two, the baseline");
    terminal.press("q");
    assert_eq!(terminal.exit(), 0);

    let mut terminal = Terminal::versatune(&sandbox, (24, 100), &["attach"]);
    terminal.until("2 have ended");
    terminal.press(" j c");
    terminal.until("mean held-out loss");
    terminal.press("q");
    terminal.until("compare 2");
    terminal.press("q");
    assert_eq!(terminal.exit(), 0);

    let nowhere = sandbox.run(&["compare", "runs/one", "runs/two", "--screen"]).expect(1);
    assert_one_error(&nowhere, &["there is no terminal", "without --screen"]);
}
