//! Held-out losses row by row, and what they say of the error of a mean.
//!
//! The same rows are measured every time. So the error of a change is that of the rows' own changes
//! (paired), which is a fraction of the error of either loss. All errors are standard errors of a ratio of
//! sums with rows as the units, to first order: for a ratio R = Σ a_i / Σ b_i over n rows,
//! SE² = n/(n−1) · Σ (a_i − R·b_i)² / (Σ b_i)² (Cochran, Sampling Techniques, 6.4, without the correction for
//! a finite population). Ours: the paper's test knows no error. `[V]`: checked by bootstrap, see the tests.

use serde::{Deserialize, Serialize};

/// The held-out losses of one domain, with one entry per row in both lists.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RowLosses {
    /// Sum of the losses of a row's target tokens, nats.
    #[serde(with = "one_line")]
    pub nats: Vec<f64>,
    /// Number of a row's target tokens.
    #[serde(with = "one_line")]
    pub tokens: Vec<u64>,
}

/// A relative change of a loss, and its paired standard error.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// (ℓ − ℓ_before)/ℓ_before, negative where the loss fell. φ is its positive part.
    pub relative: f64,
    /// Its standard error.
    pub error: f64,
}

/// Standard errors that a change must exceed to be more than chance, two-sided at about 5 %.
pub const CLEAR: f64 = 2.0;

impl Change {
    /// Whether the change is more than twice its standard error; never of one that is not known.
    pub fn is_clear(&self) -> bool {
        self.relative.abs() > CLEAR * self.error
    }
}

/// By how much a loss is above another one of the same rows, and the paired standard error of that.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// The difference, nats per token; negative where the loss is the lower one.
    pub nats: f64,
    /// Its standard error.
    pub error: f64,
}

impl RowLosses {
    /// Token-mean loss, nats; NaN without tokens.
    pub fn loss(&self) -> f64 {
        sum(&self.nats) / self.token_count() as f64
    }

    /// Target tokens of all rows.
    pub fn token_count(&self) -> u64 {
        self.tokens.iter().sum()
    }

    /// Standard error of [`RowLosses::loss`], nats; `None` below two rows.
    pub fn error(&self) -> Option<f64> {
        ratio_error(&self.nats, &self.token_numbers())
    }

    /// The change of the loss since `before`, which is of the same rows; `None` where it is not, or where
    /// there are less than two.
    pub fn change_since(&self, before: &RowLosses) -> Option<Change> {
        if self.tokens != before.tokens {
            return None;
        }
        let change = paired_change(&before.nats, &self.nats);
        (change.relative.is_finite() && change.error.is_finite()).then_some(change)
    }

    /// By how much the loss is above that of `other`, which is of the same rows: the ratio of the rows'
    /// differences to their tokens. `None` where the rows are others, or less than two.
    pub fn above(&self, other: &RowLosses) -> Option<Difference> {
        if self.tokens != other.tokens {
            return None;
        }
        let pairs = self.nats.iter().zip(&other.nats);
        let differences: Vec<f64> = pairs.map(|(nats, others)| nats - others).collect();
        let error = ratio_error(&differences, &self.token_numbers())?;
        Some(Difference { nats: sum(&differences) / self.token_count() as f64, error })
    }

    fn token_numbers(&self) -> Vec<f64> {
        self.tokens.iter().map(|tokens| *tokens as f64).collect()
    }

    /// `past` and `now` averaged row by row; `smoothing` (0..1) is the weight of the past.
    pub fn averaged(past: &RowLosses, now: &RowLosses, smoothing: f64) -> RowLosses {
        if past.tokens != now.tokens {
            return now.clone();
        }
        let pairs = past.nats.iter().zip(&now.nats);
        let nats = pairs.map(|(past, now)| smoothing * past + (1.0 - smoothing) * now).collect();
        RowLosses { nats, tokens: now.tokens.clone() }
    }
}

/// Standard error of γ = 1 − r/ℓ (Eq. 2, before it is cut at 0): that of the ratio of r's nats to ℓ's over the
/// same rows where r's are known (what makes a row hard is in both, so that it is a fraction of the error of
/// ℓ), else as if r were exact. `None` below two rows.
pub fn potential_error(
    rows: &RowLosses,
    reference_loss: f64,
    reference_nats: &[f64],
) -> Option<f64> {
    if reference_nats.len() == rows.nats.len() {
        return ratio_error(reference_nats, &rows.nats);
    }
    let loss = rows.loss();
    Some(reference_loss / (loss * loss) * rows.error()?)
}

