//! What the loader needs to know about a field: its path, its default and its limits.

use super::limits::Limits;
use crate::control::Tunable;
use crate::unit::allowed::Allowed;

/// A field with a fixed default. The loader and the table take default and limits from here.
#[derive(Clone, Copy, Debug)]
pub(in crate::config) struct Spec<T> {
    /// The path; `[]` is any entry of a list.
    pub path: &'static str,
    /// The value when the field is left out.
    pub default: fn() -> T,
    /// The values that are allowed.
    pub limits: Limits<T>,
}

impl<T> Spec<T> {
    /// A field that may have every value of its type.
    pub const fn new(path: &'static str, default: fn() -> T) -> Self {
        Spec { path, default, limits: Limits::Any }
    }

    /// A field that may have these values only.
    pub const fn within(path: &'static str, default: fn() -> T, allowed: Allowed<T>) -> Self {
        Spec { path, default, limits: Limits::Within(allowed) }
    }

    /// A field that is the first value of a live value.
    pub const fn live(path: &'static str, default: fn() -> T, tunable: Tunable) -> Self {
        Spec { path, default, limits: Limits::Live(tunable) }
    }
}
