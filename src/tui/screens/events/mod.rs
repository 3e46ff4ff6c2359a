//! Screen 6: the events, newest at the bottom, and all fields of one of them.
//!
//! ```text
//!  ─ events ─ all ──────────── 3 new below ─┬─ expanded ──── event 57 ─
//!   14:03:08 eval       20 held-out …       │ outcome  expanded: …
//!   14:03:09 expanded   20 update 1 …       │ targets  law
//! ```
//!
//! On a narrow terminal the event is below the list.

mod detail;
mod matches;
#[cfg(test)]
mod tests;
mod wanted;

use super::screen::Screen;
use crate::telemetry::words::event_text;
use crate::telemetry::{Event, Level, Record};
use crate::tui::clipboard::Copied;
use crate::tui::draw::{
    Canvas, Line, List, Panel, below_title, columns, dotted, split_columns, split_rows,
};
use crate::tui::input::{Action, Mouse};
use crate::tui::look::Role;
use crate::tui::scene::Scene;
use crate::tui::scene::meaning::outcome;
use crate::unit::{Step, grouped};
use matches::Matches;
use ratatui::layout::Rect;
use wanted::{Group, Wanted, is_warning};

/// Columns from which on the event is beside the list.
const WIDE: u16 = 120;
/// Rows from which on the event is below the list, unless it is hidden.
const TALL: u16 = 24;

/// The events screen: which events are wanted, and which one is selected.
#[derive(Clone, Debug)]
pub struct Events {
    group: Group,
    matches: Matches,
    list: List,
    /// Index of the selected event in the log.
    selected: Option<u64>,
    /// The end of the list when it was last followed.
    followed_to: u64,
    /// Whether the operator wants the event shown; `None`: where it fits.
    detail: Option<bool>,
    /// Where it was drawn last.
    area: Rect,
}

impl Default for Events {
    fn default() -> Self {
        Events {
            group: Group::default(),
            matches: Matches::default(),
            list: List::following(),
            selected: None,
            followed_to: 0,
            detail: None,
            area: Rect::ZERO,
        }
    }
}

impl Events {
    fn layout(&self, area: Rect) -> (Rect, Option<Rect>) {
        let wide = area.width >= WIDE;
        if !self.detail.unwrap_or(wide || area.height >= TALL) || area.height < 4 {
            return (area, None);
        }
        if wide {
            let width = (area.width * 2 / 5).min(90);
            let (list, detail) = split_columns(area, area.width - width);
            return (list, Some(detail));
        }
        let height = (area.height * 2 / 5).clamp(2, 14);
        let (list, detail) = split_rows(area, area.height - height);
        (list, Some(detail))
    }

    /// The area of the list.
    fn list_area(&self, area: Rect) -> Rect {
        below_title(self.layout(area).0)
    }

    /// Shows another group, from its newest event: the selected line is of the former list.
    fn show_group(&mut self, group: Group) {
        self.group = group;
        self.list = List::following();
    }

    fn moved(&mut self) {
        self.selected = self.matches.index(self.list.selected());
    }

    /// Events that came since the list was last followed.
    fn unseen(&self) -> usize {
        self.matches.len() - self.matches.before(self.followed_to)
    }

    fn state(&self, scene: &Scene<'_>) -> String {
        let following = if self.list.follows() { "following" } else { "browsing" };
        let mut parts = vec![following.to_owned()];
        let (unseen, forgotten) = (self.unseen(), scene.log.forgotten());
        if !self.list.follows() && unseen > 0 {
            parts.push(format!("{} new below", grouped(unseen as u64)));
        }
        if self.matches.is_unfinished() {
            parts.push("searching older events".into());
        }
        if forgotten > 0 && self.list.selected() == 0 && !self.list.follows() {
            parts.push(format!("{} older ones are in the record", grouped(forgotten)));
        }
        dotted(scene.look, parts)
    }
}

impl Screen for Events {
    fn refresh(&mut self, scene: &Scene<'_>, area: Rect) {
        self.area = area;
        let wanted = Wanted::new(self.group, scene.filter);
        self.matches.refresh(scene.run, scene.log, wanted);
        if let Some(index) = self.selected.filter(|_| !self.list.follows()) {
            self.list.carry(self.matches.before(index));
        }
        self.list.fit(self.matches.len(), usize::from(self.list_area(area).height));
        if self.list.follows() {
            self.followed_to = self.matches.end();
        }
        self.moved();
    }

