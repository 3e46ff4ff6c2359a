use crate::tui::look::{Glyphs, Role};
use crate::tui::scene::meaning::{change, change_points, change_role};
use crate::tui::draw::number::{count, percent, three};
use crate::tui::scene::Scene;
use std::cmp::Ordering;

/// The numbers of one domain; NaN where one is not known.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// Its place in the run's list.
    pub domain: usize,
    pub name: String,
    pub is_target: bool,
    pub weight: f64,
    pub detected: f64,
    /// What the newest change of the weights gave it, in points.
    pub change_points: f64,
    pub loss: f64,
    pub loss_first: f64,
    pub reference_loss: f64,
    pub potential: f64,
    /// φ of the last interval.
    pub forgetting: f64,
    /// φ of the whole run.
    pub forgetting_run: f64,
    pub tokens: u64,
    /// Its part of all tokens trained on, 0..=1.
    pub token_share: f64,
    /// How often its rows were drawn, on average.
    pub passes: f64,
}

/// One row a domain, in the run's order.
pub(super) fn rows(scene: &Scene<'_>) -> Vec<Row> {
    let (run, history) = (scene.run, &scene.run.history);
    let all_tokens: u64 = history.domain_tokens.iter().fold(0, |sum, n| sum.saturating_add(*n));
    let at = |numbers: &[f64], i: usize| numbers.get(i).copied();
    let row = |(i, table): (usize, crate::telemetry::DomainTable)| Row {
        domain: i,
        is_target: scene.is_target(i),
        weight: table.weight_last,
        detected: table.detected,
        change_points: change_points(run, i),
        loss: table.loss_last,
        loss_first: table.loss_first,
        reference_loss: table.reference_loss.unwrap_or(f64::NAN),
        potential: at(&history.potential, i).unwrap_or(table.potential),
        forgetting: at(&history.forgetting, i).unwrap_or(f64::NAN),
        forgetting_run: table.forgetting,
        tokens: table.tokens,
        token_share: table.tokens as f64 / all_tokens as f64,
        passes: passes(scene, i, &table.name),
        name: table.name,
    };
    run.closing_table().into_iter().enumerate().map(row).collect()
}

/// Rows drawn by rows there are; before these are known, the passes that were completed.
fn passes(scene: &Scene<'_>, domain: usize, name: &str) -> f64 {
    let history = &scene.run.history;
    let data = scene.run.data.iter().find(|data| data.domain == name);
    let drawn = history.domain_examples.get(domain);
    match (drawn, data.filter(|data| data.train_rows > 0)) {
        (Some(drawn), Some(data)) => *drawn as f64 / data.train_rows as f64,
        _ => history.passes.get(domain).map_or(f64::NAN, |passes| *passes as f64),
    }
}

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Name,
    Weight,
    Change,
    Detected,
    Loss,
    First,
    ReferenceLoss,
    Potential,
    Forgetting,
    ForgettingRun,
    Tokens,
    Share,
    Passes,
}

impl Column {
    /// All of them, in the order in which they stand.
    pub(super) const ALL: [Column; 13] = [
        Column::Name,
        Column::Weight,
        Column::Change,
        Column::Detected,
        Column::Loss,
        Column::First,
        Column::ReferenceLoss,
        Column::Potential,
        Column::Forgetting,
        Column::ForgettingRun,
        Column::Tokens,
        Column::Share,
        Column::Passes,
    ];

    /// The same, those first that are the last to go when there is little room.
    pub(super) const BY_WORTH: [Column; 13] = [
        Column::Name,
        Column::Weight,
        Column::Change,
        Column::Loss,
        Column::Potential,
        Column::Forgetting,
        Column::Detected,
        Column::ReferenceLoss,
        Column::First,
        Column::ForgettingRun,
        Column::Tokens,
        Column::Passes,
        Column::Share,
    ];

    pub(super) fn title(self, glyphs: &Glyphs) -> String {
        match self {
            Column::Name => "domain".into(),
            Column::Weight => "weight".into(),
            Column::Change => "change".into(),
            Column::Detected => "detected".into(),
            Column::Loss => "loss".into(),
            Column::First => "first".into(),
            Column::ReferenceLoss => "ceiling".into(),
            Column::Potential => glyphs.gamma.into(),
            Column::Forgetting => glyphs.phi.into(),
            Column::ForgettingRun => format!("{} run", glyphs.phi),
            Column::Tokens => "tokens".into(),
            Column::Share => "of all".into(),
            Column::Passes => "passes".into(),
        }
    }

    /// Columns of the terminal that it takes, the gap before it included; the name's depends on the
    /// names.
    pub(super) fn width(self) -> u16 {
        match self {
            Column::Name => 0,
            Column::Weight | Column::Share | Column::Passes | Column::ReferenceLoss => 9,
            Column::Loss | Column::First | Column::Potential | Column::Forgetting => 8,
            Column::Change | Column::Detected | Column::Tokens | Column::ForgettingRun => 10,
        }
    }

    pub(super) fn value(self, row: &Row) -> f64 {
        match self {
            Column::Name => row.domain as f64,
            Column::Weight => row.weight,
            Column::Change => row.change_points,
            Column::Detected => row.detected,
            Column::Loss => row.loss,
            Column::First => row.loss_first,
            Column::ReferenceLoss => row.reference_loss,
            Column::Potential => row.potential,
            Column::Forgetting => row.forgetting,
            Column::ForgettingRun => row.forgetting_run,
            Column::Tokens => row.tokens as f64,
            Column::Share => row.token_share,
            Column::Passes => row.passes,
        }
    }

    pub(super) fn text(self, row: &Row, glyphs: &Glyphs) -> String {
        let value = self.value(row);
        let none = |text: String| if value.is_finite() { text } else { glyphs.none.into() };
        match self {
            Column::Name => row.name.clone(),
            Column::Weight | Column::Detected | Column::Share => {
                none(format!("{} %", percent(value)))
            }
            Column::Change => change(value, glyphs),
            Column::Loss
            | Column::First
            | Column::ReferenceLoss
            | Column::Potential
            | Column::Forgetting
            | Column::ForgettingRun => none(three(value)),
            Column::Tokens => count(value),
            Column::Passes => none(format!("{value:.2}")),
        }
    }

    pub(super) fn role(self, row: &Row) -> Role {
        match self {
            Column::Change => change_role(row.change_points),
            Column::Detected | Column::First => Role::Ghost,
            Column::Forgetting | Column::ForgettingRun if self.value(row) > 0.0 => Role::Warning,
            Column::ReferenceLoss | Column::Tokens | Column::Share | Column::Passes => Role::Dim,
            _ => Role::Text,
        }
    }

    /// Puts rows in order: numbers that are not known come last, equal ones stay in the run's order.
    pub(super) fn sort(self, rows: &mut [Row], upwards: bool) {
        let order = |a: &Row, b: &Row| {
            let (a, b) = (self.value(a), self.value(b));
            match (a.is_nan(), b.is_nan()) {
                (false, false) if upwards => a.total_cmp(&b),
                (false, false) => b.total_cmp(&a),
                (a, b) => a.cmp(&b),
            }
        };
        rows.sort_by(|a, b| {
            order(a, b).then(match self {
                Column::Name => Ordering::Equal,
                _ => a.domain.cmp(&b.domain),
            })
        });
    }
}
