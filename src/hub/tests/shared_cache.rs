//! What lies in the cache already: links, pipes, locks, and parts that other programs left.

use super::user::User;
use super::*;
use crate::hub::testing::{Answer, route, tree};
use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::thread;

fn honest() -> Hub {
    Hub::serve(&model_files(), Trouble::None)
}

fn weights() -> Vec<u8> {
    model_files().swap_remove(1).1
}

/// The checksum of a file, which is the name of its blob.
fn checksum(name: &str) -> String {
    let entries = tree(&model_files(), 0);
    let entry = entries.as_array().unwrap().iter().find(|entry| entry["path"] == name).unwrap();
    let oid = entry.get("lfs").map_or(&entry["oid"], |large| &large["oid"]);
    oid.as_str().unwrap().to_owned()
}

/// Leaves `content` as the part of the weights that has come so far.
fn leave_part(user: &User, content: &[u8]) -> PathBuf {
    let blobs = user.model().join("blobs");
    fs::create_dir_all(&blobs).unwrap();
    let part = blobs.join(format!("{}.incomplete", checksum("model.safetensors")));
    fs::write(&part, content).unwrap();
    part
}

#[track_caller]
fn assert_whole(folder: &Path) {
    for (name, bytes) in &model_files()[..4] {
        assert_eq!(fs::read(folder.join(name)).unwrap(), *bytes, "{name}");
    }
}

/// How often the weights were requested.
fn requests_of_weights(hub: &Hub) -> usize {
    hub.requests().iter().filter(|line| line.ends_with("/model.safetensors")).count()
}

#[test]
fn linked_files_are_not_written_through() {
    let user = User::new();
    let (blobs, name) = (user.model().join("blobs"), checksum("config.json"));
    for folder in [&blobs, &user.locks()] {
        fs::create_dir_all(folder).unwrap();
    }
    let paths =
        [blobs.join(format!("{name}.incomplete")), user.locks().join(format!("{name}.lock"))];
    for path in paths {
        let _ = fs::remove_file(&path); // the lock that an earlier try left
        symlink(user.precious(), &path).unwrap();
        let error = user.error(&honest());
        assert!(error.contains("cannot write"), "{error}");
        fs::remove_file(path).unwrap();
    }
}

#[test]
fn linked_folders_are_not_written_through() {
    let snapshot = format!("models--owner--tiny/snapshots/{COMMIT}");
    let folders = [
        "models--owner--tiny/blobs",
        "models--owner--tiny/refs",
        "models--owner--tiny/snapshots",
        &snapshot,
        ".locks",
        ".locks/models--owner--tiny",
    ];
    for folder in folders {
        let user = User::new();
        let elsewhere = tempfile::tempdir().unwrap();
        let link = user.cache().join(folder);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        symlink(elsewhere.path(), &link).unwrap();
        let error = user.error(&honest());
        assert!(error.contains("is a link, through which nothing is written"), "{error}");
        assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0, "{folder}");
    }
}

