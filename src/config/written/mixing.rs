//! `mixing`.

use super::super::given::Given;
use super::super::plan::CrossTableChoice;
use super::model::Source;
use crate::mixing::WrittenStrategy;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::fmt;

/// How the mixture moves. λ, δ and τ have no published value; the defaults here are our choices
/// for the tens of updates that a run makes.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct Mixing {
    pub strategy: Given<WrittenStrategy>,
    pub shadow: Given<Vec<WrittenStrategy>>,
    pub detected: Given<Detected>,
    pub reference: Given<Reference>,
    pub lambda: Given<Lambda>,
    pub delta: Given<f64>,
    pub tau: Given<f64>,
    pub test: Given<Test>,
    pub forgetting_limit: Given<BTreeMap<String, f64>>,
    pub floor: Given<f64>,
    pub anchor: Given<f64>,
    pub target: Given<Option<Vec<String>>>,
    pub every: Given<Option<u64>>,
    pub smoothing: Given<f64>,
}

/// λ: solved for a span, or a number.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(in crate::config) enum Lambda {
    Auto(f64),
    Fixed(f64),
}

/// Algorithm 3's test: the paper's, or one that heeds the noise.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(in crate::config) enum Test {
    Plain,
    Confident(f64),
}

/// Source of w(0).
#[derive(Clone, Debug, Deserialize)]
pub(in crate::config) enum Detected {
    /// The same share for each domain.
    Uniform,
    /// Shares that sum to 1.
    Given(Numbers),
    /// The authors' counts for a model.
    Preset(String),
    /// A stored `detection.ron`.
    File(String),
    /// Measured in the run, as the section `detection` says.
    Measure,
    /// The mixture of the tuned reference models that explains held-out rows best.
    MixMin,
}

/// Source of the mastery ceilings.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::config) enum Reference {
    /// No ceilings.
    None,
    /// Losses in nats, > 0.
    Given(Numbers),
    /// A stored `reference.ron`.
    File(String),
    /// The same, taken as it is.
    Unchecked(String),
    /// Measured by tuning a small model on each domain alone.
    Tune(Tuning),
}

/// How the mastery ceilings are measured.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct Tuning {
    pub model: Given<Source>,
    pub epochs: Given<u64>,
    pub steps_per_epoch: Given<Option<u64>>,
    pub batch_samples: Given<usize>,
    pub lr: Given<f64>,
    pub table: Given<CrossTableChoice>,
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
