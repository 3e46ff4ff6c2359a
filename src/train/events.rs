use super::error::TrainError;
use super::trainer::BudgetReduction;
use crate::telemetry::{Event, Hub, Level, Phase};
use crate::unit::Step;

/// What the run is busy with: a phase, and which part of it in words.
pub type Activity = (Phase, Option<String>);

type Output = Box<dyn FnMut(Event) -> Result<(), TrainError>>;

/// Takes the engine's events in the order in which things happen, and remembers the phase, so that
/// each change of it is one event.
pub struct EventSink {
    output: Output,
    activity: Activity,
}

impl EventSink {
    /// A sink that hands each event to `output`.
    pub fn new(output: impl FnMut(Event) -> Result<(), TrainError> + 'static) -> Self {
        EventSink { output: Box::new(output), activity: (Phase::Loading, None) }
    }

    /// A sink into a run's record and to its viewers.
    pub fn from_hub(hub: Hub) -> Self {
        EventSink::new(move |event| {
            hub.emit(event)?;
            Ok(())
        })
    }

    /// A sink for work that is no run and leaves no record.
    pub fn discarding() -> Self {
        EventSink::new(|_| Ok(()))
    }

    /// Hands an event on.
    ///
    /// # Errors
    /// The record cannot be written.
    pub fn emit(&mut self, event: Event) -> Result<(), TrainError> {
        (self.output)(event)
    }

    /// Emits a sentence for the log.
    pub(super) fn notice(
        &mut self,
        level: Level,
        text: impl Into<String>,
    ) -> Result<(), TrainError> {
        self.emit(Event::Notice { level, text: text.into() })
    }

    /// Emits what is to be said about a file, if anything.
    pub(super) fn emit_notice(&mut self, text: Option<String>) -> Result<(), TrainError> {
        text.map_or(Ok(()), |text| self.notice(Level::Info, text))
    }

    /// Reports what the run is busy with from now on, unless that was the newest report already.
    pub(super) fn enter(&mut self, phase: Phase, detail: Option<String>) -> Result<(), TrainError> {
        if self.activity == (phase, detail.clone()) {
            return Ok(());
        }
        self.activity = (phase, detail.clone());
        self.emit(Event::PhaseChanged { phase, detail })
    }

    /// What was reported last.
    pub(super) fn activity(&self) -> &Activity {
        &self.activity
    }

    /// Reports token budgets that were halved in the work after `step` because memory ran out.
    pub(super) fn emit_budget_reductions(
        &mut self,
        step: Step,
        reductions: Vec<BudgetReduction>,
    ) -> Result<(), TrainError> {
        for BudgetReduction { pass, old, new } in reductions {
            self.emit(Event::MicroBatchHalved { step, pass, old, new })?;
        }
        Ok(())
    }
}
