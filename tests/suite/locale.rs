//! What people read in a locale without UTF-8.

use crate::common::{RunningProcess, Sandbox};

#[test]
fn everything_for_people_is_ascii_where_the_locale_is() {
    let sandbox = Sandbox::new();
    let short = ["--headless", "--set", "training.length=Steps(6)", "--set", "logging.every=1"];
    for args in [
        [&["train", "tiny.ron"][..], &short].concat(),
        vec!["report", "runs/tiny"],
        vec!["compare", "runs/tiny", "runs/tiny-2"],
        vec!["check", "tiny.ron"],
        vec!["help", "strategies"],
        vec!["help"],
        vec!["--help"],
        vec!["train", "--help"],
    ] {
        for (variable, value) in
            [("LC_ALL", "C"), ("LC_ALL", "POSIX"), ("LANG", "de_DE.ISO-8859-1")]
        {
            let mut command = sandbox.versatune(&args);
            command.env_remove("LC_ALL").env_remove("LC_CTYPE").env_remove("LANG");
            command.env(variable, value);
            let done = RunningProcess::start(command).finish().expect(0);
            assert!(done.stdout.is_ascii() && done.stderr.is_ascii(), "{args:?}: {}", done.stdout);
            assert!(!done.stdout.is_empty());
        }
    }
    let mut wrong = sandbox.versatune(&["train", "tiny.ron", "--set", "mixing.lambda=-1"]);
    wrong.env("LC_ALL", "C");
    let done = RunningProcess::start(wrong).finish().expect(2);
    assert!(done.stderr.contains("lambda") && done.stderr.is_ascii(), "{}", done.stderr);
}

#[test]
fn what_programs_read_is_the_same_in_every_locale() {
    let sandbox = Sandbox::new();
    sandbox.train("straße", &["training.length=Steps(6)"]).expect(0);
    let mut report = sandbox.versatune(&["report", "runs/straße", "--json"]);
    report.env("LC_ALL", "C");
    let done = RunningProcess::start(report).finish().expect(0);
    assert!(done.stdout.contains("straße"), "{}", done.stdout);
}
