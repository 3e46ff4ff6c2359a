//! Which repository of the Hub is meant, and what of it may become a part of a path.

use std::fmt;

/// Longest owner or name, bytes: the Hub's own limit.
const LONGEST_ID_PART: usize = 96;

/// What a repository holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RepoKind {
    /// A model.
    Model,
    /// A data set.
    DataSet,
}

impl RepoKind {
    /// Its name in the API's addresses and in the names of the cache's folders.
    pub(super) fn plural(self) -> &'static str {
        match self {
            RepoKind::Model => "models",
            RepoKind::DataSet => "datasets",
        }
    }

    /// What stands before the id in the addresses of files.
    pub(super) fn before_id(self) -> Option<&'static str> {
        match self {
            RepoKind::Model => None,
            RepoKind::DataSet => Some("datasets"),
        }
    }
}

impl fmt::Display for RepoKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RepoKind::Model => "model",
            RepoKind::DataSet => "data set",
        })
    }
}

/// A repository at a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repo {
    /// What it holds.
    pub kind: RepoKind,
    /// `owner/name`.
    pub id: String,
    /// Branch, tag or commit; `None` is the branch `main`.
    pub revision: Option<String>,
}

impl Repo {
    /// Whether id and revision can be such: each becomes a part of a path in the cache.
    ///
    /// # Errors
    /// What is allowed.
    pub fn check(&self) -> Result<(), String> {
        let parts: Vec<&str> = self.id.split('/').collect();
        if parts.len() > 2 || !parts.iter().all(|part| is_id_part(part)) {
            return Err(format!(
                "a {}'s id is owner/name, of letters, digits, '-', '_' and '.'",
                self.kind
            ));
        }
        if !self.revision_or_main().split('/').all(is_revision_part) {
            return Err("a revision is a branch, a tag or a commit".into());
        }
        Ok(())
    }

    pub(super) fn revision_or_main(&self) -> &str {
        self.revision.as_deref().unwrap_or("main")
    }

    /// Name of its folder in the cache, such as `models--owner--name`.
    pub(super) fn folder(&self) -> String {
        format!("{}--{}", self.kind.plural(), self.id.replace('/', "--"))
    }
}

/// As messages name it: `owner/name`, or `owner/name@revision`.
impl fmt::Display for Repo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)?;
        self.revision.iter().try_for_each(|revision| write!(f, "@{revision}"))
    }
}

fn is_id_part(part: &str) -> bool {
    let is_usual = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    !part.is_empty()
        && !part.starts_with('.')
        && part.len() <= LONGEST_ID_PART
        && part.bytes().all(is_usual)
}

fn is_revision_part(part: &str) -> bool {
    !matches!(part, "" | "." | "..") && !part.contains('\0')
}
