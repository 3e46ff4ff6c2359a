//! What changed between the config of a run and the one it is resumed with, and which changes the
//! resumed run obeys, by the table of [fields](super::fields).
//!
//! It obeys the operator's choices for the steps to come (learning rate, its schedule, the length of
//! the run that the schedule spans, λ, δ and τ) and what no number of the run depends on (sample
//! texts, logging, the screens, when held-out losses are measured besides the updates, when
//! checkpoints are written and how many are kept, the name, the folders of runs and caches, after how many
//! skipped steps to pause).
//!
//! It does not obey others, though they may look harmless: `evaluation.batch` and
//! `training.micro_batch` (another order of summing, so other last bits), `threads` and `device` (last
//! bits too), `seed`, and everything about the data.

use super::fields;
use super::plan::RunPlan;
use super::value::Value;
use super::values::{PlanLeaf, leaves};
use crate::control::{LiveField, Tunable};
use std::fmt;

/// One value that differs between two plans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The field, as `--set` names it.
    pub field: String,
    /// Its value in the old plan, in RON; `None` where that has no such field (another variant has).
    pub old: Option<String>,
    /// Its value in the new plan; `None` likewise.
    pub new: Option<String>,
    /// Whether a resumed run obeys the change: [`adopt`] takes the new value.
    pub obeyed: bool,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "–".into());
        write!(f, "{}: {} → {}", self.field, shown(&self.old), shown(&self.new))
    }
}

/// The values that differ, in the order of the new plan; those that it does not have come last.
pub fn diff(old: &RunPlan, new: &RunPlan) -> Vec<Change> {
    let (old, new) = (leaves(old), leaves(new));
    let value = |leaves: &[PlanLeaf], leaf: &PlanLeaf| {
        leaves.iter().find(|other| other.path == leaf.path).map(|other| other.value.clone())
    };
    let now = new.iter().map(|leaf| (leaf, value(&old, leaf), Some(leaf.value.clone())));
    let gone = old.iter().filter(|leaf| value(&new, leaf).is_none());
    let gone = gone.map(|leaf| (leaf, Some(leaf.value.clone()), None));
    let text = |value: Option<Value>| value.map(|value| value.to_string());
    let changes = now.chain(gone).filter(|(_, old, new)| old != new).map(|(leaf, old, new)| {
        let field = fields::at_path(&leaf.path);
        Change {
            field: leaf.path.to_string(),
            old: text(old),
            new: text(new),
            obeyed: field.is_some_and(|field| field.is_obeyed()),
        }
    });
    changes.collect()
}

/// The plan that a resumed run goes on with: the one it began with, with the new value of every field
/// whose changes are obeyed.
pub fn adopt(then: &RunPlan, now: &RunPlan) -> RunPlan {
    let mut plan = then.clone();
    fields::all().filter_map(|field| field.adopt).for_each(|adopt| adopt(now, &mut plan));
    plan
}

/// The live values that a resumed run takes from a changed config.
pub fn obeyed_tunables() -> Vec<Tunable> {
    let obeyed = fields::all().filter(|field| field.is_obeyed());
    obeyed
        .filter_map(|field| match field.live? {
            LiveField::Set(tunable) => Some(tunable),
            LiveField::Target
            | LiveField::Limits
            | LiveField::Mixing
            | LiveField::Rules
            | LiveField::Alerts => None,
        })
        .collect()
}
