//! The preview of an update: what a strategy would decide if the next update came now.

use super::{Decision, MixingParams, Mixture, Observation, StrategyKind, StrategyState};

/// All that the next mixture update would look at if it came now: an [`Observation`] that owns its
/// numbers, and the strategy that is given it. Meanings and ranges are those of [`Observation`].
#[derive(Clone, Debug, PartialEq)]
pub struct Outlook {
    /// The run's strategy with its parameters.
    pub strategy: StrategyKind,
    /// What the strategy carries after its last update.
    pub state: StrategyState,
    /// t, the number of updates made until now, from 0.
    pub updates: u64,
    /// The part of the run's steps that is done, 0..=1.
    pub progress: f64,
    /// The weights in force.
    pub current: Mixture,
    /// w(0).
    pub detected: Mixture,
    /// The newest held-out losses, averaged as the engine averages them.
    pub loss: Vec<f64>,
    /// Held-out losses at the last update; before the first one the untuned model's.
    pub previous_loss: Vec<f64>,
    /// Held-out losses of the untuned model.
    pub first_loss: Vec<f64>,
    /// Reference losses, the mastery ceilings; empty where there are none.
    pub reference_loss: Vec<f64>,
    /// Mean training loss since the last update; `None` where the domain was not drawn.
    pub training_loss: Vec<Option<f64>>,
}

impl Outlook {
    /// What the strategy would decide with these parameters. Changes nothing: a new strategy is built
    /// and given the carried state.
    pub fn decide(&self, params: &MixingParams) -> Decision {
        let mut strategy = self.strategy.build(self.current.len());
        strategy.restore(self.state.clone());
        strategy.update(&self.observation(), params)
    }

    /// What the strategy is given at the next update.
    pub(super) fn observation(&self) -> Observation<'_> {
        Observation {
            update: self.updates + 1,
            progress: self.progress,
            current: &self.current,
            detected: &self.detected,
            loss: &self.loss,
            previous_loss: &self.previous_loss,
            first_loss: &self.first_loss,
            reference_loss: &self.reference_loss,
            training_loss: &self.training_loss,
        }
    }
}
