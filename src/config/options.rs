//! What loading depends on besides the file.

use std::path::PathBuf;

/// Whether the files that a config names have to exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Files {
    /// Each missing file is an error.
    MustExist,
    /// Files are not looked for: for configs whose data and models are not on this machine.
    MayBeMissing,
}

/// What loading depends on besides the file.
#[derive(Clone, Debug)]
pub struct LoadOptions {
    /// Whether the files that a config names have to exist.
    pub files: Files,
    /// The working directory: base of paths on the command line and of the default `runs_dir`.
    pub cwd: PathBuf,
    /// The home folder, for `~`.
    pub home: Option<PathBuf>,
    /// The user's cache folder.
    pub cache: PathBuf,
    /// Whether the text is the stored plan of a run. A resume may have shortened the run since, so
    /// nothing in it is compared with the length of the run.
    pub is_stored: bool,
}

impl LoadOptions {
    /// This process's working directory and environment (`HOME`, `XDG_CACHE_HOME`), with files
    /// that have to exist.
    ///
    /// # Errors
    /// The working directory is gone or may not be read.
    pub fn from_env() -> std::io::Result<Self> {
        let cwd = std::env::current_dir()?;
        let folder = |name| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
        let home = folder("HOME");
        let cache = folder("XDG_CACHE_HOME")
            .or_else(|| home.as_ref().map(|home| home.join(".cache")))
            .unwrap_or_else(|| cwd.join(".cache"));
        Ok(LoadOptions { files: Files::MustExist, cwd, home, cache, is_stored: false })
    }
}
