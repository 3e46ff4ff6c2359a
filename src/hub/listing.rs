//! What the Hub has of a repository, at which commit.

use super::checksum::Checksum;
use super::client::{Client, Page};
use super::error::FetchError;
use super::remote::{Commit, RemoteFile, is_path};
use super::repo::Repo;
use super::want::{Scope, Want};
use reqwest::Url;
use serde::Deserialize;

/// Longest listing that is read, all pages together: some 200,000 files.
const MAX_LISTING_BYTES: usize = 64_000_000;
/// Of some 1,000 files each.
const MAX_PAGES: usize = 100;

/// A commit and files of it.
#[derive(Clone, Debug)]
pub(super) struct Listing {
    pub commit: Commit,
    /// Sorted by their names, each of which is there once.
    pub files: Vec<Listed>,
}

/// A file that the Hub lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    /// Its path in the repository.
    pub name: String,
    pub size: u64,
    /// `None` where the Hub names none that is one.
    pub checksum: Option<Checksum>,
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
    /// No such repository or revision, or no access to it.
    pub async fn fetch(client: &Client, repo: &Repo, scope: &Scope) -> Result<Self, FetchError> {
        let mut budget = MAX_LISTING_BYTES;
        let mut segments = vec!["api", repo.kind.plural()];
        segments.extend(repo.id.split('/'));
        let revision = repo.revision.as_deref();
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
        segments.extend(["tree", commit.digits()]);
        let mut tree = Tree { client, segments: &segments, budget };
        let entries = tree.entries(scope).await?;
        Ok(Listing::new(commit, files(entries)))
    }

    /// A listing of files that were checked before.
    pub fn new(commit: Commit, mut files: Vec<Listed>) -> Self {
        files.sort_by(|a, b| a.name.cmp(&b.name));
        files.dedup_by(|a, b| a.name == b.name);
        Listing { commit, files }
    }

    pub fn names(&self) -> Vec<&str> {
        self.files.iter().map(|file| file.name.as_str()).collect()
    }

    /// The files of it that are wanted.
    ///
    /// # Errors
    /// There are none, or one of them has no checksum.
    pub fn choose(&self, want: &dyn Want) -> Result<Vec<RemoteFile>, FetchError> {
        let chosen = want.choose(&self.names()).map_err(FetchError::Known)?;
        let listed = chosen.iter().filter_map(|name| {
            let at = self.files.binary_search_by(|file| file.name.as_str().cmp(name)).ok()?;
            self.files.get(at)
        });
        listed.map(Listed::remote).collect()
    }
}

impl Listed {
    fn remote(&self) -> Result<RemoteFile, FetchError> {
        let Listed { name, size, checksum } = self.clone();
        let checksum = checksum.ok_or_else(|| {
            FetchError::Known(format!("the Hub names no checksum of {name}; check HF_ENDPOINT"))
        })?;
        Ok(RemoteFile { name, size, checksum })
    }
}

/// The folders and files of a commit.
struct Tree<'a> {
    client: &'a Client,
    /// Of the address of its top folder.
    segments: &'a [&'a str],
    /// Bytes that may still be read.
    budget: usize,
}

impl Tree<'_> {
    async fn entries(&mut self, scope: &Scope) -> Result<Vec<Entry>, FetchError> {
        match scope {
            Scope::Top { and } => {
                let mut entries = self.folder("", false).await?;
                let is_there = |folder: &&&str| {
                    entries.iter().any(|entry| entry.kind == "directory" && entry.path == **folder)
                };
                let folders: Vec<_> = and.iter().filter(is_there).copied().collect();
                for folder in folders {
                    entries.extend(self.folder(folder, false).await?);
                }
                Ok(entries)
            }
            Scope::Below(folder) => match self.folder(folder, true).await {
                // What is there instead is for the error's words.
                Err(FetchError::NoEntry) if !folder.is_empty() => self.folder("", true).await,
                entries => entries,
            },
        }
    }

    /// What a folder holds, with all below it where `recursive`.
    async fn folder(&mut self, folder: &str, recursive: bool) -> Result<Vec<Entry>, FetchError> {
        let inside: &[&str] = if folder.is_empty() { &[] } else { &[folder] };
        let mut url = self.client.url(&[self.segments, inside].concat());
        if recursive {
            url.query_pairs_mut().append_pair("recursive", "true");
        }
        self.pages(url).await
    }

    async fn pages(&mut self, first: Url) -> Result<Vec<Entry>, FetchError> {
        let (mut next, mut entries) = (Some(first), Vec::new());
        for _ in 0..MAX_PAGES {
            let Some(url) = next.take() else { break };
            let page: Page<Vec<Entry>> = self.client.json(&url, &mut self.budget).await?;
            entries.extend(page.content);
            next = page.next;
        }
        match next {
            None => Ok(entries),
            Some(_) => Err(FetchError::Known(format!(
                "the Hub's listing has no end after {MAX_PAGES} pages; name a folder of a repository \
                 with so many files, or check HF_ENDPOINT"
            ))),
        }
    }
}

/// The files among entries that can be files of a cache. Whatever else a listing says is left alone.
fn files(entries: Vec<Entry>) -> Vec<Listed> {
    entries
        .into_iter()
        .filter(|entry| entry.kind == "file" && is_path(&entry.path))
        .map(listed)
        .collect()
}

fn listed(entry: Entry) -> Listed {
    let checksum = match &entry.lfs {
        Some(large) => Checksum::sha256(&large.oid),
        None => Checksum::git_blob(&entry.oid),
    };
    Listed { name: entry.path, size: entry.size, checksum }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_elsewhere_are_no_files() {
        let names = ["b/x.jsonl", "../x", "/etc/passwd", "a", "a/../../b", "b\\x", "a\n", "", "a"];
        let entry = |path: &&str| Entry {
            kind: "file".into(),
            path: path.to_string(),
            size: 1,
            oid: "a".repeat(40),
            lfs: None,
        };
        let files = files(names.iter().map(entry).collect());
        let commit = Commit::parse(&"b".repeat(40)).unwrap();
        assert_eq!(Listing::new(commit, files).names(), ["a", "b/x.jsonl"]);
    }

    #[test]
    fn what_is_no_checksum_is_none() {
        for oid in ["", "1", "/etc/passwd", "../../../../../../../../../../home/x"] {
            for lfs in [None, Some(Lfs { oid: oid.into() })] {
                let (kind, path) = ("file".to_owned(), "a".to_owned());
                let error = listed(Entry { kind, path, size: 1, oid: oid.into(), lfs }).remote();
                let error = error.unwrap_err().to_string();
                assert!(error.contains("no checksum of a"), "{error}");
            }
        }
    }
}
