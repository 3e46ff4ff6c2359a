//! The weights stacked over the run: together they fill the whole height.

use super::bands::{Band, Bands, Heights};
use super::style::{MixtureStyle, labels};
use crate::telemetry::Point;
use crate::tui::chart::{
    Crosshair, Mark, PlotLayout, Reading, XAxis, axis_line, readout, spread, y_tick,
};
use crate::tui::draw::{Canvas, Panel, lines_shown, number};
use crate::tui::look::{Marks, Role};
use crate::tui::scene::Scene;
use crate::tui::timeline::Timeline;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Columns of a share behind a name: `  31.4 %`.
const SHARE: u16 = 7;

/// Weights over the run.
struct Weights(Vec<Vec<Point>>);

impl Weights {
    fn new(scene: &Scene<'_>) -> Self {
        let curves = &scene.run.history.curves.weights;
        Weights(curves.iter().map(|series| series.lasts()).collect())
    }

    /// The weights in force at a step; NaN before the first.
    fn at(&self, step: f64) -> Vec<f64> {
        let held = |points: &Vec<Point>| {
            let after = points.partition_point(|point| point.step as f64 <= step);
            after.checked_sub(1).and_then(|at| points.get(at)).map_or(f64::NAN, |p| p.value)
        };
        self.0.iter().map(held).collect()
    }

    fn are_known(&self) -> bool {
        self.0.iter().any(|points| !points.is_empty())
    }
}

/// Draws the weights; with `axis`, the marks on it, the x axis is drawn below them.
pub(super) fn view(
    style: &MixtureStyle,
    scene: &Scene<'_>,
    timeline: &Timeline,
    axis: Option<&[Mark]>,
    canvas: &mut Canvas<'_>,
) {
    let (look, area) = (scene.look, canvas.area());
    let shown = style.view.text(timeline);
    let right = format!("% of the training data {} {shown}", look.glyphs().dot);
    let mut inside = canvas.panel(Panel::new("mixture").right(right));
    let weights = Weights::new(scene);
    let layout = style.plot_layout(scene, area, axis.is_some());
    let Some(layout) = layout.filter(|_| weights.are_known()) else {
        return newest_weights(scene, &weights, &mut inside);
    };
    let range = style.view.range(timeline);
    y_axis(&mut inside, &layout);
    if let Some(marks) = axis {
        let quantity = timeline.axis().quantity();
        XAxis { x: range, quantity, marks }.draw(&mut inside, &layout);
    }
    let bands = Bands::new(look, &weights.at(f64::INFINITY), usize::from(layout.plot.height));
    let mut heights = Heights(Vec::new());
    for x in layout.columns() {
        let (from, to) = range;
        // The weights at the column's right end, so that the last column shows those in force.
        let end =
            from + (to - from) * f64::from(x - layout.plot.x + 1) / f64::from(layout.plot.width);
        let step = timeline.step(end);
        heights = Heights::new(&bands.shares(&weights.at(step + 1e-9 * step.abs())));
        column(&mut inside, &bands, &heights, x, layout.plot);
    }
    ends(scene, &bands, &heights, &layout, &mut inside);
    let crosshair = style.view.crosshair(timeline);
    if let Some((x, column)) = crosshair.and_then(|x| Some((x, layout.column(x, range)?))) {
        let words = |x| timeline.axis().text(x);
        let crosshair = Crosshair { x, lines: vec![words(x)], words: &words };
        let shares = bands.shares(&weights.at(timeline.step(x)));
        cross(scene, (&bands, &shares), &crosshair, column, &mut inside.within(layout.plot));
    }
}

/// One column of the terminal.
fn column(canvas: &mut Canvas<'_>, bands: &Bands, heights: &Heights, x: u16, plot: Rect) {
    let look = canvas.look();
    // Parts of a row that can have different colours.
    let parts: u16 = match (bands.are_painted(), look.marks) {
        (true, Marks::Braille) => 8,
        (true, Marks::Block) => 2,
        _ => 1,
    };
    let all: Vec<Band> = bands.all().collect();
    let height = f64::from(plot.height * parts);
    for row in 0..plot.height {
        let y = plot.bottom() - 1 - row;
        let at = |part: u16| {
            let number = heights.at((f64::from(row * parts + part) + 0.5) / height);
            number.and_then(|number| all.get(number).copied())
        };
        match (at(0), at(parts - 1)) {
            (Some(low), Some(high)) if low == high => {
                canvas.mark((x, y), bands.fill(low, look), bands.style(low, look));
            }
            (Some(low), high) => {
                // Painted in two colours: the lower one as a part of a block, the other behind it.
                let part = (1..parts).take_while(|part| at(*part) == Some(low)).count() + 1;
                let eighths = part * 8 / usize::from(parts);
                let symbol = look.glyphs().column.get(eighths.clamp(1, 8) - 1).unwrap_or(&"█");
                let behind = high.and_then(|high| bands.style(high, look).fg);
                let style = bands.style(low, look);
                canvas.mark((x, y), symbol, Style { bg: behind.or(style.bg), ..style });
            }
            (None, Some(high)) => {
                canvas.mark((x, y), bands.fill(high, look), bands.style(high, look));
            }
            (None, None) => {}
        }
    }
}

