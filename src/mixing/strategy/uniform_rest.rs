use super::fixed::{Fixed, Shares};
use crate::mixing::Mixture;
use crate::mixing::interface::{Cadence, DefaultDomain, Parameter, Source, StrategySpec};
use crate::unit::DomainId;
use crate::unit::allowed::BETWEEN;

pub(super) static SPEC: StrategySpec = StrategySpec {
    name: "UniformRest",
    summary: "One domain is raised to a given share, the others share the rest evenly; the paper's \
              baseline for expansion.",
    formula: "w_e = share; w_j = (1 − share)/(K − 1)",
    sources: &[Source::Reconstructed(
        "the paper says in words that a domain is elevated and \"the remaining domains receive the \
         balance in an evenly distributed manner\"; to what share it does not say",
    )],
    notes: "",
    moves: false,
    needs_reference: false,
    needs_target: false,
    needs_held_out: false,
    needs_gradients: false,
    has_lambda: false,
    cadence: Cadence::Interval,
    new: |_| Box::new(Fixed(UniformRest { target: DomainId(0), share: 0.5 })),
};

struct UniformRest {
    target: DomainId,
    share: f64,
}

impl Shares for UniformRest {
    fn parameters(&mut self) -> Vec<Parameter<'_>> {
        let UniformRest { target, share } = self;
        let default = DefaultDomain::Target;
        vec![
            Parameter::domain("target", target, default, "the domain that is raised"),
            Parameter::number("share", share, BETWEEN, "its weight").required(),
        ]
    }

    fn shares(&self, detected: &Mixture, _progress: f64) -> Vec<f64> {
        let others = detected.len().saturating_sub(1).max(1) as f64;
        let even = (1.0 - self.share) / others;
        let share = |j| if j == self.target.0 { self.share } else { even };
        (0..detected.len()).map(share).collect()
    }
}
