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
struct KeyLayout {
    /// Columns of keys.
    across: u16,
    rows: u16,
    /// Columns of the terminal for the keys.
    key: u16,
    /// Columns of the terminal for the keys and what they do.
    width: u16,
}

impl KeyLayout {
    fn new(lines: &[(String, &str)], area: Rect) -> Self {
        let key = lines.iter().map(|(keys, _)| columns(keys)).max().unwrap_or(0);
        let help = lines.iter().map(|(_, help)| columns(help)).max().unwrap_or(0);
        let width = key + GAP + help;
        let across = (area.width.saturating_sub(4) / (width + BETWEEN)).clamp(1, 2);
        let rows = u16::try_from(lines.len()).unwrap_or(u16::MAX).div_ceil(across);
        KeyLayout { across, rows, key, width }
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
    pub fn scroll(&mut self, lines: i16, keys: &KeyMap, area: Rect) {
        let most = KeyLayout::new(&keys.help(), area).hidden(area);
        self.scroll = self.scroll.saturating_add_signed(lines).min(most);
    }

    /// Draws the dialog. A click anywhere closes it.
    pub fn view(&self, keys: &KeyMap, canvas: &mut Canvas<'_>) {
        let (area, lines) = (canvas.area(), keys.help());
        let layout = KeyLayout::new(&lines, area);
        let title = match layout.hidden(area).saturating_sub(self.scroll) {
            0 => "keys · esc closes".to_owned(),
            more => format!("keys · {} {more} more · esc closes", canvas.glyphs().down),
        };
        let mut inside = canvas.frame(Frame::new(area, layout.size()), &title);
        let scroll = self.scroll.min(layout.rows.saturating_sub(inside.area().height));
        for (i, (keys, help)) in (0u16..).zip(&lines) {
            let Some(row) = (i % layout.rows).checked_sub(scroll) else { continue };
            let before = i / layout.rows * (layout.width + BETWEEN);
            let mut line = inside.line(row);
            line.skip(before).cell(layout.key, keys, Role::Key).skip(GAP).put(help, Role::Text);
        }
    }
}
