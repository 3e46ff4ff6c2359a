//! Screen 2: a row for each domain, in any order, and everything about one of them.
//!
//! ```text
//!  ─ domains ───────────────────────────────┬─ law ─────────── target ─
//!    ▲ domain   weight   change   loss      │ weight       31.4 %
//!  ▸ law        31.4 %   ▲ +5.0  1.740  ▇▅▃ │ held-out …
//! ```
//!
//! On a narrow terminal the domain is below the table, if it fits. The right arrow shows rows of it as the
//! model gets them, the left one its numbers again.

mod detail;
mod effects;
mod row;
mod rows;
mod table;
#[cfg(test)]
mod tests;

use super::screen::Screen;
use crate::tui::clipboard::Copied;
use crate::tui::draw::{
    Canvas, Hit, List, Panel, Sort, Table, below_title, dotted, split_columns, split_rows,
};
use crate::tui::input::{Action, Mouse, Words};
use crate::tui::scene::Scene;
use ratatui::layout::Rect;
use row::{DomainColumn, DomainRow};

/// Columns from which on the domain is beside the table.
const WIDE: u16 = 130;
/// Rows that the details below the table need at least.
const LEAST: u16 = 6;

/// The domains screen: the order of the table and which domain is selected.
#[derive(Clone, Debug)]
pub struct Domains {
    sort: Sort<DomainColumn>,
    list: List,
    /// Index of the selected domain in the run's order.
    selected: usize,
    /// Whether the table has the screen to itself.
    alone: bool,
    /// Whether the selected domain's rows are shown, not its numbers.
    rows: bool,
}

impl Default for Domains {
    fn default() -> Self {
        Domains {
            sort: Sort { by: DomainColumn::Name, upwards: true },
            list: List::default(),
            selected: 0,
            alone: false,
            rows: false,
        }
    }
}

impl Domains {
    /// The rows that fit the filter, in order.
    fn rows(&self, scene: &Scene<'_>) -> Vec<DomainRow> {
        let words = Words::new(scene.filter);
        let mut rows = row::rows(scene);
        rows.retain(|row| words.fit(&row.name));
        self.sort.order(&mut rows, DomainColumn::value);
        rows
    }

    /// The panels of the table and, where it fits, of the domain.
    fn layout(&self, area: Rect, rows: usize) -> (Rect, Option<Rect>) {
        if area.width >= WIDE && !self.alone {
            let width = (area.width / 3).clamp(44, 64);
            let (table, detail) = split_columns(area, area.width - width);
            return (table, Some(detail));
        }
        let all = u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(2);
        let height = area.height.saturating_sub(all.max(3)).max(area.height / 2);
        if self.alone || height < LEAST {
            return (area, None);
        }
        let (table, detail) = split_rows(area, area.height - height);
        (table, Some(detail))
    }

    /// The area of the table.
    fn table_area(&self, area: Rect, rows: usize) -> Rect {
        below_title(self.layout(area, rows).0)
    }

    fn table(&self, rows: &[DomainRow], scene: &Scene<'_>, width: u16) -> Table<'_, DomainColumn> {
        let columns = table::columns(rows, width, scene.look.glyphs());
        Table { columns, len: rows.len(), list: Some(&self.list), sort: Some(self.sort) }
    }

    /// Sorts by a column, the largest first, names in the run's order; if it is sorted by already, in
    /// the other direction.
    fn sort_by(&mut self, column: DomainColumn) {
        self.sort.choose(column, column == DomainColumn::Name);
    }

    /// Sorts by the column `count` after the present one; the first follows the last.
    fn sort_on(&mut self, count: usize) {
        let all = &DomainColumn::ALL;
        let index = all.iter().position(|column| *column == self.sort.by).unwrap_or(0);
        self.sort_by(all[(index + count) % all.len()]);
    }

    fn point_to_selected(&mut self, rows: &[DomainRow]) {
        // A domain that the filter hides is selected again when it comes back.
        let line = rows.iter().position(|row| row.domain == self.selected);
        self.list.select(line.unwrap_or(0));
    }

    fn moved(&mut self, rows: &[DomainRow]) {
        if let Some(row) = rows.get(self.list.selected()) {
            self.selected = row.domain;
        }
    }
}

impl Screen for Domains {
    fn refresh(&mut self, scene: &Scene<'_>, area: Rect) {
        let rows = self.rows(scene);
        self.point_to_selected(&rows);
        let body = table::body(self.table_area(area, rows.len()));
        self.list.fit(rows.len(), usize::from(body.height));
    }

    fn act(&mut self, action: Action, scene: &Scene<'_>) -> bool {
        match action {
            Action::NextKind => self.sort_on(1),
            Action::PreviousKind => self.sort_on(DomainColumn::ALL.len() - 1),
            Action::Choose => self.sort.upwards = !self.sort.upwards,
            Action::Enlarge => self.alone = !self.alone,
            Action::Back if self.alone => self.alone = false,
            Action::Back if self.rows => self.rows = false,
            Action::Right => (self.rows, self.alone) = (true, false),
            Action::Left => self.rows = false,
            action => {
                let rows = self.rows(scene);
                self.point_to_selected(&rows);
                let moved = self.list.go(action, rows.len());
                self.moved(&rows);
                return moved;
            }
        }
        true
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, scene: &Scene<'_>) -> bool {
        let rows = self.rows(scene);
        self.point_to_selected(&rows);
        let area = self.table_area(area, rows.len());
        let table = self.table(&rows, scene, area.width);
        if let Mouse::Click(at) = mouse
            && let Some(Hit::Title(column)) = table.hit(area, at)
        {
            return column.sorted_by().map(|column| self.sort_by(column)).is_some();
        }
        let handled = self.list.mouse(mouse, rows.len(), table::body(area));
        self.moved(&rows);
        handled
    }

    fn view(&self, scene: &Scene<'_>, canvas: &mut Canvas<'_>) {
        let (area, rows) = (canvas.area(), self.rows(scene));
        let (table_panel, detail) = self.layout(area, rows.len());
        let body = table::body(self.table_area(area, rows.len()));
        let more = self.list.more(rows.len(), body, scene.look.glyphs());
        let right = dotted(scene.look, [state(scene, table_panel.width), more]);
        let mut panel = canvas.within(table_panel);
        let mut inside = panel.panel(Panel::new("domains").right(right));
        if rows.is_empty() {
            inside.note(match scene.run.domains.is_empty() {
                true => "the domains are known when the run begins",
                false => "no domain fits the filter",
            });
        } else {
            let table = self.table(&rows, scene, inside.area().width);
            table::draw(&table, &rows, scene, &mut inside);
        }
        if let Some(detail) = detail {
            let selected = rows.iter().find(|row| row.domain == self.selected);
            let row = selected.or(rows.first());
            detail::view(scene, row, self.rows, &mut canvas.within(detail).divided(area.x));
        }
    }

    fn copied(&self, scene: &Scene<'_>) -> Option<Copied> {
        let rows = self.rows(scene);
        let row = rows.iter().find(|row| row.domain == self.selected).or(rows.first())?;
        let glyphs = scene.look.glyphs();
        let value = |column: DomainColumn| {
            format!("{}: {}", column.title(glyphs), column.text(row, glyphs))
        };
        let values = DomainColumn::ALL.map(value).join("\n");
        Some(Copied::new(format!("the values of {}", row.name), &values))
    }

    fn is_filtered(&self) -> bool {
        true
    }

    fn hints(&self) -> &'static [Action] {
        &[Action::NextKind, Action::Target, Action::Enlarge, Action::Filter]
    }
}

/// Units of the numbers, and the newest update.
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
