//! What is known of one thing, a line each: `label  value`, long values wrapped.

use super::{Canvas, columns, wrap};
use crate::tui::look::Role;
use ratatui::layout::Rect;

/// Columns that labels take at most.
const LABEL: u16 = 18;
/// Columns that labels take at least where there is space for it.
const LINED_UP: u16 = 14;
/// Columns from which on there is space for it.
const WIDE: u16 = 40;

/// A label and a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What it is.
    pub label: String,
    /// The value with its unit.
    pub value: String,
    /// What the value's colour says.
    pub role: Role,
}

impl Fact {
    /// A fact without a colour of its own.
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Fact { label: label.into(), value: value.into(), role: Role::Text }
    }

    /// The same in a colour.
    pub fn with(self, role: Role) -> Self {
        Fact { role, ..self }
    }
}

impl Canvas<'_> {
    /// Draws facts from the top; returns the place that is left below them.
    pub fn facts(&mut self, facts: &[Fact]) -> Rect {
        let area = self.area();
        let widest = facts.iter().map(|fact| columns(&fact.label)).max().unwrap_or(0);
        // The values of lists below each other begin in one column where that costs nothing.
        let least = if area.width >= WIDE { LINED_UP } else { 0 };
        let label = widest.max(least).min(LABEL).min(area.width / 2);
        let start = if widest == 0 { 0 } else { label + 2 };
        let width = usize::from(area.width.saturating_sub(start));
        let mut row = 0;
        for fact in facts {
            if row >= area.height {
                break;
            }
            self.line(row).put_most(label, &fact.label, Role::Dim);
            let left = usize::from(area.height - row);
            for line in wrap(&fact.value, width).into_iter().take(left) {
                self.line(row).skip(start).put(line, fact.role);
                row += 1;
            }
        }
        Rect { y: area.y + row, height: area.height - row, ..area }
    }
}
