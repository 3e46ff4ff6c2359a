//! Screens as text with their colours, for tests.

use super::draw::Canvas;
use super::look::{Look, Marks, Role, Theme};
pub use super::picture::text;
use super::scene::{Scene, ShownRun};
use super::screens::Screen;
use crate::telemetry::fixture::records;
use crate::telemetry::{Event, Record, RunState};
use jiff::tz::TimeZone;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use std::fmt::Write;
use std::sync::Arc;

/// The sizes in which every screen is tested: a wide terminal, a usual one, the smallest.
pub const SIZES: [(u16, u16); 3] = [(200, 60), (100, 30), (60, 20)];

/// A run for a screen to show.
pub struct Stage {
    run: ShownRun,
    pub look: Look,
    pub now_ms: u64,
    pub filter: String,
    zone: TimeZone,
}

impl Stage {
    /// A run in which these events happened, a second apart.
    pub fn new(events: impl IntoIterator<Item = Event>) -> Self {
        let mut stage = Stage {
            run: ShownRun::default(),
            look: Look { theme: Theme::dark(), marks: Marks::Braille },
            now_ms: 0,
            filter: String::new(),
            zone: TimeZone::UTC,
        };
        records(events).into_iter().for_each(|record| stage.apply_record(record));
        stage
    }

    /// One more event, a second later.
    pub fn apply(&mut self, event: Event) {
        let RunState { seq, unix_ms, .. } = *self.state();
        let (seq, unix_ms) = (seq + 1, unix_ms + 1000);
        self.apply_record(Record { seq, unix_ms, event });
    }

    fn apply_record(&mut self, record: Record) {
        self.now_ms = record.unix_ms;
        self.run.apply(&Arc::new(record));
    }

    pub fn state(&self) -> &RunState {
        self.run.state()
    }

    /// For states that no event of a test makes.
    pub fn state_mut(&mut self) -> &mut RunState {
        &mut self.run.snapshot.state
    }

    /// What screens are drawn from.
    pub fn scene(&self) -> Scene<'_> {
        Scene {
            run: self.run.state(),
            log: self.run.log(),
            look: &self.look,
            now_ms: self.now_ms,
            zone: &self.zone,
            filter: &self.filter,
        }
    }

    /// The screen as it is drawn in this size.
    pub fn draw(&self, screen: &mut impl Screen, (width, height): (u16, u16)) -> Buffer {
        let area = Rect { x: 0, y: 0, width, height };
        let mut buf = Buffer::empty(area);
        screen.refresh(&self.scene(), area);
        screen.view(&self.scene(), &mut Canvas::new(&mut buf, &self.look));
        buf
    }

    /// The same as text with styles.
    pub fn picture(&self, screen: &mut impl Screen, size: (u16, u16)) -> String {
        picture(&self.draw(screen, size), &self.look)
    }
}

/// The text, and below it for each row its runs of equal style: a letter for the role (the first of
/// [`Role::ALL`] with that style; a digit for a series), `~` where a series is dim, `_` where there is
/// a background, and the number of cells.
pub fn picture(buf: &Buffer, look: &Look) -> String {
    let mut out = text(buf);
    out.push_str("---\n");
    for (y, row) in buf.content().chunks(usize::from(buf.area.width.max(1))).enumerate() {
        let mut runs: Vec<(String, usize)> = Vec::new();
        for mark in row.iter().map(|cell| mark(cell, look)) {
            match runs.last_mut().filter(|(last, _)| *last == mark) {
                Some((_, count)) => *count += 1,
                None => runs.push((mark, 1)),
            }
        }
        if runs.last().is_some_and(|(mark, _)| mark == ".") {
            runs.pop();
        }
        let runs: Vec<String> = runs.iter().map(|(mark, n)| format!("{mark}{n}")).collect();
        if !runs.is_empty() {
            let _ = writeln!(out, "{y:>2} {}", runs.join(" "));
        }
    }
    out
}

fn mark(cell: &Cell, look: &Look) -> String {
    let selected = if cell.bg != Cell::default().bg { "_" } else { "" };
    match letter(cell.fg, cell.modifier, look) {
        // A series made dim.
        '?' => {
            let bright = cell.modifier.difference(Modifier::DIM);
            format!("{}~{selected}", letter(cell.fg, bright, look))
        }
        letter => format!("{letter}{selected}"),
    }
}

fn letter(fg: Color, modifier: Modifier, look: &Look) -> char {
    const LETTERS: &str = "tdfTAGrlgweh k";
    let plain = Cell::default();
    let same = |style: Style| style.fg.unwrap_or(plain.fg) == fg && style.add_modifier == modifier;
    let role = Role::ALL.into_iter().filter(|role| *role != Role::Selection);
    if fg == plain.fg && modifier.is_empty() {
        '.'
    } else if let Some(role) = role.into_iter().find(|role| same(look.style(*role))) {
        LETTERS.chars().nth(role as usize).unwrap_or('?')
    } else {
        let series = (0..10).find(|i| same(look.series(*i as usize)));
        series.map_or('?', |i| char::from_digit(i, 10).unwrap_or('?'))
    }
}
