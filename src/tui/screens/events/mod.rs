//! Screen 6: everything that happened, newest at the bottom, and all about one event.
//!
//! ```text
//!  ─ events ─ all ──────────── 3 new below ─┬─ expanded ──── event 57 ─
//!   14:03:08 eval       20 held-out …       │ outcome  expanded: …
//!   14:03:09 expanded   20 update 1 …       │ targets  law
//! ```
//!
//! On a narrow terminal the event stands below the list.

mod asked;
mod detail;
mod matches;
#[cfg(test)]
mod tests;

use super::{Mouse, Screen};
use crate::telemetry::words::event_text;
use crate::telemetry::{Event, Level, Record};
use crate::tui::keys::Action;
use crate::tui::look::Role;
use crate::tui::meaning::outcome;
use crate::tui::scene::{Scene, columns, panel, put, put_right, select, wall};
use crate::tui::scroll::{Scroll, WHEEL};
use crate::unit::grouped;
use asked::{Asked, Group, is_warning};
use matches::Matches;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Columns from which on the event stands beside the list.
const WIDE: u16 = 120;
/// Rows from which on the event stands below the list without being asked for.
const TALL: u16 = 24;

/// The events screen: what is looked for and where one is in it.
#[derive(Clone, Debug)]
pub struct Events {
    group: Group,
    matches: Matches,
    scroll: Scroll,
    /// Place of the selected event.
    selected: Option<u64>,
    /// The end of the list when it was last followed.
    followed_to: u64,
    /// Whether the operator wants the event shown; `None` leaves it to the room there is.
    detail: Option<bool>,
    /// Where it was drawn last.
    area: Rect,
}

impl Default for Events {
    fn default() -> Self {
        Events {
            group: Group::default(),
            matches: Matches::default(),
            scroll: Scroll::following(),
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
            let list = Rect { width: area.width - width, ..area };
            return (list, Some(Rect { x: list.right(), width, ..area }));
        }
        let height = (area.height * 2 / 5).clamp(2, 14);
        let list = Rect { height: area.height - height, ..area };
        (list, Some(Rect { y: list.bottom(), height, ..area }))
    }

    fn rows(&self, area: Rect) -> usize {
        usize::from(self.layout(area).0.height.saturating_sub(1))
    }

    /// Begins with the newest: places in one list say nothing of another.
    fn look_for(&mut self, group: Group) {
        self.group = group;
        self.scroll = Scroll::following();
    }

    fn moved(&mut self) {
        self.selected = self.matches.place(self.scroll.selected());
    }

    /// How many came since the list was followed.
    fn unseen(&self) -> usize {
        self.matches.len() - self.matches.before(self.followed_to)
    }

    fn state(&self, scene: &Scene<'_>) -> String {
        let dot = scene.look.glyphs().dot;
        let mut text = match (self.scroll.follows(), self.unseen()) {
            (true, _) => "following".to_owned(),
            (false, 0) => "browsing".to_owned(),
            (false, new) => format!("browsing {dot} {} new below", grouped(new as u64)),
        };
        if self.matches.is_unfinished() {
            text += &format!(" {dot} looking at older ones");
        }
        let forgotten = scene.log.forgotten();
        if forgotten > 0 && self.scroll.selected() == 0 && !self.scroll.follows() {
            text += &format!(" {dot} {} older ones are in the record", grouped(forgotten));
        }
        text
    }
}

impl Screen for Events {
    fn refresh(&mut self, scene: &Scene<'_>, area: Rect) {
        self.area = area;
        let asked = Asked::of(self.group, scene.filter);
        self.matches.refresh(scene.run, scene.log, asked);
        if let Some(place) = self.selected.filter(|_| !self.scroll.follows()) {
            self.scroll.carry(self.matches.before(place));
        }
        self.scroll.fit(self.matches.len(), self.rows(area));
        if self.scroll.follows() {
            self.followed_to = self.matches.end();
        }
        self.moved();
    }

