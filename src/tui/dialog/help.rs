use crate::tui::draw::{Canvas, Frame, columns};
use crate::tui::keys::KeyMap;
use crate::tui::look::Role;
use ratatui::layout::Rect;

/// Columns between the keys and what they do.
const GAP: u16 = 2;
/// Columns between two columns of keys.
const BETWEEN: u16 = 3;

/// The keys, in as many columns as fit.
#[derive(Clone, Debug, Default)]
pub struct Help {
    /// Lines scrolled down.
    scroll: u16,
}

/// How the keys are laid out in a terminal.
struct Shape {
    /// Columns of keys.
    across: u16,
    rows: u16,
    /// Columns of the terminal that the keys take, and with what they do.
    key: u16,
    width: u16,
}

impl Shape {
    fn new(lines: &[(String, &str)], area: Rect) -> Self {
        let key = lines.iter().map(|(keys, _)| columns(keys)).max().unwrap_or(0);
        let help = lines.iter().map(|(_, help)| columns(help)).max().unwrap_or(0);
        let width = key + GAP + help;
        let across = (area.width.saturating_sub(4) / (width + BETWEEN)).clamp(1, 2);
        let rows = u16::try_from(lines.len()).unwrap_or(u16::MAX).div_ceil(across);
        Shape { across, rows, key, width }
    }

    /// Columns and rows of the dialog.
    fn size(&self) -> (u16, u16) {
        (self.across * (self.width + BETWEEN) - BETWEEN, self.rows)
    }

    /// How many rows do not fit into a terminal.
    fn hidden(&self, area: Rect) -> u16 {
        self.rows.saturating_sub(area.height.saturating_sub(2))
    }
}

impl Help {
    /// Scrolls by so many lines, in a terminal of this area.
    pub fn scroll(&mut self, lines: i16, keys: &KeyMap, area: Rect) {
        let most = Shape::new(&keys.help(), area).hidden(area);
        self.scroll = self.scroll.saturating_add_signed(lines).min(most);
    }

    /// Draws it. A click anywhere closes it.
    pub fn view(&self, keys: &KeyMap, canvas: &mut Canvas<'_>) {
        let (area, lines) = (canvas.area(), keys.help());
        let shape = Shape::new(&lines, area);
        let title = match shape.hidden(area).saturating_sub(self.scroll) {
            0 => "keys · esc closes".to_owned(),
            more => format!("keys · {} {more} more · esc closes", canvas.glyphs().down),
        };
        let mut inside = canvas.frame(Frame::new(area, shape.size()), &title);
        let scroll = self.scroll.min(shape.rows.saturating_sub(inside.area().height));
        for (i, (keys, help)) in (0u16..).zip(&lines) {
            let Some(row) = (i % shape.rows).checked_sub(scroll) else { continue };
            let before = i / shape.rows * (shape.width + BETWEEN);
            let mut line = inside.line(row);
            line.skip(before).cell(shape.key, keys, Role::Key).skip(GAP).put(help, Role::Text);
        }
    }
}
