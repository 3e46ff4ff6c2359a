//! λ, solved by what was measured, and where the mixture would go with it.

use super::Engine;
use crate::mixing::{Outlook, SolvedLambda};
use crate::telemetry::{Event, Level};
use crate::train::interrupt::Break;

impl Engine<'_> {
    /// Solves λ where the config or a command left it to be solved, and says where the weights would
    /// stand at the end.
    pub(super) fn solve_lambda_if_asked(&mut self) -> Result<(), Break> {
        if !self.control.status.live.lambda_auto {
            return Ok(());
        }
        let (step, updates) = (self.control.step(), self.updates_left());
        let live = &mut self.control.status.live;
        let outlook = self.mixer.outlook(0.0);
        // A strategy without λ has nothing to solve, and looks at none.
        let Some(solved) = outlook.auto_lambda(live.lambda_span, updates) else {
            live.lambda_auto = false;
            return Ok(());
        };
        live.solved_lambda(solved.lambda);
        self.control.events.emit(Event::LambdaSolved { step, solved })?;
        if let Some(text) = capped(&solved) {
            self.control.events.notice(Level::Warning, text)?;
        }
        self.project()
    }

    /// Reports where the weights would stand at the end if every potential stayed as it is, and how many
    /// samples an update moves.
    pub(super) fn project(&mut self) -> Result<(), Break> {
        if !self.plan.mixing.strategy.spec().moves {
            return Ok(());
        }
        let live = &self.control.status.live;
        let outlook = self.mixer.outlook(0.0);
        let (step, updates) = (self.control.step(), self.updates_left());
        let mixture = outlook.projected(&live.params, updates);
        let samples = self.samples_of_an_update(&outlook);
        self.control.events.emit(Event::MixtureProjected { step, updates, mixture, samples })?;
        if samples < 1.0 {
            let text = format!(
                "the next update would move {samples:.2} of the {} samples that are drawn until the one \
                 after it: less than one sample; a larger lambda or every makes it count",
                self.samples_between_updates()
            );
            self.control.events.notice(Level::Info, text)?;
        }
        Ok(())
    }

    /// Updates until the end of the run, at least 1.
    fn updates_left(&self) -> u64 {
        let left = self.total_steps().saturating_sub(self.control.step().0);
        self.control.status.live.updates_in(left)
    }

    fn samples_between_updates(&self) -> u64 {
        self.control.status.live.every * self.plan.training.batch_samples as u64
    }

    /// How many of the samples between two updates the next one would draw from other domains.
    fn samples_of_an_update(&self, outlook: &Outlook) -> f64 {
        let next = outlook.decide(&self.control.status.live.params).mixture;
        next.total_variation(&outlook.current) * self.samples_between_updates() as f64
    }
}

fn capped(solved: &SolvedLambda) -> Option<String> {
    let SolvedLambda { lambda, span, updates, spread, spread_error, is_capped } = solved;
    is_capped.then(|| match spread_error {
        Some(error) if spread <= error => format!(
            "the potentials differ by {spread:.4}, no more than their standard error of {error:.4}: lambda \
             is {lambda:.4}, as for a difference of that; more held-out rows would tell the domains apart"
        ),
        _ => format!(
            "the potentials differ too little for a span of {span} in {updates} updates: lambda is \
             {lambda:.4}, the largest that is taken"
        ),
    })
}
