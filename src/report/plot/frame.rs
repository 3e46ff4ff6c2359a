use super::super::table::cut;
use crate::mixing::Outcome;
use crate::telemetry::RunState;
use crate::unit::grouped;
use plotters::chart::ChartContext;
use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::io;
use std::ops::Range;

pub(super) type Fault = DrawingAreaErrorKind<io::Error>;
pub(super) type Canvas<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub(super) type Chart<'a, 'b> =
    ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// Canvas in SVG units; viewers scale it.
pub(super) const SIZE: (u32, u32) = (1600, 900);
/// Right edge of the plotted area: behind it stand the labels.
const RIGHT: i32 = 1250;
/// Where the marks of events stand.
const STRIP_Y: i32 = 114;
const INK: RGBColor = RGBColor(0x33, 0x33, 0x33);
const PALE: RGBColor = RGBColor(0x70, 0x70, 0x70);
const GRID: RGBColor = RGBColor(0xE4, 0xE4, 0xE4);

/// Okabe and Ito's palette, which colour-blind readers can tell apart, the palest last.
const PALETTE: [RGBColor; 8] = [
    RGBColor(0x00, 0x72, 0xB2),
    RGBColor(0xE6, 0x9F, 0x00),
    RGBColor(0x00, 0x9E, 0x73),
    RGBColor(0xCC, 0x79, 0xA7),
    RGBColor(0x56, 0xB4, 0xE9),
    RGBColor(0xD5, 0x5E, 0x00),
    RGBColor(0x66, 0x66, 0x66),
    RGBColor(0xF0, 0xE4, 0x42),
];

/// The colour of a domain, the same in every plot.
pub(super) fn colour(domain: usize) -> RGBColor {
    PALETTE[domain % PALETTE.len()]
}

/// Last step that the plots show.
pub(super) fn last_step(state: &RunState) -> f64 {
    let curves = &state.history.curves;
    let measured = curves.weights.iter().chain(&curves.losses).flat_map(|s| s.lasts());
    measured.map(|point| point.step).fold(state.history.step.0.max(1), u64::max) as f64
}

/// Text of this size in SVG units (plotters divides by 1.24 on its way to SVG).
pub(super) fn text(size: f64, colour: RGBColor, at: HPos) -> TextStyle<'static> {
    let font = ("Helvetica, Arial, sans-serif", size * 1.24).into_font();
    font.color(&colour).pos(Pos::new(at, VPos::Center))
}

/// White canvas with title, axes, and the marks of events; returns the chart to draw into.
pub(super) fn frame<'a, 'b>(
    canvas: &'a Canvas<'b>,
    state: &RunState,
    title: &str,
    y: Range<f64>,
    y_label: &dyn Fn(&f64) -> String,
) -> Result<Chart<'a, 'b>, Fault> {
    canvas.fill(&WHITE)?;
    canvas.draw(&Text::new(title.to_owned(), (100, 40), text(34.0, INK, HPos::Left)))?;
    let of = format!("{} · {} · {} steps", cut(&state.run, 40), state.strategy, state.history.step);
    canvas.draw(&Text::new(of, (SIZE.0 as i32 - 24, 42), text(22.0, PALE, HPos::Right)))?;
    let mut chart = ChartBuilder::on(canvas)
        .margin_top(140)
        .margin_right(SIZE.0.saturating_sub(RIGHT as u32))
        .margin_left(20)
        .margin_bottom(14)
        .x_label_area_size(70)
        .y_label_area_size(80)
        .build_cartesian_2d(0.0..last_step(state), y)?;
    let whole_steps = |step: &f64| match step.fract() {
        0.0 => grouped(*step as u64),
        _ => String::new(),
    };
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(PALE)
        .disable_x_mesh()
        .x_labels(10)
        .y_labels(7)
        .x_label_formatter(&whole_steps)
        .y_label_formatter(&y_label)
        .label_style(("Helvetica, Arial, sans-serif", 22.0 * 1.24).into_font().color(&INK))
        .x_desc("optimizer step")
        .axis_desc_style(("Helvetica, Arial, sans-serif", 22.0 * 1.24).into_font().color(&PALE))
        .draw()?;
    Ok(chart)
}

/// Threshold events and commands, in a strip above the plot with hairlines for the commands, and
/// the key to them. `more` is the rest of the key: a dash with this meaning.
pub(super) fn marks(
    canvas: &Canvas<'_>,
    chart: &Chart<'_, '_>,
    state: &RunState,
    more: Option<&str>,
) -> Result<(), Fault> {
    let bottom = chart.y_range().start;
    let x = |step: u64| chart.backend_coord(&(step as f64, bottom)).0;
    let history = &state.history;
    let size = (600 / history.thresholds.len().max(1)).clamp(4, 9) as i32;
    for mark in &history.thresholds {
        draw_outcome(canvas, (x(mark.step.0), STRIP_Y), size, mark.threshold.outcome)?;
    }
    let applied =
        history.commands.iter().map(|mark| &mark.outcome).filter(|given| given.is_applied());
    let mut commands = 0_u64;
    let mut free_from = 0;
    for given in applied {
        let at = x(given.step.0);
        commands += 1;
        let (_, plot_y) = chart.plotting_area().get_pixel_range();
        let line = vec![(at, plot_y.start), (at, plot_y.end)];
        canvas.draw(&DashedPathElement::new(line, 4, 6, INK.mix(0.7).stroke_width(2)))?;
        diamond(canvas, (at, plot_y.start))?;
        let words = cut(&given.command.to_string(), 28);
        let width = 11 * words.chars().count() as i32;
        // To the left of its line where the plot ends, and only where no other text stands.
        let (from, anchor_x, anchor) = if at + 12 + width < RIGHT {
            (at + 12, at + 12, HPos::Left)
        } else {
            (at - 12 - width, at - 12, HPos::Right)
        };
        if from >= free_from {
            free_from = from + width;
            let place = (anchor_x, plot_y.start + 24);
            let paper = [(from - 3, place.1 - 13), (from + width + 3, place.1 + 13)];
            canvas.draw(&Rectangle::new(paper, WHITE.mix(0.85).filled()))?;
            canvas.draw(&Text::new(words, place, text(18.0, INK, anchor)))?;
        }
    }
    key(canvas, [history.expanded, history.held, commands], more)
}

