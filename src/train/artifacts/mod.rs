//! `detection.ron` and `reference.ron`: what a run measured before training, for later runs to take
//! instead of measuring again. Their first line is a comment with the checksum of the rest: a changed
//! number would move the mixture in silence.

use super::error::TrainError;
use super::folder::write_atomic;
use crate::detect::DetectionResult;
use crate::disk::{self, hex};
use crate::mixing::Mixture;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::ErrorKind;
use std::path::Path;

/// Begins the first line.
const CHECKSUM: &str = "// sha256 of the lines below: ";

/// What a file holds, and what is to be said about it.
pub type Read<T> = (T, Option<String>);

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
    /// The file cannot be read, is not as it was written, has other domains, or its weights are no
    /// mixture.
    pub fn read(path: &Path, domains: &[String]) -> Result<Read<Mixture>, TrainError> {
        let (stored, notice): Read<StoredDetection> = read(path)?;
        let weights = in_order(path, domains, &stored.weights)?;
        let mixture = Mixture::new(weights);
        Ok((mixture.map_err(|error| TrainError::stored(path, error.to_string()))?, notice))
    }
}

impl StoredReference {
    /// Reads stored reference losses for `domains`, in their order.
    ///
    /// # Errors
    /// The file cannot be read, is not as it was written, or has other domains.
    pub fn read(path: &Path, domains: &[String]) -> Result<Read<Vec<f64>>, TrainError> {
        let (stored, notice): Read<StoredReference> = read(path)?;
        let losses: Vec<_> = stored
            .reference_losses
            .iter()
            .map(|reference_loss| (reference_loss.domain.clone(), reference_loss.loss))
            .collect();
        Ok((in_order(path, domains, &losses)?, notice))
    }

    /// What an interrupted measurement left behind, if it measured the same thing.
    ///
    /// # Errors
    /// The file cannot be read, or is not as it was written.
    pub fn begun(path: &Path, fingerprint: &str) -> Result<Option<Read<Self>>, TrainError> {
        match read::<Self>(path) {
            Ok((stored, notice)) => {
                let is_same = stored.fingerprint == fingerprint;
                Ok(is_same.then_some((stored, notice)))
            }
            Err(TrainError::Io { error, .. }) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
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
    let text = format!("{text}\n");
    let sum = hex(Sha256::new_with_prefix(&text));
    write_atomic(path, format!("{CHECKSUM}{sum}\n{text}").as_bytes())
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<Read<T>, TrainError> {
    let text = disk::read_text(path, disk::LARGEST_TEXT)
        .map_err(|error| TrainError::io("read", path, error))?;
    let summed = text.strip_prefix(CHECKSUM).and_then(|rest| rest.split_once('\n'));
    let notice = match summed {
        Some((sum, content)) if sum == hex(Sha256::new_with_prefix(content)) => None,
        Some(_) => return Err(TrainError::stored(path, CHANGED)),
        None => Some(format!(
            "{} has no checksum in its first line, as older and handwritten files have none: it is \
             used as it is",
            path.display()
        )),
    };
    let value = ron::from_str(&text)
        .map_err(|error| TrainError::stored(path, format!("{error}; {MEASURE_AGAIN}")))?;
    Ok((value, notice))
}

const MEASURE_AGAIN: &str = "restore it, or remove it to have it measured again";

const CHANGED: &str = "it does not have the checksum of its first line, so that a number in it may be \
                       wrong; restore it, remove it to have it measured again, or, if you changed it \
                       yourself, remove its first line";

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

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn stored(dir: &Path) -> std::path::PathBuf {
        let loss = |domain: &str, loss| StoredLoss { domain: domain.into(), loss, epochs: vec![] };
        let path = dir.join("reference.ron");
        let reference = StoredReference {
            source: "a small model".into(),
            fingerprint: "f".into(),
            reference_losses: vec![loss("law", 3.74), loss("code", 2.5)],
        };
        write(&path, &reference).unwrap();
        path
    }

    fn read_losses(path: &Path) -> Result<Read<Vec<f64>>, TrainError> {
        StoredReference::read(path, &["law".into(), "code".into()])
    }

    /// 3.74 that became 1.74 would move the mixture in silence.
    #[test]
    fn a_changed_number_is_an_error_that_names_file_and_fix() {
        let dir = tempfile::tempdir().unwrap();
        let path = stored(dir.path());
        assert_eq!(read_losses(&path).unwrap(), (vec![3.74, 2.5], None));
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replace("3.74", "1.74")).unwrap();
        for error in [read_losses(&path).err(), StoredReference::begun(&path, "f").err()] {
            let error = error.unwrap().to_string();
            assert!(error.contains("reference.ron cannot be used"), "{error}");
            assert!(
                error.contains("checksum") && error.contains("remove its first line"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_file_without_a_checksum_is_used_with_a_notice() {
        let dir = tempfile::tempdir().unwrap();
        let path = stored(dir.path());
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.split_once('\n').unwrap().1.replace("3.74", "1.74")).unwrap();
        let (losses, notice) = read_losses(&path).unwrap();
        assert_eq!(losses, [1.74, 2.5]);
        assert!(notice.unwrap().contains("reference.ron has no checksum"));
        let begun = |fingerprint| StoredReference::begun(&path, fingerprint).unwrap();
        assert!(begun("f").is_some() && begun("of other data").is_none());
        fs::remove_file(&path).unwrap();
        assert_eq!(StoredReference::begun(&path, "f").unwrap(), None);
    }
}
