//! Whether anything outside the sandboxes was touched.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder beside the sandboxes with files that nobody has a reason to touch, and which is the home
/// folder of every process that is started.
pub struct Watch {
    home: TempDir,
    before: BTreeMap<PathBuf, Vec<u8>>,
}

impl Watch {
    /// Writes the files, and makes their folder the home folder.
    pub fn begin() -> Self {
        let home = tempfile::tempdir().expect("a temporary folder");
        for name in [".bashrc", ".ssh/authorized_keys", "notes.txt"] {
            let path = home.path().join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, format!("{name}: nobody touches this\n")).expect("a file");
        }
        // SAFETY: no other thread was started.
        unsafe { std::env::set_var("HOME", home.path()) };
        let before = contents(home.path());
        Watch { home, before }
    }

    /// The error says which file is new, gone or changed.
    pub fn check(&self) -> Result<(), String> {
        let now = contents(self.home.path());
        let changed = now.iter().find(|(path, content)| self.before.get(*path) != Some(content));
        let gone = self.before.keys().find(|path| !now.contains_key(*path));
        match changed.map(|(path, _)| path).or(gone) {
            Some(path) => Err(format!("{} was touched", path.display())),
            None => Ok(()),
        }
    }
}

/// Every file under a folder with what is in it.
pub fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                _ => drop(files.insert(entry.path(), fs::read(entry.path()).unwrap_or_default())),
            }
        }
    }
    files
}
