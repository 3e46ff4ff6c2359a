//! What is shown of texts that come from others: users, files, models, servers.
//!
//! Every sink (errors, log lines, log files, screens, pictures, tables) passes such texts through
//! here: no key is repeated, and no character can move the cursor, change colours or turn the direction
//! of what follows.

mod control;
mod keys;

#[cfg(test)]
mod tests;

pub use control::is_shown;
pub use keys::{KEY_PREFIXES, hide_keys, hide_keys_in_json, holds_key};

use std::borrow::Cow;

/// The text on one line: keys hidden, line breaks and tabs as spaces, other characters that control a
/// terminal as `\u{1b}`.
pub fn line(text: &str) -> Cow<'_, str> {
    over(hide_keys(text), |text| control::escaped(text, false))
}

/// The same for a text that may have several lines.
pub fn lines(text: &str) -> Cow<'_, str> {
    over(hide_keys(text), |text| control::escaped(text, true))
}

/// A JSON text: it stays one, and reads back to the same values but for hidden keys.
pub fn json(text: &str) -> Cow<'_, str> {
    over(hide_keys_in_json(text), control::escaped_json)
}

/// The second of two steps, each of which copies only a text that it changes.
fn over<'t>(text: Cow<'t, str>, step: impl FnOnce(&str) -> Cow<'_, str>) -> Cow<'t, str> {
    match step(&text) {
        Cow::Owned(changed) => Cow::Owned(changed),
        Cow::Borrowed(_) => text,
    }
}
