//! Against a server on localhost that answers as the real Hub does, or as a broken one might.

mod attacks;
mod data_sets;
mod shared_cache;
mod user;

use super::fetch::{Fetch, LOCK_SHARE, warning};
use super::testing::{COMMIT, Hub, TOKEN, Trouble, model_files};
use super::*;
use crate::model::{ModelFiles, ModelSource, resolve};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

fn fetch() -> Fetch {
    of(None)
}

/// The model at a revision.
fn of(revision: Option<&str>) -> Fetch {
    named("owner/tiny", revision)
}

fn named(id: &str, revision: Option<&str>) -> Fetch {
    let revision = revision.map(str::to_owned);
    let repo = Repo { kind: RepoKind::Model, id: id.into(), revision };
    Fetch { repo, want: Arc::new(ModelFiles), stall: Duration::from_secs(10) }
}

/// Fetches, and gives back the events besides.
fn run(fetch: &Fetch, hub: &Hub, cache: &Path) -> (Result<PathBuf, HubError>, Vec<Fetching>) {
    let mut events = Vec::new();
    let snapshot = fetch.run(&hub.settings(cache), &mut |event| {
        events.push(event);
        ControlFlow::Continue(())
    });
    (snapshot.map(|snapshot| snapshot.folder), events)
}

fn error_of(trouble: Trouble) -> String {
    let (hub, cache) = (Hub::serve(&model_files(), trouble), tempfile::tempdir().unwrap());
    let error = run(&fetch(), &hub, cache.path()).0.unwrap_err().to_string();
    assert!(!error.contains(TOKEN), "{error}");
    assert!(error.starts_with("model 'owner/tiny': "), "{error}");
    error
}

#[test]
fn a_model_is_fetched_once_and_only_what_is_needed() {
    let (hub, cache) = (Hub::serve(&model_files(), Trouble::None), tempfile::tempdir().unwrap());
    let (folder, events) = run(&fetch(), &hub, cache.path());
    let folder = folder.unwrap();
    let mut names: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let expected = ["chat_template.jinja", "config.json", "model.safetensors", "tokenizer.json"];
    assert_eq!(names, expected);
    let bytes = model_files()[..4].iter().map(|(_, bytes)| bytes.len() as u64).sum();
    let done = Fetching::Bytes { done: bytes, total: Some(bytes) };
    assert!(events.contains(&done), "{events:?} lacks {done:?}");
    for (name, bytes) in &model_files()[..4] {
        assert_eq!(std::fs::read(folder.join(name)).unwrap(), *bytes, "{name}");
    }
    ModelFiles.is_whole(&folder).unwrap();

    let before = hub.requests().len();
    assert_eq!(run(&fetch(), &hub, cache.path()).0.unwrap(), folder);
    let again = hub.requests()[before..].to_vec();
    assert!(again.iter().all(|request| request.starts_with("GET /api/")), "{again:?}");
}

/// As transformers reads them: of one folder, and no other file of it.
#[test]
fn named_chat_templates_are_fetched() {
    let mut files = model_files();
    for name in ["tool_use.jinja", "deep/er.jinja", "notes.md"] {
        let name = format!("additional_chat_templates/{name}").leak();
        files.push((name, b"{{ tools }}".to_vec()));
    }
    files.push(("onnx/tokenizer.json", b"{}".to_vec()));
    let (hub, cache) = (Hub::serve(&files, Trouble::None), tempfile::tempdir().unwrap());
    let folder = run(&fetch(), &hub, cache.path()).0.unwrap();
    let named = folder.join("additional_chat_templates");
    assert_eq!(std::fs::read(named.join("tool_use.jinja")).unwrap(), b"{{ tools }}");
    assert_eq!(std::fs::read_dir(named).unwrap().count(), 1);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 5);
    let offline = fetch().run(&hub.offline(cache.path()), &mut |_| ControlFlow::Continue(()));
    assert_eq!(offline.unwrap().source, Source::Listing);
}

