//! What a checkpoint holds.

use crate::common::{Sandbox, of_kind};
use serde_json::{Value, json};
use std::fs;

/// Whoever loads the checkpoint talks with it as it was trained, and its answers end.
#[test]
fn a_checkpoint_carries_the_template_and_the_end_token_of_its_training() {
    let sandbox = Sandbox::new();
    let template = "{% for m in messages %}<{{ m.role }}> {{ m.content }}<|end|>\n{% endfor %}";
    sandbox.write("chat.jinja", template);
    let short = ["training.length=Steps(1)", "mixing.every=1", "checkpoint.every=1"];
    sandbox.train("own", &short).expect(0);
    let file = ["data.template=File(\"chat.jinja\")"];
    sandbox.train("file", &[&short[..], &file].concat()).expect(0);
    let read = |run: &str, name: &str| {
        let folder = sandbox.run_dir(run).join("checkpoints/step-000001");
        fs::read_to_string(folder.join(name)).unwrap()
    };
    let json = |run: &str, name: &str| -> Value { serde_json::from_str(&read(run, name)).unwrap() };
    assert_eq!(read("file", "chat_template.jinja"), template);
    assert_eq!(json("file", "tokenizer_config.json")["chat_template"], template);
    let before: Value = serde_json::from_str(
        &fs::read_to_string(sandbox.path("model/tokenizer_config.json")).unwrap(),
    )
    .unwrap();
    assert_eq!(json("own", "tokenizer_config.json"), before, "its own is left as it is");
    for run in ["own", "file"] {
        assert_eq!(json(run, "generation_config.json")["eos_token_id"], json!([2]), "<|end|>");
    }
}

/// 8-bit moments are stored as codes and magnitudes, so that no bit is lost, and a resume cannot take others.
#[test]
fn moments_in_8_bits_come_back_to_the_bit() {
    let states = ["training.optimizer_states=Some(Int8)"];
    let sandbox = Sandbox::new();
    sandbox.train("whole", &states).expect(0);
    let mut process = sandbox.start("killed", &states);
    process.until_step(14);
    process.kill();
    sandbox.resume("killed", &["training.optimizer_states=None"]).finish().expect(0);
    assert!(sandbox.last_weights("killed") == sandbox.last_weights("whole"));
    let record = sandbox.record("killed");
    let changes = of_kind(&record, "config_changed");
    let kept = |change: &&&Value| change["field"] == "training.optimizer_states";
    assert!(
        changes.iter().find(kept).is_some_and(|change| change["obeyed"] == false),
        "{changes:?}"
    );
    sandbox.train("other", &[]).expect(0);
    assert!(sandbox.last_weights("other") != sandbox.last_weights("whole"));
}
