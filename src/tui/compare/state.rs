use super::layout::{Needs, Pane, Parts};
use crate::compare::{ComparedRun, Comparison, Metric};
use crate::tui::draw::{List, split_rows};
use crate::tui::keys::KeyMap;
use crate::tui::look::Look;
use ratatui::layout::Rect;

/// Runs over each other: what is compared, and what of it is shown.
pub struct RunComparison {
    pub(super) comparison: Comparison,
    pub(super) metrics: Vec<Metric>,
    /// Which of the metrics is drawn.
    pub(super) metric: usize,
    /// Which runs are not drawn.
    pub(super) hidden: Vec<bool>,
    /// The runs, of which one is selected.
    pub(super) runs: List,
    /// The pane that is turned to and scrolled.
    pub(super) pane: Pane,
    /// Lines that each pane is scrolled down.
    pub(super) scrolled: [usize; Pane::ALL.len()],
    /// Whether the keys are shown.
    pub(super) help: bool,
    /// Why something could not be done.
    pub(super) fault: Option<String>,
    pub(super) look: Look,
    pub(super) keys: KeyMap,
    pub(super) size: (u16, u16),
}

impl RunComparison {
    /// A comparison, with `keys` as on the screens.
    pub fn new(comparison: Comparison, look: Look, keys: KeyMap) -> Self {
        let mut runs = List::default();
        // What is looked for is how another run is beside the baseline.
        runs.select(usize::from(comparison.baseline == 0).min(comparison.runs.len() - 1));
        RunComparison {
            metrics: comparison.metrics(),
            metric: 0,
            hidden: vec![false; comparison.runs.len()],
            comparison,
            runs,
            pane: Pane::Losses,
            scrolled: [0; Pane::ALL.len()],
            help: false,
            fault: None,
            look,
            keys,
            size: (80, 24),
        }
    }

    /// Something could not be done, for this reason.
    pub fn set_fault(&mut self, why: String) {
        self.fault = Some(why);
    }

    /// Takes newer readings of runs that go on. What is selected, hidden, drawn and scrolled stays.
    pub fn renew(&mut self, newer: Vec<ComparedRun>) {
        if newer.is_empty() {
            return;
        }
        self.comparison.renew(newer);
        // By its name: a run that is further than it was may have brought domains.
        let drawn = self.drawn().clone();
        self.metrics = self.comparison.metrics();
        self.metric = self.metrics.iter().position(|metric| *metric == drawn).unwrap_or(0);
    }

    /// Index of the selected run.
    pub(super) fn selected(&self) -> usize {
        self.runs.selected().min(self.comparison.runs.len().saturating_sub(1))
    }

    /// What is drawn.
    pub(super) fn drawn(&self) -> &Metric {
        self.metrics.get(self.metric).unwrap_or(&Metric::MeanLoss)
    }

    /// The label of a run.
    pub(super) fn label(&self, run: usize) -> &str {
        self.comparison.runs.get(run).map_or("", |run| &run.label)
    }

    pub(super) fn area(&self) -> Rect {
        Rect { x: 0, y: 0, width: self.size.0, height: self.size.1 }
    }

    /// Where everything is but the last line.
    pub(super) fn parts(&self) -> Parts {
        let area = self.area();
        let body = split_rows(area, area.height.saturating_sub(1)).0;
        let Comparison { runs, domains, config, .. } = &self.comparison;
        let (runs, domains, fields) = (runs.len(), domains.len(), config.fields.len());
        Parts::of(body, Needs { runs, domains, fields }, self.pane)
    }
}
