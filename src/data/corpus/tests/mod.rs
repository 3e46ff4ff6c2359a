//! From data files to examples: which rows are trained on, held out or left out.

mod cache;

use super::*;
use crate::data::load_tokenizer;
use crate::data::plan::{
    DomainPlan, FieldIs, HeldOut, LossRule, OnBadRow, RowFormat, TemplateChoice, TooLong,
};
use crate::data::summary::FieldUse;
use crate::unit::Tokens;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use tempfile::TempDir;

fn tokenizer() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tokenizer")
}

fn jsonl(folder: &TempDir, name: &str, rows: impl IntoIterator<Item = Value>) -> PathBuf {
    let text: String = rows.into_iter().map(|row| format!("{row}\n")).collect();
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn row(i: usize) -> Value {
    json!({"instruction": format!("What is bond {i}?"), "output": format!("Loan {i}."), "id": i * 7})
}

fn domain(name: &str, train: PathBuf, held_out: HeldOut) -> DomainPlan {
    DomainPlan {
        name: name.into(),
        train: vec![train],
        held_out,
        format: RowFormat::Auto,
        only: None,
        limit: None,
    }
}

fn plan(folder: &TempDir, domains: Vec<DomainPlan>) -> DataPlan {
    DataPlan {
        domains,
        sequence_length: 64,
        template: TemplateChoice::BuiltIn("chatml".into()),
        too_long: TooLong::Drop,
        on_bad_row: OnBadRow::Stop,
        loss: LossRule::Assistant,
        roles: BTreeMap::new(),
        tools: None,
        ignore_fields: Vec::new(),
        cache_dir: folder.path().join("cache"),
        trust_cache: false,
        held_out_limit: None,
    }
}

fn prepare(plan: &DataPlan) -> Result<Corpus, DataError> {
    Corpus::prepare(plan, &tokenizer(), &Isolation::None, &mut |_| ControlFlow::Continue(()))
}

fn error(plan: &DataPlan) -> String {
    prepare(plan).unwrap_err().to_string()
}

const FIRST: DomainId = DomainId(0);

fn decoded(example: &Example) -> String {
    let tokenizer = load_tokenizer(&tokenizer()).unwrap();
    tokenizer.decode(&example.tokens, false).unwrap()
}

fn train_examples(corpus: &Corpus) -> Vec<Example> {
    (0..corpus.train_count(FIRST)).map(|i| corpus.train_example(FIRST, i).unwrap()).collect()
}

fn held_out_examples(corpus: &Corpus) -> Vec<Example> {
    (0..corpus.held_out_count(FIRST)).map(|i| corpus.held_out_example(FIRST, i).unwrap()).collect()
}

/// The numbers of the rows (see [`row`]) on one side, in their order.
fn numbers(corpus: &Corpus, held_out: bool) -> Vec<usize> {
    let examples = if held_out { held_out_examples(corpus) } else { train_examples(corpus) };
    examples
        .iter()
        .map(|example| {
            let text = decoded(example);
            let number = text.split("bond ").nth(1).unwrap().split('?').next().unwrap();
            number.parse().unwrap()
        })
        .collect()
}

#[test]
fn rows_come_back_as_examples_that_count_their_answers() {
    let folder = tempfile::tempdir().unwrap();
    let file = jsonl(&folder, "law.jsonl", (0..40).map(row));
    let plan = plan(&folder, vec![domain("law", file, HeldOut::Share(0.2))]);
    let corpus = prepare(&plan).unwrap();
    let (train, held_out) = (numbers(&corpus, false), numbers(&corpus, true));
    assert!(train.is_sorted() && held_out.is_sorted() && !held_out.is_empty());
    let all: BTreeSet<usize> = train.iter().chain(&held_out).copied().collect();
    assert_eq!((all.len(), train.len() + held_out.len()), (40, 40));

    let example = corpus.train_example(FIRST, 0).unwrap();
    let i = train[0];
    let expected = format!(
        "<|im_start|>user\nWhat is bond {i}?<|im_end|>\n<|im_start|>assistant\nLoan {i}.<|im_end|>\n"
    );
    assert_eq!(decoded(&example), expected);
    let targets = example.tokens.iter().zip(&example.counted).filter(|(_, counted)| **counted);
    let tokens: Vec<u32> = targets.map(|(token, _)| *token).collect();
    let answer = Example { tokens, ..example };
    assert_eq!(decoded(&answer), format!("Loan {i}.<|im_end|>"));

    let summary = &corpus.summaries()[0];
    let examples = train_examples(&corpus);
    let tokens = examples.iter().map(|example| example.tokens.len() as u64).sum();
    let target_tokens = examples.iter().map(Example::target_tokens).sum();
    assert_eq!(summary.train_rows, train.len() as u64);
    assert_eq!(summary.train_tokens, Tokens(tokens));
    assert_eq!(summary.train_target_tokens, Tokens(target_tokens));
    assert!(corpus.largest_token() < 512 && corpus.notices().is_empty());
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = jsonl(&folder, "law.jsonl", (0..3000).map(row));
    let mut examples = Vec::new();
    for threads in [1, 4] {
        let mut plan = plan(&folder, vec![domain("law", file.clone(), HeldOut::Share(0.1))]);
        plan.cache_dir = folder.path().join(threads.to_string());
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let corpus = pool.install(|| prepare(&plan)).unwrap();
        examples.push(train_examples(&corpus));
    }
    assert_eq!(examples[0], examples[1]);
}

#[test]
fn a_row_keeps_its_side_when_others_come_and_duplicates_stay_together() {
    let folder = tempfile::tempdir().unwrap();
    let few = jsonl(&folder, "few.jsonl", (0..60).map(row));
    // The same rows three times, in another order, among others.
    let many = (0..3).flat_map(|_| (0..120).rev().map(row));
    let many = jsonl(&folder, "many.jsonl", many);
    let share = || HeldOut::Share(0.3);
    let few = prepare(&plan(&folder, vec![domain("few", few, share())])).unwrap();
    let many = prepare(&plan(&folder, vec![domain("many", many, share())])).unwrap();
    let held_out: BTreeSet<usize> = numbers(&many, true).into_iter().collect();
    let train: BTreeSet<usize> = numbers(&many, false).into_iter().collect();
    assert!(held_out.is_disjoint(&train));
    assert!(numbers(&few, true).iter().all(|i| held_out.contains(i)));
    assert!(numbers(&few, false).iter().all(|i| train.contains(i)));
}

#[test]
fn training_rows_that_are_held_out_are_removed_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let train = jsonl(&folder, "train.jsonl", (0..20).map(row));
    // The same rows under other field names are the same rows.
    let as_prompt = |i: usize| {
        let row = row(i);
        json!({"prompt": row["instruction"], "completion": row["output"]})
    };
    let held_out = jsonl(&folder, "val.jsonl", (15..25).map(as_prompt));
    let files = HeldOut::Files(vec![held_out]);
    let corpus = prepare(&plan(&folder, vec![domain("law", train, files)])).unwrap();
    assert_eq!(numbers(&corpus, false), (0..15).collect::<Vec<_>>());
    assert_eq!(numbers(&corpus, true), (15..25).collect::<Vec<_>>());
    assert!(corpus.notices()[0].text.contains("5 training rows were left out"));
}

