//! Styles as the escape sequences of terminals (SGR of ECMA-48).

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};
use std::fmt::Write;

/// Colours and modifiers that a terminal writes with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pen {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

const ATTRIBUTES: [(Modifier, u8); 6] = [
    (Modifier::BOLD, 1),
    (Modifier::DIM, 2),
    (Modifier::ITALIC, 3),
    (Modifier::UNDERLINED, 4),
    (Modifier::REVERSED, 7),
    (Modifier::CROSSED_OUT, 9),
];

impl Pen {
    /// The pen after a reset.
    pub const PLAIN: Pen = Pen { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty() };

    /// The pen of a cell.
    pub fn from_cell(cell: &Cell) -> Self {
        Pen { fg: cell.fg, bg: cell.bg, modifier: cell.modifier }
    }

    /// Whether a blank written with it shows nothing.
    pub fn leaves_blank(self) -> bool {
        let seen = Modifier::UNDERLINED | Modifier::REVERSED | Modifier::CROSSED_OUT;
        self.bg == Color::Reset && !self.modifier.intersects(seen)
    }

    /// The shortest sequence from this one to another; empty where nothing changes.
    pub fn change(self, to: Pen) -> String {
        let mut codes = String::new();
        let mut now = self;
        // Attributes are taken off by a reset, which takes off the colours too.
        if !to.modifier.contains(now.modifier) || to == Pen::PLAIN && self != Pen::PLAIN {
            codes.push_str("0;");
            now = Pen::PLAIN;
        }
        for (modifier, code) in ATTRIBUTES {
            if to.modifier.contains(modifier) && !now.modifier.contains(modifier) {
                let _ = write!(codes, "{code};");
            }
        }
        if now.fg != to.fg {
            colour(&mut codes, to.fg, 30);
        }
        if now.bg != to.bg {
            colour(&mut codes, to.bg, 40);
        }
        match codes.trim_end_matches(';') {
            "" => String::new(),
            codes => format!("\u{1b}[{codes}m"),
        }
    }
}

/// The code of a colour, behind `base` for the foreground (30) or the background (40). The sixteen
/// have codes of their own, which old terminals know too.
fn colour(codes: &mut String, color: Color, base: u8) {
    let _ = match color {
        Color::Reset => write!(codes, "{};", base + 9),
        Color::Indexed(index) => write!(codes, "{};5;{index};", base + 8),
        Color::Rgb(r, g, b) => write!(codes, "{};2;{r};{g};{b};", base + 8),
        Color::Black => write!(codes, "{base};"),
        Color::Red => write!(codes, "{};", base + 1),
        Color::Green => write!(codes, "{};", base + 2),
        Color::Yellow => write!(codes, "{};", base + 3),
        Color::Blue => write!(codes, "{};", base + 4),
        Color::Magenta => write!(codes, "{};", base + 5),
        Color::Cyan => write!(codes, "{};", base + 6),
        Color::Gray => write!(codes, "{};", base + 7),
        Color::DarkGray => write!(codes, "{};", base + 60),
        Color::LightRed => write!(codes, "{};", base + 61),
        Color::LightGreen => write!(codes, "{};", base + 62),
        Color::LightYellow => write!(codes, "{};", base + 63),
        Color::LightBlue => write!(codes, "{};", base + 64),
        Color::LightMagenta => write!(codes, "{};", base + 65),
        Color::LightCyan => write!(codes, "{};", base + 66),
        Color::White => write!(codes, "{};", base + 67),
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::style::Style;

    fn pen(style: Style) -> Pen {
        let mut cell = Cell::default();
        cell.set_style(style);
        Pen::from_cell(&cell)
    }

    #[test]
    fn a_sequence_holds_only_what_changes() {
        let red = pen(Style::new().fg(Color::Red));
        let bold = pen(Style::new().fg(Color::Red).add_modifier(Modifier::BOLD));
        let grey = pen(Style::new().bg(Color::DarkGray));
        let rgb = pen(Style::new().fg(Color::Rgb(1, 2, 3)).bg(Color::Indexed(7)));
        for (from, to, sequence) in [
            (red, red, ""),
            (Pen::PLAIN, red, "\u{1b}[31m"),
            (red, bold, "\u{1b}[1m"),
            (bold, red, "\u{1b}[0;31m"),
            (red, grey, "\u{1b}[39;100m"),
            (red, rgb, "\u{1b}[38;2;1;2;3;48;5;7m"),
            (rgb, Pen::PLAIN, "\u{1b}[0m"),
        ] {
            assert_eq!(from.change(to), sequence);
        }
    }
}
