//! The binary as a user calls it: whole runs of a tiny model, also killed, stopped and resumed. Errors
//! are in `errors.rs`.

use crate::common::{
    DETECTED, DOMAINS, Dice, REFERENCE_LOSSES, RunningProcess, STEPS, Sandbox, UNDISTURBED,
    assert_close, assert_one_error, assert_undisturbed, becomes_true, numbers, of_kind, steps,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn a_run_to_its_end_prints_plain_lines_and_a_closing_table() {
    let sandbox = Sandbox::new();
    let done = sandbox.train("tiny", &[]).expect(0);
    assert_eq!(done.stderr, "");
    let odd: Vec<char> = done.stdout.chars().filter(|c| c.is_control() && *c != '\n').collect();
    assert!(odd.is_empty(), "{odd:?} in {}", done.stdout);
    let (lines, table) = done.stdout.rsplit_once("\n\n tiny · VersaTune").expect("a closing table");
    for step in ["1/30", "5/30", "30/30"] {
        assert!(lines.contains(step), "no line of step {step}: {lines}");
    }
    for word in DOMAINS.iter().chain(&["held-out loss", "ceiling", "γ", "forgotten", "measuring"])
    {
        assert!(table.contains(word), "no {word} in {table}");
    }
    assert!(table.contains("runs/tiny"), "{table}");
    for kept in ["run.ron", "detection.ron", "log", "checkpoints/step-000030/complete.json"] {
        assert!(sandbox.run_dir("tiny").join(kept).exists(), "no {kept}");
    }
    assert_eq!(steps(&sandbox.record("tiny")).len() as u64, STEPS);
}

#[test]
fn json_lines_on_stdout_are_the_record() {
    let sandbox = Sandbox::new();
    let done = sandbox.start("tiny", &[]).finish().expect(0);
    let printed: Vec<Value> =
        done.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(printed.iter().all(Value::is_object));
    assert_eq!(printed, sandbox.record("tiny"));
    let seqs: Vec<u64> = printed.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
    assert!(seqs.iter().copied().eq(1..=seqs.len() as u64), "{seqs:?}");
}

#[test]
fn the_report_has_the_promised_keys_and_agrees_with_the_record() {
    let sandbox = Sandbox::new();
    sandbox.train("tiny", &["mixing.target=code"]).expect(0);
    let done = sandbox.run(&["report", "runs/tiny", "--json"]).expect(0);
    let report: Value = serde_json::from_str(&done.stdout).unwrap();
    let wanted = ["best_checkpoint", "domains", "model", "run", "steps", "threshold", "tokens"];
    assert_eq!(keys(&report), wanted);
    assert_eq!(report["model"], format!("checkpoints/step-{STEPS:06}"));
    assert_eq!(keys(&report["threshold"]), ["expanded", "held"]);
    assert!(!sandbox.run_dir("tiny").join("weights.svg").exists(), "--json writes files");
    sandbox.run(&["report", "runs/tiny"]).expect(0);
    for plot in ["weights.svg", "losses.svg"] {
        let svg = fs::read_to_string(sandbox.run_dir("tiny").join(plot)).unwrap();
        assert!(svg.starts_with("<svg"), "{plot}");
    }

    let record = sandbox.record("tiny");
    let evaluated = of_kind(&record, "evaluated");
    let (first, last) = (evaluated[0], evaluated[evaluated.len() - 1]);
    let weights = numbers(&of_kind(&record, "mixture_updated").last().unwrap()["new"]);
    let outcomes = of_kind(&record, "threshold_tested");
    let count =
        |outcome: &str| outcomes.iter().filter(|e| e["threshold"]["outcome"] == outcome).count();
    assert_eq!(report["threshold"]["expanded"], count("Expanded"));
    assert_eq!(report["threshold"]["held"], count("Held"));
    assert_eq!(report["steps"], STEPS);

    let mut all_tokens = 0;
    for (i, name) in DOMAINS.iter().enumerate() {
        let domain = &report["domains"][i];
        assert_eq!(
            keys(domain),
            [
                "ceiling",
                "detected",
                "forgotten",
                "forgotten_error",
                "loss_error",
                "loss_first",
                "loss_last",
                "name",
                "potential",
                "potential_error",
                "sample_share",
                "samples",
                "token_share",
                "tokens",
                "weight_first",
                "weight_last"
            ]
        );
        assert_eq!(domain["name"], *name);
        let tokens: u64 = of_kind(&record, "step")
            .iter()
            .map(|step| step["domain_tokens"][i].as_u64().unwrap())
            .sum();
        assert_eq!(domain["tokens"], tokens);
        all_tokens += tokens;
        let number = |key: &str| domain[key].as_f64().unwrap();
        let loss = |event: &Value| event["domains"][i]["loss"].as_f64().unwrap();
        let (before, after) = (loss(first), loss(last));
        assert_close(
            &["weight_first", "weight_last", "detected", "ceiling"].map(number),
            &[DETECTED[i], weights[i], DETECTED[i], REFERENCE_LOSSES[i]],
        );
        assert_close(
            &["loss_first", "loss_last", "potential", "forgotten"].map(number),
            &[
                before,
                after,
                excess(after, REFERENCE_LOSSES[i], after),
                excess(after, before, before),
            ],
        );
    }
    assert_eq!(report["tokens"], all_tokens);
    assert_eq!(report["domains"], of_kind(&record, "finished")[0]["domains"]);
}

/// Algorithm 2 with the linear rule: w'_j = w_j (1 + λ γ_j), divided by the sum, with the average
/// ℓ ← 0.3 ℓ + 0.7 (measured).
#[test]
fn the_mixture_moves_as_the_formulas_say() {
    let sandbox = Sandbox::new();
    sandbox.train("tiny", &["mixing.smoothing=0.3"]).expect(0);
    let record = sandbox.record("tiny");
    assert_close(&numbers(&of_kind(&record, "ceilings")[0]["losses"]), &REFERENCE_LOSSES);
    let mut weights = DETECTED.to_vec();
    let mut average = measured(&record, 0);
    let updates = of_kind(&record, "mixture_updated");
    assert_eq!(updates.iter().map(|e| e["step"].clone()).collect::<Vec<_>>(), [5, 10, 15, 20, 25]);
    for (i, update) in updates.into_iter().enumerate() {
        assert_eq!(update["update"], i + 1);
        let step = update["step"].as_u64().unwrap();
        let before = average.clone();
        let now = measured(&record, step);
        average = average.iter().zip(&now).map(|(old, new)| 0.3 * old + 0.7 * new).collect();
        assert_close(&used(&record, step), &average);
        let gamma = each(|j| excess(average[j], REFERENCE_LOSSES[j], average[j]));
        let phi = each(|j| excess(average[j], before[j], before[j]));
        assert_close(&numbers(&update["potential"]), &gamma);
        assert_close(&numbers(&update["forgetting"]), &phi);
        assert_close(&numbers(&update["old"]), &weights);
        weights = algorithm_2(&weights, &gamma, 0.5);
        assert_close(&numbers(&update["new"]), &weights);
    }
    // The test shows something only if every domain's weight moved.
    for (now, then) in weights.iter().zip(DETECTED) {
        assert!((now - then).abs() > 0.01, "{weights:?}");
    }
}

/// Algorithm 3: if γ_e > τ · mean φ of the others, w_e grows by δ and the others shrink in their
/// ratio; otherwise Algorithm 2. The learning rate is so high that the target comes below its
/// reference loss, where it has to be held.
#[test]
fn threshold_events_follow_from_the_losses() {
    const TARGET: usize = 1;
    let (tau, delta, lambda) = (3.0, 0.04, 0.5);
    let sandbox = Sandbox::new();
    let params = ["mixing.tau=3", "mixing.delta=0.04", "mixing.every=2"];
    let sets = ["mixing.target=code", "training.lr=0.05", params[0], params[1], params[2]];
    sandbox.train("tiny", &sets).expect(0);
    let record = sandbox.record("tiny");
    let updates = of_kind(&record, "mixture_updated");
    let tests = of_kind(&record, "threshold_tested");
    assert_eq!(tests.len(), 14);
    assert_eq!(updates.len(), tests.len());
    let mut weights = DETECTED.to_vec();
    let mut before = used(&record, 0);
    let mut seen = BTreeSet::new();
    for (update, test) in updates.into_iter().zip(tests) {
        assert_eq!((&update["step"], &update["update"]), (&test["step"], &test["update"]));
        let loss = used(&record, update["step"].as_u64().unwrap());
        let gamma = each(|j| excess(loss[j], REFERENCE_LOSSES[j], loss[j]));
        let phi = each(|j| excess(loss[j], before[j], before[j]));
        let mean_phi = (phi[0] + phi[2]) / 2.0;
        let expands = gamma[TARGET] > tau * mean_phi;
        weights = if expands {
            let grown = (weights[TARGET] + delta).min(1.0);
            let shrink = (1.0 - grown) / (1.0 - weights[TARGET]);
            each(|j| if j == TARGET { grown } else { weights[j] * shrink })
        } else {
            algorithm_2(&weights, &gamma, lambda)
        };
        let threshold = &test["threshold"];
        let outcome = if expands { "Expanded" } else { "Held" };
        assert_eq!(threshold["outcome"], outcome, "{test}");
        assert_eq!(threshold["targets"], json!([TARGET]));
        assert_eq!(threshold["tau"], tau);
        let found = ["target_potential", "mean_forgetting"];
        assert_close(
            &found.map(|key| threshold[key].as_f64().unwrap()),
            &[gamma[TARGET], mean_phi],
        );
        assert_close(&numbers(&update["new"]), &weights);
        seen.insert(outcome);
        before = loss;
    }
    assert_eq!(seen.len(), 2, "only {seen:?}");
}

#[test]
fn the_same_run_twice_gives_the_same_bits() {
    let sandbox = Sandbox::new();
    sandbox.train("tiny", &[]).expect(0);
    assert_undisturbed(&sandbox, "tiny");
    // Another run of the same name takes another folder and leaves this one alone.
    let other = sandbox.train("tiny", &["seed=8"]).expect(0);
    assert!(other.stdout.contains("runs/tiny-2"), "{}", other.stdout);
    assert_ne!(steps(&sandbox.record("tiny-2")), UNDISTURBED.steps);
    assert_undisturbed(&sandbox, "tiny");
}

/// 20 runs killed at random moments, during a save too, and resumed until they are done.
#[test]
fn killed_runs_resume_bit_for_bit() {
    const KILLS: u64 = 20;
    let sandbox = Sandbox::new();
    let mut dice = Dice(20_260_301);
    let (mut kills, mut in_a_save) = (0, 0);
    for run in 1.. {
        let name = format!("killed-{run}");
        let mut process = sandbox.start(&name, &[]);
        for attempt in 0.. {
            // After 7 kills a run may finish, so that more than one run is killed.
            let may_kill = kills < KILLS && attempt < 7;
            if !may_kill || !reaches_a_kill(&mut process, kills, &mut dice, &sandbox.run_dir(&name))
            {
                process.finish().expect(0);
                break;
            }
            if process.kill().status.code() != Some(0) {
                kills += 1;
                in_a_save += u64::from(half_written(&sandbox.run_dir(&name)));
            }
            process = sandbox.resume(&name, &[]);
        }
        assert_undisturbed(&sandbox, &name);
        let left = leftovers(&sandbox.run_dir(&name));
        assert!(left.is_empty(), "left of killed processes: {left:?}");
        if kills == KILLS {
            break;
        }
    }
    assert!(in_a_save > 0, "none of {KILLS} kills hit a save");
}

/// The record is cut, torn in its middle, or gone: the checkpoints are whole, and the run goes on from
/// them to the same weights, also if it is killed and resumed once more.
#[test]
fn a_damaged_record_costs_no_bit_of_the_result() {
    let cut = |path: &Path, keep: usize| {
        let whole = fs::read(path).unwrap();
        fs::write(path, &whole[..whole.len() * keep / 100]).unwrap();
    };
    let tear = |path: &Path| {
        let mut bytes = fs::read(path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle..middle + 300].fill(0);
        fs::write(path, bytes).unwrap();
    };
    type Damage<'a> = Box<dyn Fn(&Path) + 'a>;
    let cases: [(&str, Damage<'_>); 4] = [
        ("cut", Box::new(|path| cut(path, 40))),
        ("emptied", Box::new(|path| cut(path, 0))),
        ("torn", Box::new(tear)),
        ("removed", Box::new(|path| fs::remove_file(path).unwrap())),
    ];
    let schedule = r#"schedule=[(at: 2, command: "set lambda 0.9"), (at: 4, command: "note once"),
        (at: 17, command: "set lambda 0.2")]"#;
    let sandbox = Sandbox::new();
    sandbox.train("whole", &[schedule]).expect(0);
    for (name, damage) in cases {
        let mut process = sandbox.start(name, &[schedule]);
        process.until_step(14);
        process.kill();
        damage(&sandbox.run_dir(name).join("events.jsonl"));
        let mut process = sandbox.resume(name, &[schedule]);
        process.until_step(20);
        process.kill();
        sandbox.run(&["report", &format!("runs/{name}")]).expect(0);
        sandbox.resume(name, &[schedule]).finish().expect(0);
        assert!(sandbox.last_weights(name) == sandbox.last_weights("whole"), "{name}");
        let record = sandbox.record(name);
        assert!(!of_kind(&record, "events_lost").is_empty(), "{name}: nothing is said");
        let given = of_kind(&record, "command_outcome");
        assert!(given.iter().filter(|one| one["command"] == "note once").count() <= 1, "{name}");
        let kept = sandbox.run_dir(name).join("events.jsonl.damaged-1");
        assert_eq!(kept.exists(), name == "torn", "{name}");
    }
}

/// The token cache is cut off while the run reads it.
#[test]
fn an_error_in_the_middle_of_a_run_loses_no_step() {
    let sandbox = Sandbox::new();
    let only_at_the_end = ["checkpoint.every=None"];
    let mut process = sandbox.start("tiny", &only_at_the_end);
    process.until_step(12);
    let files = files_below(&sandbox.path("cache"));
    let before: Vec<_> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    for file in &files {
        fs::OpenOptions::new().write(true).open(file).unwrap().set_len(0).unwrap();
    }
    let failed = process.finish().expect(1);
    assert!(failed.stderr.contains("go on from the last checkpoint with: versatune train"));
    let record = sandbox.record("tiny");
    let last = steps(&record).keys().last().copied().unwrap();
    let saved = of_kind(&record, "checkpoint_saved");
    assert_eq!(saved.last().unwrap()["step"], last, "{}", failed.stderr);
    files.iter().zip(before).for_each(|(file, content)| fs::write(file, content).unwrap());
    sandbox.resume("tiny", &only_at_the_end).finish().expect(0);
    assert_eq!(steps(&sandbox.record("tiny")).len() as u64, STEPS);
    assert!(sandbox.last_weights("tiny") == UNDISTURBED.weights);
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

/// Waits for the moment at which the run is to be killed. Returns `false` if the run ends before it.
fn reaches_a_kill(process: &mut RunningProcess, kills: u64, dice: &mut Dice, run: &Path) -> bool {
    let saving = |event: &Value| event["event"] == "phase_changed" && event["phase"] == "saving";
    let is_reached = match kills % 5 {
        // In the middle of a save.
        0 | 3 => {
            let is_reached = process.until(saving).is_some() && becomes_true(|| half_written(run));
            dice.sleep(4);
            return is_reached;
        }
        // After a save, while old checkpoints are being removed or soon after.
        1 => process.until(|event| event["event"] == "checkpoint_saved").is_some(),
        // After some steps.
        2 => (0..=dice.below(8)).all(|_| process.until(|event| event["event"] == "step").is_some()),
        // While data and model are being read.
        _ => process.until(|event| event["event"] == "data_ready").is_some(),
    };
    dice.sleep(15);
    is_reached
}

/// Whether a checkpoint is being written, or was left incomplete.
fn half_written(run: &Path) -> bool {
    !leftovers(&run.join("checkpoints")).is_empty()
}

/// Temporary files and folders in a folder and those below it.
fn leftovers(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let below = entries.flatten().map(|entry| entry.path()).flat_map(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with(".versatune-tmp-") { vec![path] } else { leftovers(&path) }
    });
    below.collect()
}

#[test]
fn sigint_and_sigterm_save_and_stop() {
    for (name, signal) in [("stopped", "INT"), ("ended", "TERM")] {
        let sandbox = Sandbox::new();
        let sets = ["checkpoint.every=None"];
        let mut process = sandbox.start(name, &sets);
        process.until_step(3);
        process.signal(signal);
        let done = process.finish().expect(130);
        assert!(done.stderr.contains("--resume"), "{}", done.stderr);
        let record = sandbox.record(name);
        let end = of_kind(&record, "finished")[0];
        assert_eq!(end["complete"], false);
        assert_eq!(end["why"], format!("stopped by SIG{signal}"));
        let saved = of_kind(&record, "checkpoint_saved")[0];
        assert_eq!(saved["step"], end["step"]);
        let marker = sandbox.run_dir(name).join(saved["path"].as_str().unwrap());
        assert!(marker.join("complete.json").exists());
        assert_eq!(of_kind(&record, "command_outcome").len(), 1);
        sandbox.resume(name, &sets).finish().expect(0);
        assert_undisturbed(&sandbox, name);
    }
}

#[test]
fn a_stop_before_training_is_obeyed_too() {
    let sandbox = Sandbox::new();
    let mut process = sandbox.start("early", &[]);
    process.until(|event| event["event"] == "data_ready").unwrap();
    process.signal("INT");
    process.finish().expect(130);
    sandbox.resume("early", &[]).finish().expect(0);
    assert_undisturbed(&sandbox, "early");
}

#[test]
fn sigusr1_saves_and_sighup_changes_nothing() {
    let sandbox = Sandbox::new();
    let mut process = sandbox.start("saved", &["checkpoint.every=None"]);
    process.until_step(2);
    process.signal("HUP");
    process.signal("USR1");
    process.finish().expect(0);
    let record = sandbox.record("saved");
    let saves = of_kind(&record, "checkpoint_saved");
    assert_eq!(saves.len(), 2);
    assert_eq!(saves[0]["why"], "SIGUSR1");
    assert!(saves[0]["step"].as_u64().unwrap() < STEPS);
    assert_eq!(steps(&record), UNDISTURBED.steps);
}

/// The best checkpoint is chosen by the held-out losses of its own step, whether a kill came before it or
/// not.
#[test]
fn a_resumed_run_writes_the_mean_loss_of_its_checkpoints() {
    let sets = ["checkpoint.every=2", "checkpoint.keep_last=20"];
    let sandbox = Sandbox::new();
    sandbox.train("whole", &sets).expect(0);
    let mut process = sandbox.start("killed", &sets);
    process.until_step(13);
    process.kill();
    sandbox.resume("killed", &sets).finish().expect(0);
    let mean_loss = |name: &str| {
        let marker = sandbox.run_dir(name).join("checkpoints/step-000014/complete.json");
        let marker: Value = serde_json::from_str(&fs::read_to_string(marker).unwrap()).unwrap();
        marker["mean_loss"].as_f64().unwrap()
    };
    assert_eq!(mean_loss("killed"), mean_loss("whole"));
}

/// The same run gives the same picture every time, in each format.
#[test]
fn a_screen_of_a_run_is_printed_as_text_in_colours_and_as_an_image() {
    let sandbox = Sandbox::new();
    sandbox.train("shown", &[]).expect(0);
    let print = |more: &[&str]| {
        let done = sandbox.run(&[&["snapshot", "runs/shown", "--size", "80x24"], more].concat());
        done.expect(0).stdout
    };
    let text = print(&[]);
    assert_eq!(text.lines().count(), 24);
    assert!(text.contains("● finished  step 30 / 30") && text.contains("─ weight, loss"), "{text}");
    assert!(!text.contains('\u{1b}'), "{text}");
    assert!(print(&["--ansi"]).contains("\u{1b}[38;2;"));
    let svg = print(&["--svg", "--screen", "2", "--theme", "light"]);
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n") && svg.contains("domains"));
    assert_eq!(svg, print(&["--svg", "--screen", "2", "--theme", "light"]));
    assert!(print(&["--marks", "ascii"]).is_ascii());
    let done = sandbox.run(&["snapshot", "runs/nothing"]).expect(1);
    assert_one_error(&done, &["runs/nothing", "events.jsonl"]);
    sandbox.run(&["snapshot", "runs/shown", "--size", "10x10"]).expect(2);
}

/// ℓ of each domain as measured at `step`.
fn measured(record: &[Value], step: u64) -> Vec<f64> {
    let event = evaluation(record, step);
    each(|j| event["domains"][j]["loss"].as_f64().unwrap())
}

/// ℓ of each domain as the update at `step` used it.
fn used(record: &[Value], step: u64) -> Vec<f64> {
    numbers(&evaluation(record, step)["used"])
}

#[track_caller]
fn evaluation(record: &[Value], step: u64) -> &Value {
    let found: Vec<_> =
        of_kind(record, "evaluated").into_iter().filter(|event| event["step"] == step).collect();
    assert_eq!(found.len(), 1, "evaluations at step {step}");
    found[0]
}

/// max((loss − other)/base, 0), the form of both γ and φ.
fn excess(loss: f64, other: f64, base: f64) -> f64 {
    ((loss - other) / base).max(0.0)
}

/// The weights after an update by Algorithm 2 with the linear rule.
fn algorithm_2(weights: &[f64], gamma: &[f64], lambda: f64) -> Vec<f64> {
    let raised = each(|j| weights[j] * (1.0 + lambda * gamma[j]));
    let sum: f64 = raised.iter().sum();
    each(|j| raised[j] / sum)
}

/// A value for each domain.
fn each<T>(value: impl Fn(usize) -> T) -> Vec<T> {
    (0..DOMAINS.len()).map(value).collect()
}

fn keys(object: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}
