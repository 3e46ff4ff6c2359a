//! The values that a field may have: one type for the checks, their messages and the reference.

use super::types::FieldType;
use crate::control::Tunable;
use crate::unit::allowed::Allowed;

/// The values that a field may have.
#[derive(Clone, Copy, Debug)]
pub(in crate::config) enum Limits<T> {
    /// Every value of the type.
    Any,
    /// Only these values.
    Within(Allowed<T>),
    /// The values that commands may set: the field is the first value of this live value.
    Live(Tunable),
}

impl<T: FieldType> Limits<T> {
    /// Whether a value is allowed in a run of `domains` domains (at least one).
    pub fn holds(&self, value: &T, domains: usize) -> bool {
        match self {
            Limits::Any => true,
            Limits::Within(allowed) => (allowed.holds)(value),
            Limits::Live(tunable) => {
                value.number().is_none_or(|number| tunable.check(number, domains).is_ok())
            }
        }
    }

    /// What is allowed, in words, in a run of `domains` domains; empty where everything is.
    pub fn words(&self, domains: usize) -> String {
        let words = match self {
            Limits::Any => return String::new(),
            Limits::Within(allowed) => allowed.text.to_owned(),
            Limits::Live(tunable) => tunable.allowed(domains),
        };
        if T::IS_OPTIONAL { format!("{words}, or None") } else { words }
    }

    /// The live value that the field is the first value of.
    pub fn live(&self) -> Option<Tunable> {
        match self {
            Limits::Live(tunable) => Some(*tunable),
            Limits::Any | Limits::Within(_) => None,
        }
    }

    /// What is allowed, in words that fit every run.
    pub fn general_words(&self) -> String {
        match self {
            Limits::Live(floor @ Tunable::Floor) => floor.general_range(),
            other => other.words(1),
        }
    }
}

/// The values of an [`Allowed`], or `None`.
macro_rules! or_none {
    ($allowed:expr) => {
        crate::unit::allowed::Allowed {
            holds: |value| value.as_ref().is_none_or(|value| ($allowed.holds)(value)),
            text: $allowed.text,
        }
    };
}

pub(super) use or_none;
