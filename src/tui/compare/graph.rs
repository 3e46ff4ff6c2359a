use super::state::RunComparison;
use crate::compare::Metric;
use crate::tui::chart::{Chart, Curve, Mark, Quantity};
use crate::tui::draw::{Canvas, Panel, columns, dotted, number};
use crate::tui::look::{Marks, Role};
use ratatui::style::Modifier;

/// Columns of a name at the right of the curves at most.
const NAME: u16 = 16;
/// Columns from which on names are beside the curves.
const WIDE: u16 = 60;

impl RunComparison {
    /// The runs that are drawn over each other, the baseline in front.
    pub(super) fn draw_chart(&self, canvas: &mut Canvas<'_>) {
        let (metric, look) = (self.drawn(), &self.look);
        let width = canvas.area().width;
        let unit = if metric.is_loss() { "nats/token" } else { "share" };
        let place = format!("{} of {}", self.metric + 1, self.metrics.len());
        let right = dotted(look, [unit.to_owned(), place]);
        let mut inside = canvas.panel(Panel::new(metric.name()).right(right));
        let base = self.comparison.baseline;
        let others = (0..self.comparison.runs.len()).filter(|run| *run != base);
        let shown = others.chain([base]).filter(|run| !self.is_hidden(*run));
        let curves: Vec<Curve<'_>> = shown.map(|run| self.curve(run, metric)).collect();
        let names = curves.iter().map(|curve| columns(curve.name)).max().unwrap_or(0).min(NAME);
        let sign = if look.marks == Marks::Ascii { 2 } else { 0 };
        let chart = Chart {
            awaited: match curves.is_empty() {
                true => "no run is shown: space shows it",
                false => "no value in these runs",
            },
            curves,
            levels: Vec::new(),
            marks: &self.marks(),
            x: (0.0, self.comparison.last_step()),
            quantity: ("step", Quantity::Count),
            axis: true,
            log: false,
            clipped: false,
            crosshair: None,
            number: number::three,
            right: if width >= WIDE { names + sign } else { 0 },
            legend: true,
        };
        chart.draw(&mut inside);
    }

    pub(super) fn is_hidden(&self, run: usize) -> bool {
        self.hidden.get(run).copied().unwrap_or_default()
    }

    fn curve(&self, run: usize, metric: &Metric) -> Curve<'_> {
        let style = self.look.series(run);
        let style = match self.comparison.is_baseline(run) {
            true => style.add_modifier(Modifier::BOLD),
            false => style,
        };
        let (name, points) = (self.label(run), self.comparison.curve(run, metric));
        let holds = !metric.is_loss();
        let points = if holds { stairs(&points) } else { points };
        Curve { name, label: name.to_owned(), style, points, holds, ..Curve::default() }
    }

    /// What was changed in the runs that are shown.
    fn marks(&self) -> Vec<Mark> {
        let (look, glyph) = (&self.look, self.look.glyphs().diamond);
        let all = self.comparison.interventions.iter().filter(|one| !self.is_hidden(one.run));
        all.map(|one| Mark { x: one.step.0 as f64, glyph, style: look.series(one.run) }).collect()
    }

    /// The newest value of a run; `–` where there is none.
    pub(super) fn newest(&self, run: usize) -> String {
        let curve = self.comparison.curve(run, self.drawn());
        let last = curve.iter().rev().map(|point| point.1).find(|value| !value.is_nan());
        number::four(last.unwrap_or(f64::NAN))
    }

    /// The sign of a run in the list: its curve's colour, pale where it is hidden.
    pub(super) fn sign(&self, run: usize) -> (&'static str, ratatui::style::Style) {
        let glyphs = self.look.glyphs();
        match self.is_hidden(run) {
            true => (glyphs.level, self.look.style(Role::Dim)),
            false => (glyphs.lamp, self.look.series(run)),
        }
    }
}

/// A weight holds until the next one.
fn stairs(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut corners: Vec<(f64, f64)> = Vec::with_capacity(2 * points.len());
    for &(x, y) in points {
        if let Some(&(_, before)) = corners.last() {
            corners.push((x, before));
        }
        corners.push((x, y));
    }
    corners
}
