//! The tensors of an architecture in one stable order, and what they cost.

use super::Architecture;
use super::architecture::{LayerSpec, LinearSpec, NormSpec};
use super::recompute::{Again, Recompute};

/// One tensor of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TensorSpec {
    /// Name in the safetensors files.
    pub name: String,
    /// Its sizes, outermost first.
    pub shape: Vec<i64>,
    /// What it does, and with it how it starts and whether it decays.
    pub role: TensorRole,
}

/// What a tensor does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TensorRole {
    /// The embedding or the head: starts random, decays.
    Table,
    /// Weight of a projection: starts random, decays.
    Projection,
    /// Scale of a norm: starts at one.
    Norm,
    /// Added: starts at zero.
    Bias,
}

impl TensorRole {
    /// Whether it starts random and decays; the others start at a constant and do not.
    pub fn is_weight(self) -> bool {
        matches!(self, TensorRole::Table | TensorRole::Projection)
    }
}

impl TensorSpec {
    /// Number of elements.
    pub fn elements(&self) -> u64 {
        self.shape.iter().map(|n| *n as u64).fold(1, u64::saturating_mul)
    }

    fn table(name: &str, a: &Architecture) -> Self {
        TensorSpec {
            name: name.into(),
            shape: vec![a.vocabulary, a.hidden],
            role: TensorRole::Table,
        }
    }

    fn norm(norm: &NormSpec, prefix: &str) -> Self {
        let name = norm.weight_name(prefix);
        TensorSpec { name, shape: vec![norm.width], role: TensorRole::Norm }
    }
}

/// Every tensor of the architecture. The order is that of the stored optimizer state and of the
/// stochastic rounding's keys: it never changes for a family.
pub(super) fn tensors(a: &Architecture) -> Vec<TensorSpec> {
    let mut tensors = vec![TensorSpec::table(a.names.embedding, a)];
    for (index, layer) in a.layers.iter().enumerate() {
        add_layer(&mut tensors, layer, &a.layer_prefix(index));
    }
    tensors.push(TensorSpec::norm(&a.final_norm, ""));
    if !a.tied {
        tensors.push(TensorSpec::table(a.names.head, a));
    }
    tensors
}

fn add_layer(tensors: &mut Vec<TensorSpec>, layer: &LayerSpec, prefix: &str) {
    let LayerSpec { attention, feed_forward } = layer;
    tensors.push(TensorSpec::norm(&attention.norm, prefix));
    for projection in [&attention.query, &attention.key, &attention.value, &attention.output] {
        add_linear(tensors, projection, prefix);
    }
    for projection in [&feed_forward.gate, &feed_forward.up, &feed_forward.down] {
        add_linear(tensors, projection, prefix);
    }
    if let Some(norms) = &attention.head_norms {
        tensors.push(TensorSpec::norm(&norms.query, prefix));
        tensors.push(TensorSpec::norm(&norms.key, prefix));
    }
    tensors.push(TensorSpec::norm(&feed_forward.norm, prefix));
}

fn add_linear(tensors: &mut Vec<TensorSpec>, linear: &LinearSpec, prefix: &str) {
    let (name, shape) = (linear.weight_name(prefix), vec![linear.outputs, linear.inputs]);
    tensors.push(TensorSpec { name, shape, role: TensorRole::Projection });
    if linear.bias {
        let (name, shape) = (linear.bias_name(prefix), vec![linear.outputs]);
        tensors.push(TensorSpec { name, shape, role: TensorRole::Bias });
    }
}

impl Architecture {
    /// Number of parameters; a tied head counts once.
    pub fn parameter_count(&self) -> u64 {
        tensors(self).iter().map(TensorSpec::elements).fold(0, u64::saturating_add)
    }

    /// Model FLOP of one training step on documents that end where the next begins
    /// (`cu_seqlens[i]..cu_seqlens[i + 1]`, as in
    /// [`PackedSequence::cu_seqlens`](crate::data::PackedSequence)), with `target_tokens` tokens that
    /// the loss counts.
    ///
    /// A matmul of a weight with one token's vector takes 2 FLOP per element forward and 4 backward.
    /// The embedding is looked up, not multiplied; the head is applied to the tokens that the loss
    /// counts. A token attends to itself and to all before it in its document: for each such pair
    /// q·k and the weighting of v take 4·h·e forward and 8·h·e backward. Work that recompute repeats
    /// is not counted.
    pub fn flops(&self, cu_seqlens: &[i64], target_tokens: u64) -> f64 {
        let tokens = cu_seqlens.last().copied().unwrap_or(0) as f64;
        let head = self.vocabulary as f64 * self.hidden as f64;
        let projections: u64 = tensors(self)
            .iter()
            .filter(|tensor| tensor.role == TensorRole::Projection)
            .map(TensorSpec::elements)
            .sum();
        let attention = self.attention_flops(cu_seqlens);
        6.0 * projections as f64 * tokens + 6.0 * head * target_tokens as f64 + attention
    }

    /// Those of the attention among them, a third of them forward.
    pub fn attention_flops(&self, cu_seqlens: &[i64]) -> f64 {
        let width: i64 = self.layers.iter().map(LayerSpec::attention_width).sum();
        12.0 * width as f64 * pairs(cu_seqlens)
    }

    /// FLOP of the backward of the same step that repeat some of its forward.
    pub fn repeated_flops(&self, cu_seqlens: &[i64], recompute: Recompute) -> f64 {
        let tokens = cu_seqlens.last().copied().unwrap_or(0) as f64;
        let pairs = pairs(cu_seqlens);
        let of_layer = |(index, layer): (usize, &LayerSpec)| {
            let (attention, feed_forward) = (&layer.attention, &layer.feed_forward);
            let widest = feed_forward.gate.elements() + feed_forward.up.elements();
            let [query, key, value, output] =
                [&attention.query, &attention.key, &attention.value, &attention.output]
                    .map(LinearSpec::elements);
            let all = widest + query + key + value + output;
            match recompute.of_layer(index) {
                Again::Nothing => 0.0,
                Again::Widest => 2.0 * widest as f64 * tokens,
                // The down projection is not: its output alone would need it.
                Again::All => {
                    2.0 * all as f64 * tokens + 4.0 * layer.attention_width() as f64 * pairs
                }
            }
        };
        self.layers.iter().enumerate().map(of_layer).sum()
    }
}

/// Pairs of a token and one that it attends to.
fn pairs(cu_seqlens: &[i64]) -> f64 {
    let lengths = cu_seqlens.windows(2).map(|ends| (ends[1] - ends[0]) as f64);
    lengths.map(|length| length * (length + 1.0) / 2.0).sum()
}
