//! What changed the runs while they went.

use super::layout::Pane;
use super::rows::{Cell, NAME, NUMBER, Page, Row};
use super::state::RunComparison;
use crate::tui::draw::{columns, wrap};
use crate::tui::look::Role;

impl RunComparison {
    /// The pane in so many columns.
    pub(super) fn interventions_page(&self, width: u16) -> Page {
        let look = &self.look;
        let all = &self.comparison.interventions;
        let names = all.iter().map(|one| columns(self.label(one.run))).max().unwrap_or(0);
        let name = names.clamp(3, NAME) + 1;
        let rest = width.saturating_sub(NUMBER + name);
        let mut rows: Vec<Row> = Vec::new();
        for one in all {
            let reason = one.reason.as_ref().map(|reason| format!(" ({reason})"));
            let text = format!("{}{} by {}", one.command, reason.unwrap_or_default(), one.actor);
            let (mut step, mut run) = (one.step.to_string(), self.label(one.run).to_owned());
            for line in wrap(&text, usize::from(rest.saturating_sub(1))) {
                rows.push(vec![
                    Cell::right(std::mem::take(&mut step), NUMBER, Role::Text, look),
                    Cell::left(std::mem::take(&mut run), name, look.series(one.run), look),
                    Cell::left(line, rest, Role::Text, look),
                ]);
            }
        }
        if all.is_empty() {
            rows.push(vec![Cell::left("no run was changed", width, Role::Dim, look)]);
        }
        for run in &self.comparison.cut_short {
            let text = format!("the oldest of {} are not known", self.label(*run));
            rows.push(vec![Cell::left(text, width, Role::Dim, look)]);
        }
        let heads = vec![
            Cell::right("step", NUMBER, Role::Dim, look),
            Cell::left("run", name, Role::Dim, look),
            Cell::left("command", rest, Role::Dim, look),
        ];
        let title = format!("interventions: {}", all.len());
        Page { pane: Pane::Interventions, title, right: String::new(), heads, rows }
    }
}
