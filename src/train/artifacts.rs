//! `detection.ron` and `reference.ron`: what a run measured before training, for later runs to take
//! instead of measuring again.

use super::error::TrainError;
use super::folder::write_atomic;
use crate::detect::DetectionResult;
use crate::mixing::Mixture;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;

/// A measurement before training that can also be made by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measurement {
    /// w(0), Algorithm 1.
    Detection,
    /// The reference losses r ("mastery ceilings" to users).
    ReferenceLosses,
}

impl Measurement {
    /// Name of the file in a run's folder that holds the result.
    pub fn file(self) -> &'static str {
        match self {
            Measurement::Detection => "detection.ron",
            Measurement::ReferenceLosses => "reference.ron",
        }
    }

    /// What follows a run's name, after a hyphen, in the name of the measurement's own folder.
    pub fn suffix(self) -> &'static str {
        match self {
            Measurement::Detection => "detection",
            Measurement::ReferenceLosses => "reference",
        }
    }
}

/// The result of Algorithm 1, by domain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredDetection {
    /// Origin, in words.
    pub source: String,
    /// Each domain's name and its weight, 0..=1.
    pub weights: Vec<(String, f64)>,
    /// How it was measured and how exact it is; `None` where it was given.
    #[serde(default)]
    pub measured: Option<DetectionResult>,
}

/// Reference losses (mastery ceilings), by domain.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StoredReference {
    /// What they were measured with: model, data and tuning in words.
    pub source: String,
    /// Of everything that decides them: other data or another tuning gives another one.
    pub fingerprint: String,
    /// One entry per domain measured so far.
    #[serde(rename = "ceilings")]
    pub reference_losses: Vec<StoredLoss>,
}

/// One domain's reference loss.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredLoss {
    /// Name of the domain.
    pub domain: String,
    /// r: the lowest of the epochs' losses, nats per token of the target's tokenizer.
    pub loss: f64,
    /// Held-out loss of the untuned reference model and after each epoch.
    pub epochs: Vec<f64>,
}

impl StoredDetection {
    /// Reads stored weights for `domains`, in their order.
    ///
    /// # Errors
    /// The file cannot be read, has other domains, or its weights are no mixture.
    pub fn read(path: &Path, domains: &[String]) -> Result<Mixture, TrainError> {
        let stored: StoredDetection = read(path)?;
        let weights = in_order(path, domains, &stored.weights)?;
        Mixture::new(weights).map_err(|error| TrainError::stored(path, error.to_string()))
    }
}

impl StoredReference {
    /// Reads stored reference losses for `domains`, in their order.
    ///
    /// # Errors
    /// The file cannot be read, or has other domains.
    pub fn read(path: &Path, domains: &[String]) -> Result<Vec<f64>, TrainError> {
        let stored: StoredReference = read(path)?;
        let losses: Vec<_> = stored
            .reference_losses
            .iter()
            .map(|reference_loss| (reference_loss.domain.clone(), reference_loss.loss))
            .collect();
        in_order(path, domains, &losses)
    }

    /// What an interrupted measurement left behind, if it measured the same thing.
    pub fn begun(path: &Path, fingerprint: &str) -> Option<Self> {
        read(path).ok().filter(|stored: &Self| stored.fingerprint == fingerprint)
    }

    /// The loss of one domain, if it was measured.
    pub fn loss(&self, domain: &str) -> Option<f64> {
        self.reference_losses
            .iter()
            .find(|reference_loss| reference_loss.domain == domain)
            .map(|reference_loss| reference_loss.loss)
    }
}

/// Writes either file, whole or not at all.
pub fn write(path: &Path, value: &impl Serialize) -> Result<(), TrainError> {
    let text = ron::ser::to_string_pretty(value, ron::ser::PrettyConfig::default())
        .map_err(|error| TrainError::stored(path, error.to_string()))?;
    write_atomic(path, text.as_bytes())
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T, TrainError> {
    let text = fs::read_to_string(path).map_err(|error| TrainError::io("read", path, error))?;
    ron::from_str(&text).map_err(|error| TrainError::stored(path, error.to_string()))
}

fn in_order(
    path: &Path,
    domains: &[String],
    values: &[(String, f64)],
) -> Result<Vec<f64>, TrainError> {
    if let Some((surplus, _)) = values.iter().find(|(name, _)| !domains.contains(name)) {
        let why = format!("it names domain {surplus}; this run has {}", domains.join(", "));
        return Err(TrainError::stored(path, why));
    }
    domains
        .iter()
        .map(|domain| {
            values.iter().find(|(name, _)| name == domain).map(|(_, value)| *value).ok_or_else(
                || {
                    TrainError::stored(
                        path,
                        format!("it has no entry for domain {domain}; measure it again"),
                    )
                },
            )
        })
        .collect()
}
