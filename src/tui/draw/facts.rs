//! Label and value pairs, a line each: `label  value`, long values wrapped.

use super::{Canvas, columns, wrap};
use crate::tui::look::Role;
use ratatui::layout::Rect;

/// Columns that labels take at most.
const LABEL: u16 = 18;
/// Columns that labels take at least in a wide list, so that the values of lists below each other
/// line up.
const LINED_UP: u16 = 14;
/// Columns from which on a list is wide.
const WIDE: u16 = 40;

/// A label and a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    pub label: String,
    /// With its unit.
    pub value: String,
    /// Colour of the value.
    pub role: Role,
}

impl Fact {
    /// A fact in the colour of plain text.
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Fact { label: label.into(), value: value.into(), role: Role::Text }
    }

    /// The same in a colour.
    pub fn with(self, role: Role) -> Self {
        Fact { role, ..self }
    }
}

impl Canvas<'_> {
    /// Draws facts from the top; returns the area below them.
    pub fn facts(&mut self, facts: &[Fact]) -> Rect {
        let area = self.area();
        let widest = facts.iter().map(|fact| columns(&fact.label)).max().unwrap_or(0);
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
