//! A run from outside: what it begins with, how it ends, and that each end is said.

use super::checkpoint::Found;
use super::run_control::{Desk, Halt};
use super::engine::Engine;
use super::error::{Break, TrainError};
use super::folder::RunFolder;
use crate::config::RunPlan;
use crate::control::Request;
use crate::telemetry::{ConfigValue, Event, Hub, Level, Phase, Record};
use crate::unit::Step;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::Receiver;

/// What the engine begins with.
pub struct Setup {
    /// The plan.
    pub plan: RunPlan,
    /// The run's locked folder.
    pub folder: RunFolder,
    /// The way out; its record is open.
    pub hub: Hub,
    /// The way in. Many may send; the engine looks at it between steps and in every phase; the
    /// channel is unbounded; when all senders are gone nothing more comes.
    pub requests: Receiver<Request>,
    /// The record of the run so far, where this process resumes it.
    pub history: Option<Vec<Record>>,
    /// Every value of the config and where it came from, for people.
    pub config: Vec<ConfigValue>,
    /// Whether somebody can lift a pause now; if not, the run ends where it would have paused.
    pub attended: Arc<AtomicBool>,
}

/// How a run ended that did not fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Optimizer steps done.
    pub step: Step,
    /// Whether all planned steps were done.
    pub complete: bool,
    /// Whether a checkpoint holds the last step.
    pub saved: bool,
    /// In words.
    pub why: String,
}

/// Carries out a run to its end, its stop or its failure; each is said by an event.
pub fn run(setup: Setup) -> Result<Ending, TrainError> {
    let Setup { plan, folder, hub, requests, history, config, attended } = setup;
    let domains = names(&plan);
    let answered = answered(history.as_deref());
    let mut desk = Desk::new(hub, plan.live(), domains, requests, answered);
    let ended = begin(plan, &folder, &mut desk, history, config, attended);
    say_end(&mut desk, ended)
}

/// Says how it ended. An error of the run itself comes before one of saying so.
pub(super) fn say_end(
    desk: &mut Desk,
    ended: Result<Ending, TrainError>,
) -> Result<Ending, TrainError> {
    let said = match &ended {
        Ok(ending) => say_finished(desk, ending),
        Err(error) => say_failed(desk, error),
    };
    let synced = desk.hub.sync();
    let ending = ended?;
    said?;
    synced?;
    Ok(ending)
}

fn say_finished(desk: &mut Desk, ending: &Ending) -> Result<(), TrainError> {
    desk.close()?;
    let missed = desk.hub.dropped_samples();
    if missed > 0 {
        let text = format!("viewers missed {missed} samples; the record has them all");
        desk.notice(Level::Info, text)?;
    }
    let domains = desk.hub.with_state(|state| state.closing_table());
    let Ending { step, complete, why, .. } = ending.clone();
    desk.enter(Phase::Finished, None)?;
    desk.emit(Event::Finished { step, why, complete, domains })
}

fn say_failed(desk: &mut Desk, error: &TrainError) -> Result<(), TrainError> {
    desk.close()?;
    desk.enter(Phase::Failed, None)?;
    desk.emit(Event::Failed { step: desk.step, error: error.to_string() })
}

fn begin(
    plan: RunPlan,
    folder: &RunFolder,
    desk: &mut Desk,
    history: Option<Vec<Record>>,
    config: Vec<ConfigValue>,
    attended: Arc<AtomicBool>,
) -> Result<Ending, TrainError> {
    let engine = Engine::start(plan, folder, desk, history, config, attended);
    match engine.and_then(|mut engine| engine.train()) {
        Ok(ending) => Ok(ending),
        Err(Break::Error(error)) => Err(error),
        Err(Break::Halt(halt)) => {
            Ok(Ending { step: desk.step, complete: false, saved: false, why: words(&halt) })
        }
    }
}

/// Who halted the run, in words.
pub(super) fn words(halt: &Halt) -> String {
    match halt {
        Halt::Stop(actor) => format!("stopped by {actor}"),
        Halt::Abort(actor) => format!("aborted by {actor}"),
    }
}

/// Requests that a record holds the outcome of.
pub(super) fn answered(history: Option<&[Record]>) -> u64 {
    let is_outcome = |record: &&Record| matches!(record.event, Event::CommandOutcome(_));
    history.into_iter().flatten().filter(is_outcome).count() as u64
}

/// The first event; what a resume does not obey of the config is told as the run has it.
pub(super) fn started(plan: &RunPlan, folder: &RunFolder, found: Option<&Found>) -> Event {
    let in_force = found.map_or(plan, |found| &found.state.plan);
    Event::RunStarted {
        run: folder.name(),
        version: env!("CARGO_PKG_VERSION").into(),
        domains: names(in_force),
        strategy: in_force.mixing.strategy.name().into(),
        resumed_at: found.map(|found| found.state.step),
        seed: in_force.seed,
    }
}

/// Names of a plan's domains.
pub(super) fn names(plan: &RunPlan) -> Vec<String> {
    plan.data.domains.iter().map(|domain| domain.name.clone()).collect()
}
