use super::{Command, Setting, domain_ids};
use crate::mixing::Knobs;
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
}

/// A value that an operator can change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
            | Command::Weights(_)
            | Command::Note(_) => None,
        }
    }
}

/// Old and new value of what a command changed, as shown to a person.
pub type Change = (String, String);

impl Live {
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
            Command::Pause
            | Command::Resume
            | Command::Stop
            | Command::Abort
            | Command::Save
            | Command::Evaluate
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
        let old = match setting {
            Setting::Lambda => replace(&mut self.knobs.lambda, value),
            Setting::Delta => replace(&mut self.knobs.delta, value),
            Setting::Tau => replace(&mut self.knobs.tau, value),
            Setting::Floor => replace(&mut self.knobs.floor, value),
            Setting::Anchor => replace(&mut self.knobs.anchor, value),
            Setting::Smoothing => replace(&mut self.smoothing, value),
            Setting::Lr => replace(&mut self.lr, value),
            Setting::Every => std::mem::replace(&mut self.every, value as u64).to_string(),
            Setting::Clip => self.clip.replace(value).map_or("none".into(), |old| old.to_string()),
        };
        Ok((old, value.to_string()))
    }

    fn target(&mut self, names: &[String], domains: &[String]) -> Result<Change, String> {
        let targets = domain_ids(names, domains).map_err(|error| error.to_string())?;
        let old = std::mem::replace(&mut self.knobs.targets, targets);
        let old: Vec<_> = old.iter().map(|id| domains[id.0].clone()).collect();
        Ok((listed(&old), listed(names)))
    }

    fn hold(&mut self, hold: bool) -> Change {
        let word = |held| if held { "held" } else { "moving" }.to_string();
        (word(std::mem::replace(&mut self.mixing_held, hold)), word(hold))
    }
}

fn replace(place: &mut f64, value: f64) -> String {
    std::mem::replace(place, value).to_string()
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "none".into() } else { names.join(", ") }
}
