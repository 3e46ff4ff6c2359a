//! What differs for data sets: their addresses and folders, files in folders of the repository, and a
//! choice that may change from one call to the next.

use super::*;
use crate::hub::testing::{Answer, data_files, route};
use serde_json::json;
use std::fs;

/// Files whose names begin with any of these.
struct Beginning(&'static [&'static str]);

impl Want for Beginning {
    fn scope(&self) -> Scope {
        Scope::Below("data".into())
    }

    fn choose(&self, names: &[&str]) -> Result<Vec<String>, String> {
        let wanted = |name: &&&str| self.0.iter().any(|beginning| name.starts_with(beginning));
        let chosen: Vec<_> = names.iter().filter(wanted).map(|name| name.to_string()).collect();
        if chosen.is_empty() { Err(format!("it has {names:?}")) } else { Ok(chosen) }
    }

    fn is_whole(&self, _: &Path) -> Result<(), String> {
        Ok(())
    }
}

fn rows(beginnings: &'static [&'static str], revision: Option<&str>) -> Fetch {
    let (id, revision) = ("owner/rows".to_owned(), revision.map(str::to_owned));
    let repo = Repo { kind: RepoKind::DataSet, id, revision };
    Fetch { repo, want: Arc::new(Beginning(beginnings)), stall: Duration::from_secs(10) }
}

const TRAIN: &[&str] = &["data/train"];
const ALL: &[&str] = &["data/"];

fn honest() -> Hub {
    Hub::serve(&data_files(), Trouble::None)
}

fn take(fetch: &Fetch, settings: &Settings) -> Result<Snapshot, String> {
    fetch.run(settings, &mut |_| ControlFlow::Continue(())).map_err(|error| error.to_string())
}

#[test]
fn files_of_folders_are_fetched_once_from_the_addresses_of_data_sets() {
    let (hub, cache) = (honest(), tempfile::tempdir().unwrap());
    let settings = hub.settings(cache.path());
    let taken = take(&rows(TRAIN, None), &settings).unwrap();
    let folder = cache.path().join("datasets--owner--rows/snapshots").join(COMMIT);
    assert_eq!((&taken.folder, taken.commit.as_str()), (&folder, COMMIT));
    assert_eq!(taken.names, ["data/test.jsonl", "data/train-1.jsonl", "data/train-2.jsonl"]);
    for (name, bytes) in &data_files()[2..4] {
        assert_eq!(fs::read(folder.join(name)).unwrap(), *bytes, "{name}");
    }
    assert_eq!(fs::read_dir(folder.join("data")).unwrap().count(), 2);
    let requests = hub.requests();
    assert!(requests[1].ends_with(&format!("/tree/{COMMIT}/data?recursive=true")), "{requests:?}");
    let file = format!("GET /datasets/owner/rows/resolve/{COMMIT}/data/train-1.jsonl");
    assert!(requests.contains(&file), "{requests:?}");
    take(&rows(TRAIN, None), &settings).unwrap();
    assert_eq!(hub.requests().len(), requests.len() + 2, "the commit and the listing alone");
}

#[test]
fn a_commit_that_is_there_is_not_asked_for() {
    let (hub, cache) = (honest(), tempfile::tempdir().unwrap());
    let settings = hub.settings(cache.path());
    take(&rows(TRAIN, None), &settings).unwrap();
    let asked = hub.requests().len();
    let taken = take(&rows(TRAIN, Some(COMMIT)), &settings).unwrap();
    assert_eq!((taken.source, hub.requests().len()), (Source::Listing, asked));
    // What was not wanted then is still to be fetched.
    let taken = take(&rows(ALL, Some(COMMIT)), &settings).unwrap();
    assert_eq!(taken.source, Source::Hub);
    assert!(taken.folder.join("data/test.jsonl").is_file());
}

/// A download that broke off must not pass for a smaller data set.
#[test]
fn without_the_hub_a_part_of_the_files_does_not_do() {
    let cache = tempfile::tempdir().unwrap();
    let broken = Hub::answering(|request| match request.path.ends_with("train-2.jsonl") {
        true => Answer::new("403 Forbidden", ""),
        false => route(request, &data_files(), Trouble::None),
    });
    let error = take(&rows(TRAIN, None), &broken.settings(cache.path())).unwrap_err();
    assert!(error.starts_with("data set 'owner/rows': access to it is restricted"), "{error}");
    let refs = cache.path().join("datasets--owner--rows/refs");
    fs::create_dir_all(&refs).unwrap();
    fs::write(refs.join("main"), COMMIT).unwrap();
    let offline = honest().offline(cache.path());
    let error = take(&rows(TRAIN, None), &offline).unwrap_err();
    assert!(
        error.contains("does not hold the data set: ") && error.contains(" of 2 files are there"),
        "{error}"
    );

    take(&rows(TRAIN, None), &honest().settings(cache.path())).unwrap();
    let taken = take(&rows(TRAIN, None), &offline).unwrap();
    assert_eq!((taken.source, taken.names.len()), (Source::Listing, 3));
    let error = take(&rows(ALL, None), &offline).unwrap_err();
    assert!(error.contains("2 of 3 files are there whole"), "{error}");
}

