//! The measurements that come before training, by themselves: their answers are kept for later runs.

use super::run_control::Desk;
use super::error::{Break, TrainError};
use super::folder::{RunFolder, write_atomic};
use super::prepare;
use super::run::{Ending, Setup, answered, names, say_end, started, words};
use crate::config::RunPlan;
use crate::unit::Step;
use std::path::Path;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measurement {
    /// w(0), Algorithm 1.
    Detection,
    /// The mastery ceilings.
    ReferenceLosses,
}

impl Measurement {
    /// The file of a run that holds the answer.
    pub fn file(self) -> &'static str {
        match self {
            Measurement::Detection => "detection.ron",
            Measurement::ReferenceLosses => "reference.ron",
        }
    }

    /// What stands behind a run's name in the name of the measurement's folder.
    pub fn suffix(self) -> &'static str {
        match self {
            Measurement::Detection => "detection",
            Measurement::ReferenceLosses => "reference",
        }
    }
}

/// Measures in a run folder of its own, where an interrupted measurement goes on; the answer is
/// copied to `out`.
///
/// # Errors
/// The measurement fails, or `out` cannot be written.
pub fn measure(setup: Setup, what: Measurement, out: &Path) -> Result<Ending, TrainError> {
    let Setup { plan, folder, hub, requests, history, config: _, attended: _ } = setup;
    let domains = names(&plan);
    let mut desk = Desk::new(hub, plan.live(), domains, requests, answered(history.as_deref()));
    let ended = measured(&plan, what, &folder, out, &mut desk);
    say_end(&mut desk, ended)
}

fn measured(
    plan: &RunPlan,
    what: Measurement,
    folder: &RunFolder,
    out: &Path,
    desk: &mut Desk,
) -> Result<Ending, TrainError> {
    folder.write_plan(plan)?;
    desk.emit(started(plan, folder, None))?;
    let ending = |complete, why| Ending { step: Step(0), complete, saved: false, why };
    match phases(plan, what, folder.path(), desk) {
        Err(Break::Halt(halt)) => return Ok(ending(false, words(&halt))),
        Err(Break::Error(error)) => return Err(error),
        Ok(()) => {}
    }
    let stored = folder.path().join(what.file());
    let content = std::fs::read(&stored).map_err(|error| TrainError::io("read", &stored, error))?;
    write_atomic(out, &content)?;
    Ok(ending(true, format!("stored in {}", out.display())))
}

fn phases(plan: &RunPlan, what: Measurement, run: &Path, desk: &mut Desk) -> Result<(), Break> {
    let ground = prepare::ground(plan, desk)?;
    match what {
        Measurement::Detection => ground.detect(plan, run, desk).map(drop),
        Measurement::ReferenceLosses => ground.reference_losses(plan, run, desk).map(drop),
    }
}
