use super::super::names::cut;
use crate::telemetry::RunState;
use crate::tui::look::{Rgb, Theme};
use crate::unit::grouped;
use plotters::chart::ChartContext;
use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::io;
use std::ops::Range;
use std::sync::OnceLock;

pub(super) type PlotError = DrawingAreaErrorKind<io::Error>;
pub(super) type Canvas<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub(super) type Chart<'a, 'b> =
    ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// Canvas in SVG units; viewers scale it.
pub(super) const SIZE: (u32, u32) = (1600, 900);
/// Right edge of the plotted area; the labels are to the right of it.
pub(super) const RIGHT: i32 = 1250;
/// Height of the marks of events.
pub(super) const STRIP_Y: i32 = 114;
pub(super) const INK: RGBColor = RGBColor(0x33, 0x33, 0x33);
pub(super) const PALE: RGBColor = RGBColor(0x70, 0x70, 0x70);
const GRID: RGBColor = RGBColor(0xE4, 0xE4, 0xE4);

/// The theme of the screens that is made for a white ground.
fn theme() -> &'static Theme {
    static THEME: OnceLock<Theme> = OnceLock::new();
    THEME.get_or_init(Theme::light)
}

/// The colour of a domain, the same in every plot, or of a run that is compared: that of the screens in the theme
/// `light`, whose hues are those of the other themes.
pub(super) fn colour(index: usize) -> RGBColor {
    let shown = theme().series(index).fg.and_then(Rgb::from_color);
    shown.map_or(PALE, |Rgb([red, green, blue])| RGBColor(red, green, blue))
}

/// Whether a curve of this number has a colour that another has too.
pub(super) fn is_colour_taken(index: usize) -> bool {
    theme().series_before(index) > 0
}

/// What a plot is called and how far it goes.
pub(super) struct Axes<'a> {
    pub title: &'a str,
    /// At the right of the title, paler.
    pub subtitle: String,
    /// Right end, in optimizer steps.
    pub last_step: f64,
    pub y: Range<f64>,
    pub y_label: &'a dyn Fn(&f64) -> String,
}

/// The name of a run, its strategy and its length.
pub(super) fn subtitle(state: &RunState) -> String {
    format!("{} · {} · {} steps", cut(&state.run, 40), state.strategy, state.history.step)
}

/// From the lowest to the highest of these values that are finite, with some space above and below.
pub(super) fn range(values: impl Iterator<Item = f64>) -> Range<f64> {
    let finite = values.filter(|value| value.is_finite());
    let (low, high) =
        finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    if low > high {
        return 0.0..1.0;
    }
    let margin = 0.06 * (high - low).max(0.1);
    low - margin..high + margin
}

/// Last step of the way that counts.
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

/// White canvas with title and axes; returns the chart to draw into.
pub(super) fn frame<'a, 'b>(
    canvas: &'a Canvas<'b>,
    axes: Axes<'_>,
) -> Result<Chart<'a, 'b>, PlotError> {
    let Axes { title, subtitle, last_step, y, y_label } = axes;
    canvas.fill(&WHITE)?;
    canvas.draw(&Text::new(title.to_owned(), (100, 40), text(34.0, INK, HPos::Left)))?;
    canvas.draw(&Text::new(subtitle, (SIZE.0 as i32 - 24, 42), text(22.0, PALE, HPos::Right)))?;
    let mut chart = ChartBuilder::on(canvas)
        .margin_top(140)
        .margin_right(SIZE.0.saturating_sub(RIGHT as u32))
        .margin_left(20)
        .margin_bottom(14)
        .x_label_area_size(70)
        .y_label_area_size(80)
        .build_cartesian_2d(0.0..last_step, y)?;
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
