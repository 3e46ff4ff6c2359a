use crate::tui::draw::{below_title, split_columns, split_rows};
use ratatui::layout::Rect;

/// Columns and rows from which on all panes are shown.
const ROOMY: (u16, u16) = (100, 24);

/// A part of the screen that has lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pane {
    /// Losses of the selected run beside those of the baseline.
    Losses,
    /// Differences of the configs.
    Config,
    /// Commands that changed runs.
    Interventions,
}

impl Pane {
    /// All of them, in the order in which one turns to them.
    pub const ALL: [Pane; 3] = [Pane::Losses, Pane::Config, Pane::Interventions];

    /// The next one, or with `back` the one before.
    pub fn next(self, back: bool) -> Self {
        match (self, back) {
            (Pane::Losses, false) | (Pane::Interventions, true) => Pane::Config,
            (Pane::Config, false) | (Pane::Losses, true) => Pane::Interventions,
            (Pane::Interventions, false) | (Pane::Config, true) => Pane::Losses,
        }
    }
}

/// Where the parts of the screen are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parts {
    pub chart: Rect,
    /// The list of the runs.
    pub runs: Rect,
    /// The panes that are shown.
    pub panes: Vec<(Pane, Rect)>,
}

/// Lines that the parts have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Needs {
    pub runs: usize,
    pub domains: usize,
    /// Fields by which the configs differ.
    pub fields: usize,
}

impl Parts {
    /// The parts of an area; where only one pane is shown, it is this one.
    pub fn of(area: Rect, needs: Needs, pane: Pane) -> Self {
        match area.width >= ROOMY.0 && area.height >= ROOMY.1 {
            true => Self::beside(area, needs),
            false => Self::below(area, needs.runs, pane),
        }
    }

    fn beside(area: Rect, Needs { runs, domains, fields }: Needs) -> Self {
        let right = (area.width * 9 / 20).clamp(57, 88);
        let (left, right) = split_columns(area, area.width - right);
        // A line more for what is put aside.
        let config = wanted(fields + 1, area.height * 9 / 20);
        let (chart, config) = split_rows(left, area.height - config);
        let (runs, rest) = split_rows(right, wanted(runs, area.height / 3));
        // The domains and their mean.
        let (losses, interventions) = split_rows(rest, wanted(domains + 3, rest.height * 2 / 3));
        let panes = vec![
            (Pane::Losses, losses),
            (Pane::Config, config),
            (Pane::Interventions, interventions),
        ];
        Parts { chart, runs, panes }
    }

    fn below(area: Rect, runs: usize, pane: Pane) -> Self {
        let (above, list) = split_rows(area, area.height * 2 / 5);
        let (runs, rest) = split_rows(list, wanted(runs, area.height / 3));
        Parts { chart: above, runs, panes: vec![(pane, rest)] }
    }

    /// Where a pane's lines are, below its title and its heads.
    pub fn lines(&self, pane: Pane) -> Rect {
        let part = self.panes.iter().find(|(shown, _)| *shown == pane).map(|(_, part)| *part);
        split_rows(below_title(part.unwrap_or_default()), 1).1
    }
}

/// Rows of a panel with so many lines, its title and its heads included, where there are not more than `most`.
fn wanted(lines: usize, most: u16) -> u16 {
    u16::try_from(lines + 2).unwrap_or(u16::MAX).min(most.max(4))
}
