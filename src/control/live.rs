use super::usual_alert::alerts_in_words;
use super::words::{AUTO, NO_DOMAIN};
use super::{Intervals, LiveChange, Rule, Rules, Tunable, UsualAlert, domain_ids};
use crate::mixing::MixingParams;
use crate::unit::DomainId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The values that an operator can change, as they are now. They are saved in every checkpoint, so that
/// a resume does not go back to those of the config.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveValues {
    /// λ, δ, τ, floor, anchor, targets and what else the strategy is given.
    pub params: MixingParams,
    /// Whether λ is still to be solved by what is measured; until then it is 0.
    #[serde(default)]
    pub lambda_auto: bool,
    /// What λ is solved for: the factor by which two domains may drift apart.
    #[serde(default = "usual_span")]
    pub lambda_span: f64,
    /// Optimizer steps between two mixture updates.
    pub every: u64,
    /// Weight of the past in the average of held-out losses.
    pub smoothing: f64,
    /// Peak learning rate.
    pub lr: f64,
    /// Largest gradient norm; `None` does not clip.
    pub clip: Option<f64>,
    /// Whether the operator holds the mixture.
    pub mixing_held: bool,
    /// When the run ends, and what it does at intervals.
    #[serde(default)]
    pub intervals: Intervals,
    /// Commands that the run gives itself on conditions.
    #[serde(default, skip_serializing_if = "Rules::is_unused")]
    pub rules: Rules,
    /// Built-in alerts of which nobody is told.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub alerts_off: BTreeSet<UsualAlert>,
    /// What undos go back to, the newest last; at most [`UNDOABLE`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<UndoEntry>,
}

/// The usual [`LiveValues::lambda_span`].
pub const fn usual_span() -> f64 {
    2.0
}

/// Changes that can be taken back.
pub const UNDOABLE: usize = 64;

/// The value that a live value had before a change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoEntry {
    /// A number; `None` is no clipping.
    Set(Tunable, Option<f64>),
    /// λ was still to be solved.
    AutoLambda,
    /// The forgetting limits.
    Limits(BTreeMap<DomainId, f64>),
    /// The targets.
    Target(Vec<DomainId>),
    /// Whether the mixture was held.
    Mixing(bool),
    /// The rules.
    Rules(Rules),
    /// The built-in alerts that were off.
    Alerts(BTreeSet<UsualAlert>),
}

/// A value that an operator can change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LiveField {
    /// This number.
    Set(Tunable),
    /// The target domains.
    Target,
    /// The forgetting limits.
    Limits,
    /// Whether the mixture is held.
    Mixing,
    /// The rules.
    Rules,
    /// The built-in alerts.
    Alerts,
}

impl LiveField {
    /// Every live value that is one value, in the order in which help and screens list them; the rules are a list
    /// of their own.
    pub fn all() -> impl Iterator<Item = LiveField> {
        let numbers = Tunable::ALL.into_iter().map(LiveField::Set);
        [LiveField::Target].into_iter().chain(numbers).chain([
            LiveField::Limits,
            LiveField::Mixing,
            LiveField::Alerts,
        ])
    }

    /// Its name, for people.
    pub fn name(self) -> &'static str {
        match self {
            LiveField::Set(tunable) => tunable.name(),
            LiveField::Target => "target",
            LiveField::Limits => "limit",
            LiveField::Mixing => "mixing",
            LiveField::Rules => "rules",
            LiveField::Alerts => "alerts",
        }
    }

    /// What the command that changes it begins with.
    pub fn command(self) -> String {
        match self {
            LiveField::Set(tunable) => format!("set {}", tunable.name()),
            LiveField::Target | LiveField::Limits | LiveField::Mixing | LiveField::Alerts => {
                self.name().into()
            }
            LiveField::Rules => "when".into(),
        }
    }
}

impl LiveChange {
    /// The value that it changes; `None` for an undo, which depends on what was changed before.
    pub fn field(&self) -> Option<LiveField> {
        match self {
            LiveChange::Set(tunable, _) | LiveChange::Unset(tunable) => {
                Some(LiveField::Set(*tunable))
            }
            LiveChange::AutoLambda => Some(LiveField::Set(Tunable::Lambda)),
            LiveChange::Limit(_) => Some(LiveField::Limits),
            LiveChange::Target(_) => Some(LiveField::Target),
            LiveChange::HoldMixing(_) => Some(LiveField::Mixing),
            LiveChange::Alerts(..) => Some(LiveField::Alerts),
            LiveChange::AddRule(_) | LiveChange::CancelRule(_) => Some(LiveField::Rules),
            LiveChange::Undo => None,
        }
    }
}

