//! The weights stacked over the run: together they fill the whole height.

use super::style::{MixtureStyle, labels};
use crate::telemetry::Point;
use crate::tui::chart::{
    Crosshair, Mark, PlotLayout, Reading, XAxis, axis_line, readout, spread, y_tick,
};
use crate::tui::draw::{Canvas, Panel, number};
use crate::tui::look::{Look, Marks, Role};
use crate::tui::scene::Scene;
use crate::tui::timeline::Timeline;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};

/// Columns of a share behind a name: `  31.4 %`.
const SHARE: u16 = 7;
/// Fillings of the domains' bands without colours.
const SHADES: [&str; 4] = ["█", "░", "▓", "▒"];
const SIGNS: [&str; 8] = ["#", ".", "+", "o", "=", "x", ":", "%"];

/// The weights of one moment as the heights at which each domain begins and ends, in shares from
/// below; the first domain is at the top.
struct Bands(Vec<(f64, f64)>);

impl Bands {
    fn new(weights: &[f64]) -> Self {
        let mut top = 1.0;
        let band = |weight: &f64| {
            let height = if weight.is_finite() { weight.clamp(0.0, 1.0) } else { 0.0 };
            let high: f64 = top;
            top = (high - height).max(0.0);
            (top, high)
        };
        Bands(weights.iter().map(band).collect())
    }

    /// The domain at a height.
    fn at(&self, height: f64) -> Option<usize> {
        self.0.iter().position(|(low, high)| (*low..*high).contains(&height))
    }
}

/// Weights over the run.
struct Weights(Vec<Vec<Point>>);

impl Weights {
    fn new(scene: &Scene<'_>) -> Self {
        let curves = &scene.run.history.curves.weights;
        Weights(curves.iter().map(|series| series.lasts().collect()).collect())
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
    let painted = is_painted(look, weights.0.len());
    let mut bands = Bands(Vec::new());
    for x in layout.columns() {
        let (from, to) = range;
        // The weights at the column's right end, so that the last column shows those in force.
        let end =
            from + (to - from) * f64::from(x - layout.plot.x + 1) / f64::from(layout.plot.width);
        let step = timeline.step(end);
        bands = Bands::new(&weights.at(step + 1e-9 * step.abs()));
        column(&mut inside, &bands, painted, x, layout.plot);
    }
    ends(scene, &bands, painted, &layout, &mut inside);
    let crosshair = style.view.crosshair(timeline);
    if let Some((x, column)) = crosshair.and_then(|x| Some((x, layout.column(x, range)?))) {
        let crosshair = Crosshair { x, lines: vec![timeline.axis().text(x)] };
        let weights = weights.at(timeline.step(x));
        cross(scene, &weights, &crosshair, column, &mut inside.within(layout.plot));
    }
}

/// Whether every domain has a colour of its own.
fn is_painted(look: &Look, domains: usize) -> bool {
    let coloured = |i| look.series(i).fg.is_some_and(|color| color != Color::Reset);
    look.marks != Marks::Ascii && (0..domains).all(coloured)
}

/// The sign that fills the band of a domain.
fn fill(look: &Look, domain: usize, painted: bool) -> &'static str {
    let sign = |all: &[&'static str]| all.get(domain % all.len()).copied().unwrap_or(" ");
    match (look.marks, painted) {
        (Marks::Ascii, _) => sign(&SIGNS),
        (_, true) => "█",
        (_, false) => sign(&SHADES),
    }
}

/// One column of the terminal.
fn column(canvas: &mut Canvas<'_>, bands: &Bands, painted: bool, x: u16, plot: Rect) {
    let look = canvas.look();
    // Parts of a row that can have different colours.
    let parts: u16 = match (painted, look.marks) {
        (true, Marks::Braille) => 8,
        (true, Marks::Block) => 2,
        _ => 1,
    };
    let all = f64::from(plot.height * parts);
    for row in 0..plot.height {
        let y = plot.bottom() - 1 - row;
        let at = |part: u16| bands.at((f64::from(row * parts + part) + 0.5) / all);
        let (low, high) = (at(0), at(parts - 1));
        match (low, high) {
            (Some(low), Some(high)) if low == high => {
                canvas.mark((x, y), fill(look, low, painted), look.series(low));
            }
            (Some(low), high) => {
                // Painted in two colours: the lower one as a part of a block, the other behind it.
                let part = (1..parts).take_while(|part| at(*part) == Some(low)).count() + 1;
                let eighths = part * 8 / usize::from(parts);
                let symbol = look.glyphs().column.get(eighths.clamp(1, 8) - 1).unwrap_or(&"█");
                let behind = high.and_then(|high| look.series(high).fg);
                let style = look.series(low);
                canvas.mark((x, y), symbol, Style { bg: behind.or(style.bg), ..style });
            }
            (None, Some(high)) => {
                canvas.mark((x, y), fill(look, high, painted), look.series(high));
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
    painted: bool,
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
    let wanted: Vec<u16> = bands.0.iter().map(middle).collect();
    // Where there are more domains than rows, the first ones in their order.
    let rows = spread(&wanted, plot.top()..plot.bottom())
        .unwrap_or_else(|| (plot.top()..plot.bottom()).collect());
    for ((domain, (low, high)), y) in bands.0.iter().enumerate().zip(rows) {
        let style = look.series(domain);
        let (sign, sign_style) = match painted {
            true if scene.is_target(domain) => (look.glyphs().pointer, scene.style(Role::Target)),
            true => (" ", scene.style(Role::Target)),
            false => (fill(look, domain, painted), style),
        };
        let mut line = canvas.line_at(plot.right() + 1, y);
        let name = layout.right.saturating_sub(SHARE + 2);
        let share = format!("{} %", number::percent(high - low));
        line.cell(2, sign, sign_style).cell(name, scene.domain(domain), style);
        line.cell_right(SHARE, share, style);
    }
}

/// The crosshair, and the weights there.
fn cross(
    scene: &Scene<'_>,
    weights: &[f64],
    crosshair: &Crosshair,
    column: u16,
    plot: &mut Canvas<'_>,
) {
    let (area, look) = (plot.area(), scene.look);
    for y in area.top()..area.bottom() {
        plot.mark((column, y), look.glyphs().wall, Role::Accent);
    }
    let shares = weights.iter().enumerate().map(|(domain, weight)| Reading {
        name: scene.domain(domain).to_owned(),
        value: format!("{} %", number::percent(*weight)),
        style: look.series(domain),
    });
    let readings: Vec<Reading> = crosshair.readings(look).chain(shares).collect();
    readout(plot, &readings, column);
}

/// The newest weights as text, where no plot fits; a note before there are any.
fn newest_weights(scene: &Scene<'_>, weights: &Weights, canvas: &mut Canvas<'_>) {
    if !weights.are_known() {
        return canvas.note("no weights yet: they begin with w(0), which is detected or given");
    }
    let width = labels(scene, canvas.area().width);
    let now = weights.at(f64::INFINITY);
    for (row, (domain, weight)) in (0..).zip(now.iter().enumerate()) {
        let share = number::percent(*weight);
        let mut line = canvas.line(row);
        let mut line = line.part(width);
        line.end(&share, Role::Text).skip(1).skip_end(1);
        line.put(scene.domain(domain), scene.look.series(domain));
    }
}
