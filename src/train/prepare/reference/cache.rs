//! Reference losses that were measured before, kept beside the tokens: a second run with the same reference
//! model, data and tuning takes them from there.

use crate::config::RunPlan;
use crate::disk;
use crate::train::artifacts::{self, StoredReference};
use crate::train::error::TrainError;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Name of the folder in the token cache.
const FOLDER: &str = "ceilings";

/// The kept losses, by their fingerprint.
pub(super) struct KeptLosses<'a> {
    cache_dir: &'a Path,
    /// Whether the config trusts those who can write to the cache.
    trusted: bool,
}

impl<'a> KeptLosses<'a> {
    pub fn of(plan: &'a RunPlan) -> Self {
        KeptLosses { cache_dir: &plan.data.cache_dir, trusted: plan.data.trust_cache }
    }

    /// What was kept under this fingerprint; and what is to be said where it cannot be used.
    pub fn find(&self, fingerprint: &str) -> (Option<StoredReference>, Option<String>) {
        let path = self.path(fingerprint);
        let owner = match fs::symlink_metadata(&path) {
            Ok(found) => found.uid(),
            Err(error) if error.kind() == ErrorKind::NotFound => return (None, None),
            Err(error) => return (None, Some(unusable(&path, error))),
        };
        if !self.trusted && owner != disk::own_uid() {
            let why = format!("it is user {owner}'s; data.trust_cache: true would trust it");
            return (None, Some(unusable(&path, why)));
        }
        match StoredReference::begun(&path, fingerprint) {
            Ok(Some((stored, notice))) => (Some(stored), notice),
            Ok(None) => (None, None),
            Err(error) => (None, Some(unusable(&path, error))),
        }
    }

    /// Keeps losses under their fingerprint. What is to be said where that fails: the run has them anyway.
    pub fn keep(&self, stored: &StoredReference) -> Option<String> {
        let path = self.path(&stored.fingerprint);
        let kept = self.write(&path, stored);
        kept.err().map(|error| format!("the mastery ceilings are not kept for other runs: {error}"))
    }

    fn write(&self, path: &Path, stored: &StoredReference) -> Result<(), TrainError> {
        let folder = disk::parent(path);
        let failed = |error| TrainError::io("write", path, error);
        disk::make_folder(folder).map_err(failed)?;
        artifacts::write(path, stored)?;
        if self.trusted {
            disk::share(folder, self.cache_dir).map_err(failed)?;
            disk::share(path, self.cache_dir).map_err(failed)?;
        }
        Ok(())
    }

    fn path(&self, fingerprint: &str) -> PathBuf {
        self.cache_dir.join(FOLDER).join(format!("{fingerprint}.ron"))
    }
}

fn unusable(path: &Path, why: impl std::fmt::Display) -> String {
    format!("the kept mastery ceilings {} are not used, and measured again: {why}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn stored() -> StoredReference {
        StoredReference { fingerprint: "f".into(), source: "a model".into(), ..Default::default() }
    }

    #[test]
    fn what_is_kept_is_found_by_its_fingerprint_and_is_the_owners() {
        let dir = tempfile::tempdir().unwrap();
        let kept = KeptLosses { cache_dir: dir.path(), trusted: false };
        assert_eq!(kept.find("f"), (None, None));
        assert_eq!(kept.keep(&stored()), None);
        assert_eq!(kept.find("f"), (Some(stored()), None));
        assert_eq!(kept.find("g"), (None, None));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&dir.path().join("ceilings")), 0o700);
        assert_eq!(mode(&kept.path("f")), 0o600);
    }

    #[test]
    fn a_damaged_file_is_said_and_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let kept = KeptLosses { cache_dir: dir.path(), trusted: false };
        kept.keep(&stored());
        let text = fs::read_to_string(kept.path("f")).unwrap();
        fs::write(kept.path("f"), text.replace("a model", "b model")).unwrap();
        let (found, notice) = kept.find("f");
        let notice = notice.unwrap();
        assert!(found.is_none() && notice.contains("checksum"), "{notice}");
        kept.keep(&stored());
        assert!(kept.find("f").0.is_some());
    }

    #[test]
    fn a_cache_that_cannot_be_written_is_no_error() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("ceilings"), "a file").unwrap();
        let kept = KeptLosses { cache_dir: dir.path(), trusted: false };
        assert!(kept.keep(&stored()).unwrap().contains("not kept for other runs"));
    }
}
