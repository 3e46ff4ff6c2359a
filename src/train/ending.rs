//! How a run ends, and the events that report it.

use super::error::TrainError;
use super::folder::RunFolder;
use super::run_control::RunControl;
use super::start_order::StartOrder;
use crate::telemetry::{Event, Hub, Level, Phase};
use crate::unit::Step;

/// How a run ended that did not fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunEnding {
    /// Optimizer steps done.
    pub step: Step,
    /// Whether all planned steps were done.
    pub complete: bool,
    /// Whether a checkpoint holds the last step.
    pub saved: bool,
    /// What ended it: `all steps done`, `stopped by SIGINT`.
    pub why: String,
}

/// Reports the end to the record, which is forced to disk, and to the order of the runs. An error of the
/// run itself comes before one of reporting it.
pub fn report_end(
    ended: Result<RunEnding, TrainError>,
    control: &mut RunControl,
    hub: &Hub,
    folder: &RunFolder,
) -> Result<RunEnding, TrainError> {
    let reported = match &ended {
        Ok(ending) => report_finished(ending, control, hub),
        Err(error) => report_failed(error, control),
    };
    let synced = hub.sync();
    let ending = ended?;
    reported?;
    synced?;
    if ending.complete {
        StartOrder::record_end(folder.path())?;
    }
    Ok(ending)
}

fn report_finished(
    ending: &RunEnding,
    control: &mut RunControl,
    hub: &Hub,
) -> Result<(), TrainError> {
    control.close()?;
    let missed = hub.dropped_samples();
    if missed > 0 {
        let text = format!("viewers missed {missed} samples; the record has them all");
        control.events.notice(Level::Info, text)?;
    }
    let domains = hub.with_state(|state| state.closing_table());
    let RunEnding { step, complete, why, .. } = ending.clone();
    control.events.enter(Phase::Finished, None)?;
    control.events.emit(Event::Finished { step, why, complete, domains })
}

fn report_failed(error: &TrainError, control: &mut RunControl) -> Result<(), TrainError> {
    control.close()?;
    control.events.enter(Phase::Failed, None)?;
    control.events.emit(Event::Failed { step: control.step(), error: error.to_string() })
}
