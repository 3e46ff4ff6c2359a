use crate::telemetry::RunState;
use crate::tui::input::Action;
use crate::tui::timeline::View;

/// The levels of smoothing: weights of the past.
const SMOOTHING: [f64; 4] = [0.0, 0.6, 0.9, 0.97];

/// How curves are drawn, and the shown part of the run.
#[derive(Clone, Debug)]
pub(super) struct CurveStyle {
    pub view: View,
    /// Whether the y axis is logarithmic.
    pub log: bool,
    /// Whether outliers are clipped.
    pub clipped: bool,
    /// Index in [`SMOOTHING`].
    smoothing: usize,
}

impl Default for CurveStyle {
    fn default() -> Self {
        CurveStyle { view: View::with_abandoned(), log: false, clipped: false, smoothing: 0 }
    }
}

impl CurveStyle {
    /// The weight of the past in an average; 0 is no smoothing.
    pub fn smoothing(&self) -> f64 {
        SMOOTHING.get(self.smoothing).copied().unwrap_or(0.0)
    }

    /// Carries out an action on plots with this number of columns; `false` where it is not about how
    /// they are drawn.
    pub fn act(&mut self, action: Action, run: &RunState, columns: u16) -> bool {
        match action {
            Action::LogAxis => self.log = !self.log,
            Action::Outliers => self.clipped = !self.clipped,
            Action::Smoothing => self.smoothing = (self.smoothing + 1) % SMOOTHING.len(),
            action => return self.view.act(action, run, columns),
        }
        true
    }
}
