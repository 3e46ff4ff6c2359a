//! A run from its first event to its last.

use super::ending::{RunEnding, report_end};
use super::engine::Engine;
use super::error::TrainError;
use super::events::EventSink;
use super::examples::domain_names;
use super::inbox::Inbox;
use super::interrupt::Break;
use super::run_control::RunControl;
use super::setup::Setup;
use super::status::RunStatus;

/// Carries out a run until it ends, is stopped or fails, and reports which as an event.
///
/// # Errors
/// What made the run fail; its record holds the message.
pub fn run(setup: Setup<'_>, inbox: Inbox) -> Result<RunEnding, TrainError> {
    let (hub, folder) = (setup.hub.clone(), setup.folder);
    let mut control = new_control(&setup, inbox);
    let ended = prepare_and_train(setup, &mut control);
    report_end(ended, &mut control, &hub, folder)
}

/// The control of a run that has not begun.
pub fn new_control(setup: &Setup<'_>, inbox: Inbox) -> RunControl {
    let events = EventSink::from_hub(setup.hub.clone());
    let status = RunStatus::new(setup.plan.live(), domain_names(&setup.plan));
    RunControl::new(events, inbox, status, setup.answered_requests())
}

fn prepare_and_train(setup: Setup<'_>, control: &mut RunControl) -> Result<RunEnding, TrainError> {
    let trained = match Engine::start(setup, control) {
        Ok(mut engine) => engine.train().map_err(|why| match why {
            Break::Error(error) => TrainError::InTraining(error.into()).into(),
            halt @ Break::Halt(_) => halt,
        }),
        Err(why) => Err(why),
    };
    match trained {
        Ok(ending) => Ok(ending),
        Err(Break::Error(error)) => Err(error),
        Err(Break::Halt(halt)) => {
            let (step, why) = (control.step(), halt.to_string());
            Ok(RunEnding { step, complete: false, saved: false, why })
        }
    }
}
