//! Names and shapes of every tensor of an architecture, in HF's layout and in one stable order.

use super::Architecture;

/// One tensor of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spec {
    /// Name in the safetensors files.
    pub name: String,
    /// Its sizes, outermost first.
    pub shape: Vec<i64>,
    /// What it does, and with it how it starts and whether it decays.
    pub role: Role,
}

/// What a tensor does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// A table or the factor of a product: starts random, decays.
    Weight,
    /// Scale of a norm: starts at one.
    Norm,
    /// Added: starts at zero.
    Bias,
}

impl Spec {
    /// Number of elements.
    pub fn elements(&self) -> u64 {
        self.shape.iter().map(|n| *n as u64).product()
    }
}

/// Name of the table of token vectors.
pub(super) const EMBEDDING: &str = "model.embed_tokens.weight";
/// Name of the norm before the head.
pub(super) const FINAL_NORM: &str = "model.norm.weight";
/// Name of the head, where it is not the embedding.
pub(super) const HEAD: &str = "lm_head.weight";

/// Names of one layer's tensors.
pub(super) fn in_layer(layer: usize, part: &str) -> String {
    format!("model.layers.{layer}.{part}")
}

/// Every tensor of the architecture, from the embedding to the head.
pub(super) fn specs(a: &Architecture) -> Vec<Spec> {
    let weight = |name: &str, shape: &[i64]| Spec {
        name: name.into(),
        shape: shape.into(),
        role: Role::Weight,
    };
    let norm =
        |name: &str, size: i64| Spec { name: name.into(), shape: vec![size], role: Role::Norm };

    let mut specs = vec![weight(EMBEDDING, &[a.vocabulary, a.hidden])];
    for layer in 0..a.layers {
        let products = [
            ("self_attn.q_proj", a.heads * a.head_dim, a.hidden, a.qkv_bias),
            ("self_attn.k_proj", a.kv_heads * a.head_dim, a.hidden, a.qkv_bias),
            ("self_attn.v_proj", a.kv_heads * a.head_dim, a.hidden, a.qkv_bias),
            ("self_attn.o_proj", a.hidden, a.heads * a.head_dim, a.output_bias),
            ("mlp.gate_proj", a.feed_forward, a.hidden, a.mlp_bias),
            ("mlp.up_proj", a.feed_forward, a.hidden, a.mlp_bias),
            ("mlp.down_proj", a.hidden, a.feed_forward, a.mlp_bias),
        ];
        specs.push(norm(&in_layer(layer, "input_layernorm.weight"), a.hidden));
        for (part, output, input, biased) in products {
            specs.push(weight(&in_layer(layer, &format!("{part}.weight")), &[output, input]));
            if biased {
                let name = in_layer(layer, &format!("{part}.bias"));
                specs.push(Spec { name, shape: vec![output], role: Role::Bias });
            }
        }
        if a.qk_norm {
            specs.push(norm(&in_layer(layer, "self_attn.q_norm.weight"), a.head_dim));
            specs.push(norm(&in_layer(layer, "self_attn.k_norm.weight"), a.head_dim));
        }
        specs.push(norm(&in_layer(layer, "post_attention_layernorm.weight"), a.hidden));
    }
    specs.push(norm(FINAL_NORM, a.hidden));
    if !a.tied {
        specs.push(weight(HEAD, &[a.vocabulary, a.hidden]));
    }
    specs
}

impl Architecture {
    /// Number of parameters; a tied head counts once.
    pub fn parameter_count(&self) -> u64 {
        specs(self).iter().map(Spec::elements).sum()
    }

    /// Model FLOP of one training step on documents that end where the next begins
    /// (`cu_seqlens[i]..bounds[i + 1]`, as in [`PackedSequence::bounds`](crate::data::PackedSequence)), of whose
    /// tokens the loss counts `target_tokens`.
    ///
    /// A product of a weight with one token's vector takes 2 FLOP per element forward and 4
    /// backward. The embedding is looked up, not multiplied; the head is applied to the tokens
    /// that the loss counts. A token attends to itself and to all before it in its document: for
    /// each such pair q·k and the weighting of v take 4·H·D forward and 8·H·D backward. Work that
    /// recompute repeats is not counted.
    pub fn flops(&self, cu_seqlens: &[i64], target_tokens: u64) -> f64 {
        let tokens = cu_seqlens.last().copied().unwrap_or(0) as f64;
        let head = self.vocabulary as f64 * self.hidden as f64;
        let products: u64 = specs(self)
            .iter()
            .filter(|spec| spec.role == Role::Weight && spec.name != EMBEDDING && spec.name != HEAD)
            .map(Spec::elements)
            .sum();
        let pairs: f64 = cu_seqlens
            .windows(2)
            .map(|ends| (ends[1] - ends[0]) as f64)
            .map(|length| length * (length + 1.0) / 2.0)
            .sum();
        let attention = 12.0 * self.layers as f64 * (self.heads * self.head_dim) as f64 * pairs;
        6.0 * products as f64 * tokens + 6.0 * head * target_tokens as f64 + attention
    }
}
