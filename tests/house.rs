//! The invariants of the house that can be read from its text.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Rooms that may name `tch`: the engine thread owns every tensor.
const TENSOR_ROOMS: [&str; 5] = ["torch", "model", "train", "bench", "detect"];
/// Front ends, and what they must not know.
const FRONT_ENDS: [&str; 5] = ["headless", "host", "report", "tui", "remote"];
const ENGINE: [&str; 6] = ["train", "detect", "model", "data", "torch", "app"];
/// What ends a process where an error should be, or where nobody reads any more.
const PANICS: [&str; 8] = [
    ".unwrap()",
    ".expect(\"",
    ".expect(&",
    ".unwrap_err()",
    "println!(",
    "panic!(",
    "todo!(",
    "unimplemented!(",
];
const LONGEST_FILE: usize = 500;
/// Fewer files than this, and the tests below look at the wrong place.
const FILES_AT_LEAST: usize = 150;

/// A file of `src/`.
struct Source {
    /// Relative to `src/`.
    path: PathBuf,
    /// The folder under `src/`, or the file's own name: `train`, `lib`.
    room: String,
    text: String,
}

impl Source {
    fn all() -> Vec<Source> {
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
                Source { room: first.trim_end_matches(".rs").into(), text, path }
            })
            .collect();
        assert!(sources.len() >= FILES_AT_LEAST, "only {} files in src", sources.len());
        sources
    }

    /// Numbered lines without comments.
    fn code(&self) -> Vec<(usize, &str)> {
        self.text.lines().enumerate().map(|(i, line)| (i + 1, without_comment(line))).collect()
    }

    /// The same without items under `#[cfg(test)]`.
    fn shipped(&self) -> Vec<(usize, &str)> {
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

    fn at(&self, line: usize, what: &str) -> String {
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
fn is_for_tests(source: &Source, test_modules: &BTreeSet<PathBuf>) -> bool {
    let name = source.path.file_name().unwrap().to_string_lossy();
    let bare = source.path.with_extension("");
    name.ends_with("_tests.rs") || bare.ancestors().any(|path| test_modules.contains(path))
}

/// Paths, without `.rs`, of all modules that are declared for tests only.
fn test_modules(sources: &[Source]) -> BTreeSet<PathBuf> {
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

/// Whether `word` stands in `line` by itself.
fn names(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        !line[..at].ends_with(is_part) && !line[at + word.len()..].starts_with(is_part)
    })
}

/// The rooms that a file imports or names: what follows `crate::`, braces opened.
fn rooms_named(source: &Source) -> BTreeSet<String> {
    let text: String = source.code().iter().map(|(_, line)| format!("{line}\n")).collect();
    let mut rooms = BTreeSet::new();
    for (at, marker) in text.match_indices("crate::") {
        let rest = &text[at + marker.len()..];
        match rest.strip_prefix('{') {
            Some(group) => rooms.extend(heads(group)),
            None => rooms.extend([first_word(rest)]),
        }
    }
    rooms
}

/// First words of the members of a brace group that was just opened.
fn heads(group: &str) -> Vec<String> {
    let (mut depth, mut member, mut members) = (1, String::new(), Vec::new());
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 || depth == 1 && c == ',' {
            members.push(first_word(member.trim_start()));
            member.clear();
        } else {
            member.push(c);
        }
        if depth == 0 {
            break;
        }
    }
    members
}

fn first_word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => walk(&entry.path(), files),
            kind if kind.is_file() => files.push(entry.path()),
            _ => {}
        }
    }
}

#[track_caller]
fn assert_none(faults: Vec<String>, rule: &str) {
    assert!(faults.is_empty(), "{rule}:\n{}", faults.join("\n"));
}

/// Lines of the files that `looked_at` picks, in which `is_fault` finds one.
fn faults(
    sources: &[Source],
    looked_at: impl Fn(&Source) -> bool,
    is_fault: impl Fn(&str) -> bool,
) -> Vec<String> {
    let mut faults = Vec::new();
    for source in sources.iter().filter(|source| looked_at(source)) {
        let lines = source.code().into_iter().filter(|(_, line)| is_fault(line));
        faults.extend(lines.map(|(number, line)| source.at(number, line)));
    }
    faults
}

#[test]
fn only_the_engine_names_tch() {
    let sources = Source::all();
    let own = |source: &Source| TENSOR_ROOMS.contains(&&*source.room);
    let rule = "tch outside torch, model, train, bench and detect";
    assert_none(faults(&sources, |s| !own(s), |line| names(line, "tch")), rule);
    assert!(!faults(&sources, own, |line| names(line, "tch")).is_empty(), "the scan is blind");
}

