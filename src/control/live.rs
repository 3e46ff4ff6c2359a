use super::{Command, Setting, domain_ids};
use crate::mixing::Knobs;
use crate::unit::DomainId;
use serde::{Deserialize, Serialize};

/// The values that an operator can change, as they are now. Saved in every checkpoint, so that a
/// resume never falls back to the config.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Live {
    /// λ, δ, τ, floor, anchor, targets.
    pub knobs: Knobs,
    /// Optimizer steps between two mixture updates.
    pub every: u64,
    /// Weight of the past in the average of held-out losses.
    pub smoothing: f64,
    /// Peak learning rate.
    pub lr: f64,
    /// Largest gradient norm, if any.
    pub clip: Option<f64>,
    /// Whether the operator froze the mixture.
    pub mixing_held: bool,
    /// What undos go back to, the newest last; at most [`UNDOABLE`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<Earlier>,
}

/// Changes that can be taken back.
pub const UNDOABLE: usize = 64;

/// The value that a live value had before a change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Earlier {
    /// Of a number; `None` is no clipping.
    Set(Setting, Option<f64>),
    /// The targets.
    Target(Vec<DomainId>),
    /// Whether the mixture was frozen.
    Mixing(bool),
}

/// A value that an operator can change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LiveField {
    /// One of the numbers.
    Set(Setting),
    /// The target domains.
    Target,
    /// Whether the mixture is frozen.
    Mixing,
}

impl LiveField {
    /// What a command changes, if it is one of these.
    pub fn of(command: &Command) -> Option<Self> {
        match command {
            Command::Set(setting, _) => Some(LiveField::Set(*setting)),
            Command::Target(_) => Some(LiveField::Target),
            Command::HoldMixing(_) => Some(LiveField::Mixing),
            Command::Pause
            | Command::Resume
            | Command::Stop
            | Command::Abort
            | Command::Save
            | Command::Evaluate
            | Command::Sample
            | Command::Undo
            | Command::Weights(_)
            | Command::Note(_) => None,
        }
    }
}

/// Old and new value of what a command changed, as shown to a person.
pub type Change = (String, String);

impl Live {
    /// The value that a command changes, an undo's included.
    pub fn changes(&self, command: &Command) -> Option<LiveField> {
        match command {
            Command::Undo => self.earlier.last().map(Earlier::field),
            command => LiveField::of(command),
        }
    }

    /// Carries out a command that changes a value here; `None` if it is of another kind.
    /// `Err` says why a command is not allowed.
    pub fn apply(
        &mut self,
        command: &Command,
        domains: &[String],
    ) -> Option<Result<Change, String>> {
        match command {
            Command::Set(setting, value) => Some(self.set(*setting, *value, domains.len())),
            Command::Target(names) => Some(self.target(names, domains)),
            Command::HoldMixing(hold) => Some(Ok(self.hold(*hold))),
            Command::Undo => Some(self.undo(domains)),
            Command::Pause
            | Command::Resume
            | Command::Stop
            | Command::Abort
            | Command::Save
            | Command::Evaluate
            | Command::Sample
            | Command::Weights(_)
            | Command::Note(_) => None,
        }
    }

    /// A value as it is now; `None` where nothing is clipped.
    pub fn get(&self, setting: Setting) -> Option<f64> {
        Some(match setting {
            Setting::Lambda => self.knobs.lambda,
            Setting::Delta => self.knobs.delta,
            Setting::Tau => self.knobs.tau,
            Setting::Floor => self.knobs.floor,
            Setting::Anchor => self.knobs.anchor,
            Setting::Smoothing => self.smoothing,
            Setting::Lr => self.lr,
            Setting::Every => self.every as f64,
            Setting::Clip => return self.clip,
        })
    }

    fn set(&mut self, setting: Setting, value: f64, domains: usize) -> Result<Change, String> {
        setting.check(value, domains).map_err(|error| error.to_string())?;
        let before = self.get(setting);
        self.remember(Earlier::Set(setting, before));
        self.put(setting, Some(value));
        Ok((number(before), value.to_string()))
    }

