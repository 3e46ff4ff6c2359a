use crate::telemetry::{Figure, Standing};
use crate::tui::draw::{Bar, Canvas, Line, Panel, columns, lines_shown, number};
use crate::tui::look::{Glyphs, Role};
use crate::tui::scene::Scene;

/// Columns from which on φ since the update is shown too.
const WITH_PHI: u16 = 66;
/// Columns of a figure from which on it has its standard error.
const WITH_ERROR: u16 = 24;
/// A scale is at least this share, so that noise fills no bar.
const LEAST_SCALE: f64 = 0.01;

/// One of the numbers of a domain, beside the others.
#[derive(Clone, Copy)]
enum Column {
    Potential,
    SinceUpdate,
    SinceStart,
}

/// γ, φ since the update and what was forgotten since the start, of the newest evaluation, with what a full bar is.
pub(super) fn view(scene: &Scene<'_>, canvas: &mut Canvas<'_>, chosen: bool) {
    let glyphs = scene.look.glyphs();
    let panel = Panel::new(format!("to learn {}", glyphs.gamma));
    let panel = panel.right("forgotten").chosen(chosen);
    let mut inside = canvas.panel(panel);
    let all: Vec<Standing> =
        (0..scene.run.domains.len()).map(|domain| scene.run.standing(domain)).collect();
    if all.iter().all(|standing| standing.since_start.value.is_nan()) {
        return inside.note("known from the first held-out losses on");
    }
    let shown_columns: &[Column] = match inside.area().width >= WITH_PHI {
        true => &[Column::Potential, Column::SinceUpdate, Column::SinceStart],
        false => &[Column::Potential, Column::SinceStart],
    };
    let name_width = scene.name_width();
    let each = inside.area().width.saturating_sub(name_width + 2) / shown_columns.len() as u16;
    let mut head = inside.line(0);
    head.skip(name_width + 2);
    for column in shown_columns {
        let text = column.head(shown(column.scale(&all)), each, glyphs);
        head.part(each).put(text, Role::Dim);
    }
    let rows = usize::from(inside.area().height.saturating_sub(1));
    let fit = lines_shown(all.len(), rows);
    for (row, (domain, standing)) in (1..).zip(all.iter().enumerate().take(fit)) {
        let mut line = inside.line(row);
        line.skip(1).cell(name_width, scene.domain(domain), scene.look.series(domain)).skip(1);
        for column in shown_columns {
            figure(line.part(each), *column, standing, column.scale(&all), glyphs);
        }
    }
    if fit < all.len() {
        let text = format!("{} more on the domains screen", all.len() - fit);
        inside.line(fit as u16 + 1).skip(1).put(text, Role::Dim);
    }
}

impl Column {
    /// What the column is, and what a full bar is.
    fn head(self, scale: String, width: u16, glyphs: &Glyphs) -> String {
        let (long, short) = match self {
            Column::Potential => (format!("{}, the part to learn", glyphs.gamma), "to learn"),
            Column::SinceUpdate => (format!("{} since the update", glyphs.phi), "since update"),
            Column::SinceStart => ("since the start".to_owned(), "since start"),
        };
        match columns(&long) + 20 <= width {
            true => format!("{long}: 0 to {scale}"),
            false => format!("{short} {}{scale}", glyphs.at_most),
        }
    }

    fn of(self, standing: &Standing) -> Figure {
        match self {
            Column::Potential => standing.potential,
            Column::SinceUpdate => standing.since_update.positive(),
            Column::SinceStart => standing.since_start.positive(),
        }
    }

    /// What a full bar is: the same for everything that is forgotten.
    fn scale(self, all: &[Standing]) -> f64 {
        let most = |columns: &[Column]| {
            let values =
                all.iter().flat_map(|one| columns.iter().map(|column| column.of(one).value));
            values.filter(|value| value.is_finite()).fold(LEAST_SCALE, f64::max)
        };
        round_up(match self {
            Column::Potential => most(&[Column::Potential]),
            Column::SinceUpdate | Column::SinceStart => {
                most(&[Column::SinceUpdate, Column::SinceStart])
            }
        })
    }
}

/// The next 1, 2 or 5 times a power of ten.
fn round_up(value: f64) -> f64 {
    let power = 10f64.powf(value.log10().floor());
    // A little more than a bound is still the bound.
    let fits = |step: &&f64| **step * power >= value * (1.0 - 1e-9);
    [1.0, 2.0, 5.0].iter().find(fits).copied().unwrap_or(10.0) * power
}

/// `20 %`, `0.5 %`
fn shown(scale: f64) -> String {
    format!("{} %", crate::control::Number((1e6 * scale).round() / 1e4))
}

/// `21.40 ±0.31 ████`: percent, the standard error where it is known and fits, and how much of the scale it is.
fn figure(mut line: Line<'_>, column: Column, standing: &Standing, scale: f64, glyphs: &Glyphs) {
    let Figure { value, error } = column.of(standing);
    let is_noise = match column {
        Column::Potential => false,
        Column::SinceUpdate => !standing.since_update.is_clearly_positive(),
        Column::SinceStart => !standing.since_start.is_clearly_positive(),
    };
    let role = match column {
        Column::Potential => Role::Good,
        Column::SinceUpdate | Column::SinceStart => Role::Warning,
    };
    let wide = line.space() >= WITH_ERROR;
    line.cell_right(6, number::two_percent(value), if is_noise { Role::Dim } else { Role::Text });
    if wide {
        let error = error.filter(|error| error.is_finite());
        let text = error.map_or_else(String::new, |error| {
            format!(" {}{}", glyphs.plus_minus, number::two_percent(error))
        });
        line.cell(7, text, Role::Dim);
    }
    let share = if value.is_finite() { value / scale } else { 0.0 };
    line.skip(1).skip_end(2).bar(Bar { share, mark: None }, role);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_round_and_no_smaller_than_what_they_hold() {
        for (value, scale) in
            [(0.01, 0.01), (0.0101, 0.02), (0.03, 0.05), (0.0625, 0.1), (0.25, 0.5), (0.9, 1.0)]
        {
            assert!((round_up(value) - scale).abs() < 1e-12, "{value}: {}", round_up(value));
        }
        assert_eq!([0.5, 0.005, 1.0].map(shown), ["50 %", "0.5 %", "100 %"]);
    }
}
