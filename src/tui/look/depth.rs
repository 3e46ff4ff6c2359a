//! Colours reduced to those that a terminal can show.

use super::colour::Rgb;
use ratatui::style::{Color, Modifier, Style};
use serde::{Deserialize, Serialize};

/// How many colours a terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Depth {
    /// None: roles differ by bold, dim, underlined and reversed text.
    None,
    /// The sixteen that have names.
    Basic,
    /// The 256 of xterm.
    Indexed,
    /// Any.
    True,
}

impl Depth {
    /// The nearest colour that can be shown.
    pub(super) fn color(self, color: Color) -> Option<Color> {
        let rgb = match color {
            Color::Rgb(red, green, blue) => Rgb([red, green, blue]),
            Color::Indexed(index) if self == Depth::Basic && index >= 16 => Rgb::from_color(color)?,
            kept => return (self != Depth::None).then_some(kept),
        };
        match self {
            Depth::None => None,
            Depth::Basic => Some(rgb.nearest_ansi()),
            Depth::Indexed => Some(Color::Indexed(rgb.nearest_indexed())),
            Depth::True => Some(color),
        }
    }

    /// A style in the colours that can be shown, on this background.
    pub(super) fn style(self, style: Style, ground: Ground) -> Style {
        let mut shown = Style {
            fg: style.fg.and_then(|color| self.color(color)),
            bg: style.bg.and_then(|color| self.color(color)),
            ..style
        };
        if self == Depth::Basic && !ground.painted && style.bg.is_none() && shown.fg != style.fg {
            shown.fg = shown.fg.map(|color| ground.clear_of(color));
        }
        // A row that differs only by its background is reversed where that became the same.
        if style.bg.is_some() && shown.bg == self.color(ground.color()) {
            shown.bg = None;
            shown.add_modifier |= Modifier::REVERSED;
        }
        shown
    }
}

/// The background of the screens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ground {
    /// The colour that the theme was made for.
    pub rgb: Rgb,
    /// Whether it is drawn, or left to the terminal.
    pub painted: bool,
}

impl Ground {
    /// As a colour for a style.
    pub fn color(self) -> Color {
        let Rgb([red, green, blue]) = self.rgb;
        Color::Rgb(red, green, blue)
    }

    /// Replaces black and white where they could be invisible: of the sixteen colours these may be the
    /// terminal's own background. Its default foreground never is, and dark grey seldom.
    fn clear_of(self, color: Color) -> Color {
        let extreme = matches!(color, Color::Black | Color::Gray | Color::White);
        match Rgb::from_color(color).filter(|_| extreme) {
            Some(rgb) if rgb.contrast(self.rgb) < 3.0 => Color::DarkGray,
            Some(_) => Color::Reset,
            None => color,
        }
    }
}