/// The change from nats of rows to nats of the same rows; its error is NaN of fewer than two.
pub(super) fn paired_change(before: &[f64], after: &[f64]) -> Change {
    let relative = sum(after) / sum(before) - 1.0;
    Change { relative, error: ratio_error(after, before).unwrap_or(f64::NAN) }
}

/// Standard error of Σ a / Σ b, to first order.
fn ratio_error(a: &[f64], b: &[f64]) -> Option<f64> {
    let rows = a.len() as f64;
    let base = sum(b);
    if a.len() < 2 || a.len() != b.len() || base <= 0.0 {
        return None;
    }
    let ratio = sum(a) / base;
    let squares: f64 = a.iter().zip(b).map(|(a, b)| (a - ratio * b).powi(2)).sum();
    let error = (rows / (rows - 1.0) * squares).sqrt() / base;
    error.is_finite().then_some(error)
}

fn sum(values: &[f64]) -> f64 {
    values.iter().sum()
}

/// A list as one line of text: a checkpoint's state stays readable with thousands of rows in it. Numbers
/// are written with the shortest digits that give them back to the bit.
pub mod one_line {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};
    use std::fmt::{Debug, Display};
    use std::str::FromStr;

    /// Writes the list.
    ///
    /// # Errors
    /// The serializer's.
    pub fn serialize<T: Debug, S: Serializer>(list: &[T], writer: S) -> Result<S::Ok, S::Error> {
        let words: Vec<String> = list.iter().map(|value| format!("{value:?}")).collect();
        writer.serialize_str(&words.join(" "))
    }

    /// Reads a list back.
    ///
    /// # Errors
    /// The deserializer's, or a word that is no number.
    pub fn deserialize<'de, T: FromStr<Err: Display>, D: Deserializer<'de>>(
        reader: D,
    ) -> Result<Vec<T>, D::Error> {
        let line = String::deserialize(reader)?;
        line.split_whitespace().map(|word| word.parse().map_err(D::Error::custom)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    fn rows(nats: &[f64], tokens: &[u64]) -> RowLosses {
        RowLosses { nats: nats.to_vec(), tokens: tokens.to_vec() }
    }

    #[test]
    fn the_error_of_a_mean_and_of_a_change_as_by_hand() {
        // Rows of equal length: ℓ = 10/4 = 2.5; residuals ∓1: SE = √(2 · (1 + 1))/4 = 0.5, as of a mean of
        // 2 and 3 (σ = 0.7071, over √2).
        let before = rows(&[4.0, 6.0], &[2, 2]);
        assert_eq!((before.loss(), before.error()), (2.5, Some(0.5)));
        // Both rows rise by 10 %: the change is certain, whatever the rows differ by.
        let now = rows(&[4.4, 6.6], &[2, 2]);
        let change = now.change_since(&before).unwrap();
        assert!((change.relative - 0.1).abs() < 1e-12 && change.error < 1e-12, "{change:?}");
        // 4 → 5, 6 → 6: 11/10 − 1 = 0.1; residuals 5 − 4.4 = 0.6, 6 − 6.6 = −0.6:
        // √(2 · 0.72)/10 = 0.12.
        let change = rows(&[5.0, 6.0], &[2, 2]).change_since(&before).unwrap();
        assert!((change.error - 0.12).abs() < 1e-12, "{change:?}");
        // γ = 1 − r/ℓ: dγ/dℓ = r/ℓ² = 2/6.25, times 0.5.
        let error = potential_error(&before, 2.0, &[]).unwrap();
        assert!((error - 0.16).abs() < 1e-12, "{error}");
        // r's rows are in proportion to ℓ's: γ is certain.
        assert!(potential_error(&before, 2.0, &[3.2, 4.8]).unwrap() < 1e-12);
    }

    #[test]
    fn the_error_of_a_difference_as_by_hand() {
        // Rows of 2, 2 and 4 tokens: 5 − 4, 6 − 6 and 8 − 9 nats are 1, 0 and −1, so that the losses are
        // equal; residuals 1, 0 and −1: √(3/2 · 2)/8 = 0.2165.
        let one = rows(&[5.0, 6.0, 8.0], &[2, 2, 4]);
        let other = rows(&[4.0, 6.0, 9.0], &[2, 2, 4]);
        let Difference { nats, error } = one.above(&other).unwrap();
        assert!(nats == 0.0 && (error - 3f64.sqrt() / 8.0).abs() < 1e-12, "{nats} {error}");
        // Each token 0.5 nats more: 4 nats of 8 tokens, and certain.
        let worse = rows(&[5.0, 7.0, 11.0], &[2, 2, 4]).above(&other).unwrap();
        assert!((worse.nats - 0.5).abs() < 1e-12 && worse.error < 1e-12, "{worse:?}");
        assert_eq!(one.above(&rows(&[5.0, 6.0, 8.0], &[2, 4, 2])), None, "other tokens");
        assert_eq!(rows(&[5.0], &[2]).above(&rows(&[4.0], &[2])), None, "a single row");
    }

    #[test]
    fn one_row_or_other_rows_have_no_error() {
        assert_eq!(rows(&[4.0], &[2]).error(), None);
        assert_eq!(rows(&[4.0, 6.0], &[2, 3]).change_since(&rows(&[4.0, 6.0], &[3, 2])), None);
        assert_eq!(rows(&[4.0, f64::NAN], &[2, 2]).error(), None);
        assert_eq!(rows(&[1.0, 2.0], &[1, 1]).change_since(&RowLosses::default()), None);
    }

    /// The standard deviation of the change over many redrawn sets of rows is what the formula says.
    #[test]
    fn errors_agree_with_a_bootstrap() {
        let mut random = ChaCha8Rng::seed_from_u64(7);
        let mut row = || {
            let tokens = random.random_range(5..200u64);
            let hard = random.random_range(0.5..3.0);
            let before = hard * tokens as f64;
            (tokens, before, before * random.random_range(0.9..1.12))
        };
        let population: Vec<(u64, f64, f64)> = (0..60).map(|_| row()).collect();
        let of = |chosen: &[(u64, f64, f64)]| {
            let tokens: Vec<u64> = chosen.iter().map(|row| row.0).collect();
            let before = rows(&chosen.iter().map(|row| row.1).collect::<Vec<_>>(), &tokens);
            (rows(&chosen.iter().map(|row| row.2).collect::<Vec<_>>(), &tokens), before)
        };
        let (now, before) = of(&population);
        let (mut losses, mut changes, mut differences) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..4000 {
            let mut drawn = || population[random.random_range(0..population.len())];
            let (now, before) = of(&(0..60).map(|_| drawn()).collect::<Vec<_>>());
            losses.push(now.loss());
            changes.push(now.change_since(&before).unwrap().relative);
            differences.push(now.above(&before).unwrap().nats);
        }
        let deviation = |values: &[f64]| {
            let mean = sum(values) / values.len() as f64;
            (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
        };
        let change = now.change_since(&before).unwrap();
        for (found, expected) in [
            (now.error().unwrap(), deviation(&losses)),
            (change.error, deviation(&changes)),
            (now.above(&before).unwrap().error, deviation(&differences)),
        ] {
            assert!((found / expected - 1.0).abs() < 0.06, "{found} for {expected}");
        }
    }

    proptest! {
        #[test]
        fn rows_are_read_back_to_the_bit(
            list in prop::collection::vec((any::<f64>(), any::<u64>()), 0..9)
        ) {
            let (nats, tokens): (Vec<f64>, Vec<u64>) = list.into_iter().unzip();
            let written = ron::to_string(&RowLosses { nats: nats.clone(), tokens: tokens.clone() });
            let read: RowLosses = ron::from_str(&written.unwrap()).unwrap();
            let bits = |values: &[f64]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            let same = |(a, b): (&f64, &f64)| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan());
            prop_assert!(read.nats.iter().zip(&nats).all(same), "{:?}", bits(&nats));
            prop_assert_eq!(read.tokens, tokens);
        }

        /// With no past, or none of its weight, an average is what was measured.
        #[test]
        fn an_average_is_linear_in_its_rows(nats in prop::collection::vec(0.1f64..9.0, 2..9)) {
            let tokens = vec![3; nats.len()];
            let past = rows(&vec![1.0; nats.len()], &tokens);
            let now = rows(&nats, &tokens);
            prop_assert_eq!(&RowLosses::averaged(&past, &now, 0.0), &now);
            let half = RowLosses::averaged(&past, &now, 0.5).loss();
            prop_assert!((half - (past.loss() + now.loss()) / 2.0).abs() < 1e-12);
        }
    }
}
