//! Screen 2: a row for each domain, in any order, and everything about one of them.
//!
//! ```text
//!  ─ domains ───────────────────────────────┬─ law ─────────── target ─
//!    ▲ domain   weight   change   loss      │ weight       31.4 %
//!  ▸ law        31.4 %   ▲ +5.0  1.740  ▇▅▃ │ held-out …
//! ```
//!
//! On a narrow terminal the domain stands below the table, if there is room.

mod detail;
mod row;
mod table;
#[cfg(test)]
mod tests;

use super::{Mouse, Screen};
use crate::tui::input::filter::Words;
use crate::tui::input::keys::Action;
use crate::tui::look::Role;
use crate::tui::scene::{Scene, panel, put, wall};
use crate::tui::draw::list::{Scroll, WHEEL};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use row::{Column, Row};

/// Columns from which on the domain stands beside the table.
const WIDE: u16 = 130;
/// Rows that a domain below the table needs to say something.
const LEAST: u16 = 6;

/// The domains screen: the order of the table and which domain is selected.
#[derive(Clone, Debug)]
pub struct Domains {
    sort: Column,
    upwards: bool,
    scroll: Scroll,
    /// The selected domain, wherever it stands.
    selected: usize,
    /// Whether the table has the screen to itself.
    alone: bool,
}

impl Default for Domains {
    fn default() -> Self {
        Domains {
            sort: Column::Name,
            upwards: true,
            scroll: Scroll::default(),
            selected: 0,
            alone: false,
        }
    }
}

impl Domains {
    /// The rows that fit the filter, in order.
    fn rows(&self, scene: &Scene<'_>) -> Vec<Row> {
        let words = Words::of(scene.filter);
        let mut rows = row::rows(scene);
        rows.retain(|row| words.fit(&row.name));
        self.sort.sort(&mut rows, self.upwards);
        rows
    }

    /// The table and, where there is room, the domain.
    fn layout(&self, area: Rect, rows: usize) -> (Rect, Option<Rect>) {
        if area.width >= WIDE && !self.alone {
            let width = (area.width / 3).clamp(44, 64);
            let table = Rect { width: area.width - width, ..area };
            return (table, Some(Rect { x: table.right(), width, ..area }));
        }
        let all = u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(2);
        let height = area.height.saturating_sub(all.max(3)).max(area.height / 2);
        if self.alone || height < LEAST {
            return (area, None);
        }
        let table = Rect { height: area.height - height, ..area };
        (table, Some(Rect { y: table.bottom(), height, ..area }))
    }

    /// Rows that the table has for domains.
    fn room(&self, area: Rect, rows: usize) -> usize {
        usize::from(self.layout(area, rows).0.height.saturating_sub(2))
    }

    /// Sorts by a column, the largest first; by the same one the other way round.
    fn sort_by(&mut self, column: Column) {
        self.upwards = if column == self.sort { !self.upwards } else { column == Column::Name };
        self.sort = column;
    }

    /// Sorts by the column that comes so many places later.
    fn sort_on(&mut self, places: usize) {
        let at = Column::ALL.iter().position(|column| *column == self.sort).unwrap_or(0);
        self.sort_by(Column::ALL[(at + places) % Column::ALL.len()]);
    }

    fn point_to_selected(&mut self, rows: &[Row]) {
        // A domain that the filter hides is selected again when it comes back.
        let line = rows.iter().position(|row| row.domain == self.selected);
        self.scroll.select(line.unwrap_or(0));
    }

    fn moved(&mut self, rows: &[Row]) {
        if let Some(row) = rows.get(self.scroll.selected()) {
            self.selected = row.domain;
        }
    }
}

impl Screen for Domains {
    fn refresh(&mut self, scene: &Scene<'_>, area: Rect) {
        let rows = self.rows(scene);
        self.point_to_selected(&rows);
        self.scroll.fit(rows.len(), self.room(area, rows.len()));
    }

    fn act(&mut self, action: Action, scene: &Scene<'_>) -> bool {
        match action {
            Action::NextKind => self.sort_on(1),
            Action::PreviousKind => self.sort_on(Column::ALL.len() - 1),
            Action::Choose => self.upwards = !self.upwards,
            Action::Expand => self.alone = !self.alone,
            Action::Back if self.alone => self.alone = false,
            action => {
                let rows = self.rows(scene);
                self.point_to_selected(&rows);
                let moved = self.scroll.go(action, rows.len());
                self.moved(&rows);
                return moved;
            }
        }
        true
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, scene: &Scene<'_>) -> bool {
        let rows = self.rows(scene);
        self.point_to_selected(&rows);
        let (table, _) = self.layout(area, rows.len());
        match mouse {
            Mouse::Wheel { up, .. } => {
                self.scroll.step(if up { -WHEEL } else { WHEEL }, rows.len());
            }
            Mouse::Click(at) if table.contains(at) && at.y == table.y + 1 => {
                let column = table::title_at(&rows, table.width, at.x - table.x);
                return column.map(|column| self.sort_by(column)).is_some();
            }
            Mouse::Click(at) if table.contains(at) && at.y >= table.y + 2 => {
                let (row, room) = (usize::from(at.y - table.y - 2), self.room(area, rows.len()));
                let Some(line) = self.scroll.line_at(row, rows.len(), room) else { return false };
                self.scroll.select(line);
            }
            Mouse::Click(_) | Mouse::Drag(..) => return false,
        }
        self.moved(&rows);
        true
    }

    fn view(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let rows = self.rows(scene);
        let (place, detail) = self.layout(area, rows.len());
        let inside = panel(buf, scene.look, place, "domains", &state(scene, place.width), false);
        if rows.is_empty() {
            let text = match scene.run.domains.is_empty() {
                true => "the domains are named when the run begins: awaited",
                false => "no domain fits the filter",
            };
            let width = inside.width.saturating_sub(1);
            put(buf, scene.look, inside.x + 1, inside.y, width, text, scene.style(Role::Dim));
        } else {
            table::view(self, scene, &rows, inside, buf);
        }
        if let Some(place) = detail {
            let place = if place.x > area.x { wall(buf, scene.look, place) } else { place };
            let selected = rows.iter().find(|row| row.domain == self.selected);
            detail::view(scene, selected.or(rows.first()), place, buf);
        }
    }

    fn is_filtered(&self) -> bool {
        true
    }

    fn hints(&self) -> &'static [Action] {
        &[Action::NextKind, Action::Target, Action::Expand, Action::Filter]
    }
}

/// Held-out losses of a domain over the run.
fn losses(scene: &Scene<'_>, domain: usize) -> Vec<f64> {
    let curve = scene.run.history.curves.losses.get(domain);
    curve.map_or_else(Vec::new, |curve| curve.lasts().map(|point| point.value).collect())
}

/// What the numbers are of.
fn state(scene: &Scene<'_>, width: u16) -> String {
    let (history, dot) = (&scene.run.history, scene.look.glyphs().dot);
    let update = match history.updates {
        0 => "no update yet".into(),
        updates => format!("update {updates}"),
    };
    match history.evaluations {
        0 => "no loss measured yet".into(),
        _ if width < 90 => format!("nats/token {dot} {update}"),
        _ => format!("losses in nats/token {dot} change in points {dot} {update}"),
    }
}
