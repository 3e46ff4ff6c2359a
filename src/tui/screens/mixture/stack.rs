//! The weights, one above the other: together they are always all of it.

use super::{Mixture, labels};
use crate::telemetry::Point;
use crate::tui::chart::{Crosshair, Line, Mark, Places, XAxis, readout, spread};
use crate::tui::look::{Look, Marks, Role};
use crate::tui::draw::number;
use crate::tui::scene::{Scene, columns, panel, put, put_right};
use crate::tui::timeline::Timeline;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};

/// Columns of a share behind a name: `  31.4 %`.
const SHARE: u16 = 7;
/// What tells domains apart without colours.
const SHADES: [&str; 4] = ["█", "░", "▓", "▒"];
const SIGNS: [&str; 8] = ["#", ".", "+", "o", "=", "x", ":", "%"];

/// The weights of one moment as the heights at which each domain begins and ends, in shares from
/// below; the first domain is at the top.
struct Bands(Vec<(f64, f64)>);

impl Bands {
    fn of(weights: &[f64]) -> Self {
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
    fn of(scene: &Scene<'_>) -> Self {
        let curves = &scene.run.history.curves.weights;
        Weights(curves.iter().map(|series| series.lasts().collect()).collect())
    }

    /// Those in force at a step; NaN where none was yet.
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

/// With an axis below it where `axis` says what happened.
pub(super) fn view(
    screen: &Mixture,
    scene: &Scene<'_>,
    timeline: &Timeline,
    area: Rect,
    axis: Option<&[Mark]>,
    buf: &mut Buffer,
) {
    let look = scene.look;
    let right =
        format!("% of the training data {} {}", look.glyphs().dot, screen.view.say(timeline));
    let inside = panel(buf, look, area, "mixture", &right, false);
    let weights = Weights::of(scene);
    let Some(places) = screen.places(scene, area, axis.is_some()).filter(|_| weights.are_known())
    else {
        return words(scene, &weights, inside, buf);
    };
    let range = screen.view.range(timeline);
    y_axis(look, &places, buf);
    if let Some(marks) = axis {
        XAxis { x: range, quantity: timeline.axis().quantity(), marks }.draw(look, &places, buf);
    }
    let painted = is_painted(look, weights.0.len());
    let mut bands = Bands(Vec::new());
    for x in places.plot.left()..places.plot.right() {
        let (from, to) = range;
        // What a column came to at its end, so that the last one is what is in force.
        let end =
            from + (to - from) * f64::from(x - places.plot.x + 1) / f64::from(places.plot.width);
        let step = timeline.step(end);
        bands = Bands::of(&weights.at(step + 1e-9 * step.abs()));
        column(look, &bands, painted, x, places.plot, buf);
    }
    ends(scene, &bands, painted, &places, buf);
    if let Some(x) = screen.view.crosshair(timeline) {
        let crosshair = Crosshair { x, lines: vec![timeline.axis().say(x)] };
        cross(scene, &weights.at(timeline.step(x)), &crosshair, (range, &places), buf);
    }
}

/// Whether colours tell all domains apart.
fn is_painted(look: &Look, domains: usize) -> bool {
    let coloured = |i| look.series(i).fg.is_some_and(|color| color != Color::Reset);
    look.marks != Marks::Ascii && (0..domains).all(coloured)
}

/// What fills the band of a domain.
fn fill(look: &Look, domain: usize, painted: bool) -> &'static str {
    let of = |all: &[&'static str]| all.get(domain % all.len()).copied().unwrap_or(" ");
    match (look.marks, painted) {
        (Marks::Ascii, _) => of(&SIGNS),
        (_, true) => "█",
        (_, false) => of(&SHADES),
    }
}

/// One column of the terminal.
fn column(look: &Look, bands: &Bands, painted: bool, x: u16, plot: Rect, buf: &mut Buffer) {
    // Parts of a row that can be told apart.
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
        let Some(cell) = buf.cell_mut((x, y)) else { continue };
        match (low, high) {
            (Some(low), Some(high)) if low == high => {
                cell.set_symbol(fill(look, low, painted)).set_style(look.series(low));
            }
            (Some(low), high) => {
                // Painted in two colours: the lower one as a part of a block, the other behind it.
                let part = (1..parts).take_while(|part| at(*part) == Some(low)).count() + 1;
                let eighths = part * 8 / usize::from(parts);
                let symbol = look.glyphs().column.get(eighths.clamp(1, 8) - 1).unwrap_or(&"█");
                let behind = high.and_then(|high| look.series(high).fg);
                let style = look.series(low);
                cell.set_symbol(symbol).set_style(Style { bg: behind.or(style.bg), ..style });
            }
            (None, Some(high)) => {
                cell.set_symbol(fill(look, high, painted)).set_style(look.series(high));
            }
            (None, None) => {}
        }
    }
}

fn y_axis(look: &Look, places: &Places, buf: &mut Buffer) {
    let (dim, faint) = (look.style(Role::Dim), look.style(Role::Faint));
    let (plot, glyphs) = (places.plot, look.glyphs());
    let x = plot.x - 1;
    for y in plot.top()..plot.bottom() {
        put(buf, look, x, y, 1, glyphs.wall, faint);
    }
    let ticks: &[u16] = if plot.height >= 9 { &[100, 75, 50, 25, 0] } else { &[100, 0] };
    for percent in ticks {
        let down = f64::from(100 - percent) / 100.0 * f64::from(plot.height - 1);
        let y = plot.y + down.round() as u16;
        put_right(buf, look, x, y, 7, &format!("{percent} "), dim);
        put(buf, look, x, y, 1, glyphs.tick[0], faint);
    }
}

/// Names and present shares at the right, beside their bands.
fn ends(scene: &Scene<'_>, bands: &Bands, painted: bool, places: &Places, buf: &mut Buffer) {
    let (look, plot) = (scene.look, places.plot);
    if places.right == 0 {
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
        let x = plot.right() + 1;
        let sign = match painted {
            true if scene.is_target(domain) => look.glyphs().pointer,
            true => " ",
            false => fill(look, domain, painted),
        };
        let style = look.series(domain);
        put(buf, look, x, y, 1, sign, if painted { scene.style(Role::Target) } else { style });
        let name = places.right.saturating_sub(SHARE + 2);
        put(buf, look, x + 2, y, name, scene.domain(domain), style);
        let share = format!("{} %", number::percent(high - low));
        put_right(buf, look, x + places.right, y, SHARE, &share, style);
    }
}

/// The crosshair, and the weights there.
fn cross(
    scene: &Scene<'_>,
    weights: &[f64],
    crosshair: &Crosshair,
    (range, places): ((f64, f64), &Places),
    buf: &mut Buffer,
) {
    let Some(x) = places.column(crosshair.x, range) else { return };
    let look = scene.look;
    for y in places.plot.top()..places.plot.bottom() {
        put(buf, look, x, y, 1, look.glyphs().wall, look.style(Role::Accent));
    }
    let shares = weights.iter().enumerate().map(|(domain, weight)| Line {
        name: scene.domain(domain).to_owned(),
        value: format!("{} %", number::percent(*weight)),
        style: look.series(domain),
    });
    let lines: Vec<Line> = crosshair.said(look).chain(shares).collect();
    readout(&lines, x, places.plot, look, buf);
}

/// Where there is no room for a picture, or nothing to draw yet.
fn words(scene: &Scene<'_>, weights: &Weights, area: Rect, buf: &mut Buffer) {
    let look = scene.look;
    if !weights.are_known() {
        let text = "no weights yet: they begin with w(0), which is detected or given";
        put(buf, look, area.x + 1, area.y, area.width, text, look.style(Role::Dim));
        return;
    }
    let width = labels(scene, area.width);
    let now = weights.at(f64::INFINITY);
    for ((domain, weight), y) in now.iter().enumerate().zip(area.top()..area.bottom()) {
        let share = number::percent(*weight);
        let room = width.saturating_sub(columns(&share) + 2);
        put(buf, look, area.x + 1, y, room, scene.domain(domain), look.series(domain));
        put_right(buf, look, area.x + width, y, width, &share, look.style(Role::Text));
    }
}