    fn act(&mut self, action: Action, _scene: &Scene<'_>) -> bool {
        match action {
            Action::NextKind => self.show_group(self.group.step(1)),
            Action::PreviousKind => self.show_group(self.group.previous()),
            Action::Choose | Action::Enlarge => {
                self.detail = Some(self.layout(self.area).1.is_none());
            }
            Action::Back if self.detail == Some(true) => self.detail = None,
            action => {
                let moved = self.list.go(action, self.matches.len());
                self.moved();
                return moved;
            }
        }
        true
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, _scene: &Scene<'_>) -> bool {
        let len = self.matches.len();
        let handled = match mouse {
            // Scrolled beyond the end it follows again, as after the key for that.
            Mouse::Wheel { up: false, .. } if self.list.selected() + 1 >= len => {
                self.list.go(Action::Last, len)
            }
            mouse => self.list.mouse(mouse, len, self.list_area(area)),
        };
        self.moved();
        handled
    }

    fn view(&self, scene: &Scene<'_>, canvas: &mut Canvas<'_>) {
        let area = canvas.area();
        let (list, detail) = self.layout(area);
        let title = format!("events {} {}", scene.look.glyphs().dot, self.group.name());
        let mut panel = canvas.within(list);
        let mut inside = panel.panel(Panel::new(title).right(self.state(scene)));
        let len = self.matches.len();
        if len == 0 {
            inside.note(match (scene.filter, self.group) {
                ("", Group::All) => "nothing has happened yet: the first event is awaited",
                ("", _) => "none of this kind yet",
                _ if self.matches.is_unfinished() => "searching",
                _ => "none fits the filter",
            });
        }
        self.list.draw(&mut inside, len, |line, row| {
            if let Some(record) = self.matches.record(scene.log, line) {
                draw_line(scene, record, row);
            }
        });
        if let Some(detail) = detail {
            let record = self.matches.record(scene.log, self.list.selected());
            detail::view(scene, record, &mut canvas.within(detail).divided(area.x));
        }
    }

    fn chosen_event(&mut self, scene: &Scene<'_>) -> Option<u64> {
        let chosen = self.matches.record(scene.log, self.list.selected()).map(|record| record.seq);
        self.list = List::following();
        chosen
    }

    fn chosen_step(&self, scene: &Scene<'_>) -> Option<Step> {
        let record = self.matches.record(scene.log, self.list.selected())?;
        event_text(scene.run, record).step
    }

    fn copied(&self, scene: &Scene<'_>) -> Option<Copied> {
        let record = self.matches.record(scene.log, self.list.selected())?;
        let text = event_text(scene.run, record);
        let step = text.step.map(|step| format!("step {step}"));
        let what = step.as_ref().map_or("the event".into(), |step| format!("the event of {step}"));
        let parts =
            [Some(scene.clock(record.unix_ms)), Some(text.kind.into()), step, Some(text.text)];
        Some(Copied::new(what, &parts.into_iter().flatten().collect::<Vec<_>>().join("  ")))
    }

    fn is_filtered(&self) -> bool {
        true
    }

    fn hints(&self) -> &'static [Action] {
        &[Action::Filter, Action::NextKind, Action::Enlarge]
    }
}

/// `14:03:09 expanded   1,200 update 1 …`: a narrow line leaves out the clock and the step.
pub(super) fn draw_line(scene: &Scene<'_>, record: &Record, line: &mut Line<'_>) {
    let (text, width) = (event_text(scene.run, record), line.space());
    line.skip(1);
    if width >= 44 {
        line.cell(9, scene.clock(record.unix_ms), Role::Dim);
    }
    line.cell(9, text.kind, role(&record.event)).skip(1);
    if width >= 52 {
        let digits = columns(&grouped(scene.run.steps)).max(5);
        let step = text.step.map_or_else(String::new, |step| step.to_string());
        line.cell_right(digits, step, Role::Dim).skip(1);
    }
    line.skip_end(1).put(&text.text, text_role(&record.event));
}

/// The colour of an event's kind.
fn role(event: &Event) -> Role {
    match event {
        Event::Failed { .. } | Event::Notice { level: Level::Error, .. } => Role::Error,
        Event::CommandOutcome(outcome) if !outcome.is_applied() => Role::Error,
        Event::CommandOutcome(_) | Event::CommandReplayed(_) => Role::Accent,
        Event::ThresholdTested { threshold, .. } => outcome(threshold.outcome).1,
        Event::Finished { .. } => Role::Good,
        event if is_warning(event) => Role::Warning,
        event => text_role(event),
    }
}

/// The colour of an event's text: dim where such events come often.
fn text_role(event: &Event) -> Role {
    match event {
        event if event.is_droppable() => Role::Dim,
        Event::PhaseChanged { .. }
        | Event::CheckpointBegun { .. }
        | Event::CheckpointRemoved { .. } => Role::Dim,
        _ => Role::Text,
    }
}
