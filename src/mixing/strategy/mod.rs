//! The mixing strategies: one file each, behind one small interface.

use super::{Decision, Knobs, Mixture, Observation, Rule, Share};
use crate::unit::DomainId;
use serde::{Deserialize, Serialize};

/// Which strategy, with the constants that do not move during a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum StrategyKind {
    /// Algorithms 2 and 3 of the paper.
    VersaTune {
        /// How γ moves a weight.
        rule: Rule,
        /// Which ratio the others keep at an expansion.
        share: Share,
    },
    /// w(0) for good.
    Constant,
    /// The same weight for each.
    Uniform,
    /// (1−w_j)/Σ(1−w_i) of the detected weights.
    Inverse,
    /// One domain only.
    Only(DomainId),
    /// The target raised to `share`, the rest spread evenly.
    UniformRest {
        /// The raised domain.
        target: DomainId,
        /// Its share, 0..1.
        share: f64,
    },
    /// Algorithm 3 without its test: expands at every update.
    Unconditional {
        /// Which ratio the others keep.
        share: Share,
    },
    /// DoReMi's proxy update.
    DoReMi {
        /// η, step size.
        eta: f64,
        /// c, share of the uniform mixture.
        smoothing: f64,
    },
    /// Sheared LLaMA's dynamic loading.
    ShearedLlama {
        /// η, step size.
        eta: f64,
        /// c, share of the uniform mixture.
        smoothing: f64,
    },
    /// Online data mixing, an Exp3 bandit.
    Odm {
        /// α, weight of the past in the reward.
        alpha: f64,
    },
    /// Velocitune.
    Velocitune,
    /// DMT: specialised data first, then general data and a fraction of the specialised.
    Dmt {
        /// The general domain.
        general: DomainId,
        /// k, fraction of specialised data in the second stage.
        k: f64,
        /// Share of the run that is the first stage, 0..1.
        first_stage: f64,
    },
}

/// What a strategy carries from update to update besides the weights: plain numbers, so that a
/// checkpoint holds them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StrategyState {
    /// The strategy's own vectors, by name.
    pub vectors: Vec<(String, Vec<f64>)>,
}

/// A rule that turns observations into weights.
pub trait Strategy: Send {
    /// The weights that the run begins with.
    fn initial(&self, detected: &Mixture, knobs: &Knobs) -> Mixture;

    /// The weights after one more update.
    fn update(&mut self, observation: &Observation<'_>, knobs: &Knobs) -> Decision;

    /// What has to survive a restart.
    fn state(&self) -> StrategyState {
        StrategyState::default()
    }

    /// Takes back what [`Strategy::state`] gave.
    fn restore(&mut self, _state: StrategyState) {}
}

impl StrategyKind {
    /// Whether γ or another excess loss is used, so that mastery ceilings are needed.
    pub fn needs_reference(&self) -> bool {
        matches!(
            self,
            StrategyKind::VersaTune { .. }
                | StrategyKind::DoReMi { .. }
                | StrategyKind::ShearedLlama { .. }
                | StrategyKind::Velocitune
        )
    }
}
