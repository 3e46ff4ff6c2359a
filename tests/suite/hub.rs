//! Data sets of the Hub with the real binary: a server on localhost plays the Hub.

use crate::common::http::{Request, Server};
use crate::common::hub::{COMMIT, Files, TOKEN, Trouble, data_files, route_at};
use crate::common::{RunningProcess, STEPS, Sandbox, of_kind, steps, strs, train_args};
use std::process::Command;

const FROM_HUB: [&str; 2] = [
    "data.domains.law.train=\"hf://datasets/owner/rows\"",
    "data.domains.law.held_out=Files([\"hf://datasets/owner/rows\"])",
];

/// Its README.md names the second file only, which no name of a file would tell.
fn files_of_a_config() -> Files {
    let mut files = data_files();
    files[0].1 = b"---\nconfigs:\n- config_name: two\n  data_files:\n  - split: train\n    path: data/*-2.jsonl\n  \
                   - {split: test, path: data/test.jsonl}\n---\n"
        .to_vec();
    files
}

fn hub(files: fn() -> Files) -> Server {
    Server::answering(move |request: &Request| {
        route_at(request, &[(COMMIT, &files())], Trouble::None)
    })
}

/// `train`, or its resume, with the Hub at this address.
fn train(sandbox: &Sandbox, url: &str, name: &str, sets: &[&str], more: &[String]) -> Command {
    let mut args = train_args(name, sets);
    args.extend(["--log-format", "json"].map(String::from));
    args.extend_from_slice(more);
    let mut command = sandbox.versatune(&strs(&args));
    command.envs([("HF_ENDPOINT", url), ("HF_TOKEN", TOKEN)]);
    command.env("HF_HOME", sandbox.path("hub")).env_remove("HF_HUB_CACHE");
    command
}

#[test]
fn a_run_on_a_data_set_is_that_on_its_files_and_resumes_without_the_hub() {
    let sandbox = Sandbox::new();
    let hub = hub(data_files);
    let mut run = RunningProcess::start(train(&sandbox, &hub.url, "hub", &FROM_HUB, &[]));
    run.until_step(STEPS / 2);
    run.kill();
    drop(hub);
    let resume = ["--resume=runs/hub".to_owned()];
    let gone = "http://127.0.0.1:9";
    let resumed = train(&sandbox, gone, "hub", &FROM_HUB, &resume);
    RunningProcess::start(resumed).finish().expect(0);

    for (name, bytes) in &data_files()[1..4] {
        sandbox.write(&name.replace('/', "-"), std::str::from_utf8(bytes).unwrap());
    }
    let local = [
        "data.domains.law.train=[\"data-train-1.jsonl\", \"data-train-2.jsonl\"]",
        "data.domains.law.held_out=Files([\"data-test.jsonl\"])",
    ];
    sandbox.train("local", &local).expect(0);
    assert_eq!(steps(&sandbox.record("hub")), steps(&sandbox.record("local")));
    assert!(sandbox.last_weights("hub") == sandbox.last_weights("local"), "other weights");
}

#[test]
fn the_files_of_a_data_set_are_those_that_its_readme_names() {
    let sandbox = Sandbox::new();
    let hub = hub(files_of_a_config);
    let short = [FROM_HUB[0], FROM_HUB[1], "training.length=Steps(1)", "mixing.every=1"];
    let done = RunningProcess::start(train(&sandbox, &hub.url, "config", &short, &[])).finish();
    assert!(!done.expect(0).stdout.contains(TOKEN));
    let record = sandbox.record("config");
    let notices: Vec<&str> =
        of_kind(&record, "notice").iter().filter_map(|notice| notice["text"].as_str()).collect();
    let text = "data set owner/rows at commit 0123456: 1 of 2 data files of its config two: data/train-2.jsonl";
    assert!(notices.contains(&text), "{notices:?}");
}