    fn act(&mut self, action: Action, _scene: &Scene<'_>) -> bool {
        match action {
            Action::NextKind => self.look_for(self.group.next(1)),
            Action::PreviousKind => self.look_for(self.group.previous()),
            Action::Choose | Action::Expand => {
                self.detail = Some(self.layout(self.area).1.is_none());
            }
            Action::Back if self.detail == Some(true) => self.detail = None,
            action => {
                let moved = self.scroll.go(action, self.matches.len());
                self.moved();
                return moved;
            }
        }
        true
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, _scene: &Scene<'_>) -> bool {
        let (list, _) = self.layout(area);
        let (len, rows) = (self.matches.len(), self.rows(area));
        match mouse {
            // Turned beyond the end it follows again, as after the key for it.
            Mouse::Wheel { up: false, .. } if self.scroll.selected() + 1 >= len => {
                self.scroll.go(Action::Last, len);
            }
            Mouse::Wheel { up, .. } => self.scroll.step(if up { -WHEEL } else { WHEEL }, len),
            Mouse::Click(at) if list.contains(at) && at.y > list.y => {
                let row = usize::from(at.y - list.y - 1);
                let Some(line) = self.scroll.line_at(row, len, rows) else { return false };
                self.scroll.select(line);
            }
            Mouse::Click(_) | Mouse::Drag(..) => return false,
        }
        self.moved();
        true
    }

    fn view(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let (list, detail) = self.layout(area);
        let title = format!("events {} {}", scene.look.glyphs().dot, self.group.name());
        let inside = panel(buf, scene.look, list, &title, &self.state(scene), false);
        let len = self.matches.len();
        if len == 0 {
            let text = match (scene.filter, self.group) {
                ("", Group::All) => "nothing has happened yet: the first event is awaited",
                ("", _) => "none of this kind yet",
                _ if self.matches.is_unfinished() => "looking",
                _ => "none fits the filter",
            };
            let width = inside.width.saturating_sub(1);
            put(buf, scene.look, inside.x + 1, inside.y, width, text, scene.style(Role::Dim));
        }
        let rows = usize::from(inside.height);
        for (y, line) in (inside.y..).zip(self.scroll.window(len, rows)) {
            let row = Rect { y, height: 1, ..inside };
            if let Some(record) = self.matches.record(scene.log, line) {
                draw_line(scene, record, row, buf);
            }
            if line == self.scroll.selected() {
                select(buf, scene.look, row);
            }
        }
        if let Some(place) = detail {
            let place = if place.x > area.x { wall(buf, scene.look, place) } else { place };
            let record = self.matches.record(scene.log, self.scroll.selected());
            detail::view(scene, record, place, buf);
        }
    }

    fn is_filtered(&self) -> bool {
        true
    }

    fn hints(&self) -> &'static [Action] {
        &[Action::Filter, Action::NextKind, Action::Expand]
    }
}

/// `14:03:09 expanded   1,200 update 1 …`: what there is no room for is left out from the left.
pub(super) fn draw_line(scene: &Scene<'_>, record: &Record, row: Rect, buf: &mut Buffer) {
    let look = scene.look;
    let said = event_text(scene.run, record);
    let (mut x, right) = (row.x + 1, row.right());
    let mut cell = |width: u16, text: &str, role: Role, x: u16| {
        put(buf, look, x, row.y, width.min(right.saturating_sub(x)), text, scene.style(role));
    };
    if row.width >= 44 {
        cell(8, &scene.clock(record.unix_ms), Role::Dim, x);
        x += 9;
    }
    cell(9, said.kind, role(&record.event), x);
    x += 10;
    if row.width >= 52 {
        let width = columns(&grouped(scene.run.steps)).max(5);
        if let Some(step) = said.step {
            put_right(
                buf,
                look,
                x + width,
                row.y,
                width,
                &step.to_string(),
                scene.style(Role::Dim),
            );
        }
        x += width + 1;
    }
    let left = right.saturating_sub(x + 1);
    put(buf, look, x, row.y, left, &said.text, scene.style(text_role(&record.event)));
}

/// What the colour of an event's kind says.
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

/// What comes often stands back.
fn text_role(event: &Event) -> Role {
    match event {
        event if event.is_droppable() => Role::Dim,
        Event::PhaseChanged { .. } | Event::CheckpointRemoved { .. } => Role::Dim,
        _ => Role::Text,
    }
}
