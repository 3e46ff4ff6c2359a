//! What a user has to lose.

use super::*;
use std::fs;
use tempfile::TempDir;

/// A cache, and beside it a file that no download may touch.
pub struct User {
    folder: TempDir,
}

impl User {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("cache")).unwrap();
        fs::write(folder.path().join("precious"), "the user's").unwrap();
        User { folder }
    }

    pub fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    /// The cache's part for the model.
    pub fn model(&self) -> PathBuf {
        self.cache().join("models--owner--tiny")
    }

    /// The cache's locks of the model.
    pub fn locks(&self) -> PathBuf {
        self.cache().join(".locks/models--owner--tiny")
    }

    /// The file that no download may touch.
    pub fn precious(&self) -> PathBuf {
        self.folder.path().join("precious")
    }

    /// Fetches the model, and checks that nothing outside the cache has changed.
    pub fn fetch(&self, hub: &Hub) -> Result<PathBuf, HubError> {
        let answer = run(&fetch(), hub, &self.cache()).0;
        self.assert_unharmed();
        answer
    }

    pub fn error(&self, hub: &Hub) -> String {
        self.fetch(hub).unwrap_err().to_string()
    }

    #[track_caller]
    pub fn assert_unharmed(&self) {
        assert_eq!(fs::read_to_string(self.precious()).unwrap(), "the user's");
        let mut names: Vec<_> = fs::read_dir(self.folder.path()).unwrap().collect();
        assert_eq!(names.len(), 2, "{names:?}");
        names = fs::read_dir(self.cache()).unwrap().collect();
        for name in names {
            let name = name.unwrap().file_name().into_string().unwrap();
            assert!(["models--owner--tiny", ".locks"].contains(&name.as_str()), "{name}");
        }
    }
}
