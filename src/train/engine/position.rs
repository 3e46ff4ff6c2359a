//! Where a checkpoint puts an engine, besides the tensors.

use super::{Progress, completed_passes};
use crate::config::RunPlan;
use crate::data::Sampler;
use crate::mixing::StrategyKind;
use crate::train::checkpoint::EngineState;
use crate::train::error::TrainError;
use crate::train::examples::train_counts;
use crate::train::mixer::Mixer;
use crate::train::prepare::Prepared;
use crate::train::run_control::RunControl;
use crate::train::update_reports::UpdateReports;

/// The parts of an engine that follow from a checkpoint's state.
pub(super) struct Position {
    pub sampler: Sampler,
    pub mixer: Mixer,
    pub progress: Progress,
    pub passes: Vec<u64>,
    pub reports: UpdateReports,
}

impl Position {
    /// The position of `state`, whose live values are in force already.
    pub fn new(
        state: EngineState,
        plan: &RunPlan,
        prepared: &Prepared,
        control: &RunControl,
    ) -> Result<Self, TrainError> {
        let sampler = Sampler::restore(plan.seed, train_counts(&prepared.corpus), state.sampler)?;
        let mixer = Mixer::restore(&plan.mixing.strategy, state.mixer);
        let mixer = with_shadows(mixer, plan, control);
        Ok(Position {
            reports: UpdateReports::new(mixer.updated_at(), mixer.mixture().clone()),
            mixer,
            passes: completed_passes(&sampler),
            sampler,
            progress: Progress {
                update_pending: state.update_pending,
                skipped_in_a_row: state.skipped_in_a_row,
                standstill: state.standstill,
                evaluated: None,
                best_loss: state.best_loss,
                budget: state.live.intervals.budget,
                newest: None,
            },
        })
    }
}

/// The mixer with the plan's shadows beside its strategy.
pub(super) fn with_shadows(mixer: Mixer, plan: &RunPlan, control: &RunControl) -> Mixer {
    let shadows = &plan.mixing.shadow;
    let labels = StrategyKind::labels(shadows, control.status.domains());
    mixer.with_shadows(shadows, labels, &control.status.live)
}
