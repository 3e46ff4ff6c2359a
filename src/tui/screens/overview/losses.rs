use crate::tui::look::{Marks, Role};
use crate::tui::number;
use crate::tui::scene::{Scene, columns, panel, put, put_right, range};
use crate::unit::grouped;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;
use ratatui::symbols::Marker;
use ratatui::widgets::Widget;
use ratatui::widgets::canvas::{Canvas, Context, Line};

/// Columns of the labels left of the y axis.
const LABELS: u16 = 6;

/// Held-out loss per domain over steps, the mastery ceilings as dashed lines.
pub(super) fn view(scene: &Scene<'_>, area: Rect, chosen: bool, buf: &mut Buffer) {
    let inside = panel(buf, scene.look, area, "held-out loss", "nats/token", chosen);
    let curves = curves(scene);
    let Some(y) = y_range(scene, &curves) else {
        let text = "measured before the first step, and at every mixture update";
        put(buf, scene.look, inside.x + 1, inside.y, inside.width, text, scene.style(Role::Dim));
        return;
    };
    let names = scene.run.domains.iter().map(|name| columns(name)).max().unwrap_or(0).min(12) + 2;
    let plot = Rect {
        x: inside.x + LABELS.min(inside.width),
        width: inside.width.saturating_sub(LABELS + names),
        height: inside.height.saturating_sub(1),
        ..inside
    };
    if plot.width < 4 || plot.height < 2 {
        return ends(scene, inside, &curves, buf);
    }
    let last = scene.run.history.step.0.max(1) as f64;
    draw(scene, plot, &curves, (last, y), buf);
    axes(scene, plot, (last, y), buf);
    labels(scene, plot, names, &curves, y, buf);
}

/// One domain's losses as (step, loss); NaN is a gap.
type Curve = Vec<(f64, f64)>;

fn curves(scene: &Scene<'_>) -> Vec<Curve> {
    let points = |series: &crate::telemetry::Series| {
        series.points().map(|point| (point.step as f64, point.value)).collect()
    };
    scene.run.history.curves.losses.iter().map(points).collect()
}

/// What the y axis spans: all losses, and the ceilings near them.
fn y_range(scene: &Scene<'_>, curves: &[Curve]) -> Option<(f64, f64)> {
    let losses: Vec<f64> = curves.iter().flatten().map(|point| point.1).collect();
    range(&losses)?;
    let (low, high) = range(&[losses, scene.run.history.ceilings.clone()].concat())?;
    let room = ((high - low) * 0.05).max(high.abs() * 1e-3).max(1e-9);
    Some((low - room, high + room))
}

fn draw(
    scene: &Scene<'_>,
    plot: Rect,
    curves: &[Curve],
    span: (f64, (f64, f64)),
    buf: &mut Buffer,
) {
    let (last, (low, high)) = span;
    let marker = match scene.look.marks {
        Marks::Braille => Marker::Braille,
        Marks::Block => Marker::HalfBlock,
        Marks::Ascii => Marker::Custom('*'),
    };
    let color = |i| scene.look.series(i).fg.unwrap_or(Color::Reset);
    let ground = scene.look.theme.ground().bg.unwrap_or(Color::Reset);
    let canvas = Canvas::default()
        .background_color(ground)
        .marker(marker)
        .x_bounds([0.0, last])
        .y_bounds([low, high])
        .paint(|context| {
            for (i, curve) in curves.iter().enumerate() {
                polyline(context, curve, color(i));
            }
        });
    canvas.render(plot, buf);
    ceilings(scene, plot, (low, high), buf);
}

fn polyline(context: &mut Context<'_>, curve: &[(f64, f64)], color: Color) {
    for pair in curve.windows(2) {
        if let [(x1, y1), (x2, y2)] = *pair
            && y1.is_finite()
            && y2.is_finite()
        {
            context.draw(&Line { x1, y1, x2, y2, color });
        }
    }
    if let [(x, y)] = *curve {
        context.draw(&Line { x1: x, y1: y, x2: x, y2: y, color });
    }
}

