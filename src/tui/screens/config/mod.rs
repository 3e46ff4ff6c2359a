//! Screen 8: the values that the run works by now, and where each came from.
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

use super::{Mouse, Screen};
use crate::tui::facts::wrap;
use crate::tui::filter::Words;
use crate::tui::keys::Action;
use crate::tui::look::Role;
use crate::tui::scene::{Scene, panel, put, select};
use crate::tui::scroll::{Scroll, WHEEL};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use row::{Row, Widths, draw};

/// Rows that a value may take below the list if it is too long for its line.
const LONG: u16 = 4;

/// The config screen: where one is in the list of all values.
#[derive(Clone, Debug, Default)]
pub struct Config {
    scroll: Scroll,
    /// Whether the list has the screen to itself.
    alone: bool,
}

impl Config {
    /// The live values and all values.
    fn layout(&self, area: Rect, live: usize) -> (Rect, Rect) {
        let rows = u16::try_from(live).unwrap_or(u16::MAX).saturating_add(1).max(2);
        // Something of the list is seen wherever there is room for more than a few live values.
        let most = area.height.saturating_sub(4).max(area.height / 2);
        let height = if self.alone { 0 } else { rows.min(most) };
        let above = Rect { height, ..area };
        (above, Rect { y: above.bottom(), height: area.height - height, ..area })
    }

    fn room(&self, area: Rect, scene: &Scene<'_>) -> usize {
        let (_, list) = self.layout(area, live::rows(scene).len());
        usize::from(list_rows(list.height.saturating_sub(1)))
    }
}

/// Rows of the list, without those kept for a long value.
fn list_rows(height: u16) -> u16 {
    if height > 3 * LONG { height - LONG } else { height }
}

/// Every value of the config that fits the filter, as it is now.
fn rows(scene: &Scene<'_>) -> Vec<Row> {
    let words = Words::of(scene.filter);
    let values =
        scene.run.config.as_ref().map(|config| config.values.as_slice()).unwrap_or_default();
    let row = |value| live::changed(scene, value).unwrap_or_else(|| Row::of(value));
    let fits = |row: &Row| {
        words.is_empty() || words.fit(&format!("{} {} {}", row.field, row.value, row.origin))
    };
    values.iter().map(row).filter(fits).collect()
}

impl Screen for Config {
    fn refresh(&mut self, scene: &Scene<'_>, area: Rect) {
        let room = self.room(area, scene);
        self.scroll.fit(rows(scene).len(), room);
    }

    fn act(&mut self, action: Action, scene: &Scene<'_>) -> bool {
        match action {
            Action::Expand => self.alone = !self.alone,
            Action::Back if self.alone => self.alone = false,
            // The list does not grow: there is nothing to follow.
            Action::Last => self.scroll.select(rows(scene).len().saturating_sub(1)),
            action => return self.scroll.go(action, rows(scene).len()),
        }
        true
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, scene: &Scene<'_>) -> bool {
        let (_, list) = self.layout(area, live::rows(scene).len());
        let len = rows(scene).len();
        match mouse {
            Mouse::Wheel { up, .. } => self.scroll.step(if up { -WHEEL } else { WHEEL }, len),
            Mouse::Click(at) if list.contains(at) && at.y > list.y => {
                let room = self.room(area, scene);
                let line = self.scroll.line_at(usize::from(at.y - list.y - 1), len, room);
                let Some(line) = line else { return false };
                self.scroll.select(line);
            }
            Mouse::Click(_) | Mouse::Drag(..) => return false,
        }
        true
    }

    fn view(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let live = live::rows(scene);
        let (above, below) = self.layout(area, live.len());
        if above.height > 0 {
            let inside = panel(buf, scene.look, above, "live values", "", false);
            if live.is_empty() {
                let text = "known when training begins: awaited";
                say(scene, text, inside, buf);
            }
            let widths = Widths::of(&live, inside.width, true);
            for (y, row) in (inside.top()..inside.bottom()).zip(&live) {
                draw(scene, row, widths, Rect { y, height: 1, ..inside }, buf);
            }
        }
        self.list(scene, below, buf);
    }

    fn is_filtered(&self) -> bool {
        true
    }

    fn hints(&self) -> &'static [Action] {
        &[Action::Filter, Action::Expand]
    }
}

impl Config {
    fn list(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let rows = rows(scene);
        let all = scene.run.config.as_ref().map_or(0, |config| config.values.len());
        let count = match (rows.len(), all) {
            (_, 0) => String::new(),
            (fit, all) if fit == all => format!("{all} values"),
            (fit, all) => format!("{fit} of {all} values"),
        };
        let inside = panel(buf, scene.look, area, "config", &count, false);
        match (all, rows.len()) {
            (0, _) => say(scene, "what the run was asked for is not known yet", inside, buf),
            (_, 0) => say(scene, "no value fits the filter", inside, buf),
            _ => {}
        }
        let widths = Widths::of(&rows, inside.width, false);
        let room = list_rows(inside.height);
        for (y, line) in (inside.y..).zip(self.scroll.window(rows.len(), usize::from(room))) {
            let (Some(row), place) = (rows.get(line), Rect { y, height: 1, ..inside }) else {
                continue;
            };
            let is_cut = draw(scene, row, widths, place, buf);
            if line == self.scroll.selected() {
                select(buf, scene.look, place);
                let below = Rect { y: inside.y + room, height: inside.height - room, ..inside };
                if is_cut {
                    whole(scene, row, below, buf);
                }
            }
        }
    }
}

/// A value that its line had no room for.
fn whole(scene: &Scene<'_>, row: &Row, area: Rect, buf: &mut Buffer) {
    let inside = panel(buf, scene.look, area, &row.field, "", false);
    let width = inside.width.saturating_sub(2);
    let lines = wrap(&row.value, usize::from(width));
    for (y, line) in (inside.top()..inside.bottom()).zip(lines) {
        put(buf, scene.look, inside.x + 1, y, width, &line, scene.style(row.role_value));
    }
}

fn say(scene: &Scene<'_>, text: &str, area: Rect, buf: &mut Buffer) {
    if area.height > 0 {
        let width = area.width.saturating_sub(1);
        put(buf, scene.look, area.x + 1, area.y, width, text, scene.style(Role::Dim));
    }
}
