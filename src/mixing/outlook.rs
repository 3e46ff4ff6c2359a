//! The preview of an update: what a strategy would decide if the next update came now.

use super::{
    AutoLambda, Decision, MixingParams, Mixture, Observation, SolvedLambda, StrategyKind,
    StrategyState,
};

/// Updates that a projection goes through; more are no plan of anybody.
const MOST_PROJECTED: u64 = 10_000;

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
    /// The newest held-out losses, averaged as the engine averages them; empty, as those of the last
    /// update are, for a strategy that needs none.
    pub loss: Vec<f64>,
    /// Held-out losses at the last update; before the first one the untuned model's.
    pub previous_loss: Vec<f64>,
    /// Held-out losses of the untuned model.
    pub first_loss: Vec<f64>,
    /// Standard errors of γ, before it is cut at 0; empty where they are not known.
    pub potential_error: Vec<f64>,
    /// Paired standard errors of the relative changes since `previous_loss`; empty where they are not known.
    pub change_error: Vec<f64>,
    /// Reference losses, the mastery ceilings; empty where there are none.
    pub reference_loss: Vec<f64>,
    /// Mean training loss since the last update; `None` where the domain was not drawn.
    pub training_loss: Vec<Option<f64>>,
    /// Which domain helps which; `None` where the run does not know it.
    pub graph: Option<Vec<Vec<f64>>>,
    /// The learning rate of the newest step.
    pub lr: f64,
    /// Inner products of the domains' gradients with their sum; empty where none were measured.
    pub gradient_products: Vec<f64>,
}

impl Outlook {
    /// What the strategy would decide with these parameters. Changes nothing: a new strategy is built
    /// and given the carried state.
    pub fn decide(&self, params: &MixingParams) -> Decision {
        let mut strategy = self.strategy.build(self.current.len());
        strategy.restore(self.state.clone());
        strategy.update(&self.observation(), params)
    }

    /// Where the weights would stand after `updates` more updates if every γ and φ stayed as it is now. They do
    /// not: potentials shrink as the domains are learned, so that this bounds what will come.
    pub fn projected(&self, params: &MixingParams, updates: u64) -> Mixture {
        let mut strategy = self.strategy.build(self.current.len());
        strategy.restore(self.state.clone());
        let mut now = self.clone();
        for _ in 0..updates.min(MOST_PROJECTED) {
            let mixture = strategy.update(&now.observation(), params).mixture;
            if mixture == now.current && strategy.state() == now.state {
                break;
            }
            (now.current, now.state) = (mixture, strategy.state());
            now.updates += 1;
        }
        now.current
    }

    /// λ for the next `updates` updates, solved by what was measured; `None` where the strategy has no λ.
    pub fn auto_lambda(&self, span: f64, updates: u64) -> Option<SolvedLambda> {
        let strategy = self.strategy.build(self.current.len());
        strategy.auto_lambda(&self.observation(), &AutoLambda { span, updates })
    }

    /// What the strategy is given at the next update.
    pub fn observation(&self) -> Observation<'_> {
        Observation {
            update: self.updates + 1,
            progress: self.progress,
            current: &self.current,
            detected: &self.detected,
            loss: &self.loss,
            previous_loss: &self.previous_loss,
            first_loss: &self.first_loss,
            potential_error: &self.potential_error,
            change_error: &self.change_error,
            reference_loss: &self.reference_loss,
            training_loss: &self.training_loss,
            graph: self.graph.as_deref(),
            lr: self.lr,
            gradient_products: &self.gradient_products,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::strategy::testing::{Case, assert_close};

    #[test]
    fn a_projection_repeats_the_update_with_the_same_potentials() {
        let mut case = Case::new(&[0.5, 0.5]);
        case.outlook.loss = vec![2.0, 1.0];
        case.outlook.reference_loss = vec![1.0, 1.0];
        case.params.lambda = 0.2;
        // γ = (0.5, 0): 1.1³ = 1.331 : 1.
        let end = case.outlook.projected(&case.params, 3);
        assert_close(end.as_slice(), &[1.331 / 2.331, 1.0 / 2.331]);
        let solved = case.outlook.auto_lambda(2.0, 3).unwrap();
        case.params.lambda = solved.lambda;
        let end = case.outlook.projected(&case.params, 3);
        assert_close(end.as_slice(), &[2.0 / 3.0, 1.0 / 3.0]);
    }
}
