//! How things look: colours by meaning, and the marks that a terminal can show.

mod ascii;
mod capabilities;
mod chain;
mod colour;
mod depth;
mod error;
mod glyphs;
pub(super) mod pen;
mod role;
mod shipped;
mod theme;
#[cfg(test)]
mod theme_tests;
mod written;

pub use ascii::{ascii, in_locale};
pub use capabilities::{Capabilities, can_place_text};
pub use chain::Read;
pub use colour::Rgb;
pub use depth::Depth;
pub use error::ThemeError;
pub use glyphs::{Glyphs, Marks};
pub use role::Role;
pub use theme::Theme;

use ratatui::style::Style;

/// How everything is drawn: a theme, and the marks of the terminal.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// Already reduced to the colours that the terminal can show.
    pub theme: Theme,
    /// The marks that the terminal can show.
    pub marks: Marks,
}

impl Look {
    /// The style of a role.
    pub fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    /// The style of the `index`-th domain's curve and name.
    pub fn series(&self, index: usize) -> Style {
        self.theme.series(index)
    }

    /// How many series with a lower index have the colour of this one: what else tells them apart goes by it.
    pub fn series_before(&self, index: usize) -> usize {
        self.theme.series_before(index)
    }

    /// The signs of the marks.
    pub fn glyphs(&self) -> &'static Glyphs {
        self.marks.glyphs()
    }
}
