//! Addresses of data on the Hub, in the form that huggingface_hub, pandas and DuckDB know.

use crate::data::read::is_data_file;
use crate::hub::{Repo, RepoKind};
use std::path::Path;

/// How such an address begins.
const SCHEME: &str = "hf://";
/// Characters of a pattern.
const WILD: [char; 3] = ['*', '?', '['];

/// A data set on the Hub, or files of it: `hf://datasets/owner/name[@revision][/path]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubAddress {
    /// `owner/name`.
    pub id: String,
    /// Branch, tag or commit; `None` is the branch `main`.
    pub revision: Option<String>,
    /// A file, a folder or a pattern; `None` is the whole data set.
    pub path: Option<String>,
}

/// What is wrong with an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressError {
    /// What was found, as a part of a sentence.
    pub problem: String,
    /// What to write instead; may be empty.
    pub fix: String,
}

impl AddressError {
    /// What is allowed.
    pub const ALLOWED: &str =
        "`hf://datasets/owner/name`, with `@revision` and `/path` behind it as wanted";

    fn new(problem: impl Into<String>, fix: impl Into<String>) -> Self {
        AddressError { problem: problem.into(), fix: fix.into() }
    }
}

impl HubAddress {
    /// Whether a text in a config is meant as such an address, and not as the path of a file.
    pub fn is_meant(text: &str) -> bool {
        ["hf:", "http://", "https://"].iter().any(|scheme| text.starts_with(scheme))
    }

    /// The address in the place of a data file, if one stands there.
    pub fn in_place_of(file: &Path) -> Option<&str> {
        file.to_str().filter(|text| text.starts_with(SCHEME))
    }

    /// # Errors
    /// It names nothing that can be fetched.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let location = of_data_sets(text)?.trim_matches('/');
        let (id, rest) = id_and_rest(location).ok_or_else(|| {
            AddressError::new("without an owner and a name", "such as hf://datasets/owner/name")
        })?;
        let (revision, path) = match rest.strip_prefix('@') {
            Some(rest) => {
                let (revision, path) = revision_and_path(rest);
                (Some(percent_decoded(revision)), path)
            }
            None => (None, rest),
        };
        let path = path.trim_start_matches('/');
        let repo = Repo { kind: RepoKind::DataSet, id: id.into(), revision };
        repo.check()
            .map_err(|allowed| AddressError::new(format!("which is none: {allowed}"), ""))?;
        check_path(path)?;
        let path = (!path.is_empty()).then(|| path.to_owned());
        Ok(HubAddress { id: repo.id, revision: repo.revision, path })
    }

    /// The repository.
    pub fn repo(&self) -> Repo {
        let (id, revision) = (self.id.clone(), self.revision.clone());
        Repo { kind: RepoKind::DataSet, id, revision }
    }

    /// Whether the same address means other files where it stands for held-out rows.
    pub fn depends_on_use(&self) -> bool {
        let names_files = |path: &String| is_pattern(path) || is_data_file(Path::new(path));
        !self.path.as_ref().is_some_and(names_files)
    }
}

/// Whether a path is a pattern.
pub(super) fn is_pattern(path: &str) -> bool {
    path.contains(WILD)
}

/// The folder that holds all that a path or pattern may name.
pub(super) fn folder_of(path: &str) -> &str {
    let whole = match path.find(WILD) {
        Some(wild) => path[..wild].rfind('/').map_or("", |slash| &path[..slash]),
        None if is_data_file(Path::new(path)) => {
            path.rsplit_once('/').map_or("", |(folder, _)| folder)
        }
        None => path,
    };
    whole.trim_end_matches('/')
}

/// What stands behind `hf://datasets/`.
fn of_data_sets(text: &str) -> Result<&str, AddressError> {
    let Some(location) = text.strip_prefix(SCHEME) else {
        let page = text.split_once("huggingface.co/datasets/").map(|(_, rest)| rest);
        let id = page.map(|page| page.split('/').take(2).collect::<Vec<_>>().join("/"));
        let fix = match id {
            Some(id) => format!("write `hf://datasets/{id}`"),
            None => {
                "download it, and name the file; data sets on the Hub are `hf://datasets/…`".into()
            }
        };
        return Err(AddressError::new("an address that is not fetched", fix));
    };
    if let Some(rest) = location.strip_prefix("datasets/") {
        return Ok(rest);
    }
    let fix = match location.split('/').next() {
        Some("models" | "spaces" | "buckets" | "kernels" | "dataset" | "datasets") | None => {
            "".into()
        }
        _ => format!("for the data set of that name write `hf://datasets/{location}`"),
    };
    Err(AddressError::new("which is not of a data set", fix))
}