/// Clusters share one cache: who can use its folder can use what is made in it.
#[test]
fn what_is_fetched_is_shared_as_the_cache_is() {
    for shared in [0o700, 0o770, 0o755] {
        let user = User::new();
        fs::set_permissions(user.cache(), fs::Permissions::from_mode(shared)).unwrap();
        user.fetch(&honest()).unwrap();
        let mut folders = vec![user.model(), user.locks()];
        while let Some(folder) = folders.pop() {
            for path in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
                let found = fs::symlink_metadata(&path).unwrap();
                let wanted = if found.is_dir() { shared } else { shared & 0o666 };
                let mode = found.permissions().mode() & 0o777;
                assert!(found.is_symlink() || mode == wanted, "{mode:o} {}", path.display());
                if found.is_dir() {
                    folders.push(path);
                }
            }
        }
    }
    let (home, hub) = (tempfile::tempdir().unwrap(), honest());
    let cache = home.path().join("new/cache");
    run(&fetch(), &hub, &cache).0.unwrap();
    assert_eq!(fs::metadata(&cache).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn the_cache_and_a_model_in_it_may_be_moved_and_linked() {
    let (user, other_disk) = (User::new(), tempfile::tempdir().unwrap());
    symlink(other_disk.path(), user.model()).unwrap();
    assert_whole(&user.fetch(&honest()).unwrap());

    let (folder, disk) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let cache = folder.path().join("cache");
    symlink(disk.path(), &cache).unwrap();
    assert_whole(&run(&fetch(), &honest(), &cache).0.unwrap());
}

#[test]
fn a_part_with_a_second_name_is_not_changed() {
    let user = User::new();
    let part = leave_part(&user, b"");
    fs::remove_file(&part).unwrap();
    fs::hard_link(user.precious(), &part).unwrap();
    assert_whole(&user.fetch(&honest()).unwrap());
}

#[test]
fn a_pipe_in_place_of_a_part_is_refused() {
    let user = User::new();
    let part = leave_part(&user, b"");
    fs::remove_file(&part).unwrap();
    assert!(Command::new("mkfifo").arg(&part).status().unwrap().success());
    let error = user.error(&honest());
    assert!(error.contains("it is not a regular file"), "{error}");
}

#[test]
fn a_part_that_another_program_damaged_is_fetched_again() {
    let mut flipped = weights();
    flipped[10] ^= 1;
    for (content, requests) in [(&flipped[..], 1), (&flipped[..1000], 2), (&[0; 1000][..], 2)] {
        let user = User::new();
        leave_part(&user, content);
        let hub = honest();
        assert_whole(&user.fetch(&hub).unwrap());
        assert_eq!(requests_of_weights(&hub), requests);
    }
}

#[test]
fn a_hub_that_gives_no_parts_gives_the_whole() {
    let gives_all = Hub::answering(|request| {
        let mut answer = route(request, &model_files(), Trouble::None);
        if request.path.ends_with("/model.safetensors") {
            answer = Answer::ok(weights());
        }
        answer
    });
    let refuses = Hub::answering(|request| match request.head.to_lowercase().contains("range:") {
        true => Answer::new("416 Range Not Satisfiable", ""),
        false => route(request, &model_files(), Trouble::None),
    });
    for hub in [gives_all, refuses] {
        let user = User::new();
        leave_part(&user, &weights()[..1000]);
        assert_whole(&user.fetch(&hub).unwrap());
    }
}

/// A token that has expired must not cost the gigabytes that have come.
#[test]
fn a_refusal_keeps_what_has_come() {
    let user = User::new();
    let part = leave_part(&user, &weights()[..1000]);
    let error = user.error(&Hub::serve(&model_files(), Trouble::Gated));
    assert!(error.contains("accept its terms"), "{error}");
    assert_eq!(fs::read(part).unwrap(), &weights()[..1000]);
}

/// Takes the lock on the weights as another process would.
fn lock_weights(user: &User) -> File {
    fs::create_dir_all(user.locks()).unwrap();
    let lock = user.locks().join(format!("{}.lock", checksum("model.safetensors")));
    let lock = File::create(lock).unwrap();
    lock.lock().unwrap();
    lock
}

#[test]
fn another_process_that_makes_headway_is_waited_for() {
    let user = User::new();
    let lock = lock_weights(&user);
    let part = leave_part(&user, b"");
    let other = thread::spawn(move || {
        for bytes in 1..=10 {
            thread::sleep(Duration::from_millis(200));
            fs::write(&part, &weights()[..bytes * 100]).unwrap();
        }
        drop(lock);
    });
    // Longer than the other's pauses, shorter than its whole time.
    let fetch = Fetch { stall: Duration::from_millis(700) * LOCK_SHARE, ..fetch() };
    let hub = honest();
    assert_whole(&run(&fetch, &hub, &user.cache()).0.unwrap());
    other.join().unwrap();
    assert!(hub.heads().iter().any(|head| head.to_lowercase().contains("range: bytes=1000-")));
    user.assert_unharmed();
}

#[test]
fn another_process_without_headway_is_named() {
    let user = User::new();
    let _lock = lock_weights(&user);
    let fetch = Fetch { stall: Duration::from_secs(3), ..fetch() };
    let error = run(&fetch, &honest(), &user.cache()).0.unwrap_err().to_string();
    assert!(error.contains("another process is fetching it"), "{error}");
    assert!(error.contains(".lock"), "{error}");
}
