//! The table of modules in `src/lib.rs`: its order, and what each module may import.

use super::source::root;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// Names of modules.
pub type Modules = BTreeSet<String>;

/// Files of `src/` that need no line: the crate's own, and the macros that print.
const WITHOUT_LINE: [&str; 3] = ["lib", "main", "say"];

/// The table, lowest module first.
pub struct ModuleTable {
    lines: Vec<ModuleLine>,
}

struct ModuleLine {
    name: String,
    /// `None` where the line has "all": every module above it.
    allowed: Option<Modules>,
}

impl ModuleTable {
    /// Reads the lines below the header that begins with `| module |`.
    pub fn read() -> Self {
        let page = fs::read_to_string(root().join("src/lib.rs")).unwrap();
        let table = page.lines().skip_while(|line| !line.starts_with("//! | module |"));
        let lines = table.skip(2).take_while(|line| line.starts_with("//! |"));
        let lines: Vec<ModuleLine> = lines.map(ModuleLine::parse).collect();
        assert!(lines.len() > 10, "no table in src/lib.rs");
        ModuleTable { lines }
    }

    pub fn has(&self, module: &str) -> bool {
        self.lines.iter().any(|line| line.name == module)
    }

    /// How the imports of each module differ from the table.
    pub fn differences(&self, imports: &BTreeMap<String, Modules>) -> Vec<String> {
        let mut differences = Vec::new();
        for (index, line) in self.lines.iter().enumerate() {
            match imports.get(&line.name) {
                Some(imports) => differences.extend(self.differences_of(index, imports)),
                None => differences.push(format!("{} has a line and no file", line.name)),
            }
        }
        let unlisted = imports.keys().filter(|module| !self.has(module));
        let unlisted = unlisted.filter(|module| !WITHOUT_LINE.contains(&module.as_str()));
        differences.extend(unlisted.map(|module| format!("{module} has no line")));
        differences
    }

    fn differences_of(&self, index: usize, imports: &Modules) -> Vec<String> {
        let ModuleLine { name, allowed } = &self.lines[index];
        let below: Modules = self.lines[..index].iter().map(|line| line.name.clone()).collect();
        let mut differences = Vec::new();
        if let Some(allowed) = allowed {
            let more = imports.difference(allowed);
            differences.extend(more.map(|it| format!("{name} imports {it}, not in its line")));
            let unused = allowed.difference(imports);
            differences.extend(unused.map(|it| format!("{name} does not import {it} of its line")));
        }
        let upwards = imports.difference(&below);
        differences.extend(upwards.map(|it| format!("{name} imports {it}, which comes after it")));
        differences
    }
}

impl ModuleLine {
    fn parse(line: &str) -> Self {
        let cells: Vec<&str> = line.trim_start_matches("//! |").split('|').collect();
        let quoted = |cell: &str| -> Vec<String> {
            cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
        };
        let allowed = match cells[2].trim() {
            "all" => None,
            _ => Some(quoted(cells[2]).into_iter().collect()),
        };
        ModuleLine { name: quoted(cells[0])[0].clone(), allowed }
    }
}
