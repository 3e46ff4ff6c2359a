use super::trend::MeanLoss;
use super::{Mood, Part};
use crate::unit::grouped;

/// The lowest mean loss and where it was, once there is more than the untuned model's.
pub(super) fn part(means: &[MeanLoss]) -> Option<Part> {
    if means.len() < 2 {
        return None;
    }
    let best = means.iter().min_by(|a, b| a.loss.total_cmp(&b.loss))?;
    let at = match best.step {
        0 => "before the first step".into(),
        step => format!("at step {}", grouped(step)),
    };
    let mood = if best.step == 0 { Mood::Watch } else { Mood::Plain };
    Some(Part::new(mood, format!("best mean loss {:.3} {at}", best.loss)))
}
