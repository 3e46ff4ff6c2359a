//! Data files as written: files, folders and patterns → files, sorted; addresses of data sets on the Hub as
//! they are.

use super::super::options::Files;
use super::super::words::excerpt;
use super::checker::Checker;
use super::model::is_hub_id;
use crate::data::{AddressError, HubAddress, is_data_file};
use std::fs;
use std::path::{Path, PathBuf};

/// Characters of a pattern.
const WILD: [char; 3] = ['*', '?', '['];

const ALLOWED: &str = "a data file, a folder with some, a pattern such as `parts/*.jsonl`, or a data set on \
                       the Hub such as `hf://datasets/owner/name`";

impl Checker<'_> {
    /// The files that an entry of a list names, each of which exists. What lies on the Hub is looked up
    /// where it is needed.
    pub(super) fn data_files(&mut self, field: &str, written: &str) -> Vec<PathBuf> {
        if HubAddress::is_meant(written) {
            return self.hub_address(field, written);
        }
        let path = self.path(field, written);
        let is_looked_for = self.options.files == Files::MustExist && !path.as_os_str().is_empty();
        if !is_looked_for || path.is_file() {
            return vec![path];
        }
        if path.is_dir() {
            return self.files_in(field, path);
        }
        if !written.contains(WILD) {
            if is_hub_id(written) && !is_data_file(&path) && !path.exists() {
                let found = format!("{}, which does not exist", path.display());
                let fix = format!(
                    "correct the path, or write `hf://datasets/{written}` for the data set on the Hub"
                );
                self.error_found(field, found, ALLOWED, fix);
                return vec![path];
            }
            return vec![self.file(field, written)];
        }
        let problem = match matching(&path, written) {
            Ok(files) if files.is_empty() => "it matches no file".to_owned(),
            Ok(files) => return files,
            Err(error) => error.to_string(),
        };
        let found = format!("{}: {problem}", path.display());
        self.error_found(field, found, ALLOWED, "correct the pattern");
        Vec::new()
    }

    /// The address of a data set on the Hub, in the place of its files.
    fn hub_address(&mut self, field: &str, written: &str) -> Vec<PathBuf> {
        if let Err(AddressError { problem, fix }) = HubAddress::parse(written) {
            let found = format!("{}, {problem}", excerpt(written));
            self.error_found(field, found, AddressError::ALLOWED, fix);
        }
        vec![PathBuf::from(written)]
    }

    /// The data files of a folder by their names, not of those below it.
    fn files_in(&mut self, field: &str, folder: PathBuf) -> Vec<PathBuf> {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) => {
                let found = format!("{}: {error}", folder.display());
                self.error_found(field, found, ALLOWED, "make the folder readable");
                return Vec::new();
            }
        };
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let is_wanted = |path: &PathBuf| path.is_file() && is_data_file(path) && !is_hidden(path);
        let mut files: Vec<_> = paths.filter(is_wanted).collect();
        files.sort();
        if files.is_empty() {
            let found = format!("{}, a folder without data files", folder.display());
            self.error_found(field, found, ALLOWED, "name the folder that holds the files");
        }
        files
    }
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

/// The files that match, sorted. Only what the user wrote is a pattern, not the folder that it is
/// relative to.
fn matching(path: &Path, written: &str) -> Result<Vec<PathBuf>, glob::PatternError> {
    let whole = path.to_string_lossy();
    let pattern = match whole.strip_suffix(written) {
        Some(base) => glob::Pattern::escape(base) + written,
        None => whole.into_owned(),
    };
    // As in a shell: macOS leaves hidden files beside others on disks that are not its own.
    let options = glob::MatchOptions { require_literal_leading_dot: true, ..Default::default() };
    let found = glob::glob_with(&pattern, options)?.filter_map(Result::ok);
    let mut files: Vec<_> = found.filter(|path| path.is_file()).collect();
    files.sort();
    Ok(files)
}
