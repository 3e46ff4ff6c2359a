//! A measurement that comes before training, made by itself and kept for later runs.

use super::artifacts::Measurement;
use super::ending::{RunEnding, report_end};
use super::error::TrainError;
use super::folder::write_atomic;
use super::inbox::Inbox;
use super::interrupt::Break;
use super::prepare::{fit, prepare_data, take_device};
use super::run::new_control;
use super::run_control::RunControl;
use super::setup::Setup;
use super::surroundings::warn_of_other_users;
use crate::unit::Step;
use std::path::Path;

/// Measures in a run folder of its own, where an interrupted measurement continues, and copies the
/// result to `out`.
///
/// # Errors
/// The measurement fails, or `out` cannot be written.
pub fn run_measurement(
    what: Measurement,
    setup: Setup<'_>,
    inbox: Inbox,
    out: &Path,
) -> Result<RunEnding, TrainError> {
    let mut control = new_control(&setup, inbox);
    let ended = measure_into(out, what, &setup, &mut control);
    report_end(ended, &mut control, &setup.hub, setup.folder)
}

fn measure_into(
    out: &Path,
    what: Measurement,
    setup: &Setup<'_>,
    control: &mut RunControl,
) -> Result<RunEnding, TrainError> {
    setup.folder.write_plan(&setup.plan)?;
    setup.announce(None, &mut control.events)?;
    warn_of_other_users(setup.folder.path(), &mut control.events)?;
    let ending = |complete, why| RunEnding { step: Step(0), complete, saved: false, why };
    match measure(what, setup, control) {
        Err(Break::Halt(halt)) => return Ok(ending(false, halt.to_string())),
        Err(Break::Error(error)) => return Err(error),
        Ok(()) => {}
    }
    let stored = setup.folder.path().join(what.file());
    let content = std::fs::read(&stored).map_err(|error| TrainError::io("read", &stored, error))?;
    write_atomic(out, &content)?;
    Ok(ending(true, format!("stored in {}", out.display())))
}

fn measure(what: Measurement, setup: &Setup<'_>, control: &mut RunControl) -> Result<(), Break> {
    let (mut plan, run) = (setup.plan.clone(), setup.folder.path());
    let chosen = take_device(&plan, control)?;
    if fit(&mut plan, &chosen.info, control)? {
        setup.folder.write_plan(&plan)?;
    }
    let plan = &plan;
    let data = prepare_data(plan, chosen, Some(run), &setup.isolation, control)?;
    match what {
        Measurement::Detection => data.detected_mixture(plan, None, run, control).map(drop),
        Measurement::ReferenceLosses => {
            let found = data.find_reference(plan, run, control)?;
            data.settle_reference(plan, found, None, control).map(drop)
        }
    }
}
