//! Mistral: Llama's layers without biases, within a window.

use super::family::Family;
use super::llama;
use crate::model::config::{Config, Defaults};
use crate::model::{Architecture, ModelError};

pub(super) const FAMILY: Family = Family { name: "mistral", read };

fn read(config: &Config<'_>) -> Result<Architecture, ModelError> {
    let sizes = config.sizes(Defaults { kv_heads_as_heads: false, head_dim: None })?;
    llama::decoder(FAMILY.name, config, &sizes, llama::layer(&sizes), config.window(true)?)
}
