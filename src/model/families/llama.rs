//! Llama 1, 2, 3, 3.x, SmolLM2, and what else has this layout. Other families share its names and
//! layers, and say what they do otherwise.

use super::family::Family;
use crate::model::architecture::{
    AttentionSpec, FeedForwardSpec, LayerSpec, LinearSpec, Names, NormSpec,
};
use crate::model::config::{Config, Defaults, Sizes};
use crate::model::{Architecture, ModelError};

pub(super) const FAMILY: Family = Family { name: "llama", read };

fn read(config: &Config<'_>) -> Result<Architecture, ModelError> {
    let sizes = config.sizes(Defaults { kv_heads_as_heads: true, head_dim: None })?;
    let mut layer = layer(&sizes);
    for projection in layer.attention.projections_mut() {
        projection.bias = config.attention_bias();
    }
    for projection in layer.feed_forward.projections_mut() {
        projection.bias = config.mlp_bias();
    }
    // No window is in use, but kinds of layers that are not known are refused.
    let window = config.window(false)?;
    decoder(FAMILY.name, config, &sizes, layer, window)
}

/// A layer without biases and without norms of heads.
pub(super) fn layer(sizes: &Sizes) -> LayerSpec {
    let &Sizes { hidden, feed_forward, heads, kv_heads, head_dim, .. } = sizes;
    let linear = |name, inputs, outputs| LinearSpec { name, inputs, outputs, bias: false };
    let attention = AttentionSpec {
        norm: norm("input_layernorm", hidden, sizes),
        query: linear("self_attn.q_proj", hidden, heads * head_dim),
        key: linear("self_attn.k_proj", hidden, kv_heads * head_dim),
        value: linear("self_attn.v_proj", hidden, kv_heads * head_dim),
        output: linear("self_attn.o_proj", heads * head_dim, hidden),
        head_norms: None,
        heads,
        kv_heads,
        head_dim,
        scale: (head_dim as f64).powf(-0.5),
    };
    let feed_forward = FeedForwardSpec {
        norm: norm("post_attention_layernorm", hidden, sizes),
        gate: linear("mlp.gate_proj", hidden, feed_forward),
        up: linear("mlp.up_proj", hidden, feed_forward),
        down: linear("mlp.down_proj", feed_forward, hidden),
    };
    LayerSpec { attention, feed_forward }
}

/// A norm of the family's eps.
pub(super) fn norm(name: &'static str, width: i64, sizes: &Sizes) -> NormSpec {
    NormSpec { name, width, eps: sizes.norm_eps }
}

/// A decoder whose layers are all alike, in the layout that the family's weights have.
pub(super) fn decoder(
    family: &'static str,
    config: &Config<'_>,
    sizes: &Sizes,
    layer: LayerSpec,
    window: Option<usize>,
) -> Result<Architecture, ModelError> {
    Ok(Architecture {
        family,
        vocabulary: sizes.vocabulary,
        hidden: sizes.hidden,
        rope: sizes.rope,
        tied: config.tied(),
        window,
        max_positions: config.max_positions(),
        initializer_range: config.initializer_range()?,
        names: Names {
            embedding: "model.embed_tokens.weight",
            head: "lm_head.weight",
            layers: "model.layers",
        },
        layers: vec![layer; sizes.layers],
        final_norm: norm("model.norm", sizes.hidden, sizes),
    })
}