/// Old and new value of what a command changed, in words.
pub type Change = (String, String);

impl LiveValues {
    /// The value that a change would change; `None` for an undo where there is nothing to take back.
    pub fn field_of(&self, change: &LiveChange) -> Option<LiveField> {
        match change {
            LiveChange::Undo => self.earlier.last().map(UndoEntry::field),
            LiveChange::Set(..)
            | LiveChange::Unset(_)
            | LiveChange::AutoLambda
            | LiveChange::Limit(_)
            | LiveChange::Target(_)
            | LiveChange::HoldMixing(_)
            | LiveChange::Alerts(..)
            | LiveChange::AddRule(_)
            | LiveChange::CancelRule(_) => change.field(),
        }
    }

    /// Makes a change and returns the old and the new value in words. `domains` are the run's names
    /// in their order.
    ///
    /// # Errors
    /// Why the change is not allowed; nothing has changed then.
    pub fn apply(&mut self, change: &LiveChange, domains: &[String]) -> Result<Change, String> {
        match change {
            LiveChange::Set(tunable, value) => self.set(*tunable, *value, domains.len()),
            LiveChange::Unset(tunable) => self.unset(*tunable),
            LiveChange::AutoLambda => Ok(self.solve_lambda()),
            LiveChange::Limit(limits) => self.limit(limits, domains),
            LiveChange::Target(names) => self.target(names, domains),
            LiveChange::HoldMixing(hold) => Ok(self.hold(*hold)),
            LiveChange::Alerts(on, named) => Ok(self.switch_alerts(*on, named)),
            LiveChange::AddRule(rule) => {
                rule.check(domains).map_err(|error| error.to_string())?;
                self.change_rules(|rules| rules.add(Rule::clone(rule)))
            }
            LiveChange::CancelRule(number) => self.change_rules(|rules| rules.cancel(*number)),
            LiveChange::Undo => self.undo(domains),
        }
    }

    /// The value that a change would replace, in words; `None` where the change is not allowed.
    pub fn replaced_by(&self, change: &LiveChange, domains: &[String]) -> Option<String> {
        self.clone().apply(change, domains).ok().map(|(old, _)| old)
    }

    /// The built-in alerts in words: `on`, `off`, `ceiling off`.
    pub fn alerts_in_words(&self) -> String {
        alerts_in_words(&self.alerts_off)
    }

    /// Mixture updates in so many steps, at least 1.
    pub fn updates_in(&self, steps: u64) -> u64 {
        (steps / self.every.max(1)).max(1)
    }

    /// A value as it is now; `None` where nothing is clipped, and where λ is still to be solved.
    pub fn get(&self, tunable: Tunable) -> Option<f64> {
        Some(match tunable {
            Tunable::Lambda => return (!self.lambda_auto).then_some(self.params.lambda),
            Tunable::Delta => self.params.delta,
            Tunable::Tau => self.params.tau,
            Tunable::Floor => self.params.floor,
            Tunable::Anchor => self.params.anchor,
            Tunable::Smoothing => self.smoothing,
            Tunable::Lr => self.lr,
            Tunable::Every => self.every as f64,
            Tunable::Clip => return self.clip,
            Tunable::Confidence => self.params.confidence,
            Tunable::Length => return steps(self.intervals.length),
            Tunable::StopAt => return steps(self.intervals.stop_at),
            Tunable::CheckpointEvery => return steps(self.intervals.checkpoint_every),
            Tunable::SamplesEvery => return steps(self.intervals.samples_every),
            Tunable::LoggingEvery => return steps(self.intervals.logging_every),
            Tunable::Budget => return self.intervals.budget,
        })
    }

    fn set(&mut self, tunable: Tunable, value: f64, domains: usize) -> Result<Change, String> {
        tunable.check(value, domains).map_err(|error| error.to_string())?;
        let old = self.shown(tunable);
        self.remember(self.entry(tunable));
        self.put(tunable, Some(value));
        Ok((old, value.to_string()))
    }

    fn unset(&mut self, tunable: Tunable) -> Result<Change, String> {
        tunable.check_none().map_err(|error| error.to_string())?;
        let old = self.shown(tunable);
        self.remember(self.entry(tunable));
        self.put(tunable, None);
        Ok((old, NO_DOMAIN.into()))
    }