#[test]
fn without_the_hub_the_cached_model_is_taken_with_a_notice() {
    let (hub, cache) = (Hub::serve(&model_files(), Trouble::None), tempfile::tempdir().unwrap());
    let folder = run(&fetch(), &hub, cache.path()).0.unwrap();

    let settings = hub.offline(cache.path());
    let offline = fetch().run(&settings, &mut |_| ControlFlow::Continue(()));
    assert_eq!(offline.unwrap().folder, folder);

    let down = Hub::serve(&[], Trouble::Down);
    let (taken, events) = run(&fetch(), &down, cache.path());
    assert_eq!(taken.unwrap(), folder);
    let Some(Fetching::Notice(notice)) = events.last() else { panic!("{events:?}") };
    assert!(notice.contains("503") && notice.contains("cached copy"), "{notice}");

    // A cache that lost its weights does not count.
    std::fs::remove_file(folder.join("model.safetensors")).unwrap();
    let error = run(&fetch(), &down, cache.path()).0.unwrap_err().to_string();
    assert!(error.contains("the Hub cannot be reached (the Hub answered 503"), "{error}");
}

#[test]
fn refusals_say_what_to_do() {
    let none = "the Hub has no such model, or it is private or gated";
    assert!(error_of(Trouble::NoSuchModel).contains(none));
    assert!(error_of(Trouble::NotToStrangers).contains(none));
    assert!(error_of(Trouble::NotToStrangers).contains("HF_TOKEN"));
    assert!(error_of(Trouble::Gated).contains("accept its terms"));
    let wrong = of(Some("v9"));
    let (hub, cache) = (Hub::serve(&model_files(), Trouble::None), tempfile::tempdir().unwrap());
    let error = run(&wrong, &hub, cache.path()).0.unwrap_err().to_string();
    assert_eq!(error, "model 'owner/tiny@v9': the Hub has no such revision of it");
}

#[test]
fn a_hub_that_is_not_there_is_named_as_unreachable() {
    let hub = Hub::at("http://127.0.0.1:9");
    let cache = tempfile::tempdir().unwrap();
    let error = run(&fetch(), &hub, cache.path()).0.unwrap_err().to_string();
    assert!(
        error.contains("the Hub cannot be reached") && error.contains("HF_ENDPOINT"),
        "{error}"
    );
}

#[test]
fn broken_downloads_are_errors_and_leave_no_model_behind() {
    for (trouble, words) in
        [(Trouble::CutOff, "the download broke off ("), (Trouble::WrongSize, "bytes; try again")]
    {
        let (hub, cache) = (Hub::serve(&model_files(), trouble), tempfile::tempdir().unwrap());
        let error = run(&fetch(), &hub, cache.path()).0.unwrap_err().to_string();
        assert!(error.contains(words), "{trouble:?}: {error}");
        // The next try, on a Hub in order, fetches what was broken.
        let well = Hub::serve(&model_files(), Trouble::None);
        let folder = run(&fetch(), &well, cache.path()).0.unwrap();
        for (name, bytes) in &model_files()[..4] {
            assert_eq!(std::fs::read(folder.join(name)).unwrap(), *bytes, "{trouble:?}: {name}");
        }
    }
}

#[test]
fn a_stalled_download_ends_and_can_be_stopped() {
    let (hub, cache) = (Hub::serve(&model_files(), Trouble::Stuck), tempfile::tempdir().unwrap());
    let impatient = Fetch { stall: Duration::from_secs(1), ..fetch() };
    let error = run(&impatient, &hub, cache.path()).0.unwrap_err().to_string();
    assert!(error.contains("no byte came for 1 s"), "{error}");

    let other = tempfile::tempdir().unwrap();
    let stop = &mut |_: Fetching| ControlFlow::Break(());
    let stopped = fetch().run(&hub.settings(other.path()), stop);
    assert!(matches!(stopped, Err(HubError::Stopped)));
}

#[test]
fn a_repository_without_safetensors_is_refused_before_the_download() {
    let pickle = vec![("config.json", b"{}".to_vec()), ("pytorch_model.bin", b"pickle".to_vec())];
    let (hub, cache) = (Hub::serve(&pickle, Trouble::None), tempfile::tempdir().unwrap());
    let error = run(&fetch(), &hub, cache.path()).0.unwrap_err().to_string();
    assert!(error.contains("no safetensors") && error.contains("save_pretrained"), "{error}");
    assert!(hub.requests().iter().all(|request| request.starts_with("GET /api/")));
}

