//! The metrics that can be drawn, and how they are drawn.

use super::metric::Metric;
use super::{Curves, WIDE};
use crate::tui::draw::facts::{self, Fact};
use crate::tui::look::Role;
use crate::tui::draw::number;
use crate::tui::scene::{Scene, columns, panel, put, put_right, select};
use crate::tui::timeline::Timeline;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

pub(super) fn view(screen: &Curves, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
    if area.height <= 1 && area.width < WIDE {
        return line(screen, scene, area, buf);
    }
    let inside = panel(buf, scene.look, area, "metrics", "", false);
    for ((i, metric), y) in Metric::ALL.into_iter().enumerate().zip(inside.top()..inside.bottom()) {
        let row = Rect { y, height: 1, ..inside };
        entry(screen, scene, metric, row, buf);
        if i == screen.selected {
            select(buf, scene.look, row);
        }
    }
    let rows = (Metric::ALL.len() as u16 + 1).min(inside.height);
    let rest = Rect { y: inside.y + rows, height: inside.height - rows, ..inside };
    let below = panel(buf, scene.look, rest, "drawn", "", false);
    let below = Rect { x: below.x + 1, width: below.width.saturating_sub(2), ..below };
    facts::draw(buf, scene.look, below, &drawn(screen, scene));
}

/// `● training loss    1.981`
fn entry(screen: &Curves, scene: &Scene<'_>, metric: Metric, row: Rect, buf: &mut Buffer) {
    let (look, glyphs) = (scene.look, scene.look.glyphs());
    let on = screen.drawn().any(|drawn| drawn == metric);
    let (sign, role) = if on { (glyphs.lamp, Role::Accent) } else { (glyphs.level, Role::Dim) };
    put(buf, look, row.x + 1, row.y, 1, sign, look.style(role));
    let name = metric.name(glyphs);
    let style = look.style(if on { Role::Text } else { Role::Dim });
    let used = put(buf, look, row.x + 3, row.y, row.width.saturating_sub(4), &name, style);
    if let ([series], false) = (metric.series(&scene.run.history.curves), metric.is_by_domain())
        && let Some(last) = series.last()
    {
        let text = format!("{} {}", metric.text()(last / metric.per()), short_unit(metric));
        let text = text.trim_end();
        let room = row.width.saturating_sub(used + 5);
        put_right(buf, look, row.right().saturating_sub(1), row.y, room, text, style);
    }
}

/// Its unit where that is short.
fn short_unit(metric: Metric) -> &'static str {
    Some(metric.unit()).filter(|unit| unit.len() <= 3).unwrap_or("")
}

/// On a narrow terminal: the selected metric, and what is drawn.
fn line(screen: &Curves, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
    if area.height == 0 {
        return;
    }
    let (look, glyphs) = (scene.look, scene.look.glyphs());
    let Some(metric) = Metric::ALL.get(screen.selected) else { return };
    let on = screen.drawn().any(|drawn| drawn == *metric);
    let sign = if on { glyphs.lamp } else { glyphs.level };
    let text = format!("{} {sign} {}", glyphs.pointer, metric.name(glyphs));
    let style = look.style(if on { Role::Accent } else { Role::Text });
    let used = put(buf, look, area.x + 1, area.y, area.width.saturating_sub(2), &text, style);
    let timeline = Timeline::of(scene.run, screen.view.axis());
    let place = format!("{} of {}", screen.selected + 1, Metric::ALL.len());
    let text = format!("{place} {} {}", glyphs.dot, screen.view.say(&timeline));
    let room = area.width.saturating_sub(used + 4);
    let text = if columns(&text) <= room { text } else { place };
    let right = area.right().saturating_sub(1);
    put_right(buf, look, right, area.y, room, &text, look.style(Role::Dim));
}

/// How the curves are drawn, with what changes it.
fn drawn(screen: &Curves, scene: &Scene<'_>) -> Vec<Fact> {
    let timeline = Timeline::of(scene.run, screen.view.axis());
    let smoothing = match screen.smoothing() {
        0.0 => "none".into(),
        b => format!("EMA {b}"),
    };
    let mut facts = vec![
        Fact::new("x axis", screen.view.axis().quantity().0),
        Fact::new("shown", screen.view.say(&timeline)),
        Fact::new("y axis", if screen.log { "logarithmic" } else { "linear" }),
        Fact::new("smoothing", smoothing),
        Fact::new("outliers", if screen.clipped { "clipped" } else { "shown" }),
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
