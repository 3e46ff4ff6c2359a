//! Files of `src/` as text, with or without comments and tests.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A scan that finds fewer files looks at the wrong folder.
pub const FILES_AT_LEAST: usize = 150;

/// A file of `src/`.
pub struct Source {
    /// Relative to `src/`.
    pub path: PathBuf,
    /// The folder under `src/`, or the file's own name: `train`, `lib`.
    pub module: String,
    pub text: String,
}

impl Source {
    pub fn all() -> Vec<Source> {
        let src = root().join("src");
        let mut files = Vec::new();
        walk(&src, &mut files);
        let sources: Vec<Source> = files
            .into_iter()
            .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
            .map(|path| {
                let text = fs::read_to_string(&path).unwrap();
                let path = path.strip_prefix(&src).unwrap().to_path_buf();
                let first = path.iter().next().unwrap().to_string_lossy();
                Source { module: first.trim_end_matches(".rs").into(), text, path }
            })
            .collect();
        assert!(sources.len() >= FILES_AT_LEAST, "only {} files in src", sources.len());
        sources
    }

    /// Numbered lines without comments.
    pub fn code(&self) -> Vec<(usize, &str)> {
        self.text.lines().enumerate().map(|(i, line)| (i + 1, without_comment(line))).collect()
    }

    /// The same without items under `#[cfg(test)]`.
    pub fn shipped(&self) -> Vec<(usize, &str)> {
        let code = self.code();
        let mut kept = Vec::new();
        let mut at = 0;
        while at < code.len() {
            if code[at].1.trim() == "#[cfg(test)]" {
                at = end_of_item(&code, at) + 1;
            } else {
                kept.push(code[at]);
                at += 1;
            }
        }
        kept
    }

    /// Names of the modules that this file declares for tests only.
    fn test_modules(&self) -> Vec<String> {
        let code = self.code();
        let mut names = Vec::new();
        for (i, (_, line)) in code.iter().enumerate() {
            if line.trim() != "#[cfg(test)]" {
                continue;
            }
            let mut items = code[i + 1..].iter().map(|(_, line)| line.trim());
            let item = items.find(|line| !line.starts_with("#[")).unwrap_or_default();
            if let Some((_, name)) = item.trim_end_matches(';').rsplit_once("mod ") {
                names.push(name.to_string());
            }
        }
        names
    }

    /// A finding in this file, as messages show it.
    pub fn at(&self, line: usize, what: &str) -> String {
        format!("src/{}:{line}: {}", self.path.display(), what.trim())
    }
}

/// The last line of the item whose attributes begin at `start`.
fn end_of_item(code: &[(usize, &str)], start: usize) -> usize {
    let mut at = start;
    while code[at].1.trim_start().starts_with("#[") {
        at += 1;
    }
    let first = code[at].1.trim_end();
    if first.ends_with(';') || first.ends_with('}') {
        return at;
    }
    let indent = &first[..first.len() - first.trim_start().len()];
    let end = format!("{indent}}}");
    while at + 1 < code.len() && code[at].1.trim_end() != end {
        at += 1;
    }
    at
}

fn without_comment(line: &str) -> &str {
    if line.trim_start().starts_with("//") { "" } else { line.split(" // ").next().unwrap_or("") }
}

/// Files that belong to tests only: under a module that is declared so, or named so.
pub fn is_for_tests(source: &Source, test_modules: &BTreeSet<PathBuf>) -> bool {
    let name = source.path.file_name().unwrap().to_string_lossy();
    let bare = source.path.with_extension("");
    name.ends_with("_tests.rs") || bare.ancestors().any(|path| test_modules.contains(path))
}

/// Paths, without `.rs`, of all modules that are declared for tests only.
pub fn test_modules(sources: &[Source]) -> BTreeSet<PathBuf> {
    let mut paths = BTreeSet::new();
    for source in sources {
        let stem = source.path.file_stem().unwrap().to_string_lossy();
        let folder = match &*stem {
            "mod" | "lib" | "main" => source.path.parent().unwrap().to_path_buf(),
            _ => source.path.with_extension(""),
        };
        paths.extend(source.test_modules().into_iter().map(|name| folder.join(name)));
    }
    paths
}

/// Whether `word` occurs in `line` as a whole word.
pub fn names(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        !line[..at].ends_with(is_part) && !line[at + word.len()..].starts_with(is_part)
    })
}

/// The checkout's folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Adds all files below a folder to `files`.
pub fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => walk(&entry.path(), files),
            kind if kind.is_file() => files.push(entry.path()),
            _ => {}
        }
    }
}
