use super::file::{Read, in_order, read};
use crate::detect::DetectionResult;
use crate::mixing::Mixture;
use crate::train::error::TrainError;
use serde::{Deserialize, Serialize};
use std::path::Path;

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

impl StoredDetection {
    /// Reads stored weights for `domains`, in their order.
    ///
    /// # Errors
    /// The file cannot be read, is not as it was written, has other domains, or its weights are no
    /// mixture.
    pub fn read(path: &Path, domains: &[String]) -> Result<Read<Mixture>, TrainError> {
        let (stored, notice): Read<StoredDetection> = read(path)?;
        let weights = in_order(path, domains, &stored.weights, |(name, _)| name)?;
        let mixture = Mixture::new(weights.iter().map(|(_, weight)| *weight).collect());
        Ok((mixture.map_err(|error| TrainError::stored(path, error.to_string()))?, notice))
    }
}
