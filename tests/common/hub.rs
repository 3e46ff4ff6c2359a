//! What the Hub answers about a model, right or wrong.

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
    /// 404 for the model.
    NoSuchModel,
    /// 401 for a model that does not exist, to a client without a token.
    NotToStrangers,
    /// The listing is open, the files are not.
    Gated,
    /// 503 for everything.
    Down,
    /// The weights' body ends in the middle.
    CutOff,
    /// The weights' body stops in the middle, and the connection stays open.
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

/// What the Hub answers about `owner/tiny`.
pub fn route(request: &Request, files: &[(&'static str, Vec<u8>)], trouble: Trouble) -> Answer {
    let path = request.path.as_str();
    let error = |status, code: &str| {
        Answer::new(status, r#"{"error":"in the Hub's words"}"#).with("X-Error-Code", code)
    };
    if trouble == Trouble::Down {
        return error("503 Service Unavailable", "");
    }
    if !path.contains("owner/tiny") || trouble == Trouble::NoSuchModel {
        return error("404 Not Found", "RepoNotFound");
    }
    if trouble == Trouble::NotToStrangers || !has_token(request) {
        return error("401 Unauthorized", "RepoNotFound");
    }
    if path.starts_with("/api/models/owner/tiny/tree/") {
        let more = if trouble == Trouble::WrongSize { 1 } else { 0 };
        return Answer::json(&tree(files, more));
    }
    if path.starts_with("/api/models/owner/tiny") {
        if path.ends_with("/revision/v9") {
            return error("404 Not Found", "RevisionNotFound");
        }
        return Answer::json(&serde_json::json!({ "id": "owner/tiny", "sha": COMMIT }));
    }
    if trouble == Trouble::Gated {
        return error("403 Forbidden", "GatedRepo");
    }
    let name = path.rsplit('/').next().unwrap();
    let Some((_, bytes)) = files.iter().find(|(file, _)| *file == name) else {
        return error("404 Not Found", "EntryNotFound");
    };
    let mut answer = match first_byte(request) {
        None => Answer::ok(bytes.clone()),
        Some(from) => Answer::new("206 Partial Content", &bytes[from..])
            .with("Content-Range", format!("bytes {from}-{}/{}", bytes.len() - 1, bytes.len())),
    };
    if name.ends_with(".safetensors") {
        answer.end = match trouble {
            Trouble::CutOff => End::Half,
            Trouble::Stuck => End::Stuck,
            _ => End::Right,
        };
    }
    answer.with("ETag", format!("\"etag-of-{name}\"")).with("X-Repo-Commit", COMMIT)
}

/// The listing of files, which are `more` bytes longer in it than they are.
pub fn tree(files: &[(&'static str, Vec<u8>)], more: usize) -> serde_json::Value {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let entries = files.iter().map(|(name, bytes)| {
        let git = Sha1::new_with_prefix(format!("blob {}\0", bytes.len())).chain_update(bytes);
        let size = bytes.len() + more;
        let mut entry = serde_json::json!({
            "type": "file", "oid": hex(&git.finalize()), "path": name, "size": size,
        });
        if name.ends_with(".safetensors") {
            let oid = hex(&Sha256::digest(bytes));
            entry["lfs"] = serde_json::json!({ "oid": oid, "size": size, "pointerSize": 134 });
        }
        entry
    });
    entries.collect()
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