/// The environment decides, as it does for Python's huggingface_hub. It belongs to a whole process,
/// so this runs the next test in one of its own.
#[test]
fn endpoint_token_and_cache_come_from_the_environment() {
    let (hub, home) = (Hub::serve(&model_files(), Trouble::None), tempfile::tempdir().unwrap());
    let resolve_in = |offline: &str| {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "hub::tests::resolves_in_a_process_of_its_own"])
            .args(["--nocapture", "--test-threads=1"])
            .env("HF_ENDPOINT", &hub.url)
            .env("HF_HOME", home.path())
            .env("HF_TOKEN", TOKEN)
            .env("HF_HUB_OFFLINE", offline)
            .env_remove("HF_HUB_CACHE")
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{text}");
        text
    };
    let folder = home.path().join("hub/models--owner--tiny/snapshots").join(COMMIT);
    assert!(resolve_in("0").contains(&format!("resolved to {}", folder.display())));
    let requests = hub.requests().len();
    assert!(resolve_in("1").contains(&format!("resolved to {}", folder.display())));
    assert_eq!(hub.requests().len(), requests, "offline nothing is requested");
}

#[test]
#[ignore = "run by the test above, with other environment variables"]
fn resolves_in_a_process_of_its_own() {
    let source = ModelSource::Hub { id: "owner/tiny".into(), revision: None };
    let folder = resolve(&source, &mut |_| ControlFlow::Continue(())).unwrap();
    println!("resolved to {}", folder.display());
}

#[test]
fn a_broken_download_is_continued() {
    let (hub, cache) = (Hub::serve(&model_files(), Trouble::CutOff), tempfile::tempdir().unwrap());
    run(&fetch(), &hub, cache.path()).0.unwrap_err();
    let well = Hub::serve(&model_files(), Trouble::None);
    let (folder, events) = run(&fetch(), &well, cache.path());
    let (name, weights) = &model_files()[1];
    assert_eq!(std::fs::read(folder.unwrap().join(name)).unwrap(), *weights);
    let rest = format!("range: bytes={}-", weights.len() / 2);
    assert!(well.heads().iter().any(|head| head.to_lowercase().contains(&rest)), "{rest}");
    let bytes = model_files()[..4].iter().map(|(_, bytes)| bytes.len() as u64).sum();
    assert_eq!(events.last(), Some(&Fetching::Bytes { done: bytes, total: Some(bytes) }));
}

/// The folders and links that Python's `snapshot_download` leaves.
#[test]
fn a_cache_made_by_huggingface_hub_serves_offline() {
    let cache = tempfile::tempdir().unwrap();
    let model = cache.path().join("models--owner--tiny");
    let snapshot = model.join("snapshots").join(COMMIT);
    for folder in ["blobs", "refs"] {
        std::fs::create_dir_all(model.join(folder)).unwrap();
    }
    std::fs::create_dir_all(&snapshot).unwrap();
    std::fs::write(model.join("refs/main"), COMMIT).unwrap();
    for (number, (name, bytes)) in model_files()[..4].iter().enumerate() {
        let blob = format!("{number:040x}");
        std::fs::write(model.join("blobs").join(&blob), bytes).unwrap();
        std::os::unix::fs::symlink(format!("../../blobs/{blob}"), snapshot.join(name)).unwrap();
    }
    let hub = Hub::at("http://127.0.0.1:9");
    let settings = hub.offline(cache.path());
    for revision in [None, Some("main"), Some(COMMIT)] {
        let found = of(revision).run(&settings, &mut |_| ControlFlow::Continue(())).unwrap();
        assert_eq!((found.folder, found.source), (snapshot.clone(), Source::CacheAlone));
    }
    let other = of(Some("v1"));
    let error = other.run(&settings, &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert!(error.to_string().contains("HF_HUB_OFFLINE is set"), "{error}");
}
