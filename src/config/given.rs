//! A field that may be left out.

use serde::{Deserialize, Deserializer};

/// The value in the file, or nothing. Unlike `Option` it is never written as `None`, so that
/// `clip: None` (no clipping) and no `clip` (the default) stay two things.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Given<T>(pub Option<T>);

impl<T> Default for Given<T> {
    fn default() -> Self {
        Given(None)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Given<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(|value| Given(Some(value)))
    }
}

impl<T> Given<T> {
    /// The value in the file, or else the type's own default.
    pub fn or_default(self) -> T
    where
        T: Default,
    {
        self.0.unwrap_or_default()
    }

    /// The value in the file, or else `default`.
    pub fn or(self, default: T) -> T {
        self.0.unwrap_or(default)
    }
}
