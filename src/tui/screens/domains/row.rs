use crate::telemetry::DomainTable;
use crate::tui::draw::number::{count, percent, three};
use crate::tui::look::{Glyphs, Role};
use crate::tui::scene::Scene;
use crate::tui::scene::meaning::{change, change_points, change_role};

/// The numbers of one domain; NaN where one is unknown.
#[derive(Clone, Debug)]
pub(super) struct DomainRow {
    /// Its index in the run's list.
    pub domain: usize,
    pub name: String,
    pub is_target: bool,
    pub weight: f64,
    pub detected: f64,
    /// The newest change of its weight, in percentage points.
    pub change_points: f64,
    pub loss: f64,
    pub loss_first: f64,
    pub reference_loss: f64,
    pub potential: f64,
    /// φ: the rise of its loss since the newest mixture update.
    pub forgetting: f64,
    /// The rise of its loss since the start.
    pub forgotten: f64,
    pub tokens: u64,
    /// Its share of all samples drawn since the start, 0..=1.
    pub sample_share: f64,
    /// Its share of all target tokens trained on since the start, 0..=1.
    pub token_share: f64,
    /// How often its rows were drawn, on average.
    pub passes: f64,
}

/// One row per domain, in the run's order.
pub(super) fn rows(scene: &Scene<'_>) -> Vec<DomainRow> {
    let run = scene.run;
    let row = |(i, table): (usize, DomainTable)| DomainRow {
        domain: i,
        is_target: scene.is_target(i),
        weight: table.weight_last,
        detected: table.detected,
        change_points: change_points(run, i),
        loss: table.loss_last,
        loss_first: table.loss_first,
        reference_loss: table.reference_loss.unwrap_or(f64::NAN),
        potential: run.standing(i).potential.value,
        forgetting: run.standing(i).since_update.positive().value,
        forgotten: table.forgotten,
        tokens: table.tokens,
        sample_share: table.sample_share,
        token_share: table.token_share,
        passes: passes(scene, i, &table.name),
        name: table.name,
    };
    run.closing_table().into_iter().enumerate().map(row).collect()
}

/// Rows drawn per row of the domain; before that number is known, the completed passes.
fn passes(scene: &Scene<'_>, domain: usize, name: &str) -> f64 {
    let history = &scene.run.history;
    let data = scene.run.data.iter().find(|data| data.domain == name);
    let drawn = history.domain_examples.get(domain);
    match (drawn, data.filter(|data| data.train_rows > 0)) {
        (Some(drawn), Some(data)) => *drawn as f64 / data.train_rows as f64,
        _ => history.passes.get(domain).map_or(f64::NAN, |passes| *passes as f64),
    }
}

/// Held-out losses of a domain over the run.
pub(super) fn losses(scene: &Scene<'_>, domain: usize) -> Vec<f64> {
    let curve = scene.run.history.curves.losses.get(domain);
    curve.map_or_else(Vec::new, |curve| curve.lasts().iter().map(|point| point.value).collect())
}

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DomainColumn {
    Name,
    Weight,
    Change,
    SampleShare,
    TokenShare,
    Detected,
    Loss,
    First,
    ReferenceLoss,
    Potential,
    Forgetting,
    Forgotten,
    Tokens,
    Passes,
    /// The sign of a target, before the name.
    Sign,
    /// The held-out loss over the run.
    OverTheRun,
}

impl DomainColumn {
    /// The columns that rows can be sorted by, in the order in which they are shown.
    pub(super) const ALL: [DomainColumn; 14] = [
        DomainColumn::Name,
        DomainColumn::Weight,
        DomainColumn::Change,
        DomainColumn::SampleShare,
        DomainColumn::TokenShare,
        DomainColumn::Detected,
        DomainColumn::Loss,
        DomainColumn::First,
        DomainColumn::ReferenceLoss,
        DomainColumn::Potential,
        DomainColumn::Forgetting,
        DomainColumn::Forgotten,
        DomainColumn::Tokens,
        DomainColumn::Passes,
    ];

    /// The same columns by importance: a narrow table leaves out the last ones.
    pub(super) const BY_IMPORTANCE: [DomainColumn; 14] = [
        DomainColumn::Name,
        DomainColumn::Weight,
        DomainColumn::Change,
        DomainColumn::Loss,
        DomainColumn::Potential,
        DomainColumn::Forgetting,
        DomainColumn::SampleShare,
        DomainColumn::TokenShare,
        DomainColumn::Detected,
        DomainColumn::ReferenceLoss,
        DomainColumn::First,
        DomainColumn::Forgotten,
        DomainColumn::Tokens,
        DomainColumn::Passes,
    ];

