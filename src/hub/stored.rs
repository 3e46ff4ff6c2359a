//! What is known of a repository without the Hub: the listing that was stored when its files were
//! fetched, or else the files that lie in the cache.
//!
//! Without the listing a cache that a download left half-filled would pass for the whole. It lies beside
//! what huggingface_hub keeps of a repository, which leaves it alone.

use super::cache::{Cache, Cached};
use super::checksum::Checksum;
use super::error::FetchError;
use super::listing::{Listed, Listing};
use super::remote::{Commit, is_path};
use super::want::{Scope, Want};
use crate::disk;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

/// Folder of the listings in a repository's folder in the cache.
const FOLDER: &str = "versatune";
/// Folders within folders of a snapshot that are looked into.
const DEEPEST: usize = 32;

/// A file of a stored listing.
#[derive(Deserialize, Serialize)]
struct StoredFile {
    name: String,
    size: u64,
    /// Empty where the Hub named none.
    checksum: String,
}

/// Stores a listing.
///
/// # Errors
/// The cache cannot be written.
pub(super) fn store(cache: &Cache, scope: &Scope, listing: &Listing) -> Result<(), FetchError> {
    let path = path(cache, scope, &listing.commit);
    if read(&path).is_some_and(|stored| stored == listing.files) {
        return Ok(());
    }
    let files = listing.files.iter().map(|file| StoredFile {
        name: file.name.clone(),
        size: file.size,
        checksum: file.checksum.as_ref().map_or(String::new(), |sum| sum.digits().to_owned()),
    });
    let text = serde_json::to_string(&files.collect::<Vec<_>>())
        .map_err(|error| FetchError::Known(error.to_string()))?;
    cache.write(&path, text.as_bytes())
}

fn path(cache: &Cache, scope: &Scope, commit: &Commit) -> PathBuf {
    let key = disk::hex(Sha256::new_with_prefix(scope.key()));
    let name = format!("{}-{}.json", commit.digits(), &key[..16]);
    cache.repository().join(FOLDER).join(name)
}

/// A listing that was stored. Others may share the cache: it is checked as the Hub's is.
fn read(path: &Path) -> Option<Vec<Listed>> {
    let text = disk::read_text(path, disk::LARGEST_TEXT).ok()?;
    let files: Vec<StoredFile> = serde_json::from_str(&text).ok()?;
    let listed = files.into_iter().filter(|file| is_path(&file.name)).map(|file| {
        let checksum =
            Checksum::git_blob(&file.checksum).or_else(|| Checksum::sha256(&file.checksum));
        Listed { name: file.name, size: file.size, checksum }
    });
    Some(listed.collect())
}

/// Files of a commit that lie in the cache.
pub(super) struct Found {
    /// Names of all files in the scope that are known.
    pub names: Vec<String>,
    /// Whether those are all that the Hub has.
    pub is_listed: bool,
}

/// The files of a commit, if all that are wanted are there.
///
/// # Errors
/// Why the cache does not do.
pub(super) fn find(cache: &Cache, commit: &Commit, want: &dyn Want) -> Result<Found, String> {
    let folder = cache.snapshot(commit);
    if let Some(files) = read(&path(cache, &want.scope(), commit)) {
        let listing = Listing::new(commit.clone(), files);
        let wanted = listing.choose(want).map_err(|error| error.to_string())?;
        let is_there = |file| matches!(cache.look(commit, file), Ok(Cached::Whole));
        let there = wanted.iter().filter(|file| is_there(file)).count();
        if there < wanted.len() {
            return Err(format!("{there} of {} files are there whole", wanted.len()));
        }
        want.is_whole(&folder)?;
        return Ok(Found { names: owned(&listing.names()), is_listed: true });
    }
    let mut names = Vec::new();
    walk(&folder, "", DEEPEST, &mut names);
    names.sort();
    if names.is_empty() {
        return Err("no file of it is there".into());
    }
    want.choose(&names.iter().map(String::as_str).collect::<Vec<_>>())?;
    want.is_whole(&folder)?;
    Ok(Found { names, is_listed: false })
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// The files below a folder whose content is there. No link to a folder is followed.
fn walk(folder: &Path, prefix: &str, depth: usize, names: &mut Vec<String>) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        let Ok(name) = entry.file_name().into_string() else { continue };
        let (name, path) = (format!("{prefix}{name}"), entry.path());
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && depth > 0 {
            walk(&path, &format!("{name}/"), depth - 1, names);
        } else if path.is_file() && is_path(&name) {
            names.push(name);
        }
    }
}
