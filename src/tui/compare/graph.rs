use super::state::RunComparison;
use crate::compare::{Intervention, Metric};
use crate::tui::chart::{Chart, Curve, Mark, PlotLayout, Quantity};
use crate::tui::draw::{Canvas, Panel, columns, dotted, number};
use crate::tui::look::{Marks, Role};
use ratatui::style::Modifier;
use std::collections::BTreeSet;

/// Columns of a name at the right of the curves at most.
const NAME: u16 = 16;
/// Columns from which on names are beside the curves.
const WIDE: u16 = 60;
/// Marks of so many runs, from two on.
const SEVERAL: [&str; 8] = ["2", "3", "4", "5", "6", "7", "8", "9"];

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
        let right = if width >= WIDE { names + sign } else { 0 };
        let x = (0.0, self.comparison.last_step());
        let layout = PlotLayout::fit(inside.area(), right, true);
        let marks = self.marks(|step| layout?.column(step, x));
        let chart = Chart {
            awaited: match curves.is_empty() {
                true => "no run is shown: space shows it",
                false => "no value in these runs",
            },
            curves,
            marks: &marks,
            right,
            legend: true,
            ..Chart::over(x, ("step", Quantity::Count))
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

    /// Where the runs that are shown were changed, one mark for each column of the axis.
    fn marks(&self, column: impl Fn(f64) -> Option<u16>) -> Vec<Mark> {
        let shown = self.comparison.interventions.iter().filter(|one| !self.is_hidden(one.run));
        let shown: Vec<&Intervention> = shown.collect();
        let at = |one: &Intervention| column(one.step.0 as f64);
        // They are in the order of the steps, so that those of a column follow each other.
        let columns = shown.chunk_by(|one, next| at(one) == at(next));
        columns.filter_map(|together| self.mark(together)).collect()
    }

    /// The mark of a column: a diamond in the colour of the run, or in a neutral one the number of the runs, of which
    /// one would hide the others.
    fn mark(&self, together: &[&Intervention]) -> Option<Mark> {
        let (look, first) = (&self.look, together.first()?);
        let runs: BTreeSet<usize> = together.iter().map(|one| one.run).collect();
        let (glyph, style) = match runs.len() {
            ..2 => (look.glyphs().diamond, look.series(first.run)),
            many => (SEVERAL.get(many - 2).copied().unwrap_or("+"), look.style(Role::Text)),
        };
        Some(Mark { x: first.step.0 as f64, glyph, style })
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
