//! Screen 8: the values in force, and where each came from.
//!
//! ```text
//!  ─ live values ──────────────────────────────────────────────────────
//!   lambda    0.3 → 0.5    set at step 20 by ada@pts/3: general drifts
//!  ─ config ───────────────────────────────────────────── 61 values ───
//!   training.lr    2e-5    config line 12
//! ```

mod live;
mod row;
#[cfg(test)]
mod tests;

use super::screen::Screen;
use crate::tui::clipboard::Copied;
use crate::tui::draw::{Canvas, List, Panel, below_title, dotted, split_rows, wrap};
use crate::tui::input::{Action, Mouse, Words};
use crate::tui::scene::Scene;
use ratatui::layout::Rect;
use row::{ConfigRow, Widths, draw};

/// Rows below the list for a value that is too long for its line.
const LONG: u16 = 4;

/// The config screen: which of all values is selected.
#[derive(Clone, Debug, Default)]
pub struct Config {
    list: List,
    /// Whether the list has the screen to itself.
    alone: bool,
}

impl Config {
    /// The live values and all values.
    fn layout(&self, area: Rect, live: usize) -> (Rect, Rect) {
        let rows = u16::try_from(live).unwrap_or(u16::MAX).saturating_add(1).max(2);
        // Some rows are left for the list unless the screen is very low.
        let most = area.height.saturating_sub(4).max(area.height / 2);
        let height = if self.alone { 0 } else { rows.min(most) };
        split_rows(area, height)
    }

    /// The area of the list, without the rows kept for a long value.
    fn list_area(&self, area: Rect, scene: &Scene<'_>) -> Rect {
        let (_, panel) = self.layout(area, live::rows(scene).len());
        without_long(below_title(panel))
    }
}

/// The list's area without the rows that are kept for a long value.
fn without_long(area: Rect) -> Rect {
    let height = if area.height > 3 * LONG { area.height - LONG } else { area.height };
    Rect { height, ..area }
}

/// Every value of the config that fits the filter, with its present value.
fn rows(scene: &Scene<'_>) -> Vec<ConfigRow> {
    let words = Words::new(scene.filter);
    let values =
        scene.run.config.as_ref().map(|config| config.values.as_slice()).unwrap_or_default();
    let row = |value| live::changed(scene, value).unwrap_or_else(|| ConfigRow::new(value));
    let fits = |row: &ConfigRow| {
        words.is_empty() || words.fit(&format!("{} {} {}", row.field, row.value, row.origin))
    };
    values.iter().map(row).filter(fits).collect()
}

impl Screen for Config {
    fn refresh(&mut self, scene: &Scene<'_>, area: Rect) {
        let list = self.list_area(area, scene);
        self.list.fit(rows(scene).len(), usize::from(list.height));
    }

    fn act(&mut self, action: Action, scene: &Scene<'_>) -> bool {
        match action {
            Action::Enlarge => self.alone = !self.alone,
            Action::Back if self.alone => self.alone = false,
            // The list does not grow: there is nothing to follow.
            Action::Last => self.list.select(rows(scene).len().saturating_sub(1)),
            action => return self.list.go(action, rows(scene).len()),
        }
        true
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, scene: &Scene<'_>) -> bool {
        let list = self.list_area(area, scene);
        self.list.mouse(mouse, rows(scene).len(), list)
    }

    fn view(&self, scene: &Scene<'_>, canvas: &mut Canvas<'_>) {
        let live = live::rows(scene);
        let (above, below) = self.layout(canvas.area(), live.len());
        if above.height > 0 {
            let mut panel = canvas.within(above);
            let hidden = live.len().saturating_sub(usize::from(above.height) - 1);
            let more = if hidden > 0 { format!("{hidden} more") } else { String::new() };
            let mut inside = panel.panel(Panel::new("live values").right(more));
            if live.is_empty() {
                inside.note("known when training begins");
            }
            let widths = Widths::new(&live, above.width, true);
            for (line, row) in (0..).zip(&live) {
                draw(row, widths, &mut inside.line(line));
            }
        }
        self.view_list(scene, &mut canvas.within(below));
    }

    fn copied(&self, scene: &Scene<'_>) -> Option<Copied> {
        let rows = rows(scene);
        let row = rows.get(self.list.selected())?;
        Some(Copied::new(row.field.as_str(), &format!("{}: {}", row.field, row.value)))
    }

    fn is_filtered(&self) -> bool {
        true
    }

    fn hints(&self) -> &'static [Action] {
        &[Action::Filter, Action::Enlarge]
    }
}

impl Config {
    fn view_list(&self, scene: &Scene<'_>, canvas: &mut Canvas<'_>) {
        let rows = rows(scene);
        let all = scene.run.config.as_ref().map_or(0, |config| config.values.len());
        let count = match (rows.len(), all) {
            (_, 0) => String::new(),
            (fit, all) if fit == all => format!("{all} values"),
            (fit, all) => format!("{fit} of {all} values"),
        };
        let list = without_long(below_title(canvas.area()));
        let more = self.list.more(rows.len(), list, scene.look.glyphs());
        let right = dotted(scene.look, [count, more]);
        let mut inside = canvas.panel(Panel::new("config").right(right));
        match (all, rows.len()) {
            (0, _) => inside.note("the config is not known yet"),
            (_, 0) => inside.note("no value fits the filter"),
            _ => {}
        }
        let area = inside.area();
        let widths = Widths::new(&rows, area.width, false);
        let mut cut = None;
        self.list.draw(&mut inside.within(list), rows.len(), |line, row_line| {
            let Some(row) = rows.get(line) else { return };
            let is_cut = draw(row, widths, row_line);
            cut = cut.or(Some(row).filter(|_| is_cut && line == self.list.selected()));
        });
        if let Some(row) = cut {
            let rest = Rect { y: list.bottom(), height: area.bottom() - list.bottom(), ..area };
            whole_value(row, &mut inside.within(rest));
        }
    }
}

/// Draws a value that did not fit into its line.
fn whole_value(row: &ConfigRow, canvas: &mut Canvas<'_>) {
    let mut panel = canvas.panel(row.field.as_str());
    let mut inside = panel.inset(1);
    let lines = wrap(&row.value, usize::from(inside.area().width));
    for (line, text) in (0..inside.area().height).zip(lines) {
        inside.line(line).put(text, row.role_value);
    }
}
