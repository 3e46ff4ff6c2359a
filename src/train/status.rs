use crate::control::{Actor, Change, CommandOutcome, LiveChange, LiveValues, Request};
use crate::unit::Step;

/// The steps done, and the values that an operator can change.
#[derive(Debug)]
pub struct RunStatus {
    /// Optimizer steps done.
    pub step: Step,
    /// The live values in force.
    pub live: LiveValues,
    /// Names of the domains, in the order that every vector of the run follows.
    domains: Vec<String>,
}

impl RunStatus {
    /// Before the first step.
    pub fn new(live: LiveValues, domains: Vec<String>) -> Self {
        RunStatus { step: Step(0), live, domains }
    }

    /// Makes a change of a live value and returns the old and the new one in words.
    ///
    /// # Errors
    /// Why the change is not allowed; nothing has changed then.
    pub fn apply(&mut self, change: &LiveChange) -> Result<Change, String> {
        self.live.apply(change, &self.domains)
    }

    /// Whether a change could be made now.
    ///
    /// # Errors
    /// Why it could not.
    pub fn allows(&self, change: &LiveChange) -> Result<(), String> {
        change.check_at(self.step).map_err(|error| error.to_string())?;
        self.live.clone().apply(change, &self.domains).map(drop)
    }

    /// Why a request is void whose sender saw another value than there is now.
    pub fn has_changed(&self, request: &Request, change: &LiveChange) -> Option<String> {
        let saw = request.saw.as_ref()?;
        let now = self.live.replaced_by(change, &self.domains).filter(|now| now != saw)?;
        Some(format!(
            "the value is {now} by now, and was {saw} when the command was given; give it again"
        ))
    }

    /// Repeats a change of an earlier process, as [`CommandOutcome::repeat`].
    pub fn repeat(&mut self, outcome: &CommandOutcome) -> Result<(), String> {
        outcome.repeat(&mut self.live, &self.domains)
    }

    /// Whether a command was a rule's that the run does not have.
    pub fn lacks_rule_of(&self, outcome: &CommandOutcome) -> bool {
        let Actor::Rule { number, when } = &outcome.actor else { return false };
        let mut rules = self.live.rules.iter();
        !rules.any(|known| known.number == *number && known.rule.when.to_string() == *when)
    }

    /// Names of the domains, in the order that every vector of the run follows.
    pub fn domains(&self) -> &[String] {
        &self.domains
    }
}
