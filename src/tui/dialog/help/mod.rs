//! The help over a screen: what its symbols mean, then the keys.

mod page;
mod symbols;

pub use page::Subject;

use crate::tui::draw::{Canvas, Frame, columns};
use crate::tui::look::Role;
use page::{HelpLine, page};
use ratatui::layout::Rect;

/// Columns between a sign and what it means.
const GAP: u16 = 2;
/// Columns between two columns of lines.
const BETWEEN: u16 = 3;

/// The help, in as many columns as fit.
#[derive(Clone, Debug, Default)]
pub struct Help {
    /// Lines scrolled down.
    scroll: u16,
}

/// How the lines are laid out in a terminal.
struct HelpLayout {
    /// Columns of lines.
    across: u16,
    rows: u16,
    /// Columns of the terminal for the signs.
    sign: u16,
    /// Columns of the terminal for the signs and what they mean.
    width: u16,
}

impl HelpLayout {
    fn new(lines: &[HelpLine], area: Rect) -> Self {
        let widths = lines.iter().map(|line| match line {
            HelpLine::Entry(sign, text, _) => (columns(sign), columns(text)),
            HelpLine::Title(_) | HelpLine::Blank => (0, 0),
        });
        let (sign, text) = widths.fold((0, 0), |most, one| (most.0.max(one.0), most.1.max(one.1)));
        let width = sign + GAP + text;
        let across = (area.width.saturating_sub(4) / (width + BETWEEN)).clamp(1, 3);
        let rows = u16::try_from(lines.len()).unwrap_or(u16::MAX).div_ceil(across);
        HelpLayout { across, rows, sign, width }
    }

    /// Columns and rows of the dialog.
    fn size(&self) -> (u16, u16) {
        (self.across * (self.width + BETWEEN) - BETWEEN, self.rows)
    }

    /// Rows that do not fit into a terminal of this area.
    fn hidden(&self, area: Rect) -> u16 {
        self.rows.saturating_sub(area.height.saturating_sub(2))
    }
}

impl Help {
    /// Scrolls by `lines`, in a terminal of this area.
    pub fn scroll(&mut self, lines: i16, subject: Subject<'_>, area: Rect) {
        let most = HelpLayout::new(&page(subject), area).hidden(area);
        self.scroll = self.scroll.saturating_add_signed(lines).min(most);
    }

    /// Draws the dialog. A click anywhere closes it.
    pub fn view(&self, subject: Subject<'_>, canvas: &mut Canvas<'_>) {
        let (area, lines) = (canvas.area(), page(subject));
        let layout = HelpLayout::new(&lines, area);
        let name = subject.screen.help();
        let title = match layout.hidden(area).saturating_sub(self.scroll) {
            0 => format!("{name} · esc closes"),
            more => format!("{name} · {} {more} more · esc closes", canvas.glyphs().down),
        };
        let mut inside = canvas.frame(Frame::new(area, layout.size()), &title);
        let scroll = self.scroll.min(layout.rows.saturating_sub(inside.area().height));
        for (i, help) in (0u16..).zip(&lines) {
            let Some(row) = (i % layout.rows).checked_sub(scroll) else { continue };
            let mut line = inside.line(row);
            line.skip(i / layout.rows * (layout.width + BETWEEN));
            match help {
                HelpLine::Title(title) => line.put(title, Role::Title),
                HelpLine::Entry(sign, text, role) => {
                    line.cell(layout.sign, sign, *role).skip(GAP).put(text, Role::Text)
                }
                HelpLine::Blank => &mut line,
            };
        }
    }
}
