//! What changed between the config of a run and the one it is resumed with, and which changes
//! may be obeyed.

use super::leaves::{Leaf, leaves};
use super::plan::RunPlan;
use super::text::PlanTextError;
use std::fmt;

/// One value that is not what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The field, as `--set` names it.
    pub field: String,
    /// Its value before, in RON; `None` where the field was not there (another variant had it).
    pub old: Option<String>,
    /// Its value now.
    pub new: Option<String>,
    /// Whether a resumed run may obey it.
    pub safe: bool,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "–".into());
        write!(f, "{}: {} → {}", self.field, shown(&self.old), shown(&self.new))
    }
}

/// Fields that a resumed run obeys, each with everything below it.
///
/// Two kinds. The operator's choices for the road ahead: the learning rate, its schedule, the
/// length of the run that the schedule spans, λ, δ and τ. And what no number of the run depends
/// on: sample texts, logging, the screens, when checkpoints are written and how many stay, where runs and caches lie, after
/// how many skipped steps to pause.
///
/// Not among them, though they may look harmless: `evaluation.batch` and `training.micro_batch`
/// (another order of summing, so other last bits), `evaluation.every` (it moves the average of
/// held-out losses), `threads` and `device` (as the batches), `seed`, and everything of the data.
const SAFE: [&str; 13] = [
    "training.lr",
    "training.schedule",
    "training.length",
    "training.max_skipped",
    "mixing.lambda",
    "mixing.delta",
    "mixing.tau",
    "samples",
    "logging",
    "screen",
    "checkpoint",
    "data.cache_dir",
    "runs_dir",
];

/// The values that differ, in the order of the new plan, those that are gone at the end.
///
/// # Errors
/// A plan that cannot be written as text (a path that is no Unicode).
pub fn diff(old: &RunPlan, new: &RunPlan) -> Result<Vec<Change>, PlanTextError> {
    let (old, new) = (leaves(old)?, leaves(new)?);
    let value = |leaves: &[Leaf], leaf: &Leaf| {
        leaves.iter().find(|other| other.path == leaf.path).map(|other| other.value.clone())
    };
    let now = new.iter().map(|leaf| (leaf, value(&old, leaf), Some(leaf.value.clone())));
    let gone = old.iter().filter(|leaf| value(&new, leaf).is_none());
    let gone = gone.map(|leaf| (leaf, Some(leaf.value.clone()), None));
    let changes = now.chain(gone).filter(|(_, old, new)| old != new).map(|(leaf, old, new)| {
        let field = leaf.path.to_string();
        Change { safe: is_safe(&field), field, old, new }
    });
    Ok(changes.collect())
}

fn is_safe(field: &str) -> bool {
    SAFE.iter().any(|safe| {
        field.strip_prefix(safe).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}
