use crate::unit::DomainId;
use serde::{Deserialize, Serialize};

/// Shares of the domains in the data that is drawn: every weight ≥ 0, their sum 1 (within 1e-9).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<f64>", into = "Vec<f64>")]
pub struct Mixture(Vec<f64>);

/// Why numbers are no mixture.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MixtureError {
    /// No domain at all.
    #[error("a mixture needs at least one domain")]
    Empty,
    /// A weight that is negative, infinite or not a number.
    #[error("weight {index} is {value}; weights are finite numbers from 0 to 1")]
    Weight {
        /// Place of the domain, from 0.
        index: usize,
        /// The offending weight.
        value: f64,
    },
    /// All weights are zero, so that there is nothing to divide by.
    #[error("the weights sum to 0; at least one must be above 0")]
    Zero,
    /// The sum is not 1 where it has to be.
    #[error("the weights sum to {sum}, not 1")]
    Sum {
        /// What they sum to.
        sum: f64,
    },
}

impl Mixture {
    /// Takes weights that already sum to 1 (within 1e-6) and divides the rounding error away.
    pub fn new(weights: Vec<f64>) -> Result<Self, MixtureError> {
        let sum: f64 = weights.iter().sum();
        if (sum - 1.0).abs() > 1e-6 {
            Self::check(&weights)?;
            return Err(MixtureError::Sum { sum });
        }
        Self::normalized(weights)
    }

    /// Divides non-negative numbers by their sum.
    pub fn normalized(mut weights: Vec<f64>) -> Result<Self, MixtureError> {
        let sum = Self::check(&weights)?;
        weights.iter_mut().for_each(|w| *w /= sum);
        Ok(Mixture(weights))
    }

    /// The same weight for each of `domains` (≥ 1).
    pub fn uniform(domains: usize) -> Self {
        let domains = domains.max(1);
        Mixture(vec![1.0 / domains as f64; domains])
    }

    /// The weights, in the order of the domains.
    pub fn as_slice(&self) -> &[f64] {
        &self.0
    }

    /// Number of domains.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Never true: a mixture has a domain.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The share of one domain.
    pub fn weight(&self, domain: DomainId) -> f64 {
        self.0[domain.0]
    }

    fn check(weights: &[f64]) -> Result<f64, MixtureError> {
        if weights.is_empty() {
            return Err(MixtureError::Empty);
        }
        if let Some((index, &value)) =
            weights.iter().enumerate().find(|(_, w)| !w.is_finite() || **w < 0.0)
        {
            return Err(MixtureError::Weight { index, value });
        }
        let sum: f64 = weights.iter().sum();
        if sum > 0.0 && sum.is_finite() { Ok(sum) } else { Err(MixtureError::Zero) }
    }
}

impl TryFrom<Vec<f64>> for Mixture {
    type Error = MixtureError;

    /// Keeps recorded weights to the bit: a resumed run goes on with exactly these.
    fn try_from(weights: Vec<f64>) -> Result<Self, MixtureError> {
        let sum = Self::check(&weights)?;
        if (sum - 1.0).abs() > 1e-9 {
            return Err(MixtureError::Sum { sum });
        }
        Ok(Mixture(weights))
    }
}

impl From<Mixture> for Vec<f64> {
    fn from(mixture: Mixture) -> Self {
        mixture.0
    }
}
