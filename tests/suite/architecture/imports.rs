//! Which file imports which: paths that begin with `crate`, `super`, `self` or a child module, resolved
//! in the tree of modules.
//!
//! It works on text, not on types, which is enough to compare imports with a table and to find circles.

use super::source::Source;
use std::collections::{BTreeMap, BTreeSet};

/// Segments of a path, such as `crate::a::b`.
type Segments = Vec<String>;

/// The files of the crate by module path.
pub struct Tree<'a> {
    files: BTreeMap<Segments, &'a Source>,
    /// `(module, name)` → the path under which a `use` item of that module imports the name.
    reexports: BTreeMap<(Segments, String), Segments>,
}

impl<'a> Tree<'a> {
    /// The tree of these files.
    pub fn new(sources: impl Iterator<Item = &'a Source>) -> Self {
        let files: BTreeMap<Segments, &Source> = sources.map(|s| (module_path(s), s)).collect();
        let mut tree = Tree { files, reexports: BTreeMap::new() };
        let mut reexports = BTreeMap::new();
        for (module, source) in &tree.files {
            for path in uses(&source.text).into_iter().filter_map(|p| tree.absolute(module, &p)) {
                let Some(name) = path.last().cloned() else { continue };
                reexports.insert((module.clone(), name), path);
            }
        }
        tree.reexports = reexports;
        tree
    }

    /// Top-level modules that a file names.
    pub fn modules_named(&self, source: &Source) -> BTreeSet<String> {
        let own = module_path(source);
        let paths = paths(&code(source)).into_iter().filter_map(|p| self.absolute(&own, &p));
        paths.filter_map(|path| path.first().cloned()).collect()
    }

    /// Files that a file imports from, without its own parents and children: a module and the modules
    /// inside it count as one.
    fn imports(&self, module: &Segments) -> BTreeSet<Segments> {
        let text = code(self.files[module]);
        let paths = paths(&text).into_iter().filter_map(|path| self.absolute(module, &path));
        let files = paths.filter_map(|path| self.defining_file(&path, 0));
        files.filter(|file| !file.starts_with(module) && !module.starts_with(file)).collect()
    }

    /// Circles of files, each as the names of its files.
    pub fn circles(&self) -> Vec<String> {
        let edges: BTreeMap<&Segments, BTreeSet<Segments>> =
            self.files.keys().map(|module| (module, self.imports(module))).collect();
        let mut circles = BTreeSet::new();
        for start in self.files.keys() {
            if let Some(way) = shortest_way(&edges, start) {
                let mut names: Vec<String> = way.iter().map(|module| module.join("::")).collect();
                names.sort();
                circles.insert(names.join(" ↔ "));
            }
        }
        circles.into_iter().collect()
    }

    /// A path from the crate's root; `None` where it leads outside the crate.
    fn absolute(&self, module: &Segments, path: &[String]) -> Option<Segments> {
        let (first, rest) = path.split_first()?;
        let mut base = match first.as_str() {
            "crate" => Vec::new(),
            "self" => module.clone(),
            "super" => module[..module.len().checked_sub(1)?].to_vec(),
            name => {
                let mut child = module.clone();
                child.push(name.to_owned());
                if !self.files.contains_key(&child) {
                    return None;
                }
                child
            }
        };
        for segment in rest {
            if segment == "super" {
                base.pop()?;
            } else {
                base.push(segment.clone());
            }
        }
        Some(base)
    }

    /// The file that defines what a path names. Re-exports are followed, up to eight of them.
    fn defining_file(&self, path: &[String], depth: usize) -> Option<Segments> {
        let longest = (1..=path.len()).rev().find(|n| self.files.contains_key(&path[..*n]))?;
        let module = path[..longest].to_vec();
        let name = path.get(longest)?;
        match self.reexports.get(&(module.clone(), name.clone())) {
            Some(origin) if depth < 8 && origin != path => self.defining_file(origin, depth + 1),
            _ => Some(module),
        }
    }
}

/// The shortest way from a module back to itself.
fn shortest_way(
    edges: &BTreeMap<&Segments, BTreeSet<Segments>>,
    start: &Segments,
) -> Option<Vec<Segments>> {
    let mut ways = std::collections::VecDeque::from([vec![start.clone()]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        for next in edges.get(way.last()?).into_iter().flatten() {
            if next == start {
                return Some(way);
            }
            if seen.insert(next.clone()) {
                ways.push_back([way.clone(), vec![next.clone()]].concat());
            }
        }
    }
    None
}

fn module_path(source: &Source) -> Segments {
    let path = source.path.with_extension("");
    let mut segments: Segments = path.iter().map(|part| part.to_string_lossy().into()).collect();
    if segments.last().is_some_and(|last| last == "mod" || last == "lib") {
        segments.pop();
    }
    segments
}

/// The text of a file without comments and tests.
fn code(source: &Source) -> String {
    source.shipped().iter().map(|(_, line)| format!("{line}\n")).collect()
}

/// Paths that `use` items name, groups expanded.
fn uses(text: &str) -> Vec<Segments> {
    let mut found = Vec::new();
    let mut lines = text.lines().map(str::trim);
    while let Some(line) = lines.next() {
        let without_visibility = line.strip_prefix("pub").map_or(line, |rest| {
            rest.strip_prefix('(')
                .and_then(|rest| rest.split_once(')'))
                .map_or(rest, |(_, rest)| rest)
        });
        let Some(first) = without_visibility.trim_start().strip_prefix("use ") else { continue };
        let mut item = first.to_owned();
        while !item.contains(';') {
            let Some(next) = lines.next() else { break };
            item += next;
        }
        expand(Vec::new(), item.split(';').next().unwrap_or_default().trim(), &mut found);
    }
    found
}

/// Paths of `use` items and those in the code.
fn paths(text: &str) -> Vec<Segments> {
    let mut found = uses(text);
    for root in ["crate::", "super::", "self::"] {
        for (at, _) in text.match_indices(root) {
            let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
            if text[..at].ends_with(is_part) {
                continue;
            }
            let path: String = text[at..].chars().take_while(|c| is_part(*c)).collect();
            let segments = path.split("::").filter(|part| !part.is_empty());
            found.push(segments.map(str::to_owned).collect());
        }
    }
    found
}

/// Expands the groups of a `use`: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn expand(prefix: Segments, rest: &str, found: &mut Vec<Segments>) {
    let Some(open) = rest.find('{') else {
        let name = rest.split(" as ").next().unwrap_or(rest);
        let tail = name.split("::").map(str::trim).filter(|part| !part.is_empty());
        found.push(prefix.into_iter().chain(tail.map(str::to_owned)).collect());
        return;
    };
    let head = rest[..open].split("::").map(str::trim).filter(|part| !part.is_empty());
    let prefix: Segments = prefix.into_iter().chain(head.map(str::to_owned)).collect();
    let close = rest.rfind('}').unwrap_or(rest.len());
    let (mut depth, mut member) = (0, String::new());
    for c in rest[open + 1..close].chars().chain([',']) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if c == ',' && depth == 0 {
            if !member.trim().is_empty() {
                expand(prefix.clone(), member.trim(), found);
            }
            member.clear();
        } else {
            member.push(c);
        }
    }
}
