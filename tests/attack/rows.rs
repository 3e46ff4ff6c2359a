//! Changed data files of every kind: `check` counts, skips or names what is wrong.

use crate::Kind;
use crate::bounded;
use crate::common::{Dice, Sandbox};
use crate::mutate;
use crate::packed::{self, Packing};
use std::fs;

pub const KIND: Kind = Kind { name: "rows", share: 1.0, trial };

/// Rows of a trial.
const ROWS: u64 = 2_000;

const GOOD: [&str; 9] = [
    r#"{"instruction": "Say a word", "input": "", "output": "river"}"#,
    r#"{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]}"#,
    r#"{"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Ho"}]}"#,
    r#"{"prompt": "One and one", "completion": "two"}"#,
    r#"{"text": "The river is long."}"#,
    r#"{"prompt": "\ud83d\ude00 émoji\u0000", "completion": "\ufffd", "id": [1, {"a": null}]}"#,
    r#"{"system": "Be brief", "messages": "[{\"role\": \"user\", \"content\": \"Hi\"}, {\"role\": \"assistant\", \"content\": \"Ho\", \"weight\": 0}, {\"role\": \"tool\", \"content\": \"4\"}, {\"role\": \"assistant\", \"content\": \"4\"}]"}"#,
    r#"{"prompt": [{"role": "user", "content": "Hi"}], "completion": [{"role": "assistant", "content": [{"type": "text", "text": "Ho"}]}], "history": [["a", "b"]]}"#,
    r#"{"tools": [{"name": "f"}], "chat_template_kwargs": {"a": 1}, "messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": null, "tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]}, {"role": "tool", "content": "4"}, {"role": "assistant", "content": "Ho", "reasoning_content": "Hm"}]}"#,
];

/// A template that reads all that rows may have.
const TOOLS: &str = "{% for t in tools or [] %}{{ t | tojson }}{% endfor %}{% for m in messages %}<{{ m.role }}>\
    {{ m.reasoning_content or '' }}{{ m.content or '' }}{{ m.tool_calls | tojson if m.tool_calls }}<end>\
    {% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}";

fn trial(dice: &mut Dice) -> u64 {
    let sandbox = Sandbox::new();
    let (ending, rows) = match dice.below(9) {
        0 => (".csv", lines(dice, Some("prompt,completion,id"), r#""One and, one","two ""2""",7"#)),
        1 => (".tsv", lines(dice, Some("instruction\tinput\toutput"), "Say a word\t\triver")),
        2 => (".parquet", packed::parquet(ROWS as usize)),
        3 => (".arrow", packed::arrow(ROWS as usize)),
        json => {
            let form = GOOD[dice.below(GOOD.len() as u64) as usize];
            ([".jsonl", ".json"][json as usize % 2], lines(dice, None, form))
        }
    };
    let packing = match ending {
        ".parquet" | ".arrow" => Packing::None,
        _ => Packing::ALL[dice.below(Packing::ALL.len() as u64) as usize],
    };
    let mut content = packing.pack(rows);
    if dice.below(3) == 0 || [".parquet", ".arrow"].contains(&ending) {
        content = mutate::draw(dice, mutate::bytes(content));
    }
    let name = format!("law-train{ending}{}", packing.ending());
    fs::write(sandbox.path(&name), content).expect("a file");
    let train = format!("data.domains[0].train=[\"{name}\"]");
    let policy = ["data.on_bad_row=Skip(3000)", "data.on_bad_row=Stop"][dice.below(2) as usize];
    let mut args = vec!["check", "tiny.ron", "--set", &train, "--set", policy];
    if dice.below(2) == 0 {
        sandbox.write("tools.jinja", TOOLS);
        args.extend(["--set", "data.template=File(\"tools.jinja\")"]);
    }
    let done = bounded::run(&mut sandbox.versatune(&args));
    assert!(done.code == 0 || done.output.contains("error: "), "{}", done.output);
    ROWS
}

/// Rows of text, every fourth of them changed.
fn lines(dice: &mut Dice, header: Option<&str>, good: &str) -> Vec<u8> {
    let mut lines: Vec<String> = header.into_iter().chain([good]).map(str::to_owned).collect();
    for _ in 1..ROWS {
        let changed = dice.below(4) == 0;
        lines.push(if changed { mutate::draw(dice, mutate::text(good)) } else { good.to_owned() });
    }
    lines.join("\n").into_bytes()
}
