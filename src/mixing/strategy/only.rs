use super::fixed::{Fixed, Shares};
use crate::mixing::Mixture;
use crate::mixing::interface::{Cadence, DefaultDomain, Parameter, Source, StrategySpec};
use crate::unit::DomainId;

pub(super) static SPEC: StrategySpec = StrategySpec {
    name: "Only",
    summary: "One domain has everything: the paper's baseline of 100 % specific data.",
    formula: "w_e = 1; w_j = 0 for the others",
    sources: &[Source::Verified("the paper's words")],
    notes: "Written as `Only(\"law\")`. A floor leaves the domain 1 − (K−1)·floor.",
    moves: false,
    needs_reference: false,
    needs_target: false,
    needs_held_out: false,
    needs_gradients: false,
    has_lambda: false,
    cadence: Cadence::Interval,
    new: |_| Box::new(Fixed(Only { domain: DomainId(0) })),
};

struct Only {
    domain: DomainId,
}

impl Shares for Only {
    fn parameters(&mut self) -> Vec<Parameter<'_>> {
        let help = "the one domain";
        let required = DefaultDomain::Required;
        vec![Parameter::domain(Parameter::UNNAMED, &mut self.domain, required, help)]
    }

    fn shares(&self, detected: &Mixture, _progress: f64) -> Vec<f64> {
        (0..detected.len()).map(|j| if j == self.domain.0 { 1.0 } else { 0.0 }).collect()
    }
}
