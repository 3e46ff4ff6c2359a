//! The lines of the panes.

use super::layout::Pane;
use super::rows::{Cell, Page, Row};
use super::state::RunComparison;
use crate::compare::{LossDifference, Pairing, RunLoss};
use crate::tui::draw::{columns, number, wrap};
use crate::tui::look::Role;

/// Columns of a name at most.
const NAME: u16 = 18;
/// Columns of a loss, and of a difference with its error.
const NUMBER: u16 = 9;
/// Columns of a value of a config at least.
const VALUE: u16 = 14;

impl RunComparison {
    /// What a pane shows in so many columns.
    pub(super) fn page(&self, pane: Pane, width: u16) -> Page {
        let width = width.saturating_sub(1);
        match pane {
            Pane::Losses => self.losses(width),
            Pane::Config => self.config(width),
            Pane::Interventions => self.interventions(width),
        }
    }

    /// The label of a run.
    pub(super) fn label(&self, run: usize) -> &str {
        self.comparison.runs.get(run).map_or("", |run| &run.label)
    }

    /// `−0.0210` and `±0.0041`, in colour where the difference is clear; an error that is not paired has `~`.
    pub(super) fn difference(&self, loss: &RunLoss, is_baseline: bool) -> [Cell; 2] {
        let look = &self.look;
        let cells = |texts: [String; 2], role: Role| {
            texts.map(|text| Cell::right(text, NUMBER, role, look))
        };
        let Some(one) = &loss.difference else {
            let text = if is_baseline { "baseline" } else { look.glyphs().none };
            return cells([text.to_owned(), String::new()], Role::Dim);
        };
        let sign = if one.nats < 0.0 { look.glyphs().minus } else { "+" };
        let error = one.error.map(|error| match one.pairing.is_paired() {
            true => format!("{}{}", look.glyphs().plus_minus, number::four(error)),
            false => format!("~{}", number::four(error)),
        });
        let texts = [format!("{sign}{}", number::four(one.nats.abs())), error.unwrap_or_default()];
        cells(texts, role(one))
    }

    fn losses(&self, width: u16) -> Page {
        let (look, selected) = (&self.look, self.selected());
        let comparison = &self.comparison;
        let is_baseline = comparison.is_baseline(selected);
        let names = comparison.domains.iter().map(|domain| columns(&domain.name)).max();
        let name = names.unwrap_or(0).clamp(4, NAME).min(width / 4) + 1;
        let over = width.saturating_sub(name + 4 * NUMBER);
        let title = match is_baseline {
            true => format!("losses of {}, the baseline", self.label(selected)),
            false => format!("losses of {}", self.label(selected)),
        };
        let heads = ["baseline", "loss", "differ.", "error"];
        let heads = [Cell::left("", name, Role::Dim, look)]
            .into_iter()
            .chain(heads.map(|head| Cell::right(head, NUMBER, Role::Dim, look)))
            .chain([Cell::left(" over", over, Role::Dim, look)]);
        let row = |what: &str, base: Option<&RunLoss>, own: Option<&RunLoss>, role: Role| {
            let loss = |loss: Option<&RunLoss>| {
                let value = loss.map_or(f64::NAN, |loss| loss.loss.value);
                Cell::right(number::four(value), NUMBER, role, look)
            };
            let mut row: Row = vec![Cell::left(what, name, role, look), loss(base), loss(own)];
            row.extend(own.map(|own| self.difference(own, is_baseline)).into_iter().flatten());
            let pairing = own.and_then(|own| Some(own.difference.as_ref()?.pairing.brief()));
            let pairing = pairing.map(|text| format!(" {text}")).unwrap_or_default();
            row.push(Cell::left(pairing, over, Role::Dim, look));
            row
        };
        let base = comparison.baseline;
        let mut rows: Vec<Row> = comparison
            .domains
            .iter()
            .map(|domain| {
                row(&domain.name, domain.runs.get(base), domain.runs.get(selected), Role::Text)
            })
            .collect();
        rows.push(row(
            "mean",
            comparison.means.get(base),
            comparison.means.get(selected),
            Role::Title,
        ));
        for note in self.notes(selected) {
            let lines = wrap(&note, usize::from(width.saturating_sub(1)));
            rows.extend(
                lines.into_iter().map(|line| vec![Cell::left(line, width, Role::Warning, look)]),
            );
        }
        let right = String::new();
        Page { pane: Pane::Losses, title, right, heads: heads.collect(), rows }
    }