#[test]
fn files_that_another_program_left_are_told_apart_from_what_the_hub_lists() {
    let cache = tempfile::tempdir().unwrap();
    let snapshot = cache.path().join("datasets--owner--rows/snapshots").join(COMMIT);
    fs::create_dir_all(snapshot.join("data/deep")).unwrap();
    fs::write(snapshot.join("data/train-1.jsonl"), "{}").unwrap();
    std::os::unix::fs::symlink("gone", snapshot.join("data/train-2.jsonl")).unwrap();
    std::os::unix::fs::symlink("/", snapshot.join("data/root")).unwrap();
    let offline = Hub::at("http://127.0.0.1:9").offline(cache.path());
    let taken = take(&rows(TRAIN, Some(COMMIT)), &offline).unwrap();
    assert_eq!(
        (taken.source, taken.names),
        (Source::CacheAlone, vec!["data/train-1.jsonl".into()])
    );
    let error = take(&rows(&["x"], Some(COMMIT)), &offline).unwrap_err();
    assert!(error.contains(r#"it has ["data/train-1.jsonl"]"#), "{error}");
}

#[test]
fn a_folder_that_is_not_there_is_told_with_what_is() {
    let cache = tempfile::tempdir().unwrap();
    let hub = Hub::serve(&[("rows.csv", b"text\nx\n".to_vec())], Trouble::None);
    let error = take(&rows(TRAIN, None), &hub.settings(cache.path())).unwrap_err();
    assert_eq!(error, r#"data set 'owner/rows': it has ["rows.csv"]"#);
}

#[test]
fn refusals_speak_of_data_sets() {
    let cache = tempfile::tempdir().unwrap();
    for (trouble, words) in [
        (Trouble::NoSuchModel, "the Hub has no such data set, or it is private or gated"),
        (Trouble::Gated, "accept its terms"),
        (Trouble::Down, "and the cache does not hold the data set: nothing of it was fetched"),
    ] {
        let hub = Hub::serve(&data_files(), trouble);
        let error = take(&rows(TRAIN, None), &hub.settings(cache.path())).unwrap_err();
        assert!(error.contains(words) && !error.contains(TOKEN), "{error}");
    }
    let error = take(&rows(TRAIN, Some("v9")), &honest().settings(cache.path())).unwrap_err();
    assert_eq!(error, "data set 'owner/rows@v9': the Hub has no such revision of it");
}

/// Folders of the snapshot may not lead out of it, whoever made them, nor a file stand where a folder is
/// listed.
#[test]
fn nothing_is_written_through_a_folder_that_is_a_link() {
    let (cache, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let snapshot = cache.path().join("datasets--owner--rows/snapshots").join(COMMIT);
    fs::create_dir_all(&snapshot).unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), snapshot.join("data")).unwrap();
    let error = take(&rows(TRAIN, None), &honest().settings(cache.path())).unwrap_err();
    assert!(error.contains("is a link, through which nothing is written"), "{error}");
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);

    let cache = tempfile::tempdir().unwrap();
    let hub = Hub::answering(|request| {
        let answer = route(request, &data_files(), Trouble::None);
        match request.path.contains("/tree/") {
            false if request.path.ends_with("/x.jsonl") => {
                Answer::ok(data_files().swap_remove(2).1)
            }
            false => answer,
            true => {
                let mut entries: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
                let first = entries[0].clone();
                let twice = entries.as_array_mut().unwrap();
                twice.push(first);
                twice.last_mut().unwrap()["path"] = json!("data/test.jsonl/../../../precious");
                let mut below = twice[1].clone();
                below["path"] = json!("data/test.jsonl/x.jsonl");
                twice.push(below);
                Answer::json(&entries)
            }
        }
    });
    let error = take(&rows(ALL, None), &hub.settings(cache.path())).unwrap_err();
    assert!(error.contains("data/test.jsonl"), "{error}");
    assert!(!cache.path().join("datasets--owner--rows/precious").exists());
}
