//! How things look: colours by meaning, and the marks that a terminal can show.

mod capabilities;
mod chain;
mod colour;
mod depth;
mod fault;
mod glyphs;
pub(super) mod pen;
mod shipped;
mod theme;
#[cfg(test)]
mod theme_tests;
mod written;

pub use capabilities::Capabilities;
pub use colour::Rgb;
pub use depth::Depth;
pub use fault::ThemeError;
pub use glyphs::{Glyphs, Marks};
pub use theme::{Read, Theme};

use ratatui::style::Style;

/// What a style means. Code names meanings, themes give them colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Numbers and names.
    Text,
    /// Labels and units.
    Dim,
    /// Rules, axes, empty parts of bars.
    Faint,
    /// Titles of panels.
    Title,
    /// What is chosen or being edited.
    Accent,
    /// What the operator steers: the target domain.
    Target,
    /// A weight that rose.
    Rising,
    /// A weight that fell.
    Falling,
    /// As it should be: training, expanded, applied.
    Good,
    /// Look at it: held, forgotten, throttled.
    Warning,
    /// Something failed.
    Error,
    /// What was: the detected weight, the first loss.
    Ghost,
    /// The selected row.
    Selection,
    /// A key in a hint.
    Key,
}

impl Role {
    /// All of them.
    pub const ALL: [Role; 14] = [
        Role::Text,
        Role::Dim,
        Role::Faint,
        Role::Title,
        Role::Accent,
        Role::Target,
        Role::Rising,
        Role::Falling,
        Role::Good,
        Role::Warning,
        Role::Error,
        Role::Ghost,
        Role::Selection,
        Role::Key,
    ];
}

/// A theme on a terminal: all that drawing needs to know besides what it draws.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// Colours, already brought down to what the terminal can show.
    pub theme: Theme,
    /// Which marks it can show.
    pub marks: Marks,
}

impl Look {
    /// The style of a meaning.
    pub fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    /// The style of the `index`-th domain's curve and name.
    pub fn series(&self, index: usize) -> Style {
        self.theme.series(index)
    }

    /// The marks.
    pub fn glyphs(&self) -> &'static Glyphs {
        self.marks.glyphs()
    }
}