    /// Why domains of a run are not paired, each reason once.
    fn notes(&self, run: usize) -> Vec<String> {
        let mut notes = Vec::new();
        for domain in &self.comparison.domains {
            let difference = domain.runs.get(run).and_then(|loss| loss.difference.as_ref());
            if let Some(Pairing::Unpaired(why)) = difference.map(|one| &one.pairing) {
                let note = format!("~ not paired: {why}");
                if !notes.contains(&note) {
                    notes.push(note);
                }
            }
        }
        notes
    }

    fn config(&self, width: u16) -> Page {
        let (look, config) = (&self.look, &self.comparison.config);
        let longest = config.fields.iter().map(|field| columns(&field.field)).max().unwrap_or(0);
        let field = longest.clamp(5, 34).min(width / 2) + 1;
        // The baseline and the selected run come first, so that they are there where not all are.
        let (base, selected) = (self.comparison.baseline, self.selected());
        let others = (0..self.comparison.runs.len()).filter(|run| *run != base);
        let mut runs: Vec<usize> = others.collect();
        runs.sort_by_key(|run| *run != selected);
        runs.insert(0, base);
        let fit = usize::from(width.saturating_sub(field) / VALUE).max(1).min(runs.len());
        let missing = runs.len() - fit;
        runs.truncate(fit);
        let value = width.saturating_sub(field) / u16::try_from(fit).unwrap_or(1);
        let mut heads = vec![Cell::left("", field, Role::Dim, look)];
        heads.extend(
            runs.iter().map(|run| Cell::left(self.label(*run), value, look.series(*run), look)),
        );
        let row = |difference: &crate::compare::FieldDifference| {
            let mut row = vec![Cell::left(&difference.field, field, Role::Text, look)];
            row.extend(runs.iter().map(|run| {
                let text = difference.values.get(*run).cloned().flatten();
                let role = if text.is_some() { Role::Text } else { Role::Dim };
                let text = text.unwrap_or_else(|| look.glyphs().none.into());
                Cell::left(text, value, role, look)
            }));
            row
        };
        let mut rows: Vec<Row> = config.fields.iter().map(row).collect();
        let mut note = |text: String| rows.push(vec![Cell::left(text, width, Role::Dim, look)]);
        if config.fields.is_empty() {
            note("no field differs".into());
        }
        if !config.put_aside.is_empty() {
            note(format!("put aside: {}", config.put_aside.join(", ")));
        }
        for run in &config.unknown {
            note(format!("the record of {} has no config", self.label(*run)));
        }
        let title = format!("configs: {} differ, {} the same", config.fields.len(), config.same);
        let right =
            if missing > 0 { format!("no space for {missing} more") } else { String::new() };
        Page { pane: Pane::Config, title, right, heads, rows }
    }

    fn interventions(&self, width: u16) -> Page {
        let look = &self.look;
        let all = &self.comparison.interventions;
        let names = all.iter().map(|one| columns(self.label(one.run))).max().unwrap_or(0);
        let name = names.clamp(3, NAME) + 1;
        let rest = width.saturating_sub(NUMBER + name);
        let heads = vec![
            Cell::right("step", NUMBER, Role::Dim, look),
            Cell::left("run", name, Role::Dim, look),
            Cell::left("command", rest, Role::Dim, look),
        ];
        let mut rows: Vec<Row> = Vec::new();
        for one in all {
            let reason = one.reason.as_ref().map(|reason| format!(" ({reason})"));
            let reason = reason.unwrap_or_default();
            let text = format!("{}{reason} by {}", one.command, one.actor);
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
        let title = format!("interventions: {}", all.len());
        Page { pane: Pane::Interventions, title, right: String::new(), heads, rows }
    }
}

/// Green where the loss is clearly lower than the baseline's, a warning where it is clearly higher.
fn role(difference: &LossDifference) -> Role {
    match (difference.is_clear(), difference.nats < 0.0) {
        (true, true) => Role::Good,
        (true, false) => Role::Warning,
        (false, _) => Role::Text,
    }
}
