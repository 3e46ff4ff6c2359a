//! What a checkpoint holds beside weights and moments.

use crate::common::Sandbox;
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
