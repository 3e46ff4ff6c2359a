//! `versatune rows`: rows as the model gets them.

use crate::common::Sandbox;
use serde_json::Value;
use std::fs;

fn rows(sandbox: &Sandbox, args: &[&str]) -> Vec<Value> {
    let args =
        [&["rows", "tiny.ron", "--json", "--set", "data.template=\"chatml\""], args].concat();
    let done = sandbox.run(&args).expect(0);
    done.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_row_is_shown_with_what_the_loss_counts() {
    let sandbox = Sandbox::new();
    let rows = rows(&sandbox, &["--domain", "law", "--all"]);
    let file = fs::read_to_string(sandbox.path("law-train.jsonl")).unwrap();
    assert_eq!(rows.len(), file.lines().count());
    for (number, (row, line)) in rows.iter().zip(file.lines()).enumerate() {
        let written: Value = serde_json::from_str(line).unwrap();
        let (question, answer) = (written["instruction"].as_str(), written["output"].as_str());
        let (question, answer) = (question.unwrap(), answer.unwrap());
        assert_eq!((&row["domain"], &row["line"]), (&"law".into(), &(number + 1).into()));
        let text = row["text"].as_str().unwrap();
        assert!(text.contains(question) && text.contains(answer), "{text}");
        let counted: Vec<_> = row["counted_text"].as_array().unwrap().iter().collect();
        assert_eq!(counted.len(), 1, "{row}");
        let counted = counted[0].as_str().unwrap();
        assert!(counted.starts_with(answer) && !counted.contains(question), "{counted}");
        let [tokens, marks] = ["tokens", "counted"].map(|name| row[name].as_array().unwrap().len());
        assert_eq!(tokens, marks);
        assert_eq!((&row["cut"], &row["notices"]), (&false.into(), &Value::Array(vec![])));
    }
}

#[test]
fn a_few_rows_are_chosen_by_the_seed_and_what_is_wrong_is_said() {
    let sandbox = Sandbox::new();
    let first = rows(&sandbox, &["--n", "4"]);
    assert_eq!(first.len(), 3 * 4, "of each domain");
    assert_eq!(rows(&sandbox, &["--n", "4"]), first);
    assert_ne!(rows(&sandbox, &["--n", "4", "--seed", "1"]), first);

    let bad = "{\"prompt\": \"a\", \"completion\": null}\n{\"text\": \"b\\u001b[2J\"}\n";
    sandbox.write("law-train.jsonl", bad);
    let shown = sandbox.run(&["rows", "tiny.ron", "--domain", "law", "--all"]).expect(0).stdout;
    assert!(shown.contains("law-train.jsonl, line 1 · no example"), "{shown}");
    assert!(shown.contains("a bad row: 'completion' is null"), "{shown}");
    assert!(shown.contains("b[[\\u{1b}[2J"), "{shown}");
    let unknown = sandbox.run(&["rows", "tiny.ron", "--domain", "none"]).expect(1).stderr;
    assert!(unknown.contains("there is no domain none; the config has law, code, general"));
}
