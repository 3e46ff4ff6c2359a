//! `detection.ron` and `reference.ron`: answers that a later run can take instead of asking again.

use super::error::TrainError;
use super::folder::write_atomic;
use crate::detect::DetectionResult;
use crate::mixing::Mixture;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;

/// Algorithm 1's answer, by domain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredDetection {
    /// Where it comes from, in words.
    pub source: String,
    /// Domain and weight.
    pub weights: Vec<(String, f64)>,
    /// How it was measured and what it is worth, where it was.
    #[serde(default)]
    pub measured: Option<DetectionResult>,
}

/// Mastery ceilings, by domain.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StoredReference {
    /// What they were measured with: model, data and tuning in words.
    pub source: String,
    /// What decided them; other data or another tuning gives another one.
    pub fingerprint: String,
    /// One entry per domain measured so far.
    pub reference_losses: Vec<StoredLoss>,
}

/// One domain's ceiling.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredLoss {
    /// The domain.
    pub domain: String,
    /// r: the lowest of the epochs' losses, nats per token of the target's tokenizer.
    pub loss: f64,
    /// Held-out loss of the untuned reference model and after each epoch.
    pub epochs: Vec<f64>,
}

impl StoredDetection {
    /// Reads a stored answer for `domains`.
    pub fn read(path: &Path, domains: &[String]) -> Result<Mixture, TrainError> {
        let stored: StoredDetection = read(path)?;
        let weights = in_order(path, domains, &stored.weights)?;
        Mixture::new(weights).map_err(|error| TrainError::stored(path, error.to_string()))
    }
}

impl StoredReference {
    /// Reads stored ceilings for `domains`, in their order.
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

/// Writes either of them.
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
                        format!("it has no entry for domain {domain}; measure it anew"),
                    )
                },
            )
        })
        .collect()
}