/// A dashed line for each ceiling, where nothing else is drawn.
fn ceilings(scene: &Scene<'_>, plot: Rect, span: (f64, f64), buf: &mut Buffer) {
    for (i, ceiling) in scene.run.history.ceilings.iter().enumerate() {
        let Some(y) = row_of(*ceiling, span, plot) else { continue };
        for x in (plot.left()..plot.right()).step_by(2) {
            let free =
                buf.cell((x, y)).is_some_and(|cell| matches!(cell.symbol(), " " | "\u{2800}"));
            if free {
                put(buf, scene.look, x, y, 1, scene.look.glyphs().dash, scene.look.series(i));
            }
        }
    }
}

/// The row of a value.
fn row_of(value: f64, (low, high): (f64, f64), plot: Rect) -> Option<u16> {
    let share = (high - value) / (high - low);
    let inside = share.is_finite() && (0.0..=1.0).contains(&share) && plot.height > 0;
    inside.then(|| plot.y + ((share * f64::from(plot.height)) as u16).min(plot.height - 1))
}

fn axes(scene: &Scene<'_>, plot: Rect, (last, (low, high)): (f64, (f64, f64)), buf: &mut Buffer) {
    let (look, dim, faint) = (scene.look, scene.style(Role::Dim), scene.style(Role::Faint));
    let glyphs = look.glyphs();
    for y in plot.top()..plot.bottom() {
        put(buf, look, plot.x.saturating_sub(1), y, 1, glyphs.wall, faint);
    }
    let ticks = if plot.height >= 6 { 3 } else { 2 };
    for tick in 0..ticks {
        let value = high - (high - low) * f64::from(tick) / f64::from(ticks - 1);
        let y = plot.y + (plot.height - 1) * tick / (ticks - 1);
        put_right(buf, look, plot.x.saturating_sub(1), y, LABELS - 1, &number::short(value), dim);
        put(buf, look, plot.x.saturating_sub(1), y, 1, glyphs.tick[0], faint);
    }
    let y = plot.bottom();
    put(buf, look, plot.x.saturating_sub(1), y, 1, glyphs.origin, faint);
    put(buf, look, plot.x, y, plot.width, &glyphs.rule.repeat(usize::from(plot.width)), faint);
    let step = format!(" step {} ", grouped(last as u64));
    put_right(buf, look, plot.right(), y, plot.width, &step, dim);
}

/// Names at the right ends of the curves, none over another.
fn labels(
    scene: &Scene<'_>,
    plot: Rect,
    width: u16,
    curves: &[Curve],
    span: (f64, f64),
    buf: &mut Buffer,
) {
    let mut ends: Vec<(u16, usize)> = curves
        .iter()
        .enumerate()
        .filter_map(|(i, curve)| {
            let last = curve.iter().rev().map(|point| point.1).find(|value| value.is_finite())?;
            Some((row_of(last, span, plot)?, i))
        })
        .collect();
    ends.sort_unstable();
    let mut next = plot.y;
    for (left, (row, i)) in (0..ends.len() as u16).rev().zip(ends) {
        // As near as can be to the curve's end, with room for those that come below.
        let lowest = (plot.bottom() + 1).saturating_sub(left + 1);
        let y = row.max(next).min(lowest);
        if y < next || y > plot.bottom() {
            continue;
        }
        put(buf, scene.look, plot.right() + 1, y, width - 1, scene.domain(i), scene.look.series(i));
        next = y + 1;
    }
}

/// Where there is no room for curves: the mean loss at the start and now.
fn ends(scene: &Scene<'_>, inside: Rect, curves: &[Curve], buf: &mut Buffer) {
    let mean = |pick: fn(&Curve) -> Option<f64>| {
        let values: Vec<f64> = curves.iter().filter_map(pick).collect();
        values.iter().sum::<f64>() / values.len().max(1) as f64
    };
    let first = mean(|curve| curve.first().map(|point| point.1));
    let last = mean(|curve| curve.last().map(|point| point.1));
    let arrow = scene.look.glyphs().arrow;
    let text = format!("mean {} {arrow} {}", number::three(first), number::three(last));
    put(buf, scene.look, inside.x + 1, inside.y, inside.width, &text, scene.style(Role::Text));
}
