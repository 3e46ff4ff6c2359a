//! From a config to files in the cache, against a server on localhost that plays the Hub.

use super::localize::localize_by;
use super::*;
use crate::config::{self, Files, LoadOptions};
use crate::data::{Corpus, DataError, DataPlan, HeldOut, TemplateChoice};
use crate::hub::Fetching;
use crate::hub::testing::{COMMIT, Hub, Request, TOKEN, Trouble, data_files, route, route_at};
use crate::sandbox::Isolation;
use crate::unit::DomainId;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// The plan of a config with one domain.
fn plan(train: &str, held_out: &str) -> DataPlan {
    let text = format!(
        r#"(
            model: "nowhere",
            data: (domains: [(name: "law", train: {train}, held_out: {held_out})]),
            mixing: (reference: Given([1.0]), every: 5),
            training: (length: Steps(100)),
        )"#
    );
    let options = LoadOptions { files: Files::MayBeMissing, ..LoadOptions::from_env().unwrap() };
    match config::load_str(&text, Path::new("/configs/test.ron"), &[], &options) {
        Ok(loaded) => loaded.plan.data,
        Err(error) => panic!("{error}"),
    }
}

const WHOLE: &str = "\"hf://datasets/owner/rows\"";

fn take(
    plan: &DataPlan,
    before: &[TakenFiles],
    hub: &Hub,
    cache: &Path,
) -> Result<LocalData, DataError> {
    let settings = |_: &_| Ok(hub.settings(cache));
    localize_by(&settings, plan, before, &mut |_, _| ControlFlow::Continue(()))
}

fn error(plan: &DataPlan, hub: &Hub) -> String {
    let cache = tempfile::tempdir().unwrap();
    let error = take(plan, &[], hub, cache.path()).unwrap_err().to_string();
    assert!(!error.contains(TOKEN), "{error}");
    error
}

fn honest() -> Hub {
    Hub::serve(&data_files(), Trouble::None)
}

fn held_out(plan: &DataPlan) -> &[PathBuf] {
    match &plan.domains[0].held_out {
        HeldOut::Files(files) => files,
        HeldOut::Share(_) => panic!("a share"),
    }
}

fn snapshot(cache: &Path) -> PathBuf {
    cache.join("datasets--owner--rows/snapshots").join(COMMIT)
}

#[test]
fn a_data_set_of_a_config_becomes_files_of_its_splits() {
    let (hub, cache) = (honest(), tempfile::tempdir().unwrap());
    let plan = plan(&format!("[\"own.jsonl\", {WHOLE}]"), WHOLE);
    assert_eq!(plan.domains[0].train[1], Path::new("hf://datasets/owner/rows"), "as written");
    let local = take(&plan, &[], &hub, cache.path()).unwrap();
    let file = |name: &str| snapshot(cache.path()).join(name);
    let train = ["data/train-1.jsonl", "data/train-2.jsonl"].map(file);
    assert_eq!(local.plan.domains[0].train[0], Path::new("/configs/own.jsonl"));
    assert_eq!(local.plan.domains[0].train[1..], train);
    assert_eq!(held_out(&local.plan), [file("data/test.jsonl")]);
    for (name, bytes) in &data_files()[1..4] {
        assert_eq!(fs::read(file(name)).unwrap(), *bytes, "{name}");
    }
    let notices: Vec<_> = local.notices.iter().map(|notice| notice.text.as_str()).collect();
    assert_eq!(
        notices,
        [
            "data set owner/rows at commit 0123456: 2 of 3 data files: data/train-1.jsonl, \
             data/train-2.jsonl",
            "data set owner/rows at commit 0123456: 1 of 3 data files: data/test.jsonl",
        ]
    );
    assert!(!local.notices[0].is_warning);
    assert!(!hub.requests().iter().any(|request| request.contains("train.png")));
    assert!(is_remote(&plan) && !is_remote(&local.plan));
}

#[test]
fn a_file_a_pattern_and_a_revision_are_taken_at_their_word() {
    let (hub, cache) = (honest(), tempfile::tempdir().unwrap());
    let at = format!("\"hf://datasets/owner/rows@{COMMIT}/data/train-*.jsonl\"");
    let plan = plan(&at, "\"hf://datasets/owner/rows@v1/data/test.jsonl\"");
    let local = take(&plan, &[], &hub, cache.path()).unwrap();
    assert_eq!(local.plan.domains[0].train.len(), 2);
    assert_eq!(held_out(&local.plan).len(), 1);
    assert_eq!(local.taken[0].files, ["data/train-1.jsonl", "data/train-2.jsonl"]);
    assert!(cache.path().join("datasets--owner--rows/refs/v1").is_file());
}

