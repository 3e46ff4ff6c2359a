//! Which files are taken, of listings as data sets on the Hub have them.

use super::files::{Choice, DataFiles, Which};
use super::taken::DataUse;

fn choice(path: Option<&str>, of: DataUse, names: &[&str]) -> Result<Choice, String> {
    let mut names = names.to_vec();
    names.sort_unstable();
    let path = path.map(str::to_owned);
    DataFiles { path, which: Which::For(of), configs: Vec::new() }.choice(&names)
}

fn train(names: &[&str]) -> Vec<String> {
    choice(None, DataUse::Train, names).unwrap().files
}

fn held_out(names: &[&str]) -> Vec<String> {
    choice(None, DataUse::HeldOut, names).unwrap().files
}

fn error(path: Option<&str>, of: DataUse, names: &[&str]) -> String {
    choice(path, of, names).unwrap_err()
}

/// The layouts of `datasets`' documentation ("Structure your repository").
#[test]
fn the_layouts_of_datasets_have_their_splits() {
    let shards = [
        "README.md",
        "data/random-00000-of-00001.csv",
        "data/test-00000-of-00001.csv",
        "data/train-00000-of-00002.csv",
        "data/train-00001-of-00002.csv",
        "extra/train.csv",
    ];
    assert_eq!(train(&shards), shards[3..5]);
    assert_eq!(held_out(&shards), shards[2..3]);
    let folders = ["data/test/x.csv", "data/train/0.csv", "data/train/1.csv", "train.csv"];
    assert_eq!(train(&folders), folders[1..3]);
    assert_eq!(held_out(&folders), folders[..1]);
    let names = ["data/dev.csv", "data/test_0.csv", "data/train_0.csv", "data/train_1.csv"];
    assert_eq!(train(&names), names[2..]);
    assert_eq!(held_out(&names), names[..1], "validation comes before test");
    assert_eq!(train(&["dataset.csv", "README.md", "config.json"]), ["dataset.csv"]);
}

/// A file of another split is never trained on, whatever else is missing.
#[test]
fn no_file_of_another_split_is_trained_on() {
    assert_eq!(train(&["a.jsonl", "test.jsonl", "valid.jsonl"]), ["a.jsonl"]);
    assert_eq!(train(&["a.jsonl", "test/train.jsonl"]), ["a.jsonl"]);
    assert_eq!(train(&["train.jsonl", "train-test.jsonl"]), ["train.jsonl"]);
    for names in [&["test.jsonl"][..], &["eval/train.jsonl"], &["dev-train.jsonl"]] {
        let error = error(None, DataUse::Train, names);
        assert!(error.starts_with("no training files are found in it by their names"), "{error}");
        assert!(error.contains(names[0]), "{error}");
    }
    let error = error(None, DataUse::HeldOut, &["train.jsonl"]);
    assert!(error.contains("no files of a validation or test split"), "{error}");
}

/// HuggingFaceH4/ultrachat_200k and others have splits of other names.
#[test]
fn shards_of_several_splits_that_will_do_are_not_guessed_at() {
    let shard = |split: &str| format!("data/{split}-00000-of-00001.parquet");
    let all = ["test_sft", "train_gen", "train_sft"].map(shard);
    let names: Vec<&str> = all.iter().map(String::as_str).collect();
    let error = error(None, DataUse::Train, &names);
    assert_eq!(
        error,
        "it has the splits test_sft, train_gen, train_sft; name the files of one, such as \
         data/train_gen-00000-of-00001.parquet"
    );
    assert_eq!(held_out(&names), all[..1]);
    assert_eq!(train(&names[1..2]), all[1..2]);
    assert_eq!(train(&["data/part-00000-of-00001.csv", names[0]]).len(), 1);
}

