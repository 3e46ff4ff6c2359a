use crate::tui::look::Role;
use crate::tui::draw::number;
use crate::tui::scene::{Scene, bar, panel, put, put_right};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// γ and φ of the newest update, side by side.
pub(super) fn view(scene: &Scene<'_>, area: Rect, chosen: bool, buf: &mut Buffer) {
    let (history, glyphs) = (&scene.run.history, scene.look.glyphs());
    let title = format!("potential {}", glyphs.gamma);
    let right = format!("forgetting {}", glyphs.phi);
    let inside = panel(buf, scene.look, area, &title, &right, chosen);
    if history.potential.is_empty() {
        let text = "known from the first mixture update on";
        put(buf, scene.look, inside.x + 1, inside.y, inside.width, text, scene.style(Role::Dim));
        return;
    }
    let name_width = scene.name_width();
    let half = inside.width.saturating_sub(name_width + 2) / 2;
    let top = |values: &[f64]| values.iter().copied().filter(|v| v.is_finite()).fold(0.0, f64::max);
    let (most_gamma, most_phi) = (top(&history.potential), top(&history.forgetting));
    for (i, y) in (0..scene.run.domains.len()).zip(inside.y..inside.bottom()) {
        let name = scene.domain(i);
        put(buf, scene.look, inside.x + 1, y, name_width, name, scene.look.series(i));
        let x = inside.x + name_width + 2;
        let at = |values: &[f64]| values.get(i).copied().unwrap_or(f64::NAN);
        let (gamma, phi) = (at(&history.potential), at(&history.forgetting));
        let figure = |x, value, most, role, buf: &mut Buffer| {
            put_right(buf, scene.look, x + 6, y, 6, &number::four(value), scene.style(Role::Text));
            let room = Rect { x: x + 7, y, width: half.saturating_sub(9), height: 1 };
            bar(
                buf,
                scene.look,
                room,
                if most > 0.0 { value / most } else { 0.0 },
                None,
                scene.style(role),
            );
        };
        figure(x, gamma, most_gamma, Role::Good, buf);
        figure(x + half, phi, most_phi, Role::Warning, buf);
    }
}
