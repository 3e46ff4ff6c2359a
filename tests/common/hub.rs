//! What the Hub answers about the model `owner/tiny` and the data set `owner/rows`, right or wrong.

use super::http::{Answer, End, Request};
use sha1::{Digest, Sha1};
use sha2::Sha256;
use std::path::Path;

pub const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
pub const TOKEN: &str = "hf_a_token_that_no_message_may_show";

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    None,
    /// 404 for the repository.
    NoSuchModel,
    /// 401 for a repository that does not exist, to a client without a token.
    NotToStrangers,
    /// The listing is open, the files are not.
    Gated,
    /// 503 for everything.
    Down,
    /// The body of a large file ends in the middle.
    CutOff,
    /// The body of a large file stops in the middle, and the connection stays open.
    Stuck,
    /// The listing has another size than the file.
    WrongSize,
}

pub type Files = Vec<(&'static str, Vec<u8>)>;

fn has_token(request: &Request) -> bool {
    request.header("authorization").is_some_and(|value| value == format!("Bearer {TOKEN}"))
}

/// The first byte that is wanted, of a request for a part.
fn first_byte(request: &Request) -> Option<usize> {
    request.header("range")?.strip_prefix("bytes=")?.split_once('-')?.0.parse().ok()
}

/// The addresses of a repository.
struct Place {
    /// Of the API.
    api: &'static str,
    /// Of files.
    files: &'static str,
}

const PLACES: [Place; 2] = [
    Place { api: "/api/models/owner/tiny", files: "/owner/tiny/resolve/" },
    Place { api: "/api/datasets/owner/rows", files: "/datasets/owner/rows/resolve/" },
];

fn error(status: &'static str, code: &str) -> Answer {
    Answer::new(status, r#"{"error":"in the Hub's words"}"#).with("X-Error-Code", code)
}

/// What the Hub answers where it has these files of the repository.
pub fn route(request: &Request, files: &[(&'static str, Vec<u8>)], trouble: Trouble) -> Answer {
    route_at(request, &[(COMMIT, files)], trouble)
}

/// A commit and its files.
pub type Commit<'a> = (&'a str, &'a [(&'static str, Vec<u8>)]);

/// What it answers where it has had files at these commits, the newest first.
pub fn route_at(request: &Request, history: &[Commit], trouble: Trouble) -> Answer {
    if trouble == Trouble::Down {
        return error("503 Service Unavailable", "");
    }
    let path = decoded(request.path.split('?').next().unwrap());
    let is_of = |place: &&Place| path.starts_with(place.api) || path.contains(place.files);
    let place = PLACES.iter().find(is_of);
    let Some(place) = place.filter(|_| trouble != Trouble::NoSuchModel) else {
        return error("404 Not Found", "RepoNotFound");
    };
    if trouble == Trouble::NotToStrangers || !has_token(request) {
        return error("401 Unauthorized", "RepoNotFound");
    }
    let (commit, files) =
        *history.iter().find(|(commit, _)| path.contains(commit)).unwrap_or(&history[0]);
    if let Some(rest) = path.strip_prefix(place.api) {
        let Some(tree) = rest.strip_prefix("/tree/") else {
            return match rest {
                "/revision/v9" => error("404 Not Found", "RevisionNotFound"),
                _ => Answer::json(&serde_json::json!({ "id": "owner/name", "sha": commit })),
            };
        };
        let folder = tree.split_once('/').map_or("", |(_, folder)| folder);
        let recursive = request.path.contains("recursive=true");
        let more = if trouble == Trouble::WrongSize { 1 } else { 0 };
        let entries = listing(files, folder, recursive, more);
        return match folder.is_empty() || entries.as_array().is_some_and(|all| !all.is_empty()) {
            true => Answer::json(&entries),
            false => error("404 Not Found", "EntryNotFound"),
        };
    }
    if trouble == Trouble::Gated {
        return error("403 Forbidden", "GatedRepo");
    }
    let name = path.split_once("/resolve/").and_then(|(_, rest)| rest.split_once('/'));
    let name = name.map_or("", |(_, name)| name);
    let Some((_, bytes)) = files.iter().find(|(file, _)| *file == name) else {
        return error("404 Not Found", "EntryNotFound");
    };
    let mut answer = match first_byte(request) {
        None => Answer::ok(bytes.clone()),
        Some(from) => Answer::new("206 Partial Content", &bytes[from..])
            .with("Content-Range", format!("bytes {from}-{}/{}", bytes.len() - 1, bytes.len())),
    };
    if is_large(name) {
        answer.end = match trouble {
            Trouble::CutOff => End::Half,
            Trouble::Stuck => End::Stuck,
            _ => End::Right,
        };
    }
    answer.with("ETag", format!("\"etag-of-{name}\"")).with("X-Repo-Commit", commit)
}

/// A path without its percent signs.
fn decoded(path: &str) -> String {
    let mut parts = path.split('%');
    let mut bytes = parts.next().unwrap().as_bytes().to_vec();
    for part in parts {
        bytes.push(part.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok()).unwrap_or(b'%'));
        bytes.extend(part.as_bytes().iter().skip(2));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Whether git keeps only a pointer to it.
fn is_large(name: &str) -> bool {
    name.ends_with(".safetensors") || name.ends_with(".parquet")
}

/// The listing of the top folder, whose files are `more` bytes longer in it than they are.
pub fn tree(files: &[(&'static str, Vec<u8>)], more: usize) -> serde_json::Value {
    listing(files, "", false, more)
}

/// What lies in a folder, or also below it.
pub fn listing(
    files: &[(&'static str, Vec<u8>)],
    folder: &str,
    recursive: bool,
    more: usize,
) -> serde_json::Value {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let (mut entries, mut folders) = (Vec::new(), Vec::new());
    for (name, bytes) in files {
        let Some(rest) = name.strip_prefix(&prefix) else { continue };
        if let Some((inner, _)) = rest.split_once('/') {
            let inner = format!("{prefix}{inner}");
            if !folders.contains(&inner) {
                let (oid, kind) = ("d".repeat(40), "directory");
                entries.push(
                    serde_json::json!({ "type": kind, "oid": oid, "path": inner, "size": 0 }),
                );
                folders.push(inner);
            }
            if !recursive {
                continue;
            }
        }
        let git = Sha1::new_with_prefix(format!("blob {}\0", bytes.len())).chain_update(bytes);
        let size = bytes.len() + more;
        let mut entry = serde_json::json!({
            "type": "file", "oid": hex(&git.finalize()), "path": name, "size": size,
        });
        if is_large(name) {
            let oid = hex(&Sha256::digest(bytes));
            entry["lfs"] = serde_json::json!({ "oid": oid, "size": size, "pointerSize": 134 });
        }
        entries.push(entry);
    }
    entries.into()
}

/// The files of a model, and some that are not needed.
pub fn model_files() -> Files {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/golden/mistral");
    let read = |name: &str| std::fs::read(fixture.join(name)).unwrap();
    vec![
        ("config.json", read("config.json")),
        ("model.safetensors", read("model.safetensors")),
        ("tokenizer.json", b"{}".to_vec()),
        ("chat_template.jinja", b"{{ messages }}".to_vec()),
        ("pytorch_model.bin", b"pickle".to_vec()),
        ("consolidated.safetensors", b"the same once more".to_vec()),
        ("README.md", b"words".to_vec()),
    ]
}

/// The files of a data set: two splits, and what is none.
pub fn data_files() -> Files {
    let row = |n: usize, part: &str| {
        format!("{{\"instruction\": \"Say {part} {n}\", \"output\": \"court clause {n}\"}}\n")
    };
    let rows = |part: &str, count: usize| {
        (0..count).map(|n| row(n, part)).collect::<String>().into_bytes()
    };
    vec![
        ("README.md", b"---\nconfigs: []\n---\n".to_vec()),
        ("data/test.jsonl", rows("test", 6)),
        ("data/train-1.jsonl", rows("one", 20)),
        ("data/train-2.jsonl", rows("two", 20)),
        ("dataset_infos.json", b"{}".to_vec()),
        ("plots/train.png", b"a picture".to_vec()),
    ]
}
