use crate::model::config::Config;
use crate::model::{Architecture, ModelError};

/// A family of decoders.
pub(super) struct Family {
    /// As `model_type` spells it.
    pub name: &'static str,
    /// From a config of the family to its architecture.
    pub read: fn(&Config<'_>) -> Result<Architecture, ModelError>,
}
