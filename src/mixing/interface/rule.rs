use super::Parameter;
use crate::mixing::{AutoLambda, Decision, MixingParams, Mixture, Observation, SolvedLambda};
use serde::{Deserialize, Serialize};

/// A rule that turns observations into weights. Same observations, same weights, to the bit: there
/// is no clock and no randomness in it.
pub trait Strategy: Send {
    /// Its parameters, each bound to the field that holds it, in the order in which records and
    /// the help list them.
    fn parameters(&mut self) -> Vec<Parameter<'_>> {
        Vec::new()
    }

    /// The weights that the run begins with: the detected distribution, with no weight below the
    /// floor, unless the strategy has others.
    fn initial(&self, detected: &Mixture, params: &MixingParams) -> Mixture {
        detected.with_floor(params.floor)
    }

    /// The weights after one more update.
    fn update(&mut self, observation: &Observation<'_>, params: &MixingParams) -> Decision;

    /// λ for what is observed; `None` where the strategy has no λ.
    fn auto_lambda(
        &self,
        _observation: &Observation<'_>,
        _auto: &AutoLambda,
    ) -> Option<SolvedLambda> {
        None
    }

    /// What has to survive a restart.
    fn state(&self) -> StrategyState {
        StrategyState::default()
    }

    /// Takes back what [`Strategy::state`] gave, before the first update after a restart.
    fn restore(&mut self, _state: StrategyState) {}
}

/// What a strategy carries from update to update besides the weights: plain numbers, so that a
/// checkpoint holds them to the bit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StrategyState {
    /// The strategy's own vectors, by name.
    pub vectors: Vec<(String, Vec<f64>)>,
}

impl StrategyState {
    /// Whether there is nothing to carry.
    pub fn is_empty(&self) -> bool {
        self.vectors.is_empty()
    }
}
