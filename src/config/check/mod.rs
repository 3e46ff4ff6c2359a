//! The file as written → a [`RunPlan`]: defaults filled in, ranges and references checked, paths
//! resolved. Every fault is noted and the checking goes on, with a stand-in for what is wrong.

mod data;
mod detection;
mod mixing;
mod model;
mod paths;
mod reference;
mod run;
mod training;

use super::decode::excerpt;
use super::fault::Fault;
use super::field_path::FieldPath;
use super::given::Given;
use super::load::LoadOptions;
use super::locate::Node;
use super::plan::RunPlan;
use super::source::{Origin, Source};
use super::written::Run;
use crate::unit::allowed::Allowed;
use std::fmt::Display;

/// What the checks share: the text that faults point into, and the faults so far.
pub(super) struct Checker<'a> {
    source: &'a Source,
    tree: &'a Node,
    options: &'a LoadOptions,
    broken: &'a [FieldPath],
    faults: Vec<(usize, Fault)>,
}

/// Checks a config that could be read. `broken` fields, whose faults are known, count as correct.
///
/// # Errors
/// The faults, each with the byte of the text where it stands.
pub(super) fn check(
    run: Run,
    source: &Source,
    tree: &Node,
    broken: &[FieldPath],
    options: &LoadOptions,
) -> Result<RunPlan, Vec<(usize, Fault)>> {
    let mut checker = Checker { source, tree, options, broken, faults: Vec::new() };
    let plan = checker.run(run);
    match plan {
        Some(plan) if checker.faults.is_empty() => Ok(plan),
        _ => Err(checker.faults),
    }
}

impl Checker<'_> {
    /// Notes a fault in the field `path`, showing what the text has there.
    fn fault(&mut self, path: &str, allowed: impl Display, fix: impl Display) {
        let found = self.written(path).unwrap_or_else(|| "nothing".into());
        self.fault_found(path, found, allowed, fix);
    }

    /// Notes a fault in the field `path`, unless a fault in it is known already.
    fn fault_found(
        &mut self,
        path: &str,
        found: impl Display,
        allowed: impl Display,
        fix: impl Display,
    ) {
        let keys = FieldPath::parse(path).unwrap_or_default();
        let known = |broken: &FieldPath| keys.starts_with(broken) || broken.starts_with(&keys);
        if self.broken.iter().any(known) {
            return;
        }
        let start = self.tree.nearest(self.source.text(), &keys).0.span.start;
        let fault = Fault {
            path: path.to_owned(),
            place: self.source.place(start),
            found: found.to_string(),
            allowed: allowed.to_string(),
            fix: fix.to_string(),
        };
        self.faults.push((start, fault));
    }

    /// The value of a field as the text has it, on one line.
    fn written(&self, path: &str) -> Option<String> {
        let keys = FieldPath::parse(path)?;
        let node = self.tree.find(self.source.text(), &keys)?;
        Some(excerpt(&self.source.written(node.span.clone())))
    }

    /// Whether a value was typed on the command line.
    fn is_override(&self, path: &str) -> bool {
        let keys = FieldPath::parse(path).unwrap_or_default();
        let node = self.tree.nearest(self.source.text(), &keys).0;
        matches!(self.source.origin(node.span.start), Origin::Override(_))
    }

    /// The value of a field or its default, which must lie in a range.
    fn ranged<T>(&mut self, path: &str, given: Given<T>, default: T, range: &Allowed<T>) -> T {
        let value = given.or(default);
        if !(range.holds)(&value) {
            self.fault(path, range.text, "");
        }
        value
    }

    /// Like [`Checker::ranged`] for a value that may also be `None`.
    fn optional<T>(
        &mut self,
        path: &str,
        given: Given<Option<T>>,
        default: Option<T>,
        range: &Allowed<T>,
    ) -> Option<T> {
        let value = given.or(default);
        if value.as_ref().is_some_and(|value| !(range.holds)(value)) {
            self.fault(path, format!("{}, or None", range.text), "");
        }
        value
    }
}