#[test]
fn unsafe_stands_in_torch_only() {
    let sources = Source::all();
    let torch = |source: &Source| source.room == "torch";
    assert_none(faults(&sources, |s| !torch(s), |l| names(l, "unsafe")), "unsafe outside torch");
    assert!(!faults(&sources, torch, |l| names(l, "unsafe")).is_empty(), "the scan is blind");
}

#[test]
fn only_the_tui_names_ratatui_and_crossterm() {
    let sources = Source::all();
    let screen = |line: &str| names(line, "ratatui") || names(line, "crossterm");
    assert_none(faults(&sources, |s| s.room != "tui", screen), "a screen outside tui");
}

#[test]
fn front_ends_know_nothing_of_the_engine() {
    let sources = Source::all();
    let mut faults = Vec::new();
    let mut seen = BTreeSet::new();
    for source in sources.iter().filter(|source| FRONT_ENDS.contains(&&*source.room)) {
        let named = rooms_named(source);
        let engine = named.iter().filter(|room| ENGINE.contains(&room.as_str()));
        faults.extend(engine.map(|room| source.at(1, &format!("names crate::{room}"))));
        seen.extend(named);
    }
    assert_none(faults, "a front end knows the engine");
    assert!(seen.contains("telemetry"), "the scan is blind: {seen:?}");
}

#[test]
fn what_is_shipped_does_not_panic_by_intent() {
    let sources = Source::all();
    let test_modules = test_modules(&sources);
    let (mut faults, mut in_tests) = (Vec::new(), 0);
    let panics = |line: &str| PANICS.iter().any(|word| line.contains(word));
    for source in &sources {
        in_tests += source.code().iter().filter(|(_, line)| panics(line)).count();
        if !is_for_tests(source, &test_modules) {
            let lines = source.shipped().into_iter().filter(|(_, line)| panics(line));
            faults.extend(lines.map(|(number, line)| source.at(number, line)));
        }
    }
    assert_none(faults, "a panic outside tests");
    assert!(in_tests > 100, "the scan is blind: it saw {in_tests} in tests");
}

#[test]
fn no_file_is_too_long_to_read() {
    let mut files = Vec::new();
    for folder in ["src", "tests"] {
        walk(&root().join(folder), &mut files);
    }
    files.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    assert!(files.len() > FILES_AT_LEAST);
    let mut faults = Vec::new();
    for path in files {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        if lines > LONGEST_FILE {
            faults.push(format!("{}: {lines}", path.strip_prefix(root()).unwrap().display()));
        }
    }
    assert_none(faults, "more than 500 lines");
}

#[test]
fn nothing_refers_to_what_is_not_in_the_checkout() {
    let outside = concat!("..", "/shared").as_bytes();
    let mut files = Vec::new();
    for entry in fs::read_dir(root()).unwrap() {
        let path = entry.unwrap().path();
        match path.file_name().unwrap().to_str().unwrap() {
            // Not of the project: what git keeps, what was built, what was trained.
            ".git" | "target" | "runs" => {}
            _ if path.is_dir() => walk(&path, &mut files),
            _ => files.push(path),
        }
    }
    assert!(files.len() > FILES_AT_LEAST, "only {} files", files.len());
    let refers = |path: &PathBuf| {
        let content = fs::read(path).unwrap();
        content.windows(outside.len()).any(|part| part == outside)
    };
    let faults = files.iter().filter(|path| refers(path));
    assert_none(faults.map(|path| path.display().to_string()).collect(), "refers to the outside");
}

#[test]
fn the_environment_changes_only_before_threads_start() {
    let sources = Source::all();
    let changes = |line: &str| line.contains("set_var(") || line.contains("remove_var(");
    let only_place = |source: &Source| source.path == Path::new("torch/environment.rs");
    assert_none(faults(&sources, |s| !only_place(s), changes), "the environment is changed");
    assert_eq!(faults(&sources, only_place, changes).len(), 1, "the scan is blind");

    let mut shim = Vec::new();
    walk(&root().join("src/torch/shim"), &mut shim);
    assert!(shim.len() > 10, "only {} files in the shim", shim.len());
    let changes = |path: &&PathBuf| fs::read_to_string(path).unwrap().contains("setenv(");
    let found = shim.iter().filter(changes).map(|path| path.display().to_string());
    assert_none(found.collect(), "the shim changes the environment");

    let calls = faults(&sources, |_| true, |line| line.contains("set_environment()"));
    assert_eq!(calls.len(), 2, "its definition and one call: {calls:?}");
    let cli = fs::read_to_string(root().join("src/cli/mod.rs")).unwrap();
    let begins = "pub fn main() -> u8 {\n    torch::set_environment();\n";
    assert!(cli.contains(begins), "cli::main does not begin with torch::set_environment");
}
