//! The file as written → a [`RunPlan`]: defaults filled in, ranges and references checked, paths
//! resolved. Every fault is noted and the checking goes on, with a stand-in for what is wrong.

mod checker;
mod data;
mod detection;
mod mixing;
mod model;
mod paths;
mod reference;
mod run;
mod surroundings;
mod training;

use super::fault::Fault;
use super::field_path::FieldPath;
use super::locate::Node;
use super::options::LoadOptions;
use super::plan::RunPlan;
use super::source::Source;
use super::written::Run;
use checker::Checker;

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
    let mut checker = Checker { source, tree, options, broken, domains: 1, faults: Vec::new() };
    let plan = checker.run(run);
    match plan {
        Some(plan) if checker.faults.is_empty() => Ok(plan),
        _ => Err(checker.faults),
    }
}
