//! One line of the table.

use super::super::plan::{AlertPlan, DomainPlan, RunPlan, Scheduled};
use super::super::value::Value;
use super::limits::Limits;
use super::spec::Spec;
use super::types::FieldType;
use crate::control::{LiveField, Rule};

/// A field of the config.
#[derive(Clone, Debug)]
pub(in crate::config) struct Field {
    /// The dotted path; `[]` is any entry of a list: `data.domains[].limit`.
    pub path: String,
    /// The type, in words and RON.
    pub form: String,
    /// What its number counts; empty where it is not a number or has no unit.
    pub unit: &'static str,
    /// The value when the field is left out.
    pub default: Absent,
    /// The range, in words; empty where every value of the type is allowed.
    pub allowed: String,
    /// What it means, in one or two sentences.
    pub help: &'static str,
    /// The live value that it is the first value of.
    pub live: Option<LiveField>,
    /// How a resumed run takes over a changed value; `None` where it keeps the one it began with.
    pub adopt: Option<Adopt>,
    /// Where the value is in a plan.
    pub read: Read,
}

/// Copies the field of the first plan into the second.
pub(in crate::config) type Adopt = fn(&RunPlan, &mut RunPlan);

/// The value of a field that is left out.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::config) enum Absent {
    /// This value.
    Value(Value),
    /// In words, as it depends on other fields or on the working directory.
    Words(&'static str),
    /// None: the field has to be given.
    Required,
}

/// Where the value of a field is in a plan.
#[derive(Clone, Copy, Debug)]
pub(in crate::config) enum Read {
    /// In the plan itself.
    Run(fn(&RunPlan) -> Value),
    /// The field is the list of the domains, whose fields are in the table too.
    Domains,
    /// In each domain.
    Domain(fn(&DomainPlan) -> Value),
    /// The field is the schedule, whose entries' fields are in the table too.
    Schedule,
    /// In each entry of the schedule with a step.
    Scheduled(fn(&Scheduled) -> Value),
    /// In each entry of the schedule with a condition.
    Rule(fn(&Rule) -> Value),
    /// The field is the list of alerts, whose entries' fields are in the table too.
    Alerts,
    /// In each alert.
    Alert(fn(&AlertPlan) -> Value),
    /// In the value of the field above it, where that is this variant.
    Inside(&'static str),
    /// Nowhere: it is only used when the config is loaded, and its effect is in the value of this
    /// field.
    UsedFor(&'static str),
}

impl Field {
    /// A field with the default and range of `spec`.
    pub fn new<T: FieldType>(spec: &Spec<T>, read: Read, help: &'static str) -> Self {
        Field {
            path: spec.path.into(),
            form: T::form(),
            unit: "",
            default: Absent::Value((spec.default)().to_value()),
            allowed: spec.limits.general_words(),
            help,
            live: spec.limits.live().map(LiveField::Set),
            adopt: None,
            read,
        }
    }

    /// A field of type `T` whose default is given in words.
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

    /// With another form than that of its type.
    pub fn form(self, form: &str) -> Self {
        Field { form: form.into(), ..self }
    }

    /// With what its number counts.
    pub fn unit(self, unit: &'static str) -> Self {
        Field { unit, ..self }
    }

    /// With a range in words, where it depends on other fields or is not one of numbers.
    pub fn allowed(self, allowed: impl Into<String>) -> Self {
        Field { allowed: allowed.into(), ..self }
    }

    /// With the limits that the loader checks.
    pub fn limits<T: FieldType>(self, limits: &Limits<T>) -> Self {
        Field { allowed: limits.general_words(), live: limits.live().map(LiveField::Set), ..self }
    }

    /// With a live value that begins with it and is no number.
    pub fn live(self, live: LiveField) -> Self {
        Field { live: Some(live), ..self }
    }

    /// Whose changes a resumed run obeys.
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
