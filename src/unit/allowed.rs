//! Ranges of numbers: the check and its words in one value, so that messages and help match it.

/// The values that are allowed, as a predicate and in words.
#[derive(Clone, Copy, Debug)]
pub struct Allowed<T> {
    /// Whether a value is allowed; `false` for a number that is not finite.
    pub holds: fn(&T) -> bool,
    /// Completes "allowed: …", such as `a number above 0`.
    pub text: &'static str,
}

/// (0, ∞).
pub const ABOVE_ZERO: Allowed<f64> =
    Allowed { holds: |x| *x > 0.0 && x.is_finite(), text: "a number above 0" };
/// [0, ∞).
pub const NOT_NEGATIVE: Allowed<f64> =
    Allowed { holds: |x| *x >= 0.0 && x.is_finite(), text: "a number, 0 or above" };
/// [0, 1].
pub const SHARE: Allowed<f64> =
    Allowed { holds: |x| (0.0..=1.0).contains(x), text: "a number from 0 to 1" };
/// [0, 1).
pub const BELOW_ONE: Allowed<f64> =
    Allowed { holds: |x| (0.0..1.0).contains(x), text: "a number from 0 to below 1" };
/// (0, 1).
pub const BETWEEN: Allowed<f64> =
    Allowed { holds: |x| *x > 0.0 && *x < 1.0, text: "a number above 0 and below 1" };
/// (0, 1].
pub const RATE: Allowed<f64> =
    Allowed { holds: |x| *x > 0.0 && *x <= 1.0, text: "a number above 0, at most 1" };
/// 1, 2, 3, …
pub const COUNT: Allowed<u64> = Allowed { holds: |n| *n >= 1, text: "a whole number, 1 or above" };
/// 1, 2, 3, … of what is held in memory.
pub const SIZE: Allowed<usize> = Allowed { holds: |n| *n >= 1, text: "a whole number, 1 or above" };