    pub(super) fn title(self, glyphs: &Glyphs) -> String {
        match self {
            DomainColumn::Name => "domain".into(),
            DomainColumn::Weight => "weight".into(),
            DomainColumn::Change => "change".into(),
            DomainColumn::Detected => "detected".into(),
            DomainColumn::Loss => "loss".into(),
            DomainColumn::First => "first".into(),
            DomainColumn::ReferenceLoss => "ceiling".into(),
            DomainColumn::Potential => glyphs.gamma.into(),
            DomainColumn::Forgetting => glyphs.phi.into(),
            DomainColumn::Forgotten => "forgotten".into(),
            DomainColumn::Tokens => "tokens".into(),
            DomainColumn::SampleShare => "samples".into(),
            DomainColumn::TokenShare => "targets".into(),
            DomainColumn::Passes => "passes".into(),
            DomainColumn::Sign => String::new(),
            DomainColumn::OverTheRun => "over the run".into(),
        }
    }

    /// The column that a click on its title sorts by.
    pub(super) fn sorted_by(self) -> Option<DomainColumn> {
        match self {
            DomainColumn::Sign => Some(DomainColumn::Name),
            DomainColumn::OverTheRun => None,
            column => Some(column),
        }
    }

    /// Columns of the terminal that it takes, the gap before it included; 0 where that depends on the
    /// rows.
    pub(super) fn width(self) -> u16 {
        match self {
            DomainColumn::Name | DomainColumn::Sign | DomainColumn::OverTheRun => 0,
            DomainColumn::Weight
            | DomainColumn::SampleShare
            | DomainColumn::TokenShare
            | DomainColumn::Passes
            | DomainColumn::ReferenceLoss => 9,
            DomainColumn::Loss
            | DomainColumn::First
            | DomainColumn::Potential
            | DomainColumn::Forgetting => 8,
            DomainColumn::Change | DomainColumn::Detected | DomainColumn::Tokens => 10,
            DomainColumn::Forgotten => 11,
        }
    }

    /// The value that rows are sorted by; NaN where it is unknown.
    pub(super) fn value(self, row: &DomainRow) -> f64 {
        match self {
            DomainColumn::Name => row.domain as f64,
            DomainColumn::Weight => row.weight,
            DomainColumn::Change => row.change_points,
            DomainColumn::Detected => row.detected,
            DomainColumn::Loss => row.loss,
            DomainColumn::First => row.loss_first,
            DomainColumn::ReferenceLoss => row.reference_loss,
            DomainColumn::Potential => row.potential,
            DomainColumn::Forgetting => row.forgetting,
            DomainColumn::Forgotten => row.forgotten,
            DomainColumn::Tokens => row.tokens as f64,
            DomainColumn::SampleShare => row.sample_share,
            DomainColumn::TokenShare => row.token_share,
            DomainColumn::Passes => row.passes,
            DomainColumn::Sign | DomainColumn::OverTheRun => f64::NAN,
        }
    }

    pub(super) fn text(self, row: &DomainRow, glyphs: &Glyphs) -> String {
        let value = self.value(row);
        let none = |text: String| if value.is_finite() { text } else { glyphs.none.into() };
        match self {
            DomainColumn::Name => row.name.clone(),
            DomainColumn::Weight
            | DomainColumn::SampleShare
            | DomainColumn::TokenShare
            | DomainColumn::Detected => none(format!("{} %", percent(value))),
            DomainColumn::Change => change(value, glyphs),
            DomainColumn::Loss
            | DomainColumn::First
            | DomainColumn::ReferenceLoss
            | DomainColumn::Potential
            | DomainColumn::Forgetting
            | DomainColumn::Forgotten => none(three(value)),
            DomainColumn::Tokens => count(value),
            DomainColumn::Passes => none(format!("{value:.2}")),
            DomainColumn::Sign | DomainColumn::OverTheRun => String::new(),
        }
    }

    pub(super) fn role(self, row: &DomainRow) -> Role {
        match self {
            DomainColumn::Change => change_role(row.change_points),
            DomainColumn::Detected | DomainColumn::First => Role::Ghost,
            DomainColumn::Forgetting | DomainColumn::Forgotten if self.value(row) > 0.0 => {
                Role::Warning
            }
            DomainColumn::ReferenceLoss
            | DomainColumn::Tokens
            | DomainColumn::SampleShare
            | DomainColumn::TokenShare
            | DomainColumn::Passes => Role::Dim,
            _ => Role::Text,
        }
    }
}