#[test]
fn a_pattern_takes_the_data_files_that_it_matches() {
    let names = ["README.md", "data/a-1.csv", "data/a-10.csv", "data/b/a-2.csv", "data/a.png"];
    let take = |path| choice(Some(path), DataUse::Train, &names).unwrap();
    assert_eq!(take("data/a-*.csv").files, ["data/a-1.csv", "data/a-10.csv"]);
    assert_eq!(take("**/a-?.csv").files, ["data/a-1.csv", "data/b/a-2.csv"]);
    let all = take("data/*");
    assert_eq!(all.files, ["data/a-1.csv", "data/a-10.csv"]);
    assert_eq!(all.remarks, ["1 more match data/* and are no data files by their names"]);
    assert_eq!(take("data/b/a-2.csv").files, ["data/b/a-2.csv"]);
    let refused = |path| error(Some(path), DataUse::HeldOut, &names);
    let none = refused("x-*");
    assert!(
        none.starts_with("no file of it matches x-*; its data files are data/a-1.csv"),
        "{none}"
    );
    assert!(refused("*.md").starts_with("no data file of it matches *.md"));
    assert!(refused("README.md").starts_with("README.md is no data file by its name"));
    assert!(refused("data/c.csv").starts_with("it has no file or folder data/c.csv"));
}

/// As the `data_dir` of `datasets`: openai/gsm8k has a folder for each of its configs.
#[test]
fn a_folder_has_splits_of_its_own_and_several_are_warned_of() {
    let shard = |name: &str| format!("{name}-00000-of-00001.parquet");
    let all = ["main/test", "main/train", "socratic/test", "socratic/train"].map(shard);
    let names: Vec<&str> = all.iter().map(String::as_str).collect();
    let main = choice(Some("main"), DataUse::Train, &names).unwrap();
    assert_eq!((main.files, main.remarks), (vec![all[1].clone()], vec![]));
    assert_eq!(choice(Some("main"), DataUse::HeldOut, &names).unwrap().files, all[..1]);
    let both = choice(None, DataUse::Train, &names).unwrap();
    assert_eq!(both.files, [all[1].clone(), all[3].clone()]);
    assert_eq!(both.remarks.len(), 1);
    assert!(both.remarks[0].contains("the folders main, socratic, which may be"), "{both:?}");
    let splits = choice(None, DataUse::Train, &["train/a.csv", "training/b.csv"]).unwrap();
    assert_eq!(splits.remarks, Vec::<String>::new(), "folders of splits are none of those");
}

#[test]
fn the_same_rows_in_two_formats_are_taken_once() {
    let both = choice(None, DataUse::Train, &["train.jsonl", "train.parquet"]).unwrap();
    assert_eq!(both.files, ["train.parquet"]);
    assert_eq!(both.remarks, ["1 of another format than parquet are left out"]);
    let most = ["train-1.json", "train-2.jsonl.gz", "train.csv"];
    assert_eq!(train(&most), most[..2]);
}

#[test]
fn hidden_files_are_left_out_unless_they_are_named() {
    let names = [".x/a.csv", "__cache__/b.csv", "c.csv"];
    assert_eq!(train(&names), ["c.csv"]);
    assert_eq!(choice(Some("*/*.csv"), DataUse::Train, &names).unwrap().files, names[1..2]);
    assert_eq!(choice(Some(".x/*"), DataUse::Train, &names).unwrap().files, names[..1]);
}

#[test]
fn a_data_set_without_data_files_is_told_with_what_it_has() {
    let none = error(None, DataUse::Train, &["README.md", "script.py"]);
    assert!(none.contains("it has README.md, script.py, and data files are .jsonl"), "{none}");
    assert!(none.contains("@refs/convert/parquet"), "{none}");
    assert!(error(None, DataUse::Train, &[]).contains("it has nothing"));
    let many: Vec<String> = (0..9).map(|n| format!("test-{n}.csv")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert!(error(None, DataUse::Train, &many).contains("test-3.csv and 5 more;"));
}

#[test]
fn a_resume_takes_the_files_that_the_run_took() {
    let files = vec!["b.csv".to_owned()];
    let again = DataFiles { path: None, which: Which::These(files.clone()), configs: Vec::new() };
    assert_eq!(again.choice(&["a.csv", "b.csv"]).unwrap().files, files);
    assert!(again.choice(&["a.csv"]).unwrap_err().contains("its file b.csv, which is not there"));
}
