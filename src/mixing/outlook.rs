use super::{Decision, MixingParams, Mixture, Observation, StrategyKind, StrategyState};

/// All that the next mixture update would look at if it came now: what a preview is computed from.
/// Vectors have one entry per domain, losses in nats.
#[derive(Clone, Debug, PartialEq)]
pub struct Outlook {
    /// The strategy.
    pub strategy: StrategyKind,
    /// What it carries.
    pub state: StrategyState,
    /// Updates made until now.
    pub updates: u64,
    /// How much of the run lies behind, 0..=1.
    pub progress: f64,
    /// Weights in force.
    pub current: Mixture,
    /// w(0).
    pub detected: Mixture,
    /// The newest held-out losses as the mixer uses them.
    pub loss: Vec<f64>,
    /// Those of the update before.
    pub previous_loss: Vec<f64>,
    /// Those of the untuned model.
    pub first_loss: Vec<f64>,
    /// Mastery ceilings; empty where there are none.
    pub reference_loss: Vec<f64>,
    /// Mean training loss since the last update; `None` where the domain was not drawn.
    pub training_loss: Vec<Option<f64>>,
}

impl Outlook {
    /// What the strategy would decide with these knobs.
    pub fn decide(&self, params: &MixingParams) -> Decision {
        let mut strategy = self.strategy.build(self.current.len());
        strategy.restore(self.state.clone());
        let observation = Observation {
            update: self.updates + 1,
            progress: self.progress,
            current: &self.current,
            detected: &self.detected,
            loss: &self.loss,
            previous_loss: &self.previous_loss,
            first_loss: &self.first_loss,
            reference_loss: &self.reference_loss,
            training_loss: &self.training_loss,
        };
        strategy.update(&observation, params)
    }
}
