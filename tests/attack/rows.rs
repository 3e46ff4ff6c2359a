//! Changed data files: `check` counts, skips or names what is wrong.

use crate::Kind;
use crate::bounded;
use crate::common::{Dice, Sandbox};
use crate::mutate;
use std::fs;

pub const KIND: Kind = Kind { name: "rows", share: 1.0, trial };

/// Rows of a trial.
const ROWS: u64 = 2_000;

const GOOD: [&str; 6] = [
    r#"{"instruction": "Say a word", "input": "", "output": "river"}"#,
    r#"{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]}"#,
    r#"{"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Ho"}]}"#,
    r#"{"prompt": "One and one", "completion": "two"}"#,
    r#"{"text": "The river is long."}"#,
    r#"{"prompt": "\ud83d\ude00 émoji\u0000", "completion": "\ufffd", "id": [1, {"a": null}]}"#,
];

fn trial(dice: &mut Dice) -> u64 {
    let sandbox = Sandbox::new();
    let (name, header, form) = match dice.below(4) {
        0 => ("law-train.csv", "prompt,completion,id", r#""One and, one","two ""2""",7"#),
        1 => ("law-train.tsv", "instruction\tinput\toutput", "Say a word\t\triver"),
        json => {
            let name = ["law-train.jsonl", "law-train.json"][json as usize - 2];
            (name, "", GOOD[dice.below(GOOD.len() as u64) as usize])
        }
    };
    let mut lines = vec![header.to_owned(), form.to_owned()];
    for _ in 1..ROWS {
        lines.push(if dice.below(4) == 0 { mutate::text(dice, form) } else { form.to_owned() });
    }
    let mut content = lines.join("\n").into_bytes();
    if dice.below(3) == 0 {
        content = mutate::bytes(dice, &content);
    }
    fs::write(sandbox.path(name), content).expect("a file");
    let train = format!("data.domains[0].train=[\"{name}\"]");
    let policy = ["data.on_bad_row=Skip(3000)", "data.on_bad_row=Stop"][dice.below(2) as usize];
    let args = ["check", "tiny.ron", "--set", &train, "--set", policy];
    let done = bounded::run(&mut sandbox.versatune(&args));
    assert!(done.code == 0 || done.output.contains("error: "), "{}", done.output);
    ROWS
}
