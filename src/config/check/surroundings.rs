//! What holds in the rest of a config, for the checks of `mixing`.

use crate::config::plan::{ModelSource, TrainingPlan};
use crate::config::written::Detected;

/// What `mixing` needs to know of the rest.
pub(super) struct Surroundings<'a> {
    /// Names of the domains, in order.
    pub domains: &'a [String],
    /// The model to tune, if it is known.
    pub model: Option<&'a ModelSource>,
    /// How the weights move.
    pub training: &'a TrainingPlan,
    /// Whether there is a `detection`.
    pub measured: bool,
}

impl Surroundings<'_> {
    /// Where w(0) comes from unless the config says.
    pub fn detected(&self) -> Detected {
        if self.measured { Detected::Measure } else { Detected::Uniform }
    }
}
