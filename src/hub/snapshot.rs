use std::path::PathBuf;

/// Files of a repository that lie in the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The folder that holds them, each under its path in the repository.
    pub folder: PathBuf,
    /// The commit that they are of: 40 hexadecimal digits.
    pub commit: String,
    /// Paths of all files in the scope, sorted, those that are not wanted among them.
    pub names: Vec<String>,
    /// How these are known.
    pub source: Source,
}

/// How it is known which files a repository has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The Hub was asked.
    Hub,
    /// The Hub was asked when the files were fetched; nothing can have changed in the commit since.
    Listing,
    /// The files that another program left in the cache: there may be more on the Hub.
    CacheAlone,
}
