//! The gradients of the domains, where the strategy compares them.

use super::Engine;
use crate::data::Example;
use crate::telemetry::{Level, Phase};
use crate::train::error::TrainError;
use crate::train::examples::rows_apart;
use crate::train::interrupt::{Break, Supervisor};
use crate::train::prepare::Prepared;
use crate::unit::DomainId;

/// Training examples of each domain that its gradient is taken of.
const ROWS: usize = 8;

impl Engine<'_> {
    /// Measures the inner products of the domains' gradients for the next update. Returns whether
    /// they were, which they were not where a request ends the run.
    pub(super) fn measure_gradients(&mut self) -> Result<bool, Break> {
        if self.control.status.live.mixing_held {
            return Ok(true); // no update will look at them
        }
        let examples = self.gradient_examples()?;
        self.control.events.enter(Phase::Evaluating, Some("gradients of the domains".into()))?;
        let Prepared { trainer, .. } = &mut self.prepared;
        let control = &mut *self.control;
        let products = trainer.gradient_products(&examples, &mut || control.is_urgent())?;
        let reductions = trainer.take_budget_reductions();
        self.control.events.emit_budget_reductions(self.control.status.step, reductions)?;
        let Some(products) = products else { return Ok(false) };
        if products.iter().all(|product| product.is_finite()) {
            self.mixer.saw_gradients(products);
        } else {
            let text = "the gradients of the domains have products that are not finite; the weights \
                        stay";
            self.control.events.notice(Level::Warning, text.to_owned())?;
        }
        Ok(true)
    }

    /// A few training examples of each domain that has weight. They are a function of seed, update
    /// and domain: the sampler does not know of them.
    fn gradient_examples(&self) -> Result<Vec<Vec<Example>>, TrainError> {
        let corpus = &self.prepared.corpus;
        let update = self.mixer.updates() + 1;
        let weights = self.mixer.mixture().as_slice().iter().enumerate();
        let of_domain = |(index, weight): (usize, &f64)| {
            let domain = DomainId(index);
            let count = if *weight > 0.0 { corpus.train_count(domain) } else { 0 };
            let rows = rows_apart(self.plan.seed, update, domain, count, ROWS);
            rows.into_iter().map(|row| Ok(corpus.train_example(domain, row)?)).collect()
        };
        weights.map(of_domain).collect()
    }
}
