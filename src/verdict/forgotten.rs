//! What is forgotten since the start: whose loss stands above that of the untuned model by more than the noise.

use super::{Mood, Part, listed, percent};
use crate::telemetry::{Figure, RunState};

/// Less is nothing to look at.
const SLIGHT: f64 = 0.01;
/// More is a failure of the run.
const GRAVE: f64 = 0.1;
/// Domains that are named.
const NAMED: usize = 2;

/// What is forgotten, once something was measured beside the untuned model.
pub(super) fn part(run: &RunState) -> Option<Part> {
    let history = &run.history;
    if history.evaluations < 2 {
        return None;
    }
    let changes =
        run.domains.iter().enumerate().map(|(i, name)| (name, run.standing(i).since_start));
    let is_above = changes.clone().any(|(_, change)| change.value > 0.0);
    let mut rises: Vec<(&String, Figure)> =
        changes.filter(|(_, change)| change.is_clearly_positive()).collect();
    rises.sort_by(|a, b| b.1.value.total_cmp(&a.1.value));
    let Some((_, most)) = rises.first() else {
        // A rise within the noise may be one, and may be none.
        let words = if is_above { "nothing is clearly forgotten" } else { "nothing is forgotten" };
        return Some(Part::new(Mood::Good, words));
    };
    let is_beyond = run.forgetting_rooms().iter().any(|room| room.left() <= 0.0);
    let mood = match most.value {
        _ if is_beyond => Mood::Trouble,
        share if share >= GRAVE => Mood::Trouble,
        share if share >= SLIGHT => Mood::Watch,
        _ => Mood::Plain,
    };
    let mut words: Vec<String> = rises
        .iter()
        .take(NAMED)
        .map(|(name, rise)| format!("{name} forgot {}", percent(rise.value, rise.error)))
        .collect();
    let others = rises.len().saturating_sub(NAMED);
    if others > 0 {
        words.push(format!("{others} more"));
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    Some(Part::new(mood, listed(&words)))
}
