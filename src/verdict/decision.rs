//! A threshold test in words.

use super::percent;
use crate::control::Number;
use crate::mixing::Threshold;

/// What decided a test: `0.6 % to gain ≤ 30 × 0.07 % forgotten`. The sign is that of the numbers, which a
/// confidence may overrule.
pub fn decision(test: &Threshold) -> String {
    let gain = percent(test.target_potential, None);
    if test.mean_forgetting <= 0.0 {
        return format!("{gain} to gain, nothing forgotten");
    }
    let sign = if test.statistic() > 0.0 { ">" } else { "≤" };
    let forgotten = percent(test.mean_forgetting, None);
    format!("{gain} to gain {sign} {} × {forgotten} forgotten", Number(test.tau))
}
