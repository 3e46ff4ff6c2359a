use super::{LiveChange, Tunable, domain_ids};
use crate::mixing::MixingParams;
use crate::unit::DomainId;
use serde::{Deserialize, Serialize};

/// The values that an operator can change, as they are now. They are saved in every checkpoint, so that
/// a resume does not go back to those of the config.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveValues {
    /// λ, δ, τ, floor, anchor and targets.
    pub params: MixingParams,
    /// Optimizer steps between two mixture updates.
    pub every: u64,
    /// Weight of the past in the average of held-out losses.
    pub smoothing: f64,
    /// Peak learning rate.
    pub lr: f64,
    /// Largest gradient norm; `None` does not clip.
    pub clip: Option<f64>,
    /// Whether the operator froze the mixture.
    pub mixing_held: bool,
    /// What undos go back to, the newest last; at most [`UNDOABLE`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<UndoEntry>,
}

/// Changes that can be taken back.
pub const UNDOABLE: usize = 64;

/// The value that a live value had before a change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoEntry {
    /// A number; `None` is no clipping.
    Set(Tunable, Option<f64>),
    /// The targets.
    Target(Vec<DomainId>),
    /// Whether the mixture was frozen.
    Mixing(bool),
}

/// A value that an operator can change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LiveField {
    /// This number.
    Set(Tunable),
    /// The target domains.
    Target,
    /// Whether the mixture is frozen.
    Mixing,
}

impl LiveField {
    /// Every live value, in the order in which help and screens list them.
    pub fn all() -> impl Iterator<Item = LiveField> {
        let numbers = Tunable::ALL.into_iter().map(LiveField::Set);
        [LiveField::Target].into_iter().chain(numbers).chain([LiveField::Mixing])
    }

    /// Its name, for people.
    pub fn name(self) -> &'static str {
        match self {
            LiveField::Set(tunable) => tunable.name(),
            LiveField::Target => "target",
            LiveField::Mixing => "mixing",
        }
    }

    /// What the command that changes it begins with.
    pub fn command(self) -> String {
        match self {
            LiveField::Set(tunable) => format!("set {}", tunable.name()),
            LiveField::Target | LiveField::Mixing => self.name().into(),
        }
    }
}

impl LiveChange {
    /// The value that it changes; `None` for an undo, which depends on what was changed before.
    pub fn field(&self) -> Option<LiveField> {
        match self {
            LiveChange::Set(tunable, _) => Some(LiveField::Set(*tunable)),
            LiveChange::Target(_) => Some(LiveField::Target),
            LiveChange::HoldMixing(_) => Some(LiveField::Mixing),
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
            LiveChange::Set(..) | LiveChange::Target(_) | LiveChange::HoldMixing(_) => {
                change.field()
            }
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
            LiveChange::Target(names) => self.target(names, domains),
            LiveChange::HoldMixing(hold) => Ok(self.hold(*hold)),
            LiveChange::Undo => self.undo(domains),
        }
    }

    /// A value as it is now; `None` where nothing is clipped.
    pub fn get(&self, tunable: Tunable) -> Option<f64> {
        Some(match tunable {
            Tunable::Lambda => self.params.lambda,
            Tunable::Delta => self.params.delta,
            Tunable::Tau => self.params.tau,
            Tunable::Floor => self.params.floor,
            Tunable::Anchor => self.params.anchor,
            Tunable::Smoothing => self.smoothing,
            Tunable::Lr => self.lr,
            Tunable::Every => self.every as f64,
            Tunable::Clip => return self.clip,
        })
    }

    fn set(&mut self, tunable: Tunable, value: f64, domains: usize) -> Result<Change, String> {
        tunable.check(value, domains).map_err(|error| error.to_string())?;
        let before = self.get(tunable);
        self.remember(UndoEntry::Set(tunable, before));
        self.put(tunable, Some(value));
        Ok((number(before), value.to_string()))
    }

    /// `None` is for [`Tunable::Clip`] alone.
    fn put(&mut self, tunable: Tunable, value: Option<f64>) {
        let number = value.unwrap_or_default();
        match tunable {
            Tunable::Lambda => self.params.lambda = number,
            Tunable::Delta => self.params.delta = number,
            Tunable::Tau => self.params.tau = number,
            Tunable::Floor => self.params.floor = number,
            Tunable::Anchor => self.params.anchor = number,
            Tunable::Smoothing => self.smoothing = number,
            Tunable::Lr => self.lr = number,
            Tunable::Every => self.every = number as u64,
            Tunable::Clip => self.clip = value,
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
                let before = self.get(tunable);
                self.put(tunable, value);
                let words = |value| format!("{} {}", tunable.name(), number(value));
                (words(before), words(value))
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
        })
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
            UndoEntry::Target(_) => LiveField::Target,
            UndoEntry::Mixing(_) => LiveField::Mixing,
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::Command;

    fn live() -> LiveValues {
        let params = MixingParams {
            lambda: 0.3,
            delta: 0.05,
            tau: 1.0,
            floor: 0.0,
            anchor: 0.0,
            targets: vec![],
        };
        LiveValues {
            params,
            every: 20,
            smoothing: 0.0,
            lr: 2e-5,
            clip: None,
            mixing_held: false,
            earlier: Vec::new(),
        }
    }

    fn give(live: &mut LiveValues, line: &str) -> Result<Change, String> {
        let domains = ["law", "code"].map(String::from);
        let Command::Live(change) = Command::parse(line).unwrap() else { panic!("{line}") };
        live.apply(&change, &domains)
    }

    #[test]
    fn undo_takes_changes_back_one_by_one() {
        let mut now = live();
        let lines = ["set lambda 0.5", "target code", "set clip 2", "mixing hold", "set every 7"];
        for line in lines {
            give(&mut now, line).unwrap();
        }
        assert_eq!(now.field_of(&LiveChange::Undo), Some(LiveField::Set(Tunable::Every)));
        let undone: Vec<Change> = (0..5).map(|_| give(&mut now, "undo").unwrap()).collect();
        let undone: Vec<(&str, &str)> = undone.iter().map(|(a, b)| (&**a, &**b)).collect();
        assert_eq!(
            undone,
            [
                ("every 7", "every 20"),
                ("mixing held", "mixing moving"),
                ("clip 2", "clip none"),
                ("target code", "target none"),
                ("lambda 0.5", "lambda 0.3"),
            ]
        );
        assert_eq!(now, live());
        assert_eq!(give(&mut now, "undo"), Err("no live value was changed".into()));
    }

    #[test]
    fn a_rejected_change_leaves_nothing_to_undo() {
        let mut now = live();
        assert!(give(&mut now, "set delta 5").is_err());
        assert!(give(&mut now, "target lwa").is_err());
        assert_eq!(now, live());
    }

    #[test]
    fn a_value_is_taken_back_whatever_was_changed_since() {
        let domains = ["law", "code"].map(String::from);
        let mut now = live();
        give(&mut now, "set clip 2").unwrap();
        give(&mut now, "target code").unwrap();
        let clip = LiveField::Set(Tunable::Clip);
        now.take_back(clip, &domains).unwrap();
        assert_eq!((now.clip, now.params.targets.len()), (live().clip, 1));
        assert!(now.take_back(clip, &domains).is_err());
        assert_eq!(now.field_of(&LiveChange::Undo), Some(LiveField::Target));
    }
}
