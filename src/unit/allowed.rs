//! Ranges of numbers: the check and its words in one value, so that messages and help match it.

/// The values that are allowed, as a predicate and in words.
#[derive(Clone, Copy, Debug)]
pub struct Allowed<T> {
    /// Whether a value is allowed; `false` for a number that is not finite.
    pub holds: fn(&T) -> bool,
    /// Completes "allowed: …", such as `a number above 0`.
    pub text: &'static str,
}

/// (0, 10⁶].
pub const ABOVE_ZERO: Allowed<f64> =
    Allowed { holds: |x| *x > 0.0 && *x <= 1e6, text: "a number above 0, at most 1000000" };
/// [0, 10⁶].
pub const NOT_NEGATIVE: Allowed<f64> =
    Allowed { holds: |x| (0.0..=1e6).contains(x), text: "a number from 0 to 1000000" };
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
/// Whole numbers from one to another, both included.
macro_rules! whole {
    ($low:literal to $high:literal) => {
        $crate::unit::allowed::Allowed {
            holds: |n| ($low..=$high).contains(n),
            text: concat!("a whole number from ", $low, " to ", $high),
        }
    };
}

pub(crate) use whole;

/// 1 to 1e12: more steps, rows or requests than any run has.
pub const COUNT: Allowed<u64> = whole!(1 to 1_000_000_000_000);
/// The same, of what is looked at one by one.
pub const SIZE: Allowed<usize> = whole!(1 to 1_000_000_000_000);
