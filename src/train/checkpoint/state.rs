use crate::config::RunPlan;
use crate::control::{CommandOutcome, LiveValues};
use crate::data::SamplerState;
use crate::mixing::StandstillState;
use crate::train::mixer::MixerState;
use crate::train::rule_book::RuleWatch;
use crate::train::trainer::Budgets;
use crate::unit::Step;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Name of the file.
pub(super) const STATE: &str = "trainer.ron";

/// Everything besides tensors that decides how a run continues; `trainer.ron` of a checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EngineState {
    /// Optimizer steps done.
    pub step: Step,
    /// Sequence number of the last event before the checkpoint.
    pub seq: u64,
    /// Requests answered since the run began.
    pub answered: u64,
    /// Commands of the plan's schedule that were carried out.
    #[serde(default)]
    pub scheduled: usize,
    /// The plan in force.
    pub plan: RunPlan,
    /// Fingerprint of the tokenized data.
    pub data: String,
    /// The live values.
    pub live: LiveValues,
    /// The mixture, and the losses that move it.
    pub mixer: MixerState,
    /// The data cursors.
    pub sampler: SamplerState,
    /// Whether the mixture update of this step is still to be made.
    pub update_pending: bool,
    /// Skipped steps in a row.
    pub skipped_in_a_row: u64,
    /// What the updates have found to stand still, and what of it was said.
    #[serde(default)]
    pub standstill: StandstillState,
    /// Mean of the held-out losses of this step, in nats, by which the best checkpoint is chosen; `None`
    /// where none were measured at it.
    pub mean_loss: Option<f64>,
    /// The lowest mean of held-out losses until now.
    #[serde(default)]
    pub best_loss: Option<f64>,
    /// Most held-out rows of a domain that are measured; `None` is all.
    #[serde(default)]
    pub measured_rows: Option<usize>,
    /// Smaller than the plan's after running out of memory.
    pub budgets: Budgets,
    /// How far each rule has come, by its number.
    #[serde(default)]
    pub rules: BTreeMap<u64, RuleWatch>,
    /// Commands of earlier processes that are still to be repeated.
    #[serde(default)]
    pub pending: Vec<CommandOutcome>,
}

impl EngineState {
    /// That of the checkpoint in a folder; `Err` is what is wrong with it.
    pub fn read(checkpoint: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(checkpoint.join(STATE))
            .map_err(|error| format!("{STATE}: {error}"))?;
        let mut state: EngineState =
            ron::from_str(&text).map_err(|error| format!("{STATE}: {error}"))?;
        if state.live.intervals.are_unknown() {
            state.live.intervals = state.plan.live().intervals;
        }
        Ok(state)
    }
}
