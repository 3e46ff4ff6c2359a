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

#[test]
fn the_packed_sequences_of_the_first_step_are_those_of_the_run() {
    let sandbox = Sandbox::new();
    let sequences = rows(&sandbox, &["--packed", "--all"]);
    let documents: Vec<_> =
        sequences.iter().flat_map(|one| one["documents"].as_array().unwrap()).collect();
    for sequence in &sequences {
        let tokens = sequence["tokens"].as_array().unwrap().len();
        let ends: Vec<_> = sequence["cu_seqlens"].as_array().unwrap().iter().collect();
        assert_eq!(
            (ends[0].as_u64(), ends.last().unwrap().as_u64()),
            (Some(0), Some(tokens as u64))
        );
        assert_eq!(ends.len(), sequence["documents"].as_array().unwrap().len() + 1);
    }
    // The run's own first step draws as many rows of each domain, and counts as many tokens.
    let template = ["--set", "data.template=\"chatml\"", "--set", "training.length=Steps(6)"];
    sandbox.run(&[&["train", "tiny.ron"], template.as_slice()].concat()).expect(0);
    let step = sandbox.record("tiny").into_iter().find(|event| event["event"] == "step").unwrap();
    for (index, name) in ["law", "code", "general"].into_iter().enumerate() {
        let drawn = documents.iter().filter(|document| document["domain"] == name).count();
        assert_eq!(step["domain_examples"][index], drawn, "{name}");
    }
    let counted = sequences.iter().flat_map(|one| one["counted"].as_array().unwrap());
    let counted = counted.filter(|counted| **counted == Value::Bool(true)).count() as u64;
    let tokens = step["domain_tokens"].as_array().unwrap();
    assert_eq!(tokens.iter().map(|tokens| tokens.as_u64().unwrap()).sum::<u64>(), counted);

    let shown = sandbox.run(&["rows", "tiny.ron", "--packed", "--n", "1"]).expect(0).stdout;
    assert!(shown.starts_with("sequence 1 of the first step's "), "{shown}");
    assert!(
        shown.contains("\n── law · tokens ") || shown.contains("\n── code · tokens "),
        "{shown}"
    );
}
