//! The file as written → a [`RunPlan`]: defaults filled in, ranges and references checked, paths
//! resolved. Every error is noted and the checking goes on, with a stand-in for what is wrong.

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

use super::error::ConfigError;
use super::field_path::FieldPath;
use super::locate::Node;
use super::options::LoadOptions;
use super::plan::RunPlan;
use super::source::Source;
use super::written::Run;
use checker::Checker;

/// Checks a config that could be read. `broken` fields, whose errors are known, count as correct.
///
/// # Errors
/// The errors, each with the byte of the text where it stands.
pub(super) fn check(
    run: Run,
    source: &Source,
    tree: &Node,
    broken: &[FieldPath],
    options: &LoadOptions,
) -> Result<RunPlan, Vec<(usize, ConfigError)>> {
    let mut checker = Checker { source, tree, options, broken, domains: 1, errors: Vec::new() };
    let plan = checker.run(run);
    match plan {
        Some(plan) if checker.errors.is_empty() => Ok(plan),
        _ => Err(checker.errors),
    }
}
