//! Commands and webhooks come from the owner's config alone.

use super::*;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

const CONFIG: &str = r#"(
    model: "owner/model",
    data: (domains: [(name: "law", train: "rows.jsonl")]),
    alerts: [
        (when: "phase failed", alert: [Bell, Command("mail -s failed me"), Webhook("https://ntfy.sh/topic-1")]),
        (when: "loss(law) > 3", alert: Webhook(Env("SLACK"))),
    ],
    notify: (usual: Webhook(File("rows.jsonl")), webhook_token: Env("TOKEN")),
)"#;

fn loaded(folder: &Path, name: &str) -> Result<Loaded, ConfigErrors> {
    let options = LoadOptions { cwd: folder.into(), ..options(Files::MayBeMissing) };
    load_with(Path::new(name), &[], &options)
}

#[test]
fn a_stored_plan_has_no_command_and_no_address() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("own.ron"), CONFIG).unwrap();
    let loaded = loaded(folder.path(), "own.ron").unwrap();
    let plan = &loaded.plan;
    assert_eq!(plan.alerts[0].ways[1], AlertWay::Command("mail -s failed me".into()));
    let topic = Address::Here("https://ntfy.sh/topic-1".into());
    assert_eq!(plan.alerts[0].ways[2], AlertWay::Webhook(topic));
    assert_eq!(plan.alerts[1].ways, [AlertWay::Webhook(Address::Env("SLACK".into()))]);
    let text = plan.to_ron().unwrap();
    let shown: Vec<&str> = loaded.values.iter().map(|value| value.value.as_str()).collect();
    for text in [&text, &shown.join("\n")] {
        assert!(!text.contains("topic-1") && !text.contains("mail"), "{text}");
        assert!(!text.contains("SLACK"), "{text}");
    }
    let stored = RunPlan::from_ron(&text).unwrap();
    assert_eq!(stored.alerts[0].ways, [AlertWay::Bell, AlertWay::NotKept, AlertWay::NotKept]);
    assert_eq!(stored.notify.usual, [AlertWay::NotKept]);
    assert_eq!(diff(plan, &stored), [], "a resume has nothing to report");
}

#[test]
fn what_a_stored_plan_was_made_to_say_is_not_carried_out() {
    let text = good("tests/configs/valid/small.ron").plan.to_ron().unwrap();
    let text = text.replace("usual: [Bell]", "usual: [Command(\"touch /tmp/x\"), Bell]");
    let stored = RunPlan::from_ron(&text).unwrap();
    assert_eq!(stored.notify.usual, [AlertWay::NotKept, AlertWay::Bell]);
}

#[test]
fn a_config_that_others_can_write_or_a_run_left_behind_gives_no_command() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("theirs.ron");
    fs::write(&file, CONFIG).unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o666)).unwrap();
    let errors = loaded(folder.path(), "theirs.ron").unwrap_err();
    let paths: Vec<&str> = errors.errors.iter().map(|error| error.path.as_str()).collect();
    assert_eq!(paths, ["alerts[0].alert", "alerts[1].alert", "notify.usual"]);
    assert!(errors.to_string().contains("in a file that every user may change"), "{errors}");
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    assert!(loaded(folder.path(), "theirs.ron").is_ok());
    fs::write(folder.path().join("events.jsonl"), "").unwrap();
    let errors = loaded(folder.path(), "theirs.ron").unwrap_err().to_string();
    assert!(errors.contains("in a file of a run's folder"), "{errors}");
    assert!(!errors.contains("topic-1"), "{errors}");
}
