//! Which files of a repository are wanted.

use std::path::Path;

/// Chooses among the files of a repository.
pub trait Want: Send + Sync {
    /// Where they lie.
    fn scope(&self) -> Scope;

    /// The files that are wanted, of those in the scope, whose paths come sorted.
    ///
    /// # Errors
    /// None of them will do: what is there instead, and what to do.
    fn choose(&self, names: &[&str]) -> Result<Vec<String>, String>;

    /// Whether a folder of the cache that another program may have filled holds enough of them.
    ///
    /// # Errors
    /// What is wrong with it.
    fn is_whole(&self, folder: &Path) -> Result<(), String>;
}

/// Which folders of a repository are listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The top folder.
    Top {
        /// Folders in it that are listed too, where they are there.
        and: &'static [&'static str],
    },
    /// This folder with all below it; the top folder if it is empty.
    Below(String),
}

impl Scope {
    /// Different for every scope.
    pub(super) fn key(&self) -> String {
        match self {
            Scope::Top { and } => format!("top {}", and.join(" ")),
            Scope::Below(folder) => format!("below {folder}"),
        }
    }
}
