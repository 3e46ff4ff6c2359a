//! Cached tokens: found again, damaged, made by several processes at once, or not finished.

use super::*;
use crate::disk;
use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt, chown, symlink};

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
        let notice = &corpus.notices()[0].text;
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
        "train held_out lengths files cut first_cut shortened first_shortened trimmed first_trimmed without_message first_without_message dropped first_dropped skipped first_skipped removed elsewhere seen_elsewhere"
    );
    assert_eq!(
        names(&stored["train"]),
        "rows tokens answer_tokens largest_token longest text tokens_sha256 offsets_sha256 identities_sha256 texts_sha256"
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
        let outcome = Corpus::prepare(&plan, &tokenizer(), &Isolation::None, &mut |_| {
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

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// The folders and files of a cache, itself included.
fn all_in(folder: &Path) -> Vec<PathBuf> {
    let mut paths = vec![folder.to_owned()];
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { paths.extend(all_in(&path)) } else { paths.push(path) }
    }
    paths
}

#[test]
fn a_cache_is_its_owners_only() {
    let folder = tempfile::tempdir().unwrap();
    let file = jsonl(&folder, "law.jsonl", (0..40).map(row));
    let plan = plan(&folder, vec![domain("law", file, HeldOut::Share(0.2))]);
    assert!(prepare(&plan).unwrap().notices().is_empty());
    for path in all_in(&plan.cache_dir) {
        let wanted = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode(&path), wanted, "{}", path.display());
    }
    // One that an earlier version made.
    set_mode(&plan.cache_dir, 0o755);
    let corpus = prepare(&plan).unwrap();
    assert!(corpus.notices()[0].text.contains("was open to other users (mode 755)"), "{corpus:?}");
    assert_eq!(mode(&plan.cache_dir), 0o700);
    assert!(prepare(&plan).unwrap().notices().is_empty());
}

#[test]
fn a_trusted_cache_is_shared_as_its_folder_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = jsonl(&folder, "law.jsonl", (0..40).map(row));
    let mut plan = plan(&folder, vec![domain("law", file, HeldOut::Share(0.2))]);
    plan.trust_cache = true;
    std::fs::create_dir(&plan.cache_dir).unwrap();
    set_mode(&plan.cache_dir, 0o770);
    assert!(prepare(&plan).unwrap().notices().is_empty());
    for path in all_in(&plan.cache_dir) {
        let wanted = if path.is_dir() { 0o770 } else { 0o660 };
        assert_eq!(mode(&path), wanted, "{}", path.display());
    }
}

#[test]
fn complete_tokens_are_read_without_the_lock_and_a_link_in_its_place_is_not_written_through() {
    let folder = tempfile::tempdir().unwrap();
    let file = jsonl(&folder, "law.jsonl", (0..40).map(row));
    let plan = plan(&folder, vec![domain("law", file, HeldOut::Share(0.2))]);
    prepare(&plan).unwrap();
    let paths = all_in(&plan.cache_dir);
    let lock = paths.iter().find(|path| path.extension().is_some_and(|end| end == "lock")).unwrap();
    std::fs::remove_file(lock).unwrap();
    assert!(prepare(&plan).unwrap().summaries()[0].cached);
    assert!(!lock.exists(), "a cache that is read-only gives no lock");

    let precious = folder.path().join("precious");
    std::fs::write(&precious, "the user's").unwrap();
    symlink(&precious, lock).unwrap();
    std::fs::remove_dir_all(lock.with_extension("")).unwrap();
    assert!(matches!(prepare(&plan), Err(DataError::Io { doing: "lock", .. })));
    assert_eq!(std::fs::read_to_string(&precious).unwrap(), "the user's");
}

#[test]
fn what_another_user_cached_is_refused_unless_it_is_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let file = jsonl(&folder, "law.jsonl", (0..40).map(row));
    let mut plan = plan(&folder, vec![domain("law", file, HeldOut::Share(0.2))]);
    prepare(&plan).unwrap();
    let stranger = Some(54321);
    if chown(&plan.cache_dir, stranger, None).is_err() {
        return println!("skipped: only root can give a file to another user");
    }
    let refused = |plan: &DataPlan| {
        let error = prepare(plan).unwrap_err().to_string();
        assert!(
            error.contains("belongs to user 54321") && error.contains("trust_cache"),
            "{error}"
        );
    };
    refused(&plan);
    chown(&plan.cache_dir, Some(disk::own_uid()), None).unwrap();
    for path in all_in(&plan.cache_dir).iter().filter(|path| path.ends_with("complete.json")) {
        chown(path, stranger, None).unwrap();
        refused(&plan);
        chown(disk::parent(path), stranger, None).unwrap();
        refused(&plan);
    }
    plan.trust_cache = true;
    assert!(prepare(&plan).unwrap().summaries()[0].cached);
}
