//! By what the configs differ.

use super::layout::Pane;
use super::rows::{Cell, Page, Row};
use super::state::RunComparison;
use crate::compare::FieldDifference;
use crate::tui::draw::columns;
use crate::tui::look::Role;

/// Columns of a field at most.
const FIELD: u16 = 34;
/// Columns of a value at least.
const VALUE: u16 = 14;

impl RunComparison {
    /// The pane in so many columns: as many runs as fit, the baseline and the selected one first.
    pub(super) fn config_page(&self, width: u16) -> Page {
        let (look, config) = (&self.look, &self.comparison.config);
        let longest = config.fields.iter().map(|field| columns(&field.field)).max().unwrap_or(0);
        let field = longest.clamp(5, FIELD).min(width / 2) + 1;
        let mut runs = self.runs_by_interest();
        let fit = usize::from(width.saturating_sub(field) / VALUE).max(1).min(runs.len());
        let missing = runs.len() - fit;
        runs.truncate(fit);
        let value = width.saturating_sub(field) / u16::try_from(fit.max(1)).unwrap_or(1);
        let mut heads = vec![Cell::left("", field, Role::Dim, look)];
        heads.extend(
            runs.iter().map(|run| Cell::left(self.label(*run), value, look.series(*run), look)),
        );
        let row = |difference: &FieldDifference| {
            let mut row = vec![Cell::left(&difference.field, field, Role::Text, look)];
            row.extend(runs.iter().map(|run| self.value(difference, *run, value)));
            row
        };
        let mut rows: Vec<Row> = config.fields.iter().map(row).collect();
        rows.extend(self.config_notes(width));
        Page {
            pane: Pane::Config,
            title: format!("configs: {} differ, {} the same", config.fields.len(), config.same),
            right: if missing > 0 { format!("{missing} left out") } else { String::new() },
            heads,
            rows,
        }
    }

    fn runs_by_interest(&self) -> Vec<usize> {
        let (base, selected) = (self.comparison.baseline, self.selected());
        let mut runs: Vec<usize> = (0..self.comparison.runs.len()).collect();
        runs.sort_by_key(|run| (*run != base, *run != selected));
        runs
    }

    fn value(&self, difference: &FieldDifference, run: usize, width: u16) -> Cell {
        match difference.shown(run, usize::from(width.saturating_sub(1))) {
            Some(text) => Cell::left(text, width, Role::Text, &self.look),
            None => Cell::left(self.look.glyphs().none, width, Role::Dim, &self.look),
        }
    }

    fn config_notes(&self, width: u16) -> Vec<Row> {
        let config = &self.comparison.config;
        let mut notes = Vec::new();
        if config.fields.is_empty() {
            notes.push("no field differs".to_owned());
        }
        if !config.put_aside.is_empty() {
            notes.push(format!("put aside: {}", config.put_aside.join(", ")));
        }
        let unknown = config.unknown.iter();
        notes
            .extend(unknown.map(|run| format!("the record of {} has no config", self.label(*run))));
        notes.into_iter().map(|note| vec![Cell::left(note, width, Role::Dim, &self.look)]).collect()
    }
}
