//! Strategies that are run beside the one in force, to see where they would have the weights.

use crate::mixing::{MixingParams, Mixture, Observation, Strategy, StrategyKind, StrategyState};
use crate::telemetry::ShadowWeights;
use serde::{Deserialize, Serialize};

/// The shadows of a run. They change nothing of it: each is given the observations of the strategy in
/// force, with its own weights as the current ones.
#[derive(Default)]
pub struct Shadows(Vec<Shadow>);

struct Shadow {
    kind: StrategyKind,
    /// What people call it.
    label: String,
    strategy: Box<dyn Strategy>,
    mixture: Mixture,
}

/// What of a shadow a checkpoint holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShadowState {
    /// The strategy with its parameters.
    pub kind: StrategyKind,
    /// Where it has the weights.
    pub mixture: Mixture,
    /// What it remembers between updates.
    pub strategy: StrategyState,
}

impl Shadows {
    /// One shadow per kind, in the state that a checkpoint holds of it, or else with its first weights.
    /// There is a label for each.
    pub fn new(
        kinds: &[StrategyKind],
        labels: Vec<String>,
        states: &[ShadowState],
        detected: &Mixture,
        params: &MixingParams,
    ) -> Self {
        let shadow = |(kind, label): (&StrategyKind, String)| {
            let mut strategy = kind.build(detected.len());
            let mixture = match states.iter().find(|state| state.kind == *kind) {
                Some(state) => {
                    strategy.restore(state.strategy.clone());
                    state.mixture.clone()
                }
                None => strategy.initial(detected, params),
            };
            Shadow { kind: kind.clone(), label, strategy, mixture }
        };
        Shadows(kinds.iter().zip(labels).map(shadow).collect())
    }

    /// What a checkpoint has to hold.
    pub fn state(&self) -> Vec<ShadowState> {
        let state = |shadow: &Shadow| ShadowState {
            kind: shadow.kind.clone(),
            mixture: shadow.mixture.clone(),
            strategy: shadow.strategy.state(),
        };
        self.0.iter().map(state).collect()
    }

    /// One update of each, of what the strategy in force looks at.
    pub fn update(&mut self, observation: &Observation<'_>, params: &MixingParams) {
        for Shadow { strategy, mixture, .. } in &mut self.0 {
            let own = Observation { current: mixture, ..*observation };
            *mixture = strategy.update(&own, params).mixture;
        }
    }

    /// Where each has the weights now.
    pub fn weights(&self) -> Vec<ShadowWeights> {
        let weights = |shadow: &Shadow| ShadowWeights {
            strategy: shadow.label.clone(),
            weights: shadow.mixture.clone(),
        };
        self.0.iter().map(weights).collect()
    }
}