    /// `None` is for [`Setting::Clip`] alone.
    fn put(&mut self, setting: Setting, value: Option<f64>) {
        let number = value.unwrap_or_default();
        match setting {
            Setting::Lambda => self.knobs.lambda = number,
            Setting::Delta => self.knobs.delta = number,
            Setting::Tau => self.knobs.tau = number,
            Setting::Floor => self.knobs.floor = number,
            Setting::Anchor => self.knobs.anchor = number,
            Setting::Smoothing => self.smoothing = number,
            Setting::Lr => self.lr = number,
            Setting::Every => self.every = number as u64,
            Setting::Clip => self.clip = value,
        }
    }

    fn target(&mut self, names: &[String], domains: &[String]) -> Result<Change, String> {
        let targets = domain_ids(names, domains).map_err(|error| error.to_string())?;
        let old = std::mem::replace(&mut self.knobs.targets, targets);
        let change = (listed(&old, domains), listed(&self.knobs.targets, domains));
        self.remember(Earlier::Target(old));
        Ok(change)
    }

    fn hold(&mut self, hold: bool) -> Change {
        let old = std::mem::replace(&mut self.mixing_held, hold);
        self.remember(Earlier::Mixing(old));
        (held(old), held(hold))
    }

    fn undo(&mut self, domains: &[String]) -> Result<Change, String> {
        let field = self.changes(&Command::Undo).ok_or("no live value was changed")?;
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
            Earlier::Set(setting, value) => {
                let before = self.get(setting);
                self.put(setting, value);
                let said = |value| format!("{} {}", setting.name(), number(value));
                (said(before), said(value))
            }
            Earlier::Target(ids) => {
                let old = std::mem::replace(&mut self.knobs.targets, ids);
                let said = |ids: &[DomainId]| format!("target {}", listed(ids, domains));
                (said(&old), said(&self.knobs.targets))
            }
            Earlier::Mixing(hold) => {
                let old = std::mem::replace(&mut self.mixing_held, hold);
                (format!("mixing {}", held(old)), format!("mixing {}", held(hold)))
            }
        })
    }

    fn remember(&mut self, earlier: Earlier) {
        if self.earlier.len() >= UNDOABLE {
            self.earlier.remove(0);
        }
        self.earlier.push(earlier);
    }
}

impl Earlier {
    fn field(&self) -> LiveField {
        match self {
            Earlier::Set(setting, _) => LiveField::Set(*setting),
            Earlier::Target(_) => LiveField::Target,
            Earlier::Mixing(_) => LiveField::Mixing,
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

    fn live() -> Live {
        let knobs =
            Knobs { lambda: 0.3, delta: 0.05, tau: 1.0, floor: 0.0, anchor: 0.0, targets: vec![] };
        Live {
            knobs,
            every: 20,
            smoothing: 0.0,
            lr: 2e-5,
            clip: None,
            mixing_held: false,
            earlier: Vec::new(),
        }
    }

    fn give(live: &mut Live, line: &str) -> Result<Change, String> {
        let domains = ["law", "code"].map(String::from);
        live.apply(&Command::parse(line).unwrap(), &domains).unwrap()
    }

    #[test]
    fn undo_takes_changes_back_one_by_one() {
        let mut now = live();
        let lines = ["set lambda 0.5", "target code", "set clip 2", "mixing hold", "set every 7"];
        for line in lines {
            give(&mut now, line).unwrap();
        }
        assert_eq!(now.changes(&Command::Undo), Some(LiveField::Set(Setting::Every)));
        let said: Vec<Change> = (0..5).map(|_| give(&mut now, "undo").unwrap()).collect();
        let said: Vec<(&str, &str)> = said.iter().map(|(a, b)| (&**a, &**b)).collect();
        assert_eq!(
            said,
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
        let clip = LiveField::Set(Setting::Clip);
        now.take_back(clip, &domains).unwrap();
        assert_eq!((now.clip, now.knobs.targets.len()), (live().clip, 1));
        assert!(now.take_back(clip, &domains).is_err());
        assert_eq!(now.changes(&Command::Undo), Some(LiveField::Target));
    }
}
