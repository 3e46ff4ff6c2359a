//! JSON has no NaN: what is not finite is written as `null`, and `null` is read as NaN (an infinity
//! therefore comes back as NaN too: both mean *no usable number*).
//!
//! serde_json writes the `null` by itself; these functions read it, by
//! `#[serde(deserialize_with = "number::nan_if_null")]`.

use crate::mixing::{Outcome, Threshold};
use crate::unit::DomainId;
use serde::{Deserialize, Deserializer, Serialize};

/// Reads a number, or NaN from `null`.
pub(super) fn nan_if_null<'de, D: Deserializer<'de>>(reader: D) -> Result<f64, D::Error> {
    Ok(Option::<f64>::deserialize(reader)?.unwrap_or(f64::NAN))
}

/// The number of a field that older records do not have.
pub(super) fn nan() -> f64 {
    f64::NAN
}

/// Reads a list of numbers, with NaN from each `null`.
pub(super) fn nans_if_null<'de, D: Deserializer<'de>>(reader: D) -> Result<Vec<f64>, D::Error> {
    let numbers = Vec::<Option<f64>>::deserialize(reader)?;
    Ok(numbers.into_iter().map(|n| n.unwrap_or(f64::NAN)).collect())
}

/// Reads a list of lists of numbers, with NaN from each `null`.
pub(super) fn table_nans_if_null<'de, D: Deserializer<'de>>(
    reader: D,
) -> Result<Vec<Vec<f64>>, D::Error> {
    let rows = Vec::<Vec<Option<f64>>>::deserialize(reader)?;
    let or_nan = |row: Vec<Option<f64>>| row.into_iter().map(|n| n.unwrap_or(f64::NAN)).collect();
    Ok(rows.into_iter().map(or_nan).collect())
}

/// Reads a list of numbers that may be absent, with NaN from each `null` in it.
pub(super) fn some_nans_if_null<'de, D: Deserializer<'de>>(
    reader: D,
) -> Result<Option<Vec<f64>>, D::Error> {
    let numbers = Option::<Vec<Option<f64>>>::deserialize(reader)?;
    let or_nan = |n: Option<f64>| n.unwrap_or(f64::NAN);
    Ok(numbers.map(|numbers| numbers.into_iter().map(or_nan).collect()))
}

/// [`Threshold`], field by field, with NaN for each `null`.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Threshold")]
pub(super) struct ThresholdForm {
    targets: Vec<DomainId>,
    outcome: Outcome,
    #[serde(deserialize_with = "nan_if_null")]
    target_potential: f64,
    #[serde(deserialize_with = "nan_if_null")]
    mean_forgetting: f64,
    ratio: Option<f64>,
    #[serde(deserialize_with = "nan_if_null")]
    tau: f64,
    #[serde(default)]
    confidence: f64,
    #[serde(default)]
    error: Option<f64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    beyond_limit: Vec<DomainId>,
}