/// The Hub moves on between two requests, and between a run and its resume.
#[test]
fn a_run_keeps_to_the_commit_that_it_began_with() {
    const NEW: &str = "fedcba9876543210fedcba9876543210fedcba98";
    let cache = tempfile::tempdir().unwrap();
    let plan = plan(WHOLE, WHOLE);
    let newer = |request: &Request| {
        let mut files = data_files();
        files[1].1 = b"{}\n".to_vec();
        files.remove(3);
        route_at(request, &[(NEW, &files), (COMMIT, &data_files())], Trouble::None)
    };
    let moving = Hub::answering(move |request| {
        // The files of the first list are the newest ones until they have been listed.
        match request.path == "/api/datasets/owner/rows" {
            true => route(request, &data_files(), Trouble::None),
            false => newer(request),
        }
    });
    let local = take(&plan, &[], &moving, cache.path()).unwrap();
    let commits: Vec<_> = local.taken.iter().map(|taken| taken.commit.as_str()).collect();
    assert_eq!(commits, [COMMIT, COMMIT]);

    let moved = Hub::answering(newer);
    let again = take(&plan, &local.taken, &moved, cache.path()).unwrap();
    assert_eq!((&again.plan, &again.taken), (&local.plan, &local.taken));
    assert_eq!(moved.requests(), Vec::<String>::new(), "all of it is in the cache");
    assert!(again.notices[0].text.contains("0123456, with which the run began: 2 files"));
    let elsewhere = tempfile::tempdir().unwrap();
    let fetched = take(&plan, &local.taken, &moved, elsewhere.path()).unwrap();
    assert_eq!(fetched.taken, local.taken, "and where it is not, it is fetched");
    let anew = take(&plan, &[], &moved, cache.path()).unwrap();
    assert_eq!(anew.taken[0].commit, NEW);
    assert_eq!(anew.taken[0].files, ["data/train-1.jsonl"]);
}

#[test]
fn what_cannot_be_had_is_told_with_the_fix() {
    let whole = plan(WHOLE, "0.1");
    for (trouble, words) in [
        (Trouble::NoSuchModel, "data set 'owner/rows': the Hub has no such data set"),
        (Trouble::Gated, "accept its terms on its page"),
        (Trouble::Down, "the Hub cannot be reached"),
    ] {
        let error = error(&whole, &Hub::serve(&data_files(), trouble));
        assert!(error.contains(words), "{error}");
    }
    let empty = error(&whole, &Hub::serve(&[("README.md", b"words".to_vec())], Trouble::None));
    assert!(
        empty.contains("no training files are found") && empty.contains("README.md"),
        "{empty}"
    );
    let missing = plan("\"hf://datasets/owner/rows/parts/*.csv\"", "0.1");
    let missing = error(&missing, &honest());
    assert!(missing.contains("no file of it matches parts/*.csv"), "{missing}");
    assert!(missing.contains("its data files are data/test.jsonl, data/train-1"), "{missing}");
    let twice = "[\"hf://datasets/owner/rows\", \"hf://datasets/owner/rows/data/train-1.jsonl\"]";
    let twice = error(&plan(twice, "0.1"), &honest());
    assert!(twice.contains("train-1.jsonl is named twice by `train`"), "{twice}");
    let both = error(&plan("\"hf://datasets/owner/rows/data/*.jsonl\"", WHOLE), &honest());
    assert!(both.contains("test.jsonl is both trained on and held out"), "{both}");
}

#[test]
fn without_the_hub_the_cache_does_if_it_is_whole() {
    let (hub, cache) = (honest(), tempfile::tempdir().unwrap());
    let plan = plan(WHOLE, "0.1");
    let offline = |_: &_| Ok(hub.offline(cache.path()));
    let go_on = &mut |_: &str, _| ControlFlow::Continue(());
    let none = localize_by(&offline, &plan, &[], go_on).unwrap_err().to_string();
    assert!(none.contains("HF_HUB_OFFLINE is set") && none.contains("nothing of it"), "{none}");
    take(&plan, &[], &hub, cache.path()).unwrap();
    let local = localize_by(&offline, &plan, &[], go_on).unwrap();
    assert_eq!(local.plan.domains[0].train.len(), 2);
    assert!(!local.notices[0].is_warning);
    // What huggingface_hub leaves has no listing.
    fs::remove_dir_all(cache.path().join("datasets--owner--rows/versatune")).unwrap();
    let local = localize_by(&offline, &plan, &[], go_on).unwrap();
    assert!(local.notices[0].is_warning);
    assert!(local.notices[0].text.contains("the Hub was not asked whether it has more"));
}

#[test]
fn fetching_is_reported_and_can_be_stopped() {
    let (hub, cache) = (honest(), tempfile::tempdir().unwrap());
    let settings = |_: &_| Ok(hub.settings(cache.path()));
    let mut events = Vec::new();
    let plan = plan(WHOLE, "0.1");
    let stopped = localize_by(&settings, &plan, &[], &mut |what, fetching| {
        events.push((what.to_owned(), fetching));
        ControlFlow::Break(())
    });
    assert!(matches!(stopped, Err(DataError::Stopped)));
    assert!(matches!(&events[..], [(what, Fetching::Bytes { .. })] if what == "owner/rows"));
}

/// The links of the cache are read as files are.
#[test]
fn rows_of_a_data_set_become_examples() {
    let (hub, cache) = (honest(), tempfile::tempdir().unwrap());
    let tokens = tempfile::tempdir().unwrap();
    let mut plan = plan(WHOLE, WHOLE);
    plan.template = TemplateChoice::BuiltIn("chatml".into());
    plan.cache_dir = tokens.path().join("tokens");
    let local = take(&plan, &[], &hub, cache.path()).unwrap();
    let tokenizer = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tokenizer");
    let go_on = &mut |_| ControlFlow::Continue(());
    let corpus = Corpus::prepare(&local.plan, &tokenizer, &Isolation::None, go_on).unwrap();
    assert_eq!((corpus.train_count(DomainId(0)), corpus.held_out_count(DomainId(0))), (40, 6));
}
