//! Numbers as the screens show them; those in columns keep their width.

use crate::control::Number;
use crate::telemetry::words::number::{short_count, three_digits};
use crate::unit::Bytes;

/// Shown for NaN and infinities.
const UNKNOWN: &str = "–";

/// Three significant digits, plain where that stays short: `0.832`, `12.3`, `1.95e-5`; `–` where
/// it is no number.
pub fn short(value: f64) -> String {
    match value.abs() {
        size if !size.is_finite() => UNKNOWN.into(),
        100.0..10_000.0 => format!("{value:.0}"),
        _ => three_digits(value),
    }
}

/// A loss with three decimals, and γ or φ where space is scarce; `–` where it is not known.
pub fn three(value: f64) -> String {
    if value.is_finite() { format!("{value:.3}") } else { UNKNOWN.into() }
}

/// γ or φ with four decimals, as logs and reports show them; `–` where it is not known.
pub fn four(value: f64) -> String {
    if value.is_finite() { format!("{value:.4}") } else { UNKNOWN.into() }
}

/// A share as a percentage without the sign: `31.4`; `–` where it is not known.
pub fn percent(share: f64) -> String {
    if share.is_finite() { format!("{:.1}", 100.0 * share) } else { UNKNOWN.into() }
}

/// A share as a percentage with two decimals, without the sign: `31.41`.
pub fn two_percent(share: f64) -> String {
    if share.is_finite() { format!("{:.2}", 100.0 * share) } else { UNKNOWN.into() }
}

/// A rate or a large count in one word: `856`, `13.1k`, `4.20M`, `7.62B`.
pub fn count(value: f64) -> String {
    if value.is_finite() { short_count(value.round() as u64) } else { UNKNOWN.into() }
}

/// How much of `all` a part is, 0..=1.
pub fn share(part: Bytes, all: Bytes) -> f64 {
    part.0 as f64 / all.0.max(1) as f64
}

/// A value that an operator sets, as it is typed: `0.3`, `50`, `2e-5`; one that was solved in four digits.
pub fn tunable(value: f64) -> String {
    /// As long as what people type.
    const TYPED: usize = 8;
    let exact = Number(value).to_string();
    let rounded = || format!("{value:.3e}").parse().map(|value| Number(value).to_string());
    if exact.len() > TYPED { rounded().unwrap_or(exact) } else { exact }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_unknown_ones_are_a_dash() {
        let all = [0.0, 0.8321, 12.34, 1.95e-5, 4321.0, 2e7, f64::NAN].map(short);
        assert_eq!(all, ["0", "0.832", "12.3", "1.95e-5", "4321", "2.00e7", "–"]);
        assert_eq!([percent(0.3141), percent(f64::NAN)], ["31.4", "–"]);
        assert_eq!([856.0, 13_100.0, 4.2e6, 7.62e9].map(count), ["856", "13.1k", "4.20M", "7.62B"]);
        assert_eq!([0.3, 50.0, 2e-5].map(tunable), ["0.3", "50", "2e-5"]);
        assert_eq!(tunable(3.888_454_033_929_891_6), "3.888");
    }
}