fn y_axis(canvas: &mut Canvas<'_>, layout: &PlotLayout) {
    let plot = layout.plot;
    axis_line(canvas, layout);
    let ticks: &[u16] = if plot.height >= 9 { &[100, 75, 50, 25, 0] } else { &[100, 0] };
    for percent in ticks {
        let down = f64::from(100 - percent) / 100.0 * f64::from(plot.height - 1);
        y_tick(canvas, layout, plot.y + down.round() as u16, &percent.to_string());
    }
}

/// Draws names and present shares at the right, beside their bands.
fn ends(
    scene: &Scene<'_>,
    bands: &Bands,
    heights: &Heights,
    layout: &PlotLayout,
    canvas: &mut Canvas<'_>,
) {
    let (look, plot) = (scene.look, layout.plot);
    if layout.right == 0 {
        return;
    }
    let middle = |(low, high): &(f64, f64)| {
        let down = 1.0 - (low + high) / 2.0;
        plot.y + ((down * f64::from(plot.height)) as u16).min(plot.height - 1)
    };
    let wanted: Vec<u16> = heights.0.iter().map(middle).collect();
    let rows = spread(&wanted, plot.top()..plot.bottom()).unwrap_or_default();
    for ((band, (low, high)), y) in bands.all().zip(&heights.0).zip(rows) {
        let style = bands.style(band, look);
        let (sign, sign_style) = sign(scene, bands, band);
        let mut line = canvas.line_at(plot.right() + 1, y);
        let name = layout.right.saturating_sub(SHARE + 2);
        let share = format!("{} %", number::percent(high - low));
        line.cell(2, sign, sign_style).cell(name, bands.name(band, scene), style);
        line.cell_right(SHARE, share, style);
    }
}

/// What stands before the name of a band: the mark of a target, or its filling where that tells it from others.
fn sign(scene: &Scene<'_>, bands: &Bands, band: Band) -> (&'static str, Style) {
    let look = scene.look;
    match band {
        Band::Domain(domain) if bands.are_painted() && scene.is_target(domain) => {
            (look.glyphs().pointer, scene.style(Role::Target))
        }
        Band::Domain(domain) if bands.are_painted() && look.series_before(domain) == 0 => {
            (" ", scene.style(Role::Text))
        }
        band => (bands.fill(band, look), bands.style(band, look)),
    }
}

/// The crosshair, and the weights there.
fn cross(
    scene: &Scene<'_>,
    (bands, shares): (&Bands, &[f64]),
    crosshair: &Crosshair<'_>,
    column: u16,
    plot: &mut Canvas<'_>,
) {
    let (area, look) = (plot.area(), scene.look);
    for y in area.top()..area.bottom() {
        plot.mark((column, y), look.glyphs().wall, Role::Accent);
    }
    let values = bands.all().zip(shares).map(|(band, share)| Reading {
        name: bands.name(band, scene),
        value: format!("{} %", number::percent(*share)),
        style: bands.style(band, look),
    });
    let readings: Vec<Reading> = crosshair.readings(look).chain(values).collect();
    readout(plot, readings, column);
}

/// The newest weights as text, where no plot fits; a note before there are any.
fn newest_weights(scene: &Scene<'_>, weights: &Weights, canvas: &mut Canvas<'_>) {
    if !weights.are_known() {
        return canvas.note("no weights yet: they begin with w(0), which is detected or given");
    }
    let width = labels(scene, canvas.area().width);
    let now = weights.at(f64::INFINITY);
    let rows = usize::from(canvas.area().height);
    let fit = lines_shown(now.len(), rows);
    if fit < now.len() {
        canvas.line(fit as u16).skip(1).put(format!("{} more", now.len() - fit), Role::Dim);
    }
    for (row, (domain, weight)) in (0..).zip(now.iter().enumerate().take(fit)) {
        let share = number::percent(*weight);
        let mut line = canvas.line(row);
        let mut line = line.part(width);
        line.end(&share, Role::Text).skip(1).skip_end(1);
        line.put(scene.domain(domain), scene.look.series(domain));
    }
}