    /// What an undo of a change of this number goes back to.
    fn entry(&self, tunable: Tunable) -> UndoEntry {
        match tunable {
            Tunable::Lambda if self.lambda_auto => UndoEntry::AutoLambda,
            _ => UndoEntry::Set(tunable, self.get(tunable)),
        }
    }

    /// A number in words.
    fn shown(&self, tunable: Tunable) -> String {
        match tunable {
            Tunable::Lambda if self.lambda_auto => AUTO.into(),
            _ => number(self.get(tunable)),
        }
    }

    fn solve_lambda(&mut self) -> Change {
        let old = self.shown(Tunable::Lambda);
        self.remember(self.entry(Tunable::Lambda));
        self.lambda_auto = true;
        (old, AUTO.into())
    }

    /// Takes λ as it was solved.
    pub fn solved_lambda(&mut self, lambda: f64) {
        self.put(Tunable::Lambda, Some(lambda));
    }

    fn limit(
        &mut self,
        limits: &[(String, Option<f64>)],
        domains: &[String],
    ) -> Result<Change, String> {
        let names: Vec<&str> = limits.iter().map(|(name, _)| name.as_str()).collect();
        let ids = domain_ids(&names, domains).map_err(|error| error.to_string())?;
        let old = self.params.forgetting_limit.clone();
        for (id, (_, limit)) in ids.into_iter().zip(limits) {
            match limit {
                Some(limit) => self.params.forgetting_limit.insert(id, *limit),
                None => self.params.forgetting_limit.remove(&id),
            };
        }
        let change = (limited(&old, domains), limited(&self.params.forgetting_limit, domains));
        self.remember(UndoEntry::Limits(old));
        Ok(change)
    }

    /// `None` is for those alone that may be none, and for what an undo goes back to.
    fn put(&mut self, tunable: Tunable, value: Option<f64>) {
        let (number, whole) = (value.unwrap_or_default(), value.map(|steps| steps as u64));
        match tunable {
            Tunable::Lambda => {
                self.params.lambda = number;
                self.lambda_auto = false;
            }
            Tunable::Delta => self.params.delta = number,
            Tunable::Tau => self.params.tau = number,
            Tunable::Floor => self.params.floor = number,
            Tunable::Anchor => self.params.anchor = number,
            Tunable::Smoothing => self.smoothing = number,
            Tunable::Lr => self.lr = number,
            Tunable::Every => self.every = number as u64,
            Tunable::Clip => self.clip = value,
            Tunable::Confidence => self.params.confidence = number,
            Tunable::Length => self.intervals.length = whole,
            Tunable::StopAt => self.intervals.stop_at = whole,
            Tunable::CheckpointEvery => self.intervals.checkpoint_every = whole,
            Tunable::SamplesEvery => self.intervals.samples_every = whole,
            Tunable::LoggingEvery => self.intervals.logging_every = whole,
            Tunable::Budget => self.intervals.budget = value,
        }
    }

    fn target(&mut self, names: &[String], domains: &[String]) -> Result<Change, String> {
        let targets = domain_ids(names, domains).map_err(|error| error.to_string())?;
        let old = std::mem::replace(&mut self.params.targets, targets);
        let change = (listed(&old, domains), listed(&self.params.targets, domains));
        self.remember(UndoEntry::Target(old));
        Ok(change)
    }

    fn hold(&mut self, hold: bool) -> Change {
        let old = std::mem::replace(&mut self.mixing_held, hold);
        self.remember(UndoEntry::Mixing(old));
        (held(old), held(hold))
    }

    fn switch_alerts(&mut self, on: bool, named: &[UsualAlert]) -> Change {
        let named = if named.is_empty() { &UsualAlert::ALL } else { named };
        let old = self.alerts_off.clone();
        match on {
            true => self.alerts_off.retain(|alert| !named.contains(alert)),
            false => self.alerts_off.extend(named),
        }
        let change = (alerts_in_words(&old), alerts_in_words(&self.alerts_off));
        self.remember(UndoEntry::Alerts(old));
        change
    }

    fn change_rules(
        &mut self,
        change: impl FnOnce(&mut Rules) -> Result<(), String>,
    ) -> Result<Change, String> {
        let old = self.rules.clone();
        change(&mut self.rules)?;
        let changed = (old.to_string(), self.rules.to_string());
        self.remember(UndoEntry::Rules(old));
        Ok(changed)
    }

