//! Temporary files and folders, under one kind of name: a later process finds those of a killed one
//! and takes no file of a user's for one of them.

use super::parent;
use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::{Builder, NamedTempFile, TempDir};

/// Begins the name of every temporary.
const PREFIX: &str = ".versatune-tmp-";

/// What a [`sweep`] removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Files and folders.
    pub entries: usize,
    /// Their content.
    pub bytes: u64,
}

/// A new file beside `path`, removed when it is dropped. It is locked for as long as it is open, which
/// tells a sweep that its process lives.
pub(super) fn file_beside(path: &Path, mode: u32) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    builder.prefix(PREFIX).permissions(Permissions::from_mode(mode));
    let file = builder.tempfile_in(parent(path))?;
    // Where there are no locks a sweep removes no file.
    let _ = file.as_file().try_lock();
    Ok(file)
}

/// A new folder in `folder`, removed when it is dropped, with the permissions of any new folder. What is
/// made in a run's folder is made under the run's lock.
///
/// # Errors
/// The system's.
pub fn temporary_folder(folder: &Path) -> io::Result<TempDir> {
    let less_the_umask = Permissions::from_mode(0o777);
    Builder::new().prefix(PREFIX).permissions(less_the_umask).tempdir_in(folder)
}

/// Removes the temporaries of dead processes in a folder, not in those below it. To be called by
/// whoever alone may make temporary folders there. A folder that is not there holds none.
///
/// # Errors
/// The system's.
pub fn sweep(folder: &Path) -> io::Result<Swept> {
    let mut swept = Swept::default();
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(swept),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if !entry.file_name().as_encoded_bytes().starts_with(PREFIX.as_bytes()) {
            continue;
        }
        let bytes = bytes_of(&path)?;
        if kind.is_dir() {
            fs::remove_dir_all(&path)?;
        } else if kind.is_file() && File::open(&path)?.try_lock().is_ok() {
            fs::remove_file(&path)?;
        } else {
            continue;
        }
        swept.entries += 1;
        swept.bytes += bytes;
    }
    Ok(swept)
}

/// All files at or below a path; links count as themselves.
fn bytes_of(path: &Path) -> io::Result<u64> {
    let found = fs::symlink_metadata(path)?;
    if !found.is_dir() {
        return Ok(found.len());
    }
    fs::read_dir(path)?.map(|entry| bytes_of(&entry?.path())).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a kill leaves: a drop would have removed it.
    #[test]
    fn what_dead_processes_left_is_swept_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::write(at(".tmpAbC123"), "of the user").unwrap();
        fs::write(at("model.safetensors"), "of the run").unwrap();
        let dead = file_beside(&at("run.ron"), 0o600).unwrap();
        fs::write(dead.path(), "half a pl").unwrap();
        drop(dead.keep().unwrap());
        let folder = temporary_folder(dir.path()).unwrap().keep();
        fs::create_dir(folder.join("below")).unwrap();
        fs::write(folder.join("below/weights"), [0; 1000]).unwrap();
        let alive = file_beside(&at("plot.svg"), 0o600).unwrap();

        assert_eq!(sweep(dir.path()).unwrap(), Swept { entries: 2, bytes: 1009 });
        assert!(alive.path().exists() && at(".tmpAbC123").exists());
        assert_eq!(sweep(dir.path()).unwrap(), Swept::default());
        assert_eq!(sweep(&at("no/folder")).unwrap(), Swept::default());
    }
}
