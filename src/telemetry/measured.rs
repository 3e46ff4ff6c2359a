//! Measurements of a domain, as events carry them.

use super::number;
use crate::mixing::{Change, CrossLosses, Mixture};
use crate::unit::{Step, Tokens};
use serde::{Deserialize, Serialize};

/// A held-out measurement of one domain.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DomainEval {
    /// ℓ: token-mean cross-entropy over target tokens, nats.
    #[serde(deserialize_with = "number::nan_if_null")]
    pub loss: f64,
    /// Target tokens that it is the mean over.
    pub tokens: Tokens,
    /// Standard error of `loss`, nats; `None` where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<f64>,
    /// Standard error of γ; `None` where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub potential_error: Option<f64>,
    /// Change since the last mixture update; φ is its positive part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since_update: Option<Change>,
    /// Change since the untuned model; what is forgotten is its positive part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since_start: Option<Change>,
}

/// Held-out losses of a domain after a rehearsal, nats per token.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BothWays {
    /// The loss without the edit.
    #[serde(deserialize_with = "number::nan_if_null")]
    pub without: f64,
    /// Its standard error; `None` where it is not known.
    pub without_error: Option<f64>,
    /// The loss with the edit.
    #[serde(deserialize_with = "number::nan_if_null")]
    pub with: f64,
    /// Its standard error.
    pub with_error: Option<f64>,
    /// The change from without to with, over the same rows: its error is a fraction of either loss's.
    pub change: Option<Change>,
}

impl BothWays {
    /// The mean over the domains without and with the edit, and the standard error of their difference.
    pub fn means(all: &[BothWays]) -> (f64, f64, Option<f64>) {
        let count = all.len() as f64;
        let mean = |of: fn(&BothWays) -> f64| all.iter().map(of).sum::<f64>() / count;
        let squares: Option<f64> =
            all.iter().map(|one| Some((one.change?.error * one.without).powi(2))).sum();
        (
            mean(|one| one.without),
            mean(|one| one.with),
            squares.map(|squares| squares.sqrt() / count),
        )
    }
}

/// The checkpoint with the lowest mean held-out loss.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BestCheckpoint {
    /// Optimizer steps that it holds.
    pub step: Step,
    /// Mean of the held-out losses that were measured at this step, nats.
    pub loss: f64,
}

/// Losses of some held-out rows of every domain, under the untuned reference model and under the one that
/// was tuned on each domain, nats per target token of the model to tune. Tables are \[j\]\[i\]: domain i
/// under the model that was tuned on j.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CrossTable {
    /// Rows measured, per domain.
    pub rows: Vec<u64>,
    /// Loss of each domain under the untuned model.
    #[serde(deserialize_with = "number::nans_if_null")]
    pub untuned: Vec<f64>,
    /// Loss of domain i under the model that was tuned on j.
    #[serde(deserialize_with = "number::table_nans_if_null")]
    pub tuned: Vec<Vec<f64>>,
    /// Paired standard error of the relative change between the two.
    #[serde(deserialize_with = "number::table_nans_if_null")]
    pub errors: Vec<Vec<f64>>,
}

impl CrossTable {
    /// The table of measured rows.
    pub fn of(cross: &CrossLosses) -> Self {
        let errors = |changes: Vec<Change>| changes.iter().map(|change| change.error).collect();
        CrossTable {
            rows: cross.rows(),
            untuned: cross.untuned_losses(),
            tuned: cross.tuned_losses(),
            errors: cross.changes().into_iter().map(errors).collect(),
        }
    }

    /// Whether it has each of so many domains under every other; of a damaged record it may have anything.
    pub fn is_of(&self, domains: usize) -> bool {
        let is_whole = |row: &Vec<f64>| row.len() == domains;
        is_whole(&self.untuned) && self.tuned.len() == domains && self.tuned.iter().all(is_whole)
    }

    /// By how much the loss of domain i changed by tuning on j, relative to the untuned one; NaN where it
    /// was not measured.
    pub fn change(&self, j: usize, i: usize) -> Change {
        let at = |table: &[Vec<f64>]| {
            table.get(j).and_then(|row| row.get(i)).copied().unwrap_or(f64::NAN)
        };
        let before = self.untuned.get(i).copied().unwrap_or(f64::NAN);
        Change { relative: (at(&self.tuned) - before) / before, error: at(&self.errors) }
    }
}

/// Where a strategy that runs beside the one in force would have the weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShadowWeights {
    /// Its name; where several shadows share it, with the parameters as a config has them.
    pub strategy: String,
    /// The weights.
    pub weights: Mixture,
}

/// What the model wrote for the prompt of a held-out row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SampleText {
    /// Name of the domain.
    pub domain: String,
    /// The text that the model was given.
    pub prompt: String,
    /// The answer in the row.
    pub wanted: String,
    /// The text that the model wrote.
    pub written: String,
    /// Whether the model ended it; otherwise it was cut at `samples.max_tokens`.
    pub ended: bool,
}

/// One line of the closing table; see `versatune report --json`. A number that was never measured is
/// NaN (`null` in JSON).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DomainTable {
    /// Name of the domain.
    pub name: String,
    /// First weight of the run.
    #[serde(deserialize_with = "number::nan_if_null")]
    pub weight_first: f64,
    /// Weight at the end.
    #[serde(deserialize_with = "number::nan_if_null")]
    pub weight_last: f64,
    /// w(0).
    #[serde(deserialize_with = "number::nan_if_null")]
    pub detected: f64,
    /// Held-out loss of the untuned model.
    #[serde(deserialize_with = "number::nan_if_null")]
    pub loss_first: f64,
    /// Held-out loss at the end.
    #[serde(deserialize_with = "number::nan_if_null")]
    pub loss_last: f64,
    /// Mastery ceiling r, nats per token; `ceiling` in JSON.
    #[serde(rename = "ceiling")]
    pub reference_loss: Option<f64>,
    /// γ at the end, of the last held-out loss; NaN without a ceiling.
    #[serde(deserialize_with = "number::nan_if_null")]
    pub potential: f64,
    /// By which part the loss stands above that of the untuned model: max((last − first)/first, 0). φ
    /// (Eq. 3) is since the last update. Older records call this `forgetting`.
    #[serde(alias = "forgetting", deserialize_with = "number::nan_if_null")]
    pub forgotten: f64,
    /// Standard error of `loss_last`, nats; `None` where it is not known, as with the two below.
    #[serde(default)]
    pub loss_error: Option<f64>,
    /// Standard error of `potential`.
    #[serde(default)]
    pub potential_error: Option<f64>,
    /// Paired standard error of `forgotten`.
    #[serde(default)]
    pub forgotten_error: Option<f64>,
    /// Samples of the domain that were drawn since the start.
    #[serde(default)]
    pub samples: u64,
    /// Their share of all samples, 0..=1: what the weights came to.
    #[serde(default = "number::nan", deserialize_with = "number::nan_if_null")]
    pub sample_share: f64,
    /// Target tokens of the domain that were trained on since the start.
    pub tokens: u64,
    /// Their share of all target tokens, 0..=1: what the domain counted for in the token mean.
    #[serde(default = "number::nan", deserialize_with = "number::nan_if_null")]
    pub token_share: f64,
}
