//! A hostile Hub. Whatever it answers, nothing outside the cache changes, and the token goes to the
//! Hub only.

use super::user::User;
use super::*;
use crate::hub::testing::{Answer, End, Request, route, tree};
use serde_json::json;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A Hub that is honest but for what `change` makes of an answer.
fn hub_that(change: impl Fn(&Request, Answer) -> Answer + Send + Sync + 'static) -> Hub {
    let files = model_files();
    Hub::answering(move |request| change(request, route(request, &files, Trouble::None)))
}

/// A Hub that is honest but for what `change` makes of its listing.
fn hub_that_lists(change: impl Fn(&mut Vec<serde_json::Value>) + Send + Sync + 'static) -> Hub {
    hub_that(move |request, answer| match request.path.contains("/tree/") {
        false => answer,
        true => {
            let mut entries = tree(&model_files(), 0).as_array().unwrap().clone();
            change(&mut entries);
            Answer::json(&entries.into())
        }
    })
}

fn is_weights(request: &Request) -> bool {
    request.path.ends_with("/model.safetensors")
}

#[test]
fn an_etag_that_is_a_path_writes_nothing_there() {
    let user = User::new();
    let path = user.precious().display().to_string();
    let hub = hub_that(move |_, answer| {
        let etag = format!("\"{path}\"");
        answer.with("ETag", etag.clone()).with("X-Linked-Etag", etag).with("X-Repo-Commit", "../..")
    });
    user.fetch(&hub).unwrap();
}

#[test]
fn a_checksum_or_commit_that_is_a_path_is_refused() {
    for upwards in [false, true] {
        let user = User::new();
        let path = match upwards {
            false => user.precious().display().to_string(),
            true => "../../../precious".into(),
        };
        let oid = path.clone();
        let hub = hub_that_lists(move |entries| entries[0]["oid"] = json!(oid));
        assert!(user.error(&hub).contains("names no checksum of config.json"));
        let oid = path.clone();
        let hub = hub_that_lists(move |entries| entries[1]["lfs"]["oid"] = json!(oid));
        assert!(user.error(&hub).contains("names no checksum of model.safetensors"));
        let hub = hub_that(move |request, answer| match request.path.contains("/tree/") {
            true => answer,
            false => Answer::json(&json!({ "sha": path })),
        });
        assert!(user.error(&hub).contains("names no commit"));
    }
}

#[test]
fn a_listed_name_that_leads_elsewhere_is_no_file_of_the_model() {
    let user = User::new();
    let path = user.precious().display().to_string();
    let hub = hub_that_lists(move |entries| {
        let names = ["tokenizer/../../../../precious", "tokenizer/../../precious", &path];
        for name in names {
            let oid = "a".repeat(40);
            entries.push(json!({ "type": "file", "path": name, "size": 1, "oid": oid }));
        }
    });
    let folder = user.fetch(&hub).unwrap();
    assert_eq!(fs::read_dir(folder).unwrap().count(), 4);
}

#[test]
fn a_flipped_byte_is_noticed() {
    for name in ["/model.safetensors", "/config.json"] {
        let user = User::new();
        let hub = hub_that(move |request, mut answer| {
            if request.path.ends_with(name) {
                let middle = answer.body.len() / 2;
                answer.body[middle] ^= 1;
            }
            answer
        });
        let error = user.error(&hub);
        assert!(error.contains("came damaged"), "{error}");
        let folder = user.fetch(&Hub::serve(&model_files(), Trouble::None)).unwrap();
        for (name, bytes) in &model_files()[..4] {
            assert_eq!(fs::read(folder.join(name)).unwrap(), *bytes, "{name}");
        }
    }
}

#[test]
fn a_listing_without_end_is_given_up() {
    let user = User::new();
    let endless = hub_that(|request, mut answer| {
        if request.path.starts_with("/api/") {
            answer.body = vec![b' '; 1 << 16];
            answer.end = End::Endless;
        }
        answer
    });
    assert!(user.error(&endless).contains("listing has no end"));
    let pages = Arc::new(AtomicUsize::new(0));
    let count = pages.clone();
    let circle = hub_that(move |request, answer| match request.path.contains("/tree/") {
        false => answer,
        true => {
            count.fetch_add(1, Ordering::Relaxed);
            let host = request.head.to_lowercase();
            let host = host.split_once("host: ").unwrap().1.lines().next().unwrap().to_owned();
            Answer::json(&json!([]))
                .with("Link", format!("<http://{host}{}>; rel=\"next\"", request.path))
        }
    });
    assert!(user.error(&circle).contains("listing has no end"));
    assert_eq!(pages.load(Ordering::Relaxed), 100);
}

#[test]
fn files_that_do_not_end_where_they_should_are_refused() {
    for (end, words) in [(End::Endless, "is longer than"), (End::Unannounced, "bytes; try again")] {
        let user = User::new();
        let hub = hub_that(move |request, mut answer| {
            if is_weights(request) {
                answer.end = end;
                answer.body.truncate(1000);
            }
            answer
        });
        let error = user.error(&hub);
        assert!(error.contains(words), "{end:?}: {error}");
        user.fetch(&Hub::serve(&model_files(), Trouble::None)).unwrap();
    }
}

