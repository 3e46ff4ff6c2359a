use super::legend::Legend;
use super::picture::named;
use super::style::CurveStyle;
use crate::telemetry::Series;
use crate::tui::clipboard::Copied;
use crate::tui::scene::Scene;
use crate::tui::timeline::Timeline;

/// The values of the drawn curves under the crosshair, each with its own step; `None` without a crosshair.
pub(super) fn copied(legend: &Legend, style: &CurveStyle, scene: &Scene<'_>) -> Option<Copied> {
    let timeline = style.view.timeline(scene.run);
    let x = style.view.crosshair(&timeline)?;
    let (shown, place) = (legend.shown(scene), timeline.axis().text(x));
    let mut lines = vec![place.clone()];
    for metric in &legend.drawn() {
        let all = metric.series(&scene.run.history.curves).iter().enumerate();
        for (domain, series) in all {
            let is_shown = !metric.is_by_domain() || shown.has(domain);
            let found = value_at(series, metric.holds(), x, &timeline).filter(|_| is_shown);
            let Some((step, value)) = found else { continue };
            let (name, _) = named(*metric, scene, domain);
            let (title, text) =
                (metric.name(scene.look.glyphs()), metric.text()(value / metric.per()));
            lines.push(format!("{title}  {name}  {text} {}  (step {step})", metric.unit()));
        }
    }
    Some(Copied::new(format!("the values at {place}"), &lines.join("\n")))
}

/// The value nearest to `x` with its step, or where values hold the newest one before.
fn value_at(series: &Series, holds: bool, x: f64, timeline: &Timeline) -> Option<(u64, f64)> {
    let mut cursor = timeline.cursor();
    let mut nearest: Option<(f64, u64, f64)> = None;
    for point in series.points().into_iter().filter(|point| !point.value.is_nan()) {
        let at = cursor.x(point.step as f64);
        let distance = (at - x).abs();
        let counts = !holds || at <= x;
        if counts && nearest.is_none_or(|(least, ..)| distance <= least) {
            nearest = Some((distance, point.step, point.value));
        }
    }
    nearest.map(|(_, step, value)| (step, value))
}
