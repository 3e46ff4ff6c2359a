//! `mixing`.

use super::super::given::Given;
use super::model::Source;
use crate::mixing::WrittenStrategy;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;

/// How the mixture moves. λ, δ and τ have no published value; the defaults here are our choices
/// for the tens of updates that a run makes.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct Mixing {
    /// The strategy. Default: `VersaTune(rule: Linear, share: Current)`.
    pub strategy: Given<WrittenStrategy>,
    /// w(0): `Measure`, `Uniform`, numbers by domain or in order, `Preset("LLaMA-3-8B")` or
    /// `File("detection.ron")`. Default: `Measure` where there is a `detection`, else `Uniform`.
    pub detected: Given<Detected>,
    /// Mastery ceilings: `None`, losses by domain or in order, `File("reference.ron")` or
    /// `Tune(model: …)`. Default: `Tune` on the run's own model, or `None` where the strategy
    /// needs no ceiling. A small model of the same family is as good and much faster.
    pub reference: Given<Reference>,
    /// λ ≥ 0, how far γ moves a weight. Default: 0.1: a domain whose γ stays 0.2 above another's
    /// then doubles against it within 40 updates, (1 + 0.1 · 0.2)^40 ≈ 2.2.
    pub lambda: Given<f64>,
    /// δ, 0 to 1, by how much a target's share grows at an expansion. Default: 0.05: from a
    /// tenth to a half in eight expansions.
    pub delta: Given<f64>,
    /// τ ≥ 0, what γ_e / mean φ must exceed for an expansion. Default: 10: γ_e is what can still
    /// be gained at all, φ what one update lost, and such losses add up over tens of updates.
    pub tau: Given<f64>,
    /// Least share of a domain, from 0 to below 1/K. Default: 0, as in the paper.
    pub floor: Given<f64>,
    /// Pull towards w(0) after each update, 0 to 1. Default: 0, as in the paper.
    pub anchor: Given<f64>,
    /// The domain or domains to expand, or `None`. Default: `None`.
    pub target: Given<Option<Vec<String>>>,
    /// Optimizer steps between two updates, ≥ 1. Default: a fortieth of the run where
    /// `training.length` is in steps, else 50.
    pub every: Given<u64>,
    /// Weight of the past in the average of held-out losses, 0 to below 1. Default: 0.
    pub smoothing: Given<f64>,
}

/// Source of w(0).
#[derive(Clone, Debug, Deserialize)]
pub(in crate::config) enum Detected {
    /// The same for each.
    Uniform,
    /// Shares that sum to 1.
    Given(Numbers),
    /// The authors' counts for a model.
    Preset(String),
    /// A stored answer.
    File(String),
    /// As `detection` says.
    Measure,
}

/// Source of the ceilings.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::config) enum Reference {
    /// None.
    None,
    /// Losses in nats, > 0.
    Given(Numbers),
    /// A stored answer.
    File(String),
    /// Measured by tuning a small model on each domain alone.
    Tune(Tuning),
}

/// How the ceilings are measured.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct Tuning {
    /// The small model. Default: the run's own.
    pub model: Given<Source>,
    /// Epochs over each domain, ≥ 1. Default: 4.
    pub epochs: Given<u64>,
    /// Optimizer steps of an epoch, ≥ 1, or `None` for all rows. Default: `None`.
    pub steps_per_epoch: Given<Option<u64>>,
    /// Samples per step, ≥ 1. Default: `training.batch_samples`.
    pub batch_samples: Given<usize>,
    /// Learning rate, above 0, at most 1. Default: `training.lr`.
    pub lr: Given<f64>,
}

/// One number per domain.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::config) enum Numbers {
    /// In the order of the domains: `[0.5, 0.5]`.
    InOrder(Vec<f64>),
    /// By name: `{"law": 0.5, "code": 0.5}`.
    ByName(Vec<(String, f64)>),
}

impl<'de> Deserialize<'de> for Numbers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumbersVisitor)
    }
}

struct NumbersVisitor;

impl<'de> Visitor<'de> for NumbersVisitor {
    type Value = Numbers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number per domain: {\"law\": 0.5, …} or [0.5, …]")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Numbers, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = seq.next_element()? {
            values.push(value);
        }
        Ok(Numbers::InOrder(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Numbers, A::Error> {
        let mut values = Vec::new();
        while let Some(entry) = map.next_entry()? {
            values.push(entry);
        }
        Ok(Numbers::ByName(values))
    }
}