    fn undo(&mut self, domains: &[String]) -> Result<Change, String> {
        let field = self.field_of(&LiveChange::Undo).ok_or("no live value was changed")?;
        self.take_back(field, domains)
    }

    /// Gives a value back what it was before its newest change.
    ///
    /// # Errors
    /// It was not changed.
    pub fn take_back(&mut self, field: LiveField, domains: &[String]) -> Result<Change, String> {
        let newest = self.earlier.iter().rposition(|earlier| earlier.field() == field);
        let newest = newest.ok_or("this live value was not changed")?;
        Ok(match self.earlier.remove(newest) {
            UndoEntry::Set(tunable, value) => {
                let before = self.shown(tunable);
                self.put(tunable, value);
                let words = |value| format!("{} {value}", tunable.name());
                (words(before), words(number(value)))
            }
            UndoEntry::AutoLambda => {
                let name = Tunable::Lambda.name();
                let before = format!("{name} {}", self.shown(Tunable::Lambda));
                self.lambda_auto = true;
                (before, format!("{name} {AUTO}"))
            }
            UndoEntry::Limits(limits) => {
                let old = std::mem::replace(&mut self.params.forgetting_limit, limits);
                let words = |limits| format!("limit {}", limited(limits, domains));
                (words(&old), words(&self.params.forgetting_limit))
            }
            UndoEntry::Target(ids) => {
                let old = std::mem::replace(&mut self.params.targets, ids);
                let words = |ids: &[DomainId]| format!("target {}", listed(ids, domains));
                (words(&old), words(&self.params.targets))
            }
            UndoEntry::Mixing(hold) => {
                let old = std::mem::replace(&mut self.mixing_held, hold);
                (format!("mixing {}", held(old)), format!("mixing {}", held(hold)))
            }
            UndoEntry::Alerts(off) => {
                let old = std::mem::replace(&mut self.alerts_off, off);
                let words = |off| format!("alerts {}", alerts_in_words(off));
                (words(&old), words(&self.alerts_off))
            }
            UndoEntry::Rules(before) => {
                let old = format!("rules {}", self.rules);
                self.rules.go_back_to(before);
                (old, format!("rules {}", self.rules))
            }
        })
    }

    /// Puts the default of a number of steps in force, once it is known. Where an operator has changed the
    /// value before, theirs stays, and an undo goes back to the default.
    pub fn settle(&mut self, tunable: Tunable, default: u64) {
        let first = self.earlier.iter_mut().find_map(|earlier| match earlier {
            UndoEntry::Set(changed, value) if *changed == tunable => Some(value),
            _ => None,
        });
        match first {
            Some(value) => *value = Some(default as f64),
            None => self.put(tunable, Some(default as f64)),
        }
    }

    fn remember(&mut self, earlier: UndoEntry) {
        if self.earlier.len() >= UNDOABLE {
            self.earlier.remove(0);
        }
        self.earlier.push(earlier);
    }
}

impl UndoEntry {
    fn field(&self) -> LiveField {
        match self {
            UndoEntry::Set(tunable, _) => LiveField::Set(*tunable),
            UndoEntry::AutoLambda => LiveField::Set(Tunable::Lambda),
            UndoEntry::Limits(_) => LiveField::Limits,
            UndoEntry::Target(_) => LiveField::Target,
            UndoEntry::Mixing(_) => LiveField::Mixing,
            UndoEntry::Rules(_) => LiveField::Rules,
            UndoEntry::Alerts(_) => LiveField::Alerts,
        }
    }
}

fn steps(value: Option<u64>) -> Option<f64> {
    value.map(|steps| steps as f64)
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "none".into(), |value| value.to_string())
}

fn held(held: bool) -> String {
    if held { "held" } else { "moving" }.into()
}

fn listed(ids: &[DomainId], domains: &[String]) -> String {
    let name = |id: &DomainId| domains.get(id.0).map_or("?", String::as_str);
    let names: Vec<&str> = ids.iter().map(name).collect();
    if names.is_empty() { "none".into() } else { names.join(", ") }
}

/// `general=0.02 law=0.1`, or `none`.
fn limited(limits: &BTreeMap<DomainId, f64>, domains: &[String]) -> String {
    let name = |id: &DomainId| domains.get(id.0).map_or("?", String::as_str);
    let words: Vec<String> =
        limits.iter().map(|(id, limit)| format!("{}={limit}", name(id))).collect();
    if words.is_empty() { "none".into() } else { words.join(" ") }
}

#[cfg(test)]
#[path = "live_tests.rs"]
mod tests;
