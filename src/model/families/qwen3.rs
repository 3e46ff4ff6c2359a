//! Qwen 3: Llama's layers with norms on each head's q and k.

use super::family::Family;
use super::llama;
use crate::model::architecture::HeadNormSpecs;
use crate::model::config::{Config, Defaults};
use crate::model::{Architecture, ModelError};

pub(super) const FAMILY: Family = Family { name: "qwen3", read };

fn read(config: &Config<'_>) -> Result<Architecture, ModelError> {
    let sizes = config.sizes(Defaults { kv_heads_as_heads: false, head_dim: Some(128) })?;
    let mut layer = llama::layer(&sizes);
    let attention = &mut layer.attention;
    for projection in attention.projections_mut() {
        projection.bias = config.attention_bias();
    }
    attention.head_norms = Some(HeadNormSpecs {
        query: llama::norm("self_attn.q_norm", sizes.head_dim, &sizes),
        key: llama::norm("self_attn.k_norm", sizes.head_dim, &sizes),
    });
    let window = config.window(config.has_window())?;
    llama::decoder(FAMILY.name, config, &sizes, layer, window)
}
