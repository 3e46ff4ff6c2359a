use serde::{Deserialize, Serialize};

/// A value at a step; `[step, value]` in JSON, with `null` for a gap.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "(u64, f64)", from = "(u64, Option<f64>)")]
pub struct Point {
    /// Steps taken when it was measured.
    pub step: u64,
    /// The value; NaN is a gap.
    pub value: f64,
}

impl From<Point> for (u64, f64) {
    fn from(point: Point) -> Self {
        (point.step, point.value)
    }
}

impl From<(u64, Option<f64>)> for Point {
    fn from((step, value): (u64, Option<f64>)) -> Self {
        Point { step, value: value.unwrap_or(f64::NAN) }
    }
}
