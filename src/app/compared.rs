//! Runs read to be compared.

use crate::compare::{ComparedRun, Comparison};
use crate::report;
use crate::telemetry::{Measured, MeasuredRows};
use anyhow::Result;
use std::path::PathBuf;

/// Reads the records of these runs, and their newest held-out losses row by row, and compares them with the one of
/// this index. Also what was wrong with the records, in sentences.
///
/// # Errors
/// A folder is not that of a run, or its record cannot be used.
pub fn compared(folders: &[PathBuf], baseline: usize) -> Result<(Comparison, Vec<String>)> {
    let (mut runs, mut damage) = (Vec::new(), Vec::new());
    for folder in folders {
        // The rows first: of a run that goes on the record is then no older than they are.
        let rows = MeasuredRows::read(folder, Measured::Last).map_err(|error| error.to_string());
        let report = report::load(folder)?;
        damage.extend(report.damage.iter().map(|text| format!("{}: {text}", folder.display())));
        runs.push(ComparedRun::new(folder.clone(), report.state, report.goes_on, rows));
    }
    Ok((Comparison::of(runs, baseline), damage))
}
