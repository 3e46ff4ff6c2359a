//! Claims of the architecture page (`src/lib.rs`) that can be checked in the text of the sources.
//!
//! Each test scans lines for what must not be there. Where it can, it also checks that the scan finds
//! what must be there: a scan that sees nothing would always pass.

mod imports;
mod source;
mod table;

use imports::Tree;
use source::{FILES_AT_LEAST, Source, is_for_tests, names, root, test_modules, walk};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use table::{ModuleTable, Modules};

/// Modules that may name `tch`: the engine thread owns every tensor.
const TENSOR_MODULES: [&str; 5] = ["torch", "model", "train", "bench", "detect"];
/// Modules that only show or report a run.
const FRONT_ENDS: [&str; 7] = ["compare", "export", "headless", "host", "plain", "report", "tui"];
/// Modules that no front end may name.
const ENGINE: [&str; 6] = ["train", "detect", "model", "data", "torch", "app"];
/// Calls that panic, `println!` among them: it does when stdout is closed.
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

#[track_caller]
fn assert_none(findings: Vec<String>, rule: &str) {
    assert!(findings.is_empty(), "{rule}:\n{}", findings.join("\n"));
}

/// Lines for which `is_wrong` is true, in the files for which `is_scanned` is.
fn findings(
    sources: &[Source],
    is_scanned: impl Fn(&Source) -> bool,
    is_wrong: impl Fn(&str) -> bool,
) -> Vec<String> {
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| is_scanned(source)) {
        let lines = source.code().into_iter().filter(|(_, line)| is_wrong(line));
        findings.extend(lines.map(|(number, line)| source.at(number, line)));
    }
    findings
}

#[test]
fn only_the_engine_names_tch() {
    let sources = Source::all();
    let own = |source: &Source| TENSOR_MODULES.contains(&&*source.module);
    let rule = "tch outside torch, model, train, bench and detect";
    assert_none(findings(&sources, |s| !own(s), |line| names(line, "tch")), rule);
    assert!(!findings(&sources, own, |line| names(line, "tch")).is_empty(), "the scan is blind");
}

#[test]
fn only_torch_has_unsafe_code() {
    let sources = Source::all();
    let torch = |source: &Source| source.module == "torch";
    assert_none(findings(&sources, |s| !torch(s), |l| names(l, "unsafe")), "unsafe outside torch");
    assert!(!findings(&sources, torch, |l| names(l, "unsafe")).is_empty(), "the scan is blind");
}

#[test]
fn only_the_tui_names_ratatui_and_crossterm() {
    let sources = Source::all();
    let screen = |line: &str| names(line, "ratatui") || names(line, "crossterm");
    assert_none(findings(&sources, |s| s.module != "tui", screen), "a screen outside tui");
}

#[test]
fn front_ends_do_not_name_the_engine() {
    let sources = shipped_sources();
    let tree = Tree::new(sources.iter());
    let mut findings = Vec::new();
    let mut seen = BTreeSet::new();
    for source in sources.iter().filter(|source| FRONT_ENDS.contains(&&*source.module)) {
        let named = tree.modules_named(source);
        let engine = named.iter().filter(|module| ENGINE.contains(&module.as_str()));
        findings.extend(engine.map(|module| source.at(1, &format!("names crate::{module}"))));
        seen.extend(named);
    }
    assert_none(findings, "a front end names the engine");
    assert!(seen.contains("telemetry"), "the scan is blind: {seen:?}");
}

#[test]
fn each_module_imports_what_its_line_in_the_table_lists() {
    let sources = shipped_sources();
    let tree = Tree::new(sources.iter());
    let table = ModuleTable::read();
    let mut imports: BTreeMap<String, Modules> = BTreeMap::new();
    for source in &sources {
        let named = tree.modules_named(source).into_iter();
        let others = named.filter(|name| *name != source.module && table.has(name));
        imports.entry(source.module.clone()).or_default().extend(others);
    }
    assert_none(table.differences(&imports), "imports that differ from the table in src/lib.rs");
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let sources = shipped_sources();
    assert_none(Tree::new(sources.iter()).circles(), "circles of files");
}

/// The files of the program itself, without those for tests.
fn shipped_sources() -> Vec<Source> {
    let sources = Source::all();
    let test_modules = test_modules(&sources);
    sources.into_iter().filter(|source| !is_for_tests(source, &test_modules)).collect()
}

#[test]
fn shipped_code_has_no_deliberate_panic() {
    let sources = Source::all();
    let test_modules = test_modules(&sources);
    let (mut findings, mut in_tests) = (Vec::new(), 0);
    let panics = |line: &str| PANICS.iter().any(|word| line.contains(word));
    for source in &sources {
        in_tests += source.code().iter().filter(|(_, line)| panics(line)).count();
        if !is_for_tests(source, &test_modules) {
            let lines = source.shipped().into_iter().filter(|(_, line)| panics(line));
            findings.extend(lines.map(|(number, line)| source.at(number, line)));
        }
    }
    assert_none(findings, "a panic outside tests");
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
    let mut findings = Vec::new();
    for path in files {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        if lines > LONGEST_FILE {
            findings.push(format!("{}: {lines}", path.strip_prefix(root()).unwrap().display()));
        }
    }
    assert_none(findings, "more than 500 lines");
}

#[test]
fn nothing_refers_to_what_is_not_in_the_checkout() {
    let outside = concat!("..", "/shared").as_bytes();
    let mut files = Vec::new();
    for entry in fs::read_dir(root()).unwrap() {
        let path = entry.unwrap().path();
        match path.file_name().unwrap().to_str().unwrap() {
            // Not part of the project: git's own files, builds, runs.
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
    let findings = files.iter().filter(|path| refers(path));
    assert_none(findings.map(|path| path.display().to_string()).collect(), "refers to the outside");
}

#[test]
fn the_environment_changes_only_before_threads_start() {
    let sources = Source::all();
    let changes = |line: &str| line.contains("set_var(") || line.contains("remove_var(");
    let is_allowed = |source: &Source| source.path == Path::new("torch/environment.rs");
    assert_none(findings(&sources, |s| !is_allowed(s), changes), "the environment is changed");
    assert_eq!(findings(&sources, is_allowed, changes).len(), 1, "the scan is blind");

    let mut shim = Vec::new();
    walk(&root().join("src/torch/shim"), &mut shim);
    assert!(shim.len() > 10, "only {} files in the shim", shim.len());
    let changes = |path: &&PathBuf| fs::read_to_string(path).unwrap().contains("setenv(");
    let found = shim.iter().filter(changes).map(|path| path.display().to_string());
    assert_none(found.collect(), "the shim changes the environment");

    let calls = findings(&sources, |_| true, |line| line.contains("set_environment()"));
    assert_eq!(calls.len(), 2, "its definition and one call: {calls:?}");
    let cli = fs::read_to_string(root().join("src/cli/mod.rs")).unwrap();
    let begins = "pub fn main() -> u8 {\n    torch::set_environment();\n";
    assert!(cli.contains(begins), "cli::main does not begin with torch::set_environment");
}