#[test]
fn limits_keep_the_first_rows_by_hash() {
    let folder = tempfile::tempdir().unwrap();
    let file = jsonl(&folder, "law.jsonl", (0..200).map(row));
    let limited = |limit, held_out_limit| {
        let mut plan = plan(&folder, vec![domain("law", file.clone(), HeldOut::Share(0.2))]);
        plan.domains[0].limit = limit;
        plan.held_out_limit = held_out_limit;
        let corpus = prepare(&plan).unwrap();
        (numbers(&corpus, false), numbers(&corpus, true))
    };
    let (train, held_out) = limited(Some(50), Some(10));
    let (fewer, fewer_held_out) = limited(Some(20), Some(5));
    let (all, all_held_out) = limited(None, None);
    assert_eq!((train.len(), held_out.len(), fewer.len(), fewer_held_out.len()), (50, 10, 20, 5));
    assert!(fewer.iter().all(|i| train.contains(i)) && train.iter().all(|i| all.contains(i)));
    assert!(fewer_held_out.iter().all(|i| held_out.contains(i)));
    assert!(held_out.iter().all(|i| all_held_out.contains(i)));
    // By hash and not by position: the kept rows are spread over the file.
    assert!(train.last() > Some(&150));
}

#[test]
fn one_file_may_hold_several_domains() {
    let folder = tempfile::tempdir().unwrap();
    let rows = (0..40).map(|i| {
        let mut row = row(i);
        row["domain"] = json!(if i % 2 == 0 { "law" } else { "code" });
        row
    });
    let file = jsonl(&folder, "all.jsonl", rows);
    let only = |is: &str| DomainPlan {
        only: Some(FieldIs { field: "domain".into(), is: is.into() }),
        ..domain(is, file.clone(), HeldOut::Share(0.2))
    };
    let both = prepare(&plan(&folder, vec![only("law"), only("code")])).unwrap();
    assert!(numbers(&both, false).iter().all(|i| i % 2 == 0));
    assert_eq!(both.train_count(DomainId(1)) + both.held_out_count(DomainId(1)), 20);

    let unknown = error(&plan(&folder, vec![only("medicine")]));
    assert!(
        unknown.contains("'medicine'") && unknown.contains("others in the file have code, law"),
        "{unknown}"
    );
    let bare = jsonl(&folder, "bare.jsonl", (0..3).map(row));
    let missing = error(&plan(&folder, vec![DomainPlan { train: vec![bare], ..only("law") }]));
    assert!(
        missing.contains(
            "bare.jsonl, line 1: there is no field 'domain', only instruction, output, id"
        ),
        "{missing}"
    );
}

