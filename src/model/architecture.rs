//! The shape of a decoder and the one description of its layers, from which come the names and
//! shapes of its tensors, the training pass with its backward, and generation.

use super::{ModelError, Rope};

/// Shape of a decoder. Every size is positive, the query heads of a layer are a multiple of its
/// key/value heads, and the size of a head is even. [`Architecture::read`] is the only way in.
#[derive(Clone, Debug, PartialEq)]
pub struct Architecture {
    /// Its family, as `model_type` spells it.
    pub family: &'static str,
    /// v: tokens of the vocabulary.
    pub vocabulary: i64,
    /// d: width of the residual stream.
    pub hidden: i64,
    /// Rotary positions.
    pub rope: Rope,
    /// Whether the head is the embedding.
    pub tied: bool,
    /// Longest document that full causal attention computes rightly, where the model has a window.
    pub window: Option<usize>,
    /// Context length that the model was made for, tokens.
    pub max_positions: usize,
    /// Standard deviation of random weights.
    pub initializer_range: f64,
    pub(super) names: Names,
    pub(super) layers: Vec<LayerSpec>,
    pub(super) final_norm: NormSpec,
}

/// Names in the weights files, besides those of the parts of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Names {
    /// The table of token vectors.
    pub embedding: &'static str,
    /// The head, where it is not the embedding.
    pub head: &'static str,
    /// What the tensors of a layer begin with, before the layer's index.
    pub layers: &'static str,
}

/// One layer: attention, then feed-forward, each behind a norm and added to the residual stream.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LayerSpec {
    pub attention: AttentionSpec,
    pub feed_forward: FeedForwardSpec,
}

/// x + output(attention(rotate(query(norm(x))), rotate(key(norm(x))), value(norm(x)))).
#[derive(Clone, Debug, PartialEq)]
pub(super) struct AttentionSpec {
    pub norm: NormSpec,
    pub query: LinearSpec,
    pub key: LinearSpec,
    pub value: LinearSpec,
    pub output: LinearSpec,
    /// Norms of each head's queries and keys, before the rotation.
    pub head_norms: Option<HeadNormSpecs>,
    /// h: query heads.
    pub heads: i64,
    /// g: key/value heads.
    pub kv_heads: i64,
    /// e: size of a head.
    pub head_dim: i64,
    /// Factor of the attention scores.
    pub scale: f64,
}

/// Norms over the `e` numbers of a head.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct HeadNormSpecs {
    pub query: NormSpec,
    pub key: NormSpec,
}

/// x + down(silu(gate(norm(x))) · up(norm(x))).
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FeedForwardSpec {
    pub norm: NormSpec,
    pub gate: LinearSpec,
    pub up: LinearSpec,
    pub down: LinearSpec,
}

/// A projection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LinearSpec {
    /// Its name, without that of the layer.
    pub name: &'static str,
    pub inputs: i64,
    pub outputs: i64,
    pub bias: bool,
}

/// An RMS norm.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct NormSpec {
    /// Its name, without that of the layer.
    pub name: &'static str,
    pub width: i64,
    /// Added to the mean square.
    pub eps: f64,
}

impl Architecture {
    /// Checks that documents of up to `sequence_length` tokens are computed rightly.
    ///
    /// # Errors
    /// The model attends within a sliding window that is shorter.
    pub fn admits(&self, sequence_length: usize) -> Result<(), ModelError> {
        match self.window {
            Some(window) if window < sequence_length => {
                Err(ModelError::Window { tokens: sequence_length, window })
            }
            _ => Ok(()),
        }
    }

    /// Number of layers.
    pub fn layer_count(&self) -> usize {
        self.layers.len()
    }

    /// What the names of a layer's tensors begin with.
    pub(super) fn layer_prefix(&self, layer: usize) -> String {
        format!("{}.{layer}.", self.names.layers)
    }
}

impl AttentionSpec {
    /// The projections of the normalized input: query, key, value.
    pub fn inputs_mut(&mut self) -> [&mut LinearSpec; 3] {
        [&mut self.query, &mut self.key, &mut self.value]
    }

    pub fn projections_mut(&mut self) -> [&mut LinearSpec; 4] {
        [&mut self.query, &mut self.key, &mut self.value, &mut self.output]
    }
}

impl FeedForwardSpec {
    pub fn projections_mut(&mut self) -> [&mut LinearSpec; 3] {
        [&mut self.gate, &mut self.up, &mut self.down]
    }
}

impl LayerSpec {
    /// Width of all query heads together.
    pub fn attention_width(&self) -> i64 {
        self.attention.heads * self.attention.head_dim
    }
}

impl LinearSpec {
    /// Number of elements of its weight.
    pub fn elements(&self) -> u64 {
        (self.inputs as u64).saturating_mul(self.outputs as u64)
    }

    pub fn weight_name(&self, prefix: &str) -> String {
        format!("{prefix}{}.weight", self.name)
    }

    pub fn bias_name(&self, prefix: &str) -> String {
        format!("{prefix}{}.bias", self.name)
    }
}

impl NormSpec {
    pub fn weight_name(&self, prefix: &str) -> String {
        format!("{prefix}{}.weight", self.name)
    }
}
