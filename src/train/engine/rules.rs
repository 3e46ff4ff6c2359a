//! The conditions of the run's rules, and the values that they look at.

use super::Engine;
use crate::control::{Actor, Quantity, Request, Situation, Values};
use crate::mixing::Mixture;
use crate::rules::RunValues;
use crate::train::rule_book::DueRule;
use crate::unit::Step;

impl Engine<'_> {
    /// Looks at the conditions of the rules, before any command of this step is carried out.
    pub(super) fn look_at_rules(&mut self) {
        let (step, control) = (self.control.step(), &mut *self.control);
        if control.status.live.rules.is_empty() {
            return;
        }
        let updated = step > Step(0) && self.mixer.updated_at() == step;
        let (rules, book) = (&control.status.live.rules, &mut control.rules);
        let mixture = self.mixer.mixture();
        let domains = control.status.domains();
        self.hub.with_state(|state| {
            let values = EngineValues { run: RunValues::new(state), mixture, domains };
            book.look(rules, step, updated, &values);
        });
    }

    /// The commands of the rules that came true.
    pub(super) fn requests_of_rules(&self) -> Vec<Request> {
        let request = |DueRule { rule, found }: DueRule| {
            let when = rule.rule.when.to_string();
            let actor = Actor::Rule { number: rule.number, when };
            let why = (!found.is_empty()).then_some(found);
            Request::new(actor, *rule.rule.command).with_reason(why)
        };
        self.control.rules.due(&self.control.status.live.rules).into_iter().map(request).collect()
    }
}

/// The values of the run's record, but the weights in force: of updates that come after every step, only some are
/// recorded.
struct EngineValues<'a> {
    run: RunValues<'a>,
    mixture: &'a Mixture,
    domains: &'a [String],
}

impl Values for EngineValues<'_> {
    fn value(&self, quantity: &Quantity) -> Option<f64> {
        let Quantity::Weight(domain) = quantity else { return self.run.value(quantity) };
        let index = self.domains.iter().position(|name| name == domain)?;
        self.mixture.as_slice().get(index).copied()
    }

    fn median(&self, quantity: &Quantity) -> Option<f64> {
        self.run.median(quantity)
    }

    fn is(&self, situation: Situation) -> bool {
        self.run.is(situation)
    }
}