#[test]
fn a_bad_row_stops_or_is_skipped_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let mut rows: Vec<Value> = (0..30).map(row).collect();
    rows[4]["output"] = json!("");
    rows[9] = json!("not an object");
    let file = jsonl(&folder, "law.jsonl", rows);
    let mut plan = plan(&folder, vec![domain("law", file, HeldOut::Share(0.2))]);
    let stop = error(&plan);
    assert!(stop.contains("law.jsonl, line 5: the answer is empty"), "{stop}");
    assert!(stop.contains("data.on_bad_row: Skip(100)"), "{stop}");
    plan.on_bad_row = OnBadRow::Skip(1);
    let many = error(&plan);
    assert!(
        many.contains("more than 1 bad rows") && many.contains("line 10: the row is a string"),
        "{many}"
    );
    plan.on_bad_row = OnBadRow::Skip(2);
    for _ in 0..2 {
        let corpus = prepare(&plan).unwrap();
        let summary = &corpus.summaries()[0];
        assert_eq!((summary.skipped_rows, summary.train_rows + summary.held_out_rows), (2, 28));
        // From the cache the notices are the same.
        let notice = &corpus.notices()[0].text;
        assert!(
            notice.contains("2 bad rows were skipped") && notice.contains("line 5"),
            "{notice}"
        );
    }
}

#[test]
fn a_template_that_refuses_a_row_makes_it_a_bad_row() {
    let folder = tempfile::tempdir().unwrap();
    let turn = |from: &str| json!({"from": from, "value": "x"});
    let good = json!({"conversations": [turn("human"), turn("gpt")]});
    let bad = json!({"conversations": [turn("human"), turn("human"), turn("gpt")]});
    let file = jsonl(&folder, "law.jsonl", [good, bad]);
    let mut plan = plan(&folder, vec![domain("law", file, HeldOut::Share(0.5))]);
    let fixture = tokenizer().with_file_name("templates").join("mistral.jinja");
    plan.template = TemplateChoice::File(fixture);
    let error = error(&plan);
    assert!(error.contains("line 2") && error.contains("roles must alternate"), "{error}");
}

#[test]
fn a_row_that_would_take_too_much_memory_is_bad_before_it_is_encoded() {
    let folder = tempfile::tempdir().unwrap();
    let rows = [json!({"text": "a"}), json!({"text": "w".repeat((4 << 20) + 1)})];
    let file = jsonl(&folder, "text.jsonl", rows);
    let error = error(&plan(&folder, vec![domain("text", file, HeldOut::Share(0.3))]));
    assert!(error.contains("text.jsonl, line 2: the row has 4194305 bytes of text"), "{error}");
    assert!(error.contains("at most 4194304") && error.contains("split the row"), "{error}");
}

