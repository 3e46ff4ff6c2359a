//! Quantities as types, so that steps, tokens, bytes and domains cannot be confused; how they are shown
//! to people; and the ranges that numbers are checked against ([`allowed`]).

pub mod allowed;

use serde::{Deserialize, Serialize};
use std::fmt;

/// Number of optimizer steps taken since the run began: `Step(1)` is the state after the first.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Step(pub u64);

impl Step {
    /// The step after this one.
    pub fn next(self) -> Self {
        Step(self.0 + 1)
    }

    /// Whether something that happens every `every` steps happens at this one. Never at step 0.
    pub fn is_multiple_of(self, every: u64) -> bool {
        every > 0 && self.0 > 0 && self.0.is_multiple_of(every)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&grouped(self.0))
    }
}

/// A number of tokens; shown with thousands grouped.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Tokens(pub u64);

impl fmt::Display for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&grouped(self.0))
    }
}

/// A number of bytes; shown in binary units (KiB, MiB, GiB).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Bytes(pub u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
        if self.0 < 1024 {
            return write!(f, "{} B", self.0);
        }
        let mut value = self.0 as f64 / 1024.0;
        let mut unit = 0;
        while value >= 1024.0 && unit + 1 < UNITS.len() {
            value /= 1024.0;
            unit += 1;
        }
        write!(f, "{value:.1} {}", UNITS[unit])
    }
}

/// Index of a domain in the run's list of domains, from 0. Weights, losses and all other vectors
/// by domain are in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DomainId(pub usize);

/// `12345` as `12,345`.
pub fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// Seconds as people read them, in at most two units: `42 s`, `7 min 05`, `2 h 14`; `–` where they are
/// negative or not finite.
pub fn duration_text(secs: f64) -> String {
    if !secs.is_finite() || secs < 0.0 {
        return "–".into();
    }
    let whole = secs.round() as u64;
    match whole {
        0..60 => format!("{whole} s"),
        60..3600 => format!("{} min {:02}", whole / 60, whole % 60),
        _ => format!("{} h {:02}", whole / 3600, whole % 3600 / 60),
    }
}

/// `5 min ago`, of a time that is so many seconds past.
pub fn ago_text(secs: u64) -> String {
    match secs {
        0..60 => format!("{secs} s ago"),
        60..3600 => format!("{} min ago", secs / 60),
        3600..86_400 => format!("{} h ago", secs / 3600),
        _ => format!("{} d ago", secs / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_binary_units() {
        assert_eq!(Bytes(1023).to_string(), "1023 B");
        assert_eq!(Bytes(1536).to_string(), "1.5 KiB");
        assert_eq!(Bytes(80 << 30).to_string(), "80.0 GiB");
    }

    #[test]
    fn numbers_and_durations_read_well() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(duration_text(59.4), "59 s");
        assert_eq!(duration_text(425.0), "7 min 05");
        assert_eq!(duration_text(8040.0), "2 h 14");
        assert_eq!(duration_text(f64::NAN), "–");
    }

    #[test]
    fn nothing_recurs_at_step_zero() {
        assert!(!Step(0).is_multiple_of(5));
        assert!(Step(10).is_multiple_of(5));
        assert!(!Step(10).is_multiple_of(0));
    }
}
