//! What is to be said about reference losses once they are known.

use crate::train::artifacts::StoredLoss;

/// Warnings about losses whose epochs show that they are no good ceilings.
pub(super) fn remarks(stored: &[StoredLoss]) -> Vec<String> {
    let of = |found: fn(&StoredLoss) -> Option<String>| -> Vec<String> {
        stored.iter().filter_map(found).collect()
    };
    let mut remarks = Vec::new();
    let falling = of(still_falling);
    if !falling.is_empty() {
        remarks.push(format!(
            "mastery ceilings that are those of the last epoch are too high, and γ is too small with them: \
             {}; more epochs would lower them (mixing.reference.epochs)",
            falling.join(", ")
        ));
    }
    let untuned = of(never_fell);
    if !untuned.is_empty() {
        remarks.push(format!(
            "no epoch of tuning lowered the held-out loss of {}: the mastery ceiling is the untuned \
             reference model's; lower mixing.reference.lr, or look at the rows",
            untuned.join(", ")
        ));
    }
    remarks
}

fn still_falling(stored: &StoredLoss) -> Option<String> {
    let [.., before, last] = stored.epochs.as_slice() else { return None };
    let epochs = stored.epochs.len() - 1;
    (best(&stored.epochs)? == epochs).then(|| {
        let (fell, part) = (before - last, 100.0 * (before - last) / before);
        format!("{} {last:.4} (fell by {fell:.4}, {part:.1} %, in epoch {epochs})", stored.domain)
    })
}

fn never_fell(stored: &StoredLoss) -> Option<String> {
    (stored.epochs.len() > 1 && best(&stored.epochs)? == 0).then(|| stored.domain.clone())
}

/// The first epoch of the lowest loss that is finite.
pub(super) fn best(epochs: &[f64]) -> Option<usize> {
    let finite = epochs.iter().enumerate().filter(|(_, loss)| loss.is_finite());
    finite.min_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(epoch, _)| epoch)
}

/// Whether a loss rose twice in a row at its end: what comes after would not lower it. Ours; the paper tunes
/// for all its epochs.
pub(super) fn has_risen_twice(epochs: &[f64]) -> bool {
    let rose = |before: f64, after: f64| after > before || after.is_nan();
    matches!(epochs, [.., a, b, c] if rose(*a, *b) && rose(*b, *c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(domain: &str, epochs: &[f64]) -> StoredLoss {
        StoredLoss { domain: domain.into(), epochs: epochs.to_vec(), ..StoredLoss::default() }
    }

    #[test]
    fn a_loss_that_still_falls_and_one_that_never_fell_are_said() {
        let all = [
            stored("law", &[4.0, 2.5, 2.0]),
            stored("code", &[4.0, 3.0, 3.5]),
            stored("general", &[4.0, 4.5, f64::NAN]),
            stored("old", &[]),
        ];
        let remarks = remarks(&all);
        assert_eq!(remarks.len(), 2, "{remarks:?}");
        assert!(
            remarks[0].contains("law 2.0000 (fell by 0.5000, 20.0 %, in epoch 2)"),
            "{remarks:?}"
        );
        assert!(!remarks[0].contains("code") && remarks[1].contains("loss of general:"));
    }

    #[test]
    fn two_rises_in_a_row_end_a_tuning_and_one_does_not() {
        assert!(!has_risen_twice(&[3.0, 4.0]));
        assert!(!has_risen_twice(&[4.0, 3.0, 3.1]));
        assert!(!has_risen_twice(&[4.0, 3.0, 3.1, 3.05, 3.2]));
        assert!(has_risen_twice(&[4.0, 3.0, 3.1, 3.2]));
        assert!(has_risen_twice(&[4.0, f64::NAN, f64::NAN]));
        assert!(!has_risen_twice(&[4.0, 4.0, 4.0]), "a loss that stays has not risen");
        assert_eq!(best(&[f64::NAN, 2.0, 2.0]), Some(1));
        assert_eq!(best(&[f64::INFINITY]), None);
    }
}
