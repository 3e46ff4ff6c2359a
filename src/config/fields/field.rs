//! One line of the table.

use super::super::plan::{DomainPlan, RunPlan, Scheduled};
use super::super::value::Value;
use super::limits::Limits;
use super::spec::Spec;
use super::types::FieldType;
use crate::control::Tunable;

/// A field of the config.
#[derive(Clone, Debug)]
pub(in crate::config) struct Field {
    /// Its dotted path; `[]` is any entry of a list: `data.domains[].limit`.
    pub path: String,
    /// What may be written, in words and RON.
    pub form: String,
    /// What its number counts; empty where it is none or has no unit.
    pub unit: &'static str,
    /// What it is when left out.
    pub default: Absent,
    /// The range, in words; empty where its form says all.
    pub allowed: String,
    /// What it means, in one or two sentences.
    pub help: &'static str,
    /// The live value whose first one it gives.
    pub live: Option<Tunable>,
    /// How a resumed run takes over a changed value; `None` where it keeps the one it began with.
    pub adopt: Option<Adopt>,
    /// Where a plan has it.
    pub read: Read,
}

/// Copies the field of the first plan into the second.
pub(in crate::config) type Adopt = fn(&RunPlan, &mut RunPlan);

/// What a field is when it is left out.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::config) enum Absent {
    /// This value.
    Value(Value),
    /// What these words say: it depends on other fields, or on where the program is called.
    Words(&'static str),
    /// It has to be given.
    Required,
}

/// Where a plan has the value of a field.
#[derive(Clone, Copy, Debug)]
pub(in crate::config) enum Read {
    /// At one place.
    Run(fn(&RunPlan) -> Value),
    /// It is the list of the domains, whose fields have lines of their own.
    Domains,
    /// In each domain.
    Domain(fn(&DomainPlan) -> Value),
    /// It is the schedule, the fields of whose entries have lines of their own.
    Schedule,
    /// In each entry of the schedule.
    Scheduled(fn(&Scheduled) -> Value),
    /// In the value of the field above it, where that is this variant.
    Inside(&'static str),
    /// Nowhere: it is used up when the config is read, and its effect is in these fields.
    UsedFor(&'static str),
}

impl Field {
    /// A field whose default and range the loader takes from `spec`.
    pub fn of<T: FieldType>(spec: &Spec<T>, read: Read, help: &'static str) -> Self {
        Field {
            path: spec.path.into(),
            form: T::form(),
            unit: "",
            default: Absent::Value((spec.default)().to_value()),
            allowed: spec.limits.general_words(),
            help,
            live: spec.limits.live(),
            adopt: None,
            read,
        }
    }

    /// A field of type `T` whose default the words tell.
    pub fn derived<T: FieldType>(
        path: impl Into<String>,
        default: &'static str,
        read: Read,
        help: &'static str,
    ) -> Self {
        Field {
            path: path.into(),
            form: T::form(),
            unit: "",
            default: Absent::Words(default),
            allowed: String::new(),
            help,
            live: None,
            adopt: None,
            read,
        }
    }

    /// A field of type `T` that has to be given.
    pub fn required<T: FieldType>(path: impl Into<String>, read: Read, help: &'static str) -> Self {
        Field { default: Absent::Required, ..Field::derived::<T>(path, "", read, help) }
    }

    /// With a form that its type does not tell.
    pub fn form(self, form: &str) -> Self {
        Field { form: form.into(), ..self }
    }

    /// With what its number counts.
    pub fn unit(self, unit: &'static str) -> Self {
        Field { unit, ..self }
    }

    /// With a range that depends on other fields, or is none of a number.
    pub fn allowed(self, allowed: impl Into<String>) -> Self {
        Field { allowed: allowed.into(), ..self }
    }

    /// With limits that the loader takes from here too.
    pub fn limits<T: FieldType>(self, limits: &Limits<T>) -> Self {
        Field { allowed: limits.general_words(), live: limits.live(), ..self }
    }

    /// Obeyed by a resumed run, too.
    pub fn obeyed(self, adopt: Adopt) -> Self {
        Field { adopt: Some(adopt), ..self }
    }

    /// Whether a resumed run obeys a changed value.
    pub fn is_obeyed(&self) -> bool {
        self.adopt.is_some()
    }
}

/// The field of a plan at a path of Rust fields: how it is read, and how it is adopted.
macro_rules! at {
    ($($step:ident).+) => {
        crate::config::fields::field::Read::Run(
            |plan| crate::config::fields::types::FieldType::to_value(&plan.$($step).+)
        )
    };
}

/// How the field at a path of Rust fields is adopted.
macro_rules! adopt {
    ($($step:ident).+) => {
        |now, plan| plan.$($step).+.clone_from(&now.$($step).+)
    };
}

pub(super) use {adopt, at};
