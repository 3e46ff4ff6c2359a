//! Paths as written → absolute paths, and whether the files exist.

use super::super::options::Files;
use super::super::secret;
use super::checker::Checker;
use std::path::PathBuf;

impl Checker<'_> {
    /// A path as written in `field`: `~` is the home folder. A relative path is relative to the folder
    /// of the config file, or to the working directory where it comes from the command line.
    pub(super) fn path(&mut self, field: &str, written: &str) -> PathBuf {
        let options = self.options;
        if written.trim().is_empty() {
            self.error(field, "a path", "");
            return PathBuf::new();
        }
        let base = match self.source.file().parent() {
            Some(folder) if !self.is_override(field) => options.cwd.join(folder),
            _ => options.cwd.clone(),
        };
        let path = match (written.strip_prefix('~'), &options.home) {
            (Some(""), Some(home)) => home.clone(),
            (Some(rest), Some(home)) if rest.starts_with('/') => home.join(&rest[1..]),
            (Some(rest), None) if rest.is_empty() || rest.starts_with('/') => {
                self.error(field, "a path without `~`, as HOME is not set", "write it in full");
                return PathBuf::new();
            }
            _ => base.join(written),
        };
        // Removes `.`; `..` stays, because after a symbolic link it means another folder.
        path.components().collect()
    }

    /// A file that has to exist.
    pub(super) fn file(&mut self, field: &str, written: &str) -> PathBuf {
        let path = self.path(field, written);
        self.must(field, &path, path.is_file(), "a file that can be read");
        path
    }

    /// A folder that has to exist.
    pub(super) fn folder(&mut self, field: &str, written: &str) -> PathBuf {
        let path = self.path(field, written);
        self.must(field, &path, path.is_dir(), "a folder");
        path
    }

    fn must(&mut self, field: &str, path: &std::path::Path, there: bool, what: &str) {
        if there || self.options.files == Files::MayBeMissing || path.as_os_str().is_empty() {
            return;
        }
        let shown = match secret::is_secret(field) {
            true => secret::NOT_SHOWN.to_owned(),
            false => path.display().to_string(),
        };
        let found = match path.try_exists() {
            Ok(true) => format!("{shown}, which is something else"),
            Ok(false) => format!("{shown}, which does not exist"),
            Err(error) => format!("{shown}: {error}"),
        };
        self.error_found(field, found, what, "correct the path, or bring the file there");
    }
}