#[test]
fn the_token_does_not_follow_a_redirect_to_another_host() {
    let user = User::new();
    let elsewhere = Hub::answering(|request| match is_weights(request) {
        true => Answer::ok(model_files().swap_remove(1).1),
        false => Answer::new("404 Not Found", ""),
    });
    let target = elsewhere.url.clone();
    let hub = hub_that(move |request, answer| match is_weights(request) {
        false => answer,
        true => Answer::new("302 Found", "").with("Location", format!("{target}{}", request.path)),
    });
    user.fetch(&hub).unwrap();
    assert_eq!(elsewhere.heads().len(), 1);
    assert!(!elsewhere.heads()[0].to_lowercase().contains("authorization"));
    assert!(hub.heads().iter().all(|head| head.contains(TOKEN)));
}

#[test]
fn the_token_stays_with_a_redirect_to_the_same_host() {
    let user = User::new();
    let hub = hub_that(|request, answer| match is_weights(request) {
        true if !request.path.contains("/moved/") => {
            let moved = request.path.replace("/owner/", "/moved/owner/");
            Answer::new("307 Temporary Redirect", "").with("Location", moved)
        }
        _ => answer,
    });
    user.fetch(&hub).unwrap();
    assert!(hub.heads().iter().all(|head| head.contains(TOKEN)));
}

#[test]
fn redirects_without_end_are_given_up() {
    let user = User::new();
    let hub = hub_that(|request, answer| match is_weights(request) {
        true => Answer::new("302 Found", "").with("Location", request.path.clone()),
        false => answer,
    });
    assert!(user.error(&hub).contains("redirects without end"));
}

#[test]
fn a_file_that_is_there_is_not_removed_on_a_hubs_word() {
    let user = User::new();
    let honest = Hub::serve(&model_files(), Trouble::None);
    let folder = user.fetch(&honest).unwrap();
    let weights = folder.join("model.safetensors");
    // A mirror that lists another file of that name.
    let hub = hub_that_lists(|entries| {
        entries[1]["size"] = json!(7);
        entries[1]["lfs"]["oid"] = json!("a".repeat(64));
    });
    let error = user.error(&hub);
    assert!(error.contains("is not the file of 7 bytes that the Hub lists"), "{error}");
    // And one that only lists another size.
    let hub = hub_that_lists(|entries| entries[1]["size"] = json!(7));
    assert!(user.error(&hub).contains("is longer than the 7 bytes"));
    assert_eq!(fs::read(&weights).unwrap(), model_files()[1].1);

    // A blob that lost its end is fetched again: its replacement has its checksum.
    fs::write(weights.canonicalize().unwrap(), "torn").unwrap();
    assert_eq!(user.fetch(&honest).unwrap(), folder);
    assert_eq!(fs::read(&weights).unwrap(), model_files()[1].1);
}

#[test]
fn ids_and_revisions_that_lead_elsewhere_are_refused() {
    let user = User::new();
    let hub = Hub::serve(&model_files(), Trouble::None);
    for id in ["../tiny", "owner/..", "owner/a/b", "/tiny", "owner/", "", "owner/.x", "a\\b/c"] {
        let error = run(&named(id, None), &hub, &user.cache()).0.unwrap_err().to_string();
        assert!(error.contains("a model's id is owner/name"), "{error}");
    }
    for revision in ["..", "../../precious", "/etc/passwd", "a//b", ""] {
        let error = run(&of(Some(revision)), &hub, &user.cache()).0.unwrap_err().to_string();
        assert!(error.contains("a revision is a branch"), "{error}");
    }
    assert!(hub.requests().is_empty());
    user.assert_unharmed();
}

#[test]
fn another_commit_than_the_pinned_one_is_refused() {
    let user = User::new();
    let hub = Hub::serve(&model_files(), Trouble::None);
    let pinned = of(Some(&"a".repeat(40)));
    let error = run(&pinned, &hub, &user.cache()).0.unwrap_err().to_string();
    assert!(error.contains(&format!("the Hub answers with commit {COMMIT} instead")), "{error}");
    let pinned = of(Some(COMMIT));
    let folder = run(&pinned, &hub, &user.cache()).0.unwrap();
    assert!(folder.ends_with(COMMIT));
    assert!(!user.model().join("refs").exists(), "a commit is no name that could move");
}

#[test]
fn a_listing_that_continues_at_another_address_is_refused() {
    let user = User::new();
    let hub = hub_that(|request, answer| match request.path.contains("/tree/") {
        false => answer,
        true => answer.with("Link", "<https://elsewhere.example/more>; rel=\"next\""),
    });
    assert!(user.error(&hub).contains("continues at another address"));
}

#[test]
fn a_listing_may_continue_at_a_relative_address() {
    let user = User::new();
    let hub = hub_that(|request, answer| {
        let tree = tree(&model_files(), 0);
        let (first, rest) = tree.as_array().unwrap().split_at(1);
        match (request.path.contains("/tree/"), request.path.contains("cursor=1")) {
            (false, _) => answer,
            (true, false) => Answer::json(&json!(first)).with("Link", "<?cursor=1>; rel=\"next\""),
            (true, true) => Answer::json(&json!(rest)),
        }
    });
    assert_eq!(fs::read_dir(user.fetch(&hub).unwrap()).unwrap().count(), 4);
}

#[test]
fn a_mirror_without_encryption_is_warned_of_and_its_password_not_shown() {
    for open in ["http://mirror.example", "HTTP://user:password@mirror.example/hf"] {
        let warning = warning(open).unwrap();
        assert!(warning.contains("HF_ENDPOINT is http://mirror.example: "), "{warning}");
        assert!(warning.contains("use https"), "{warning}");
    }
    for fine in ["https://huggingface.co", "http://localhost:8080", "http://127.0.0.1:1/hf"] {
        assert_eq!(warning(fine), None, "{fine}");
    }
}
