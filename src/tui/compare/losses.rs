//! Losses of the selected run beside those of the baseline.

use super::layout::Pane;
use super::rows::{Cell, NAME, NUMBER, Page, Row};
use super::state::RunComparison;
use crate::compare::{LossDifference, Pairing, RunLoss};
use crate::tui::draw::{columns, number, wrap};
use crate::tui::look::Role;

/// Columns of the parts of a line.
struct Widths {
    name: u16,
    over: u16,
}

impl RunComparison {
    /// The pane in so many columns.
    pub(super) fn losses_page(&self, width: u16) -> Page {
        let (selected, base) = (self.selected(), self.comparison.baseline);
        let is_baseline = self.comparison.is_baseline(selected);
        let domains = &self.comparison.domains;
        let name = domains.iter().map(|domain| columns(&domain.name)).max().unwrap_or(0);
        let name = name.clamp(4, NAME).min(width / 4) + 1;
        let widths = Widths { name, over: width.saturating_sub(name + 4 * NUMBER) };
        let mut rows: Vec<Row> = Vec::new();
        for domain in domains {
            let pair = [domain.runs.get(base), domain.runs.get(selected)];
            rows.push(self.loss_row(&domain.name, pair, Role::Text, &widths));
        }
        let means = &self.comparison.means;
        rows.push(self.loss_row(
            "mean",
            [means.get(base), means.get(selected)],
            Role::Title,
            &widths,
        ));
        rows.extend(self.notes(selected, width));
        let baseline = if is_baseline { ", the baseline" } else { "" };
        Page {
            pane: Pane::Losses,
            title: format!("losses of {}{baseline}", self.label(selected)),
            right: String::new(),
            heads: self.loss_heads(&widths),
            rows,
        }
    }

    fn loss_heads(&self, widths: &Widths) -> Row {
        let look = &self.look;
        let mut heads = vec![Cell::left("", widths.name, Role::Dim, look)];
        let words = ["baseline", "loss", "differ.", "error"];
        heads.extend(words.map(|word| Cell::right(word, NUMBER, Role::Dim, look)));
        heads.push(Cell::left(" over", widths.over, Role::Dim, look));
        heads
    }

    /// A line of what is measured in the baseline and in the selected run.
    fn loss_row(
        &self,
        what: &str,
        [base, own]: [Option<&RunLoss>; 2],
        role: Role,
        widths: &Widths,
    ) -> Row {
        let look = &self.look;
        let loss = |loss: Option<&RunLoss>| {
            let value = loss.map_or(f64::NAN, |loss| loss.loss.value);
            Cell::right(number::four(value), NUMBER, role, look)
        };
        let mut row = vec![Cell::left(what, widths.name, role, look), loss(base), loss(own)];
        let is_baseline = self.comparison.is_baseline(self.selected());
        row.extend(own.map(|own| self.difference(own, is_baseline)).into_iter().flatten());
        let pairing = own.and_then(|own| Some(own.difference.as_ref()?.pairing.brief()));
        let pairing = pairing.map(|text| format!(" {text}")).unwrap_or_default();
        row.push(Cell::left(pairing, widths.over, Role::Dim, look));
        row
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

    /// Why domains of a run are not paired, each reason once.
    fn notes(&self, run: usize, width: u16) -> Vec<Row> {
        let mut notes: Vec<String> = Vec::new();
        for domain in &self.comparison.domains {
            let difference = domain.runs.get(run).and_then(|loss| loss.difference.as_ref());
            if let Some(Pairing::Unpaired(why)) = difference.map(|one| &one.pairing) {
                let note = format!("~ not paired: {why}");
                if !notes.contains(&note) {
                    notes.push(note);
                }
            }
        }
        let lines = notes.iter().flat_map(|note| wrap(note, usize::from(width.saturating_sub(1))));
        lines.map(|line| vec![Cell::left(line, width, Role::Warning, &self.look)]).collect()
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
