use crate::control::AUTO;
use crate::telemetry::RunState;
use crate::tui::draw::{Bar, Canvas, Line, Panel, columns, lines_shown, number};
use crate::tui::look::{Glyphs, Role};
use crate::tui::scene::Scene;
use crate::tui::scene::meaning::{change, change_points, change_role};
use crate::unit::DomainId;

/// Columns from which on γ and standard errors are shown.
const WIDE: u16 = 76;

/// A bar for each domain: the present weight, a mark at the detected one, the newest change; with
/// `with_losses` also the loss and its change since the start, where no other panel shows them.
pub(super) fn view(scene: &Scene<'_>, canvas: &mut Canvas<'_>, chosen: bool, with_losses: bool) {
    let is_short = canvas.area().width < WIDE;
    let title = if with_losses { "weight, loss, since the start" } else { "mixture" };
    let right = if with_losses && is_short { target(scene) } else { params(scene) };
    let panel = Panel::new(title).right(right).chosen(chosen);
    let mut inside = canvas.panel(panel);
    let Some(weights) = &scene.run.history.weights else {
        return inside.note("the weights are known once w(0) is: given, or detected");
    };
    let weights = weights.as_slice();
    let top = weights.iter().chain(detected(scene.run)).copied().fold(0.0, f64::max);
    let rows = usize::from(inside.area().height);
    let shown = lines_shown(weights.len(), rows);
    for (row, (domain, weight)) in (0..).zip(weights.iter().enumerate().take(shown)) {
        let mixture_row = MixtureRow { scene, domain, weight: *weight, top };
        mixture_row.draw(&mut inside.line(row), with_losses);
    }
    let mut below = inside.line(shown as u16);
    if shown < weights.len() {
        let text = format!("{} more on the domains screen", weights.len() - shown);
        below.skip(1).put(text, Role::Dim);
    } else if !detected(scene.run).is_empty() {
        let text = format!("{} detected at the start", scene.look.glyphs().ghost);
        below.skip(scene.name_width() + 12).put(text, Role::Ghost);
    }
}

/// `target law · held`
fn target(scene: &Scene<'_>) -> String {
    let Some(live) = &scene.run.history.live else { return String::new() };
    let names: Vec<&str> = live.params.targets.iter().map(|DomainId(i)| scene.domain(*i)).collect();
    let target = match names.as_slice() {
        [] => "no target".to_owned(),
        names => format!("target {}", names.join(", ")),
    };
    let dot = scene.look.glyphs().dot;
    if live.mixing_held { format!("{target} {dot} held") } else { target }
}

/// `target law · λ 0.30 · δ 0.05 · τ 1.00`
fn params(scene: &Scene<'_>) -> String {
    let Some(live) = &scene.run.history.live else { return String::new() };
    let (target, glyphs) = (target(scene), scene.look.glyphs());
    let lambda = match live.lambda_auto {
        true => AUTO.to_owned(),
        false => number::tunable(live.params.lambda),
    };
    format!(
        "{target} {dot} {} {} {dot} {} {} {dot} {} {}",
        glyphs.lambda,
        lambda,
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

/// A domain's line.
struct MixtureRow<'a> {
    scene: &'a Scene<'a>,
    domain: usize,
    weight: f64,
    /// The largest weight there is: a full bar.
    top: f64,
}

impl MixtureRow<'_> {
    fn draw(&self, line: &mut Line<'_>, with_losses: bool) {
        let (scene, look) = (self.scene, self.scene.look);
        let target = scene.is_target(self.domain);
        // A domain keeps its colour; what marks a target is the pointer.
        let style = look.series(self.domain);
        let pointer = if target { look.glyphs().pointer } else { "" };
        let wide = line.space() >= WIDE;
        line.skip(1).skip_end(1).cell(scene.name_width(), scene.domain(self.domain), style);
        line.cell(2, pointer, scene.style(Role::Target));
        line.cell_right(7, format!("{} %", number::percent(self.weight)), Role::Text).skip(1);
        if with_losses {
            self.figures(line, wide);
        }
        let points = change_points(scene.run, self.domain);
        line.cell_end(8, change(points, look.glyphs()), change_role(points)).skip_end(2);
        let share = |weight: f64| if self.top > 0.0 { weight / self.top } else { 0.0 };
        let mark = detected(scene.run).get(self.domain).copied().map(share);
        line.bar(Bar { share: share(self.weight), mark }, style);
    }

    /// `1.742  −12.5 ±0.3 %`: the loss and its change since the start.
    fn figures(&self, line: &mut Line<'_>, wide: bool) {
        let (scene, glyphs) = (self.scene, self.scene.look.glyphs());
        let standing = scene.run.standing(self.domain);
        let change = standing.since_start;
        let role = if change.is_clearly_positive() { Role::Warning } else { Role::Dim };
        let error = change.error.filter(|error| wide && error.is_finite());
        let error = error.map_or_else(String::new, |error| {
            format!(" {}{}", glyphs.plus_minus, number::percent(error))
        });
        let width = if wide { 14 } else { 8 };
        let text = match change.value.is_finite() {
            true => format!("{}{error} %", signed(100.0 * change.value, glyphs)),
            false => glyphs.none.into(),
        };
        line.cell_end(width, text, role);
        if wide {
            let gamma = number::percent(standing.potential.value);
            let width = 8 + columns(glyphs.gamma);
            line.cell_end(width, format!("{} {gamma} %", glyphs.gamma), Role::Dim);
        }
        line.cell_end(7, number::three(standing.loss.value), Role::Text).skip_end(1);
    }
}

/// `+5.0`, `−12.5`
pub(super) fn signed(value: f64, glyphs: &Glyphs) -> String {
    match value {
        value if value < 0.0 => format!("{}{:.1}", glyphs.minus, -value),
        value => format!("+{value:.1}"),
    }
}