/// `owner/name`, and what follows it with the sign before it.
fn id_and_rest(location: &str) -> Option<(&str, &str)> {
    let slash = location.find('/')?;
    let end = location[slash + 1..].find(['/', '@']).map_or(location.len(), |at| slash + 1 + at);
    Some(location.split_at(end))
}

/// The revision ends at the first slash, unless it is one of the Hub's own refs: `refs/pr/1` or
/// `refs/convert/parquet`.
fn revision_and_path(text: &str) -> (&str, &str) {
    let parts =
        if text.starts_with("refs/convert/") || text.starts_with("refs/pr/") { 3 } else { 1 };
    let end = text.match_indices('/').nth(parts - 1).map_or(text.len(), |(at, _)| at);
    text.split_at(end)
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, more)) = rest.split_first() {
        let code = |hex: &[u8]| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok();
        match more.get(..2).filter(|_| first == b'%').and_then(code) {
            Some(byte) => {
                bytes.push(byte);
                rest = &more[2..];
            }
            None => {
                bytes.push(first);
                rest = more;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn check_path(path: &str) -> Result<(), AddressError> {
    let is_odd = |part: &str| matches!(part, "" | "." | "..");
    if !path.is_empty() && path.split('/').any(is_odd) || path.contains(|c: char| c.is_control()) {
        let problem = "with a path that leads out of the data set, or nowhere";
        return Err(AddressError::new(problem, "name a file, a folder or a pattern in it"));
    }
    glob::Pattern::new(path)
        .map(drop)
        .map_err(|error| AddressError::new(format!("with a pattern that is none: {error}"), ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (String, Option<String>, Option<String>) {
        let HubAddress { id, revision, path } = HubAddress::parse(text).unwrap();
        (id, revision, path)
    }

    /// As huggingface_hub's `parse_hf_uri` reads them.
    #[test]
    fn addresses_are_read_as_huggingface_hub_reads_them() {
        for (text, revision, path) in [
            ("o/n", None, None),
            ("o/n/", None, None),
            ("o/n@v1.0", Some("v1.0"), None),
            ("o/n/data/train-*.parquet", None, Some("data/train-*.parquet")),
            ("o/n@main/train.csv", Some("main"), Some("train.csv")),
            ("o/n@refs/pr/3/train.json", Some("refs/pr/3"), Some("train.json")),
            ("o/n@refs/convert/parquet", Some("refs/convert/parquet"), None),
            ("o/n@refs%2Fconvert%2Fparquet/x", Some("refs/convert/parquet"), Some("x")),
            ("o/n/file@1.csv", None, Some("file@1.csv")),
        ] {
            let expected = ("o/n".into(), revision.map(str::to_owned), path.map(str::to_owned));
            assert_eq!(parts(&format!("hf://datasets/{text}")), expected, "{text}");
        }
    }

    #[test]
    fn what_names_no_data_set_is_told() {
        for (text, words) in [
            ("hf://datasets", "not of a data set"),
            ("hf://datasets/", "without an owner"),
            ("hf://datasets/squad", "without an owner"),
            ("hf://datasets/o/..", "id is owner/name"),
            ("hf://datasets/../o", "id is owner/name"),
            ("hf://datasets/o/n@", "a revision is a branch"),
            ("hf://datasets/o/n@..%2F..%2Fx", "a revision is a branch"),
            ("hf://datasets/o/n/a//b", "leads out of"),
            ("hf://datasets/o/n/../../x", "leads out of"),
            ("hf://datasets/o/n/a\nb", "leads out of"),
            ("hf://datasets/o/n/a**b", "a pattern that is none"),
            ("hf://o/n", "not of a data set"),
            ("hf:/datasets/o/n", "not fetched"),
            ("https://example.com/x.jsonl", "not fetched"),
        ] {
            assert!(HubAddress::is_meant(text), "{text}");
            let error = HubAddress::parse(text).unwrap_err();
            assert!(error.problem.contains(words), "{text}: {error:?}");
        }
        let fix = |text: &str| HubAddress::parse(text).unwrap_err().fix;
        let page = "https://huggingface.co/datasets/o/n/tree/main";
        assert_eq!(fix(page), "write `hf://datasets/o/n`");
        assert!(fix("hf://o/n").contains("`hf://datasets/o/n`"));
        for file in ["rows.jsonl", "/data/x", "httpd/logs.csv", "hf/datasets/o/n"] {
            assert!(!HubAddress::is_meant(file), "{file}");
        }
    }

    #[test]
    fn no_more_is_listed_than_a_path_may_name() {
        for (path, folder) in [
            ("*.csv", ""),
            ("data/train-*.parquet", "data"),
            ("a/b*/c.csv", "a"),
            ("sample/10BT/[0-9]*.parquet", "sample/10BT"),
            ("data/train.csv", "data"),
            ("train.csv", ""),
            ("main", "main"),
        ] {
            assert_eq!(folder_of(path), folder, "{path}");
        }
    }
}
