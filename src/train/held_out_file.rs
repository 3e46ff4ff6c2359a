//! Held-out losses row by row, as files in the run's folder: see [`MeasuredRows`]. Runs that measured the same
//! rows can be compared row by row with them, which takes a fraction of the rows that a comparison of means would.

use super::error::TrainError;
use super::folder::{HELD_OUT, make_in_run, write_atomic};
use crate::mixing::RowLosses;
use crate::telemetry::{DomainRows, Measured, MeasuredRows};
use crate::unit::Step;
use std::path::{Path, PathBuf};

/// The files in a run's folder that hold measurements of later steps.
pub fn of_steps_after(run: &Path, step: Step) -> Vec<PathBuf> {
    files(run, |of| of > step)
}

/// The files in a run's folder that hold measurements of this step or earlier ones.
pub fn of_steps_until(run: &Path, step: Step) -> Vec<PathBuf> {
    files(run, |of| of <= step)
}

fn files(run: &Path, is_wanted: impl Fn(Step) -> bool) -> Vec<PathBuf> {
    let wanted = Measured::ALL.into_iter().filter(|which| which.step(run).is_some_and(&is_wanted));
    wanted.map(|which| which.path(run)).collect()
}

/// The rows that are measured, with one entry per domain.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HeldOutRows {
    /// Names of the domains.
    pub domains: Vec<String>,
    /// Identities of the rows of each domain: a hash of what a row says, the same in every run.
    pub identities: Vec<Vec<u64>>,
}

impl HeldOutRows {
    /// Writes a measurement of these rows.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(
        &self,
        run: &Path,
        which: Measured,
        step: Step,
        losses: &[RowLosses],
    ) -> Result<(), TrainError> {
        make_in_run(&run.join(HELD_OUT))?;
        let path = which.path(run);
        let text = self.measured(step, losses).to_lines();
        let text = text.map_err(|error| TrainError::stored(&path, error.to_string()))?;
        write_atomic(&path, text.as_bytes())
    }

    fn measured(&self, step: Step, losses: &[RowLosses]) -> MeasuredRows {
        let domains = self.domains.iter().zip(&self.identities).zip(losses);
        let domains = domains.map(|((domain, identities), losses)| DomainRows {
            domain: domain.clone(),
            identities: identities.clone(),
            losses: losses.clone(),
        });
        MeasuredRows { step, domains: domains.collect() }
    }
}
