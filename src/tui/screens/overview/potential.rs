use crate::tui::draw::{Bar, Canvas, Line, Panel, number};
use crate::tui::look::{Glyphs, Role};
use crate::tui::scene::Scene;

/// Columns from which on a standard error is shown.
const WITH_ERROR: u16 = 26;

/// γ and φ of the newest update, side by side.
pub(super) fn view(scene: &Scene<'_>, canvas: &mut Canvas<'_>, chosen: bool) {
    let (history, glyphs) = (&scene.run.history, scene.look.glyphs());
    let panel = Panel::new(format!("potential {}", glyphs.gamma));
    let panel = panel.right(format!("forgetting {}", glyphs.phi)).chosen(chosen);
    let mut inside = canvas.panel(panel);
    if history.potential.is_empty() && !scene.run.measures_at_updates() {
        return inside.note("this strategy measures no held-out losses at its updates");
    }
    if history.potential.is_empty() {
        return inside.note("known from the first mixture update on");
    }
    let name_width = scene.name_width();
    let half = inside.area().width.saturating_sub(name_width + 2) / 2;
    let (top_gamma, top_phi) = (top(&history.potential), top(&history.forgetting));
    for (row, domain) in (0..).zip(0..scene.run.domains.len()) {
        let at = |values: &[f64]| values.get(domain).copied().unwrap_or(f64::NAN);
        let mut line = inside.line(row);
        line.skip(1).cell(name_width, scene.domain(domain), scene.look.series(domain)).skip(1);
        let gamma = (at(&history.potential), at(&history.potential_error));
        let phi = (at(&history.forgetting), at(&history.forgetting_error));
        figure(line.part(half), gamma, top_gamma, Role::Good, glyphs);
        figure(line.part(half), phi, top_phi, Role::Warning, glyphs);
    }
}

/// The largest number.
fn top(values: &[f64]) -> f64 {
    values.iter().copied().filter(|value| value.is_finite()).fold(0.0, f64::max)
}

/// `0.2140 ±0.0031 ████`: a value, its standard error where it is known and fits, and how much of the largest
/// it is.
fn figure(mut line: Line<'_>, (value, error): (f64, f64), most: f64, role: Role, glyphs: &Glyphs) {
    let bar = Bar { share: if most > 0.0 { value / most } else { 0.0 }, mark: None };
    let wide = line.space() >= WITH_ERROR;
    line.cell_right(6, number::four(value), Role::Text);
    if wide && error.is_finite() {
        line.put(format!(" {}{}", glyphs.plus_minus, number::four(error)), Role::Dim);
    }
    line.skip(1).skip_end(2).bar(bar, role);
}