/// The meaning of the marks, one line above the strip; what the run has none of is left out.
fn key(canvas: &Canvas<'_>, counts: [u64; 3], more: Option<&str>) -> Result<(), Fault> {
    let [expanded, held, commands] = counts;
    let y = 80;
    let mut x = 108;
    let say = |words: String, x: &mut i32| {
        canvas.draw(&Text::new(words.clone(), (*x + 18, y), text(20.0, PALE, HPos::Left)))?;
        *x += 18 + 12 * words.chars().count() as i32 + 30;
        Ok::<(), Fault>(())
    };
    if expanded > 0 {
        draw_outcome(canvas, (x, y), 9, Outcome::Expanded)?;
        say(format!("target expanded ({})", grouped(expanded)), &mut x)?;
    }
    if held > 0 {
        draw_outcome(canvas, (x, y), 9, Outcome::Held)?;
        say(format!("target held ({})", grouped(held)), &mut x)?;
    }
    if commands > 0 {
        diamond(canvas, (x, y))?;
        say(format!("command ({})", grouped(commands)), &mut x)?;
    }
    if let Some(meaning) = more {
        let dash = vec![(x - 10, y), (x + 40, y)];
        canvas.draw(&DashedPathElement::new(dash, 10, 7, INK.stroke_width(2)))?;
        x += 32;
        say(meaning.into(), &mut x)?;
    }
    Ok(())
}

fn draw_outcome(
    canvas: &Canvas<'_>,
    (x, y): (i32, i32),
    size: i32,
    outcome: Outcome,
) -> Result<(), Fault> {
    match outcome {
        Outcome::Expanded => {
            let up = vec![(x - size, y + size), (x + size, y + size), (x, y - size)];
            canvas.draw(&Polygon::new(up, INK.filled()))
        }
        Outcome::Held => {
            let tip = (x, y + size);
            let down = vec![tip, (x - size, y - size), (x + size, y - size), tip];
            canvas.draw(&PathElement::new(down, PALE.stroke_width(2)))
        }
        Outcome::Full => Ok(()),
    }
}

fn diamond(canvas: &Canvas<'_>, (x, y): (i32, i32)) -> Result<(), Fault> {
    let corners = vec![(x - 9, y), (x, y - 9), (x + 9, y), (x, y + 9)];
    canvas.draw(&Polygon::new(corners, INK.filled()))
}

/// What stands beside the right edge: the legend, each line at the height of what it names.
pub(super) struct Label {
    /// Height of what it names, in SVG units.
    pub y: i32,
    /// The domain.
    pub domain: usize,
    /// What it says.
    pub words: String,
}

/// Draws the labels, moved apart where they would cover each other, with a line to what they name.
pub(super) fn labels(
    canvas: &Canvas<'_>,
    chart: &Chart<'_, '_>,
    labels: Vec<Label>,
) -> Result<(), Fault> {
    let (_, plot_y) = chart.plotting_area().get_pixel_range();
    let wanted: Vec<i32> = labels.iter().map(|label| label.y).collect();
    let places = spread(&wanted, 32, plot_y.start + 12, plot_y.end - 12);
    for (label, y) in labels.iter().zip(places) {
        let colour = colour(label.domain);
        let lead = vec![(RIGHT + 4, label.y), (RIGHT + 26, y), (RIGHT + 32, y)];
        canvas.draw(&PathElement::new(lead, colour.stroke_width(2)))?;
        canvas
            .draw(&Rectangle::new([(RIGHT + 34, y - 9), (RIGHT + 52, y + 9)], colour.filled()))?;
        let words = label.words.clone();
        canvas.draw(&Text::new(words, (RIGHT + 62, y), text(22.0, INK, HPos::Left)))?;
    }
    Ok(())
}

/// Places as near to the wanted ones as can be, in the same order, at least `gap` apart and within
/// `low..=high` (as long as there is room).
fn spread(wanted: &[i32], gap: i32, low: i32, high: i32) -> Vec<i32> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by_key(|i| wanted[*i]);
    let mut places = vec![0; wanted.len()];
    let mut least = low;
    for &i in &order {
        places[i] = wanted[i].max(least);
        least = places[i] + gap;
    }
    let mut most = high;
    for &i in order.iter().rev() {
        places[i] = places[i].min(most);
        most = places[i] - gap;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_keep_their_order_and_their_distance() {
        assert_eq!(spread(&[100, 300, 200], 30, 0, 400), [100, 300, 200]);
        assert_eq!(spread(&[200, 201, 202], 30, 0, 400), [200, 230, 260]);
        assert_eq!(spread(&[390, 395, 400], 30, 0, 400), [340, 370, 400]);
        assert!(spread(&[], 30, 0, 400).is_empty());
    }
}
