//! Lines of a panel about a machine.

use crate::tui::look::Role;
use crate::tui::scene::{Scene, bar, hill, put};
use crate::unit::Bytes;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Columns of a label.
const LABEL: u16 = 8;

/// Lines of a panel from its top: label, value, and a bar or curve in what is left.
pub(in crate::tui) struct Lines<'a> {
    scene: &'a Scene<'a>,
    /// Columns of a value, so that bars and curves begin below each other.
    value: u16,
    /// What is left below the lines drawn.
    left: Rect,
}

impl<'a> Lines<'a> {
    pub(in crate::tui) fn new(scene: &'a Scene<'a>, inside: Rect) -> Self {
        let left = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
        Lines { scene, value: if left.width >= 80 { 36 } else { 20 }, left }
    }

    /// Takes rows off the top, as many of them as there are.
    pub(in crate::tui) fn take(&mut self, rows: u16) -> Option<Rect> {
        let height = rows.min(self.left.height);
        let row = Rect { height, ..self.left };
        self.left.y += height;
        self.left.height -= height;
        (height > 0).then_some(row)
    }

    /// A label and a value; returns the area right of them.
    pub(in crate::tui) fn value(
        &mut self,
        rows: u16,
        label: &str,
        value: &str,
        role: Role,
        buf: &mut Buffer,
    ) -> Option<Rect> {
        let (scene, row) = (self.scene, self.take(rows)?);
        let (look, right) = (scene.look, row.right());
        put(buf, look, row.x, row.y, LABEL.min(row.width), label, scene.style(Role::Dim));
        let x = row.x + LABEL + 1;
        let used = put(buf, look, x, row.y, right.saturating_sub(x), value, scene.style(role));
        let x = x + used.max(self.value) + 2;
        Some(Rect { x, width: right.saturating_sub(x), ..row })
    }

    /// The same with what happened lately, from `low` to `high`, over `rows` rows.
    #[expect(clippy::too_many_arguments, reason = "one line of a panel, spelt out")]
    pub(in crate::tui) fn curve(
        &mut self,
        rows: u16,
        label: &str,
        value: &str,
        role: Role,
        values: &[f64],
        range: (f64, f64),
        buf: &mut Buffer,
    ) {
        if let Some(place) = self.value(rows, label, value, role, buf) {
            hill(buf, self.scene.look, place, values, range, self.scene.style(Role::Good));
        }
    }

    /// The same with a bar, of which a part is marked.
    pub(in crate::tui) fn bar(
        &mut self,
        label: &str,
        value: &str,
        share: f64,
        part: Option<f64>,
        buf: &mut Buffer,
    ) {
        let role = if share >= 0.95 { Role::Warning } else { Role::Good };
        if let Some(place) = self.value(1, label, value, Role::Text, buf) {
            let place = Rect { width: place.width.min(60), ..place };
            bar(buf, self.scene.look, place, share, part, self.scene.style(role));
        }
    }

    /// A line of text.
    pub(in crate::tui) fn say(&mut self, text: &str, role: Role, buf: &mut Buffer) {
        if let Some(row) = self.take(1) {
            put(buf, self.scene.look, row.x, row.y, row.width, text, self.scene.style(role));
        }
    }
}

/// How much of `all` a part is, 0..=1.
pub(in crate::tui) fn share(part: Bytes, all: Bytes) -> f64 {
    part.0 as f64 / all.0.max(1) as f64
}
