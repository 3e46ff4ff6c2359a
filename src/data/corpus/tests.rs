use super::*;
use crate::data::plan::{
    DomainPlan, FieldIs, HeldOut, OnBadRow, RowFormat, TemplateChoice, TooLong,
};
use crate::unit::Tokens;
use serde_json::{Value, json};
use std::collections::BTreeSet;
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
        cache_dir: folder.path().join("cache"),
        held_out_limit: None,
    }
}

fn prepare(plan: &DataPlan) -> Result<Corpus, DataError> {
    Corpus::prepare(plan, &tokenizer(), &mut |_| ControlFlow::Continue(()))
}

fn error(plan: &DataPlan) -> String {
    prepare(plan).unwrap_err().to_string()
}

const FIRST: DomainId = DomainId(0);

fn decoded(example: &Example) -> String {
    let folder = TokenizerFolder::read(&tokenizer()).unwrap();
    folder.tokenizer.decode(&example.tokens, false).unwrap()
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
fn the_second_time_the_tokens_come_from_the_cache() {
    let folder = tempfile::tempdir().unwrap();
    let file = jsonl(&folder, "law.jsonl", (0..40).map(row));
    let mut plan = plan(&folder, vec![domain("law", file.clone(), HeldOut::Share(0.2))]);
    let first = prepare(&plan).unwrap();
    let second = prepare(&plan).unwrap();
    assert_eq!((first.summaries()[0].cached, second.summaries()[0].cached), (false, true));
    assert_eq!(first.fingerprint(), second.fingerprint());
    assert_eq!(numbers(&first, false), numbers(&second, false));

    // Anything that changes the tokens changes the fingerprint.
    plan.sequence_length = 63;
    let shorter = prepare(&plan).unwrap();
    jsonl(&folder, "law.jsonl", (0..41).map(row));
    let longer = prepare(&plan).unwrap();
    plan.template = TemplateChoice::BuiltIn("plain".into());
    let plain = prepare(&plan).unwrap();
    let fingerprints = [&first, &shorter, &longer, &plain].map(Corpus::fingerprint);
    assert_eq!(BTreeSet::from(fingerprints).len(), 4);
    assert!([shorter, longer, plain].iter().all(|corpus| !corpus.summaries()[0].cached));
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
    assert!(corpus.notices()[0].contains("5 training rows were left out"));
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
    assert!(stop.contains("on_bad_row: Skip(limit)"), "{stop}");
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
        let notice = &corpus.notices()[0];
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
fn a_damaged_cache_is_noticed_and_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = jsonl(&folder, "law.jsonl", (0..40).map(row));
    let plan = plan(&folder, vec![domain("law", file, HeldOut::Share(0.2))]);
    let whole = numbers(&prepare(&plan).unwrap(), false);
    let mut entries =
        std::fs::read_dir(&plan.cache_dir).unwrap().map(|entry| entry.unwrap().path());
    let cache = entries.find(|path| path.is_dir()).unwrap();
    type Harm = fn(&mut Vec<u8>);
    let harms: [(&str, Harm); 5] = [
        ("train.tokens", |bytes| bytes[9] ^= 1),
        ("held_out.offsets", |bytes| bytes.truncate(8)),
        ("complete.json", |bytes| bytes.truncate(100)),
        ("complete.json", |bytes| bytes[80] ^= 1),
        ("complete.json", Vec::clear),
    ];
    for (name, harm) in harms {
        let path = cache.join(name);
        let mut bytes = std::fs::read(&path).unwrap();
        harm(&mut bytes);
        std::fs::write(&path, bytes).unwrap();
        let corpus = prepare(&plan).unwrap();
        let notice = &corpus.notices()[0];
        assert!(notice.contains("damaged") && notice.contains(name), "{notice}");
        assert!(!corpus.summaries()[0].cached);
        assert_eq!(numbers(&corpus, false), whole);
        assert!(prepare(&plan).unwrap().summaries()[0].cached);
    }
}

/// Caches of earlier versions stay valid, or their notice would call them damaged.
#[test]
fn the_names_in_a_stored_tally_do_not_change() {
    let stored = serde_json::to_value(tally::Tally::default()).unwrap();
    let names = |value: &Value| -> String {
        let names: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
        names.join(" ")
    };
    assert_eq!(
        names(&stored),
        "train held_out cut dropped skipped first_skipped removed elsewhere seen_elsewhere"
    );
    assert_eq!(
        names(&stored["train"]),
        "rows tokens answer_tokens largest_token tokens_sha256 offsets_sha256"
    );
}

#[test]
fn several_at_once_make_one_cache() {
    let folder = tempfile::tempdir().unwrap();
    let file = jsonl(&folder, "law.jsonl", (0..500).map(row));
    let plan = plan(&folder, vec![domain("law", file, HeldOut::Share(0.2))]);
    let corpora: Vec<Corpus> = std::thread::scope(|scope| {
        let threads = [(); 4].map(|()| scope.spawn(|| prepare(&plan).unwrap()));
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let made = corpora.iter().filter(|corpus| !corpus.summaries()[0].cached).count();
    assert_eq!(made, 1);
    assert!(corpora.iter().all(|corpus| numbers(corpus, true) == numbers(&corpora[0], true)));
}

#[test]
fn a_stop_leaves_no_folder_and_those_of_killed_processes_are_removed() {
    let folder = tempfile::tempdir().unwrap();
    let file = jsonl(&folder, "law.jsonl", (0..40).map(row));
    let plan = plan(&folder, vec![domain("law", file, HeldOut::Share(0.2))]);
    let folders = || -> Vec<String> {
        let entries = std::fs::read_dir(&plan.cache_dir).into_iter().flatten().flatten();
        let folders = entries.filter(|entry| entry.path().is_dir());
        folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    };
    // Stopped at every call that could stop it.
    for calls in 0.. {
        let mut left = calls;
        let outcome = Corpus::prepare(&plan, &tokenizer(), &mut |_| {
            left -= 1;
            if left < 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        match outcome {
            Err(DataError::Stopped) => assert_eq!(folders(), Vec::<String>::new()),
            Ok(_) => {
                assert!(calls >= 2);
                break;
            }
            Err(other) => panic!("{other}"),
        }
    }
    let cache = folders().remove(0);
    std::fs::create_dir(plan.cache_dir.join(format!(".{cache}-killed"))).unwrap();
    std::fs::remove_dir_all(plan.cache_dir.join(&cache)).unwrap();
    prepare(&plan).unwrap();
    assert_eq!(folders(), [cache]);
}

#[test]
fn missing_files_folders_and_rows_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = jsonl(&folder, "law.jsonl", (0..40).map(row));
    let mut plan = plan(&folder, vec![domain("law", file.clone(), HeldOut::Share(0.2))]);
    let none = Corpus::prepare(&plan, folder.path(), &mut |_| ControlFlow::Continue(()));
    let none = none.unwrap_err().to_string();
    assert!(none.contains("no tokenizer.json in this folder"), "{none}");
    plan.cache_dir = file.join("cache");
    assert!(error(&plan).starts_with("cannot create the cache folder"), "{}", error(&plan));
    plan.domains[0].train = vec![folder.path().join("absent.jsonl")];
    assert!(error(&plan).contains("absent.jsonl: No such file"), "{}", error(&plan));
    plan.domains[0].train = vec![file];
    plan.cache_dir = folder.path().join("cache");
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
    assert!(corpus.notices()[0].starts_with("general: "), "{:?}", corpus.notices());
}
