//! The built-in alerts: what every run tells people of, unless it is switched off.

use super::Condition;
use super::error::{CommandError, unknown};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What every run tells people of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UsualAlert {
    /// An error ended the run.
    Failure,
    /// The run ended.
    End,
    /// The run paused, and nobody asked for it.
    Pause,
    /// A target is at its mastery ceiling.
    Ceiling,
    /// A forgetting limit is reached.
    Limit,
}

impl UsualAlert {
    /// All of them.
    pub const ALL: [UsualAlert; 5] =
        [Self::Failure, Self::End, Self::Pause, Self::Ceiling, Self::Limit];

    /// Its name in commands.
    pub fn name(self) -> &'static str {
        match self {
            Self::Failure => "failure",
            Self::End => "end",
            Self::Pause => "pause",
            Self::Ceiling => "ceiling",
            Self::Limit => "limit",
        }
    }

    /// # Errors
    /// There is none of this name; the nearest and all that there are.
    pub fn from_name(name: &str) -> Result<Self, CommandError> {
        match Self::ALL.into_iter().find(|alert| alert.name() == name) {
            Some(alert) => Ok(alert),
            None => unknown("built-in alert", name, Self::ALL.map(Self::name)),
        }
    }

    /// When people are told, each time that it comes true.
    pub fn condition(self) -> Option<Condition> {
        Condition::parse(match self {
            Self::Failure => "phase failed",
            Self::End => "phase ended",
            Self::Pause => "paused by itself",
            // As often as the run itself says so.
            Self::Ceiling => "target at ceiling for 3 updates",
            Self::Limit => "limit reached",
        })
        .ok()
    }
}

/// `on`, or those that are off: `ceiling, limit off`.
pub(super) fn alerts_in_words(off: &BTreeSet<UsualAlert>) -> String {
    if off.is_empty() {
        return "on".into();
    }
    if off.len() == UsualAlert::ALL.len() {
        return "off".into();
    }
    let names: Vec<&str> = off.iter().map(|alert| alert.name()).collect();
    names.join(", ") + " off"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_condition_and_its_name() {
        for alert in UsualAlert::ALL {
            assert!(alert.condition().is_some(), "{alert:?}");
            assert_eq!(UsualAlert::from_name(alert.name()), Ok(alert));
        }
    }
}
