//! What a check needs of a field: its path, its default and its limits.

use super::limits::Limits;
use crate::control::Tunable;
use crate::unit::allowed::Allowed;

/// A field that has a default of its own. The loader takes default and limits from here, and so
/// does the table for its text.
#[derive(Clone, Copy, Debug)]
pub(in crate::config) struct Spec<T> {
    /// The path; `[]` is any entry of a list.
    pub path: &'static str,
    /// What it is when left out.
    pub default: fn() -> T,
    /// What it may be.
    pub limits: Limits<T>,
}

impl<T> Spec<T> {
    /// A field that may have every value of its type.
    pub const fn new(path: &'static str, default: fn() -> T) -> Self {
        Spec { path, default, limits: Limits::Any }
    }

    /// A field that may have some values only.
    pub const fn within(path: &'static str, default: fn() -> T, allowed: Allowed<T>) -> Self {
        Spec { path, default, limits: Limits::Within(allowed) }
    }

    /// The first value of a live one.
    pub const fn live(path: &'static str, default: fn() -> T, tunable: Tunable) -> Self {
        Spec { path, default, limits: Limits::Live(tunable) }
    }
}
