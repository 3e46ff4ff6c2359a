//! The list of metrics, and how they are drawn.

use super::metric::Metric;
use super::style::CurveStyle;
use crate::tui::draw::{Canvas, Fact, Line, List, columns, number, split_rows};
use crate::tui::look::Role;
use crate::tui::scene::Scene;

/// The list of metrics.
pub(super) struct MetricList<'a> {
    pub list: &'a List,
    pub drawn: &'a [Metric],
    pub style: &'a CurveStyle,
}

impl MetricList<'_> {
    /// Draws the list beside the pictures: all metrics, and how the chosen ones are drawn.
    pub fn view(&self, scene: &Scene<'_>, canvas: &mut Canvas<'_>) {
        let mut inside = canvas.panel("metrics");
        self.list.draw(&mut inside, Metric::ALL.len(), |index, line| {
            if let Some(metric) = Metric::ALL.get(index) {
                self.entry(scene, *metric, line);
            }
        });
        let (_, rest) = split_rows(inside.area(), Metric::ALL.len() as u16 + 1);
        let facts = drawn_facts(self.style, scene);
        inside.within(rest).panel("drawn").inset(1).facts(&facts);
    }

    /// `● training loss    1.981`
    fn entry(&self, scene: &Scene<'_>, metric: Metric, line: &mut Line<'_>) {
        let glyphs = scene.look.glyphs();
        let (sign, sign_role, role) = match self.drawn.contains(&metric) {
            true => (glyphs.lamp, Role::Accent, Role::Text),
            false => (glyphs.level, Role::Dim, Role::Dim),
        };
        line.skip(1).skip_end(1).cell(2, sign, sign_role).put(metric.name(glyphs), role).skip(1);
        if let ([series], false) = (metric.series(&scene.run.history.curves), metric.is_by_domain())
            && let Some(last) = series.last()
        {
            let text = format!("{} {}", metric.text()(last / metric.per()), short_unit(metric));
            line.end(text.trim_end(), role);
        }
    }

    /// Draws one line above the pictures, on a narrow terminal: the selected metric.
    pub fn view_line(&self, scene: &Scene<'_>, canvas: &mut Canvas<'_>) {
        let glyphs = scene.look.glyphs();
        let Some(metric) = Metric::ALL.get(self.list.selected()) else { return };
        let (sign, role) = match self.drawn.contains(metric) {
            true => (glyphs.lamp, Role::Accent),
            false => (glyphs.level, Role::Text),
        };
        let mut line = canvas.line(0);
        let text = format!("{} {sign} {}", glyphs.pointer, metric.name(glyphs));
        line.skip(1).skip_end(1).put(text, role).skip(2);
        let timeline = self.style.view.timeline(scene.run);
        let number = format!("{} of {}", self.list.selected() + 1, Metric::ALL.len());
        let text = format!("{number} {} {}", glyphs.dot, self.style.view.text(&timeline));
        let text = if columns(&text) <= line.space() { text } else { number };
        line.end(text, Role::Dim);
    }
}

/// The unit of a metric, if it is short.
fn short_unit(metric: Metric) -> &'static str {
    Some(metric.unit()).filter(|unit| unit.len() <= 3).unwrap_or("")
}

/// How the curves are drawn, and the newest command.
fn drawn_facts(style: &CurveStyle, scene: &Scene<'_>) -> Vec<Fact> {
    let timeline = style.view.timeline(scene.run);
    let smoothing = match style.smoothing() {
        0.0 => "none".into(),
        b => format!("EMA {b}"),
    };
    let mut facts = vec![
        Fact::new("x axis", style.view.axis().quantity().0),
        Fact::new("shown", style.view.text(&timeline)),
        Fact::new("y axis", if style.log { "logarithmic" } else { "linear" }),
        Fact::new("smoothing", smoothing),
        Fact::new("outliers", if style.clipped { "clipped" } else { "shown" }),
    ];
    if !scene.filter.trim().is_empty() {
        facts.push(Fact::new("domains", format!("with \"{}\"", scene.filter.trim())));
    }
    if let Some(newest) = scene.run.history.commands.back() {
        let text = format!(
            "step {}: {}",
            number::count(newest.outcome.step.0 as f64),
            newest.outcome.command
        );
        facts.push(Fact::new("command", text));
    }
    facts
}