#[test]
fn a_data_file_that_is_no_file_is_refused_before_it_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("law.jsonl");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let error = error(&plan(&folder, vec![domain("law", fifo, HeldOut::Share(0.2))]));
    assert!(error.contains("law.jsonl: it is a FIFO; only regular files are read"), "{error}");
}

#[test]
fn long_rows_are_cut_or_dropped_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let rows = (0..30).map(|i| {
        let mut row = row(i);
        if i % 3 == 0 {
            row["output"] = json!("A loan is a loan. ".repeat(20));
        }
        row
    });
    let file = jsonl(&folder, "law.jsonl", rows);
    let mut plan = plan(&folder, vec![domain("law", file, HeldOut::Share(0.2))]);
    plan.sequence_length = 48;
    let dropped = prepare(&plan).unwrap();
    let summary = &dropped.summaries()[0];
    assert_eq!((summary.cut_rows, summary.dropped_rows), (0, 10));
    plan.too_long = TooLong::Cut;
    let cut = prepare(&plan).unwrap();
    let summary = &cut.summaries()[0];
    assert_eq!((summary.cut_rows, summary.dropped_rows), (10, 0));
    let lengths = train_examples(&cut).into_iter().map(|example| example.tokens.len());
    assert_eq!(lengths.max(), Some(48));
    plan.sequence_length = 10;
    let nothing = error(&plan);
    assert!(
        nothing.contains("no training rows: 0 rows were skipped as bad, 30 dropped"),
        "{nothing}"
    );
}

#[test]
fn running_text_needs_no_template() {
    let folder = tempfile::tempdir().unwrap();
    let file = jsonl(&folder, "text.jsonl", (0..20).map(|i| json!({"text": format!("Water {i}")})));
    let mut plan = plan(&folder, vec![domain("text", file, HeldOut::Share(0.3))]);
    plan.template = TemplateChoice::Tokenizer;
    let corpus = prepare(&plan).unwrap();
    let text = decoded(&corpus.train_example(FIRST, 0).unwrap());
    assert!(text.starts_with("<s>Water ") && text.ends_with("</s>"), "{text}");

    plan.domains[0].train = vec![jsonl(&folder, "chat.jsonl", (0..20).map(row))];
    let chat = error(&plan);
    assert!(chat.contains("name a built-in one: chatml"), "{chat}");
    plan.domains[0].train = vec![jsonl(&folder, "odd.jsonl", [json!({"title": "x", "body": "y"})])];
    let odd = error(&plan);
    assert!(odd.contains("odd.jsonl, line 1: no known format has the fields title, body"), "{odd}");
}

#[test]
fn missing_files_folders_and_rows_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = jsonl(&folder, "law.jsonl", (0..40).map(row));
    let mut plan = plan(&folder, vec![domain("law", file.clone(), HeldOut::Share(0.2))]);
    let none =
        Corpus::prepare(&plan, folder.path(), &Isolation::None, &mut |_| ControlFlow::Continue(()));
    let none = none.unwrap_err().to_string();
    assert!(none.contains("no tokenizer.json in this folder"), "{none}");
    plan.cache_dir = file.join("cache");
    assert!(error(&plan).starts_with("cannot create the cache folder"), "{}", error(&plan));
    plan.cache_dir = folder.path().join("cache");
    plan.domains[0].train = vec![folder.path().join("absent.jsonl")];
    assert!(error(&plan).contains("absent.jsonl: No such file"), "{}", error(&plan));
    plan.domains[0].train = vec![file];
    plan.domains[0].held_out = HeldOut::Share(1e-9);
    let share = error(&plan);
    assert!(
        share.contains("no held-out rows") && share.contains("hold out a larger share"),
        "{share}"
    );
}

