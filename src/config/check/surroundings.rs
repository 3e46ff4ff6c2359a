//! What the checks of `mixing` need from the rest of a config.

use crate::config::plan::{ModelSource, TrainingPlan};
use crate::config::written::Detected;

/// What the checks of `mixing` need from the rest of a config.
pub(super) struct Surroundings<'a> {
    /// Names of the domains, in order.
    pub domains: &'a [String],
    /// The model to tune; `None` where the config has an error in it.
    pub model: Option<&'a ModelSource>,
    /// The checked section `training`.
    pub training: &'a TrainingPlan,
    /// Whether the config has a section `detection`.
    pub measured: bool,
}

impl Surroundings<'_> {
    /// The default of `mixing.detected`.
    pub fn detected(&self) -> Detected {
        if self.measured { Detected::Measure } else { Detected::Uniform }
    }
}
