//! The marks of threshold tests and commands, and the key to them.

use super::super::names::cut;
use super::frame::{Canvas, Chart, INK, PALE, PlotError, RIGHT, STRIP_Y, text};
use crate::mixing::Outcome;
use crate::telemetry::RunState;
use crate::unit::grouped;
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

/// What lines of a plot mean beside its curves.
#[derive(Default)]
pub(super) struct Key<'a> {
    pub dashed: Option<&'a str>,
    pub pale: Option<&'a str>,
}

/// Threshold events and commands, in a strip above the plot with hairlines for the commands, and
/// the key to them.
pub(super) fn marks(
    canvas: &Canvas<'_>,
    chart: &Chart<'_, '_>,
    state: &RunState,
    lines: &Key<'_>,
) -> Result<(), PlotError> {
    let bottom = chart.y_range().start;
    let x = |step: u64| chart.backend_coord(&(step as f64, bottom)).0;
    let history = &state.history;
    let size = (600 / history.thresholds.len().max(1)).clamp(4, 9) as i32;
    for mark in &history.thresholds {
        draw_outcome(canvas, (x(mark.step.0), STRIP_Y), size, mark.threshold.outcome)?;
    }
    let commands = draw_commands(canvas, chart, state, x)?;
    key(canvas, [history.expanded, history.held, commands], lines)
}

/// A hairline with the text of each command that was carried out, as far as there is space for the
/// text; returns their number. `x` gives the horizontal position of a step.
fn draw_commands(
    canvas: &Canvas<'_>,
    chart: &Chart<'_, '_>,
    state: &RunState,
    x: impl Fn(u64) -> i32,
) -> Result<u64, PlotError> {
    let (_, plot_y) = chart.plotting_area().get_pixel_range();
    let outcomes = state.history.commands.iter().map(|mark| &mark.outcome);
    let mut commands = 0;
    let mut free_from = 0;
    for given in outcomes.filter(|given| given.is_applied()) {
        let at = x(given.step.0);
        commands += 1;
        let line = vec![(at, plot_y.start), (at, plot_y.end)];
        canvas.draw(&DashedPathElement::new(line, 4, 6, INK.mix(0.7).stroke_width(2)))?;
        diamond(canvas, (at, plot_y.start), INK)?;
        let words = cut(&given.command.to_string(), 28);
        let width = 11 * words.chars().count() as i32;
        // To the left of its line where the plot ends, and only where there is no other text.
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
    Ok(commands)
}

/// The meaning of the marks, one line above the strip; marks that the run does not have are left out.
fn key(canvas: &Canvas<'_>, counts: [u64; 3], lines: &Key<'_>) -> Result<(), PlotError> {
    let [expanded, held, commands] = counts;
    let y = 80;
    let mut x = 108;
    let write = |words: String, x: &mut i32| {
        canvas.draw(&Text::new(words.clone(), (*x + 18, y), text(20.0, PALE, HPos::Left)))?;
        *x += 18 + 12 * words.chars().count() as i32 + 30;
        Ok::<(), PlotError>(())
    };
    if expanded > 0 {
        draw_outcome(canvas, (x, y), 9, Outcome::Expanded)?;
        write(format!("target expanded ({})", grouped(expanded)), &mut x)?;
    }
    if held > 0 {
        draw_outcome(canvas, (x, y), 9, Outcome::Held)?;
        write(format!("target held ({})", grouped(held)), &mut x)?;
    }
    if commands > 0 {
        diamond(canvas, (x, y), INK)?;
        write(format!("command ({})", grouped(commands)), &mut x)?;
    }
    if let Some(meaning) = lines.dashed {
        let line = vec![(x - 10, y), (x + 40, y)];
        canvas.draw(&DashedPathElement::new(line, 10, 7, INK.stroke_width(2)))?;
        x += 32;
        write(meaning.into(), &mut x)?;
    }
    if let Some(meaning) = lines.pale {
        canvas.draw(&PathElement::new(
            vec![(x - 10, y), (x + 40, y)],
            PALE.mix(0.5).stroke_width(3),
        ))?;
        x += 32;
        write(meaning.into(), &mut x)?;
    }
    Ok(())
}

fn draw_outcome(
    canvas: &Canvas<'_>,
    (x, y): (i32, i32),
    size: i32,
    outcome: Outcome,
) -> Result<(), PlotError> {
    match outcome {
        Outcome::Expanded => {
            let up = vec![(x - size, y + size), (x + size, y + size), (x, y - size)];
            canvas.draw(&Polygon::new(up, INK.filled()))
        }
        Outcome::Held | Outcome::Limited => {
            let tip = (x, y + size);
            let down = vec![tip, (x - size, y - size), (x + size, y - size), tip];
            canvas.draw(&PathElement::new(down, PALE.stroke_width(2)))
        }
        Outcome::Full => Ok(()),
    }
}

/// The mark of a command.
pub(super) fn diamond(
    canvas: &Canvas<'_>,
    (x, y): (i32, i32),
    colour: RGBColor,
) -> Result<(), PlotError> {
    let corners = vec![(x - 9, y), (x, y - 9), (x + 9, y), (x, y + 9)];
    canvas.draw(&Polygon::new(corners, colour.filled()))
}
