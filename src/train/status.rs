use crate::control::{Change, CommandOutcome, LiveChange, LiveValues};
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

    /// Repeats a change of an earlier process, as [`CommandOutcome::repeat`].
    pub fn repeat(&mut self, outcome: &CommandOutcome) -> Result<(), String> {
        outcome.repeat(&mut self.live, &self.domains)
    }

    /// Names of the domains, in the order that every vector of the run follows.
    pub fn domains(&self) -> &[String] {
        &self.domains
    }
}