#[test]
fn a_row_that_one_domain_holds_out_is_trained_on_by_none() {
    let folder = tempfile::tempdir().unwrap();
    let law = jsonl(&folder, "law.jsonl", (0..20).map(row));
    let held_out = jsonl(&folder, "val.jsonl", (15..25).map(row));
    let general = jsonl(&folder, "general.jsonl", (10..60).map(row));
    let domains = vec![
        domain("general", general, HeldOut::Share(0.2)),
        domain("law", law, HeldOut::Files(vec![held_out])),
    ];
    let corpus = prepare(&plan(&folder, domains)).unwrap();
    assert!(numbers(&corpus, false).iter().all(|i| !(15..25).contains(i)));
    assert!(corpus.notices()[0].text.starts_with("general: "), "{:?}", corpus.notices());
}

#[test]
fn every_field_of_a_file_is_named_with_what_becomes_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let rows = (0..40).map(|i| {
        let mut row = json!({"messages": [
            {"role": "user", "content": format!("Bond {i}?"), "id": i},
            {"role": "assistant", "content": format!("Loan {i}."), "weight": 1}], "topic": "law"});
        if i < 10 {
            row["source"] = json!("x");
            row["tools"] = json!([{"name": "f"}]);
        }
        row
    });
    let file = jsonl(&folder, "law.jsonl", rows);
    let mut plan = plan(&folder, vec![domain("law", file, HeldOut::Share(0.2))]);
    plan.domains[0].only = Some(FieldIs { field: "topic".into(), is: "law".into() });
    plan.ignore_fields = vec!["tools".into()];
    // From the cache as well.
    for _ in 0..2 {
        let corpus = prepare(&plan).unwrap();
        let file = &corpus.summaries()[0].files[0];
        let of = |name: &str| {
            let field = file.fields.iter().find(|field| field.name == name).unwrap();
            (field.rows, field.what)
        };
        assert_eq!((file.rows, file.fields.len()), (40, 8));
        for name in ["messages", "messages[].role", "messages[].content", "messages[].weight"] {
            assert_eq!(of(name), (40, FieldUse::Content), "{name}");
        }
        assert_eq!(of("messages[].id"), (40, FieldUse::Unused));
        assert_eq!(of("source"), (10, FieldUse::Unused));
        assert_eq!(of("tools"), (10, FieldUse::Ignored));
        assert_eq!(of("topic"), (40, FieldUse::Domain));
        assert_eq!(corpus.summaries()[0].unused_fields(), ["messages[].id", "source"]);
    }
}

#[test]
fn rows_that_are_there_more_than_once_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let law = jsonl(&folder, "law.jsonl", (0..100).chain(0..100).map(row));
    let code = jsonl(&folder, "code.jsonl", (90..200).map(row));
    // What law holds out, code trained on, and the other way round, had each looked at its own share.
    let domains =
        vec![domain("law", law, HeldOut::Share(0.5)), domain("code", code, HeldOut::Share(0.1))];
    let corpus = prepare(&plan(&folder, domains)).unwrap();
    let [law, code] = [0, 1].map(|i| &corpus.summaries()[i]);
    let rows = |domain: usize, held_out: bool| -> BTreeSet<Vec<u32>> {
        let id = DomainId(domain);
        let count = if held_out { corpus.held_out_count(id) } else { corpus.train_count(id) };
        let example = |index| match held_out {
            true => corpus.held_out_example(id, index).unwrap().tokens,
            false => corpus.train_example(id, index).unwrap().tokens,
        };
        (0..count).map(example).collect()
    };
    for (trained, held_out) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        assert!(rows(trained, false).is_disjoint(&rows(held_out, true)), "{trained} {held_out}");
    }
    assert_eq!(law.duplicate_rows, law.train_rows / 2);
    assert_eq!((code.duplicate_rows, law.held_out_elsewhere), (0, 0));
    assert!(code.held_out_elsewhere > 0, "{code:?}");
    let sum: usize = (0..corpus.train_count(DomainId(1)))
        .map(|index| corpus.train_example(DomainId(1), index).unwrap().tokens.len())
        .sum();
    assert_eq!(
        (code.train_rows, code.train_tokens.0),
        (corpus.train_count(DomainId(1)) as u64, sum as u64)
    );
    let told = |part: &str| corpus.notices().iter().filter(|n| n.text.contains(part)).count();
    assert_eq!(told("are there more than once"), 1);
    assert_eq!(told("because another domain holds them out"), 1);
    assert_eq!(law.shared[0].domain, "code");
    assert_eq!(law.shared[0].rows, code.shared[0].rows);
}
