use crate::telemetry::RunState;
use crate::tui::look::Role;
use crate::tui::scene::meaning::{change, change_points, change_role};
use crate::tui::draw::number;
use crate::tui::scene::{Scene, bar, panel, put, put_right};
use crate::unit::DomainId;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Columns from which on there is room for nothing but the mixture beside it.
const ROOMY: u16 = 76;

/// Live bars: the weight now, a mark at the detected weight, the last change; loss, γ and φ too where
/// no other panel has room for them.
pub(super) fn view(
    scene: &Scene<'_>,
    area: Rect,
    chosen: bool,
    with_losses: bool,
    buf: &mut Buffer,
) {
    let inside = panel(buf, scene.look, area, "mixture", &settings(scene), chosen);
    let Some(weights) = &scene.run.history.weights else {
        let text = "the weights are known once w(0) is: given, or detected";
        put(buf, scene.look, inside.x + 1, inside.y, inside.width, text, scene.style(Role::Dim));
        return;
    };
    let weights = weights.as_slice();
    let top = weights.iter().chain(detected(scene.run)).copied().fold(0.0, f64::max);
    let name_width = scene.name_width();
    let room = usize::from(inside.height);
    let shown = if weights.len() > room { room.saturating_sub(1) } else { weights.len() };
    for (i, weight) in weights.iter().enumerate().take(shown) {
        let y = inside.y + i as u16;
        let row = Row { scene, domain: i, weight: *weight, top, name_width };
        row.view(Rect { y, height: 1, ..inside }, with_losses, buf);
    }
    let y = inside.y + shown as u16;
    if shown < weights.len() {
        let text = format!("{} more on the domains screen", weights.len() - shown);
        put(buf, scene.look, inside.x + 1, y, inside.width, &text, scene.style(Role::Dim));
    } else if y < inside.bottom() && !detected(scene.run).is_empty() {
        let text = format!("{} detected at the start", scene.look.glyphs().ghost);
        put(
            buf,
            scene.look,
            inside.x + name_width + 12,
            y,
            inside.width,
            &text,
            scene.style(Role::Ghost),
        );
    }
}

/// `target law · λ 0.30 · δ 0.05 · τ 1.00`
fn settings(scene: &Scene<'_>) -> String {
    let Some(live) = &scene.run.history.live else { return String::new() };
    let glyphs = scene.look.glyphs();
    let names: Vec<&str> = live.params.targets.iter().map(|DomainId(i)| scene.domain(*i)).collect();
    let target = match names.as_slice() {
        [] => "no target".to_owned(),
        names => format!("target {}", names.join(", ")),
    };
    let held = if live.mixing_held { format!(" {} held", glyphs.dot) } else { String::new() };
    format!(
        "{target}{held} {dot} {} {} {dot} {} {} {dot} {} {}",
        glyphs.lambda,
        number::tunable(live.params.lambda),
        glyphs.delta,
        number::tunable(live.params.delta),
        glyphs.tau,
        number::tunable(live.params.tau),
        dot = glyphs.dot,
    )
}

fn detected(run: &RunState) -> &[f64] {
    run.history.detected.as_ref().map_or(&[], |mixture| mixture.as_slice())
}

struct Row<'a> {
    scene: &'a Scene<'a>,
    domain: usize,
    weight: f64,
    /// The largest weight there is: a full bar.
    top: f64,
    name_width: u16,
}

impl Row<'_> {
    fn view(&self, area: Rect, with_losses: bool, buf: &mut Buffer) {
        let (scene, look) = (self.scene, self.scene.look);
        let target = scene.is_target(self.domain);
        let style = if target { scene.style(Role::Target) } else { look.series(self.domain) };
        let name = scene.domain(self.domain);
        put(buf, look, area.x + 1, area.y, self.name_width, name, style);
        let mut x = area.x + 1 + self.name_width;
        if target {
            put(buf, look, x, area.y, 1, look.glyphs().pointer, style);
        }
        x += 2;
        let percent = format!("{} %", number::percent(self.weight));
        put_right(buf, look, x + 7, area.y, 7, &percent, scene.style(Role::Text));
        x += 8;
        let mut right = area.right().saturating_sub(1);
        if with_losses {
            right = right.saturating_sub(self.figures(right, area, buf));
        }
        right = right.saturating_sub(self.change(right, area.y, buf));
        let room = Rect { x, y: area.y, width: right.saturating_sub(x + 1), height: 1 };
        let scale = |share: f64| if self.top > 0.0 { share / self.top } else { 0.0 };
        let ghost = detected(scene.run).get(self.domain).copied().map(scale);
        bar(buf, look, room, scale(self.weight), ghost, style);
    }

    /// `▲ +5.0`, right-aligned; returns its width.
    fn change(&self, right: u16, y: u16, buf: &mut Buffer) -> u16 {
        let (scene, look) = (self.scene, self.scene.look);
        let points = change_points(scene.run, self.domain);
        let style = scene.style(change_role(points));
        put_right(buf, look, right, y, 8, &change(points, look.glyphs()), style);
        9
    }

    /// `1.742 γ .214`, or φ where something was forgotten; returns its width.
    fn figures(&self, right: u16, area: Rect, buf: &mut Buffer) -> u16 {
        let (scene, history) = (self.scene, &self.scene.run.history);
        let look = scene.look;
        let at = |values: &[f64]| values.get(self.domain).copied().unwrap_or(f64::NAN);
        let (gamma, phi) = (at(&history.potential), at(&history.forgetting));
        let roomy = area.width >= ROOMY;
        let mut used = 0;
        if roomy || phi.is_finite() && phi > 0.0 {
            let role = if phi > 0.0 { Role::Warning } else { Role::Faint };
            let text = format!("{} {}", look.glyphs().phi, number::three(phi));
            put_right(buf, look, right, area.y, 9, &text, scene.style(role));
            used += 9;
        }
        if roomy || used == 0 {
            let text = format!("{} {}", look.glyphs().gamma, number::three(gamma));
            put_right(buf, look, right - used, area.y, 9, &text, scene.style(Role::Dim));
            used += 9;
        }
        let loss = history.losses.get(self.domain).map_or(f64::NAN, |loss| loss.last);
        put_right(
            buf,
            look,
            right - used,
            area.y,
            7,
            &number::three(loss),
            scene.style(Role::Text),
        );
        used + 8
    }
}
