//! Qwen 1.5, 2, 2.5: Llama's layers with biases on q, k, v.

use super::family::Family;
use super::llama;
use crate::model::config::{Config, Defaults};
use crate::model::{Architecture, ModelError};

pub(super) const FAMILY: Family = Family { name: "qwen2", read };

fn read(config: &Config<'_>) -> Result<Architecture, ModelError> {
    let sizes = config.sizes(Defaults { kv_heads_as_heads: false, head_dim: None })?;
    let mut layer = llama::layer(&sizes);
    for projection in layer.attention.inputs_mut() {
        projection.bias = true;
    }
    let window = config.window(config.has_window())?;
    llama::decoder(FAMILY.name, config, &sizes, layer, window)
}
