//! What the Hub has of a model, and which of it is fetched.

use super::super::save::is_companion;
use super::super::weights::{INDEX, SINGLE};
use super::checksum::Checksum;
use super::client::{Client, Page};
use super::error::FetchError;
use super::remote::{Commit, RemoteFile};
use serde::Deserialize;

/// Longest listing that is read, all pages together; that of a large repository has 100 kB.
const MAX_LISTING_BYTES: usize = 10_000_000;
const MAX_PAGES: usize = 100;

/// A commit and the files of it that a model needs.
#[derive(Debug)]
pub(super) struct Listing {
    pub commit: Commit,
    pub files: Vec<RemoteFile>,
}

/// The Hub's answer about a repository.
#[derive(Deserialize)]
struct Info {
    sha: String,
}

/// A file or folder as the Hub lists it.
#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "type")]
    kind: String,
    path: String,
    #[serde(default)]
    size: u64,
    #[serde(default)]
    oid: String,
    lfs: Option<Lfs>,
}

/// A large file: its `oid` is its SHA-256.
#[derive(Deserialize)]
struct Lfs {
    oid: String,
}

impl Listing {
    /// # Errors
    /// No such model or revision, no access to it, or no weights in it that can be read.
    pub async fn fetch(
        client: &Client,
        id: &str,
        revision: Option<&str>,
    ) -> Result<Self, FetchError> {
        let mut budget = MAX_LISTING_BYTES;
        let mut segments = vec!["api", "models"];
        segments.extend(id.split('/'));
        // The first request is for the repository, not its files, because its answer tells "no such
        // model" from "no such revision".
        let about = match revision {
            None => client.url(&segments),
            Some(revision) => client.url(&[&segments[..], &["revision", revision]].concat()),
        };
        let info: Page<Info> = client.json(&about, &mut budget).await?;
        let commit = Commit::parse(&info.content.sha)
            .ok_or_else(|| FetchError::known("the Hub names no commit of it; check HF_ENDPOINT"))?;
        if revision.and_then(Commit::parse).is_some_and(|pinned| pinned != commit) {
            return Err(FetchError::Known(format!(
                "the Hub answers with commit {} instead; check HF_ENDPOINT",
                commit.digits()
            )));
        }
        let mut next = Some(client.url(&[&segments[..], &["tree", commit.digits()]].concat()));
        let mut entries = Vec::new();
        for _ in 0..MAX_PAGES {
            let Some(url) = next.take() else { break };
            let page: Page<Vec<Entry>> = client.json(&url, &mut budget).await?;
            entries.extend(page.content);
            next = page.next;
        }
        if next.is_some() {
            return Err(FetchError::known("the Hub's listing has no end; is HF_ENDPOINT a Hub?"));
        }
        Ok(Listing { commit, files: wanted(entries)? })
    }

    pub fn total_bytes(&self) -> u64 {
        self.files.iter().fold(0, |sum, file| sum.saturating_add(file.size))
    }
}

/// The files that a model needs. Whatever else a listing says is left alone.
fn wanted(mut entries: Vec<Entry>) -> Result<Vec<RemoteFile>, FetchError> {
    entries.retain(|entry| entry.kind == "file" && is_plain(&entry.path));
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    entries.dedup_by(|a, b| a.path == b.path);
    let has = |name: &str| entries.iter().any(|entry| entry.path == name);
    if !has("config.json") {
        return Err(FetchError::known("it has no config.json: is it a model?"));
    }
    let single = has(SINGLE);
    if !single && !has(INDEX) {
        return Err(FetchError::known(
            "it has no safetensors (pickle files, *.bin, are not read); take another revision, or \
             convert it with transformers' save_pretrained",
        ));
    }
    let is_weights = |name: &str| match single {
        true => name == SINGLE,
        false => name == INDEX || name.starts_with("model-") && name.ends_with(".safetensors"),
    };
    let is_wanted = |name: &str| name == "config.json" || is_companion(name) || is_weights(name);
    entries.into_iter().filter(|entry| is_wanted(&entry.path)).map(RemoteFile::try_from).collect()
}

/// Whether a name is that of a file in the top folder, as every file that a model needs is.
fn is_plain(name: &str) -> bool {
    let is_usual = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    name.len() <= 200 && !name.starts_with('.') && name.bytes().all(is_usual)
}

impl TryFrom<Entry> for RemoteFile {
    type Error = FetchError;

    fn try_from(entry: Entry) -> Result<Self, FetchError> {
        let checksum = match &entry.lfs {
            Some(large) => Checksum::sha256(&large.oid),
            None => Checksum::git_blob(&entry.oid),
        };
        let checksum = checksum.ok_or_else(|| {
            FetchError::Known(format!(
                "the Hub names no checksum of {}; check HF_ENDPOINT",
                entry.path
            ))
        })?;
        Ok(RemoteFile { name: entry.path, size: entry.size, checksum })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str) -> Entry {
        Entry { kind: "file".into(), path: path.into(), size: 1, oid: "a".repeat(40), lfs: None }
    }

    fn names(paths: &[&str]) -> Vec<String> {
        let files = wanted(paths.iter().map(|path| entry(path)).collect()).unwrap();
        files.into_iter().map(|file| file.name).collect()
    }

    #[test]
    fn only_files_of_the_top_folder_that_a_model_needs_are_wanted() {
        let hostile = [
            "tokenizer/../../../name",
            "tokenizer/x",
            "tokenizer\\..\\x",
            "/tokenizer.json",
            "tokenizer\n",
            "chat_template/../..",
            "",
            "..",
        ];
        let good = ["config.json", "model.safetensors", "tokenizer.json"];
        assert_eq!(names(&[&good[..], &hostile[..]].concat()), good);
        assert_eq!(names(&["config.json", "config.json", "model.safetensors"]).len(), 2);
    }

    #[test]
    fn shards_are_wanted_where_there_is_no_single_file() {
        let shards = [
            "config.json",
            "consolidated.safetensors",
            "model-00001-of-00002.safetensors",
            "model-00002-of-00002.safetensors",
            "model.safetensors.index.json",
        ];
        let wanted = names(&shards);
        assert_eq!(wanted.len(), 4);
        assert!(!wanted.contains(&"consolidated.safetensors".to_owned()));
    }

    #[test]
    fn a_file_without_a_checksum_is_refused() {
        for oid in ["", "1", "/etc/passwd", "../../../../../../../../../../home/x"] {
            let mut entries = vec![entry("config.json"), entry("model.safetensors")];
            entries[1].oid = oid.into();
            let error = wanted(entries).unwrap_err().to_string();
            assert!(error.contains("no checksum of model.safetensors"), "{error}");
        }
    }
}
