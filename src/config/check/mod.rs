//! The file as written → a [`RunPlan`]: defaults filled in, ranges and references checked, paths
//! resolved. After an error the checks go on with a substitute for the wrong value.

mod alerts;
mod checker;
mod data;
mod data_files;
mod detection;
mod mixing;
mod model;
mod paths;
mod reference;
mod run;
mod schedule;
mod shadow;
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

/// Checks a config that could be read. The fields `broken` have an error already and get no second one.
///
/// # Errors
/// All errors, each with its byte in the text.
pub(super) fn check(
    run: Run,
    source: &Source,
    tree: &Node,
    broken: &[FieldPath],
    options: &LoadOptions,
) -> Result<RunPlan, Vec<(usize, ConfigError)>> {
    let (domains, machine_is_read, errors) = (1, true, Vec::new());
    let mut checker = Checker { source, tree, options, broken, domains, machine_is_read, errors };
    let plan = checker.run(run);
    match plan {
        Some(plan) if checker.errors.is_empty() => Ok(plan),
        _ => Err(checker.errors),
    }
}
