//! Screen 5: the machine that the run works on, and what it did lately.
//!
//! ```text
//!  ─ GPU 0 · H100 80GB ──────────────┬─ GPU 1 · H100 80GB ──────────────
//!  ─ machine ────────────────────────┴──────────────────────────────────
//! ```
//!
//! Cards have a block each as long as there is room, else a line each.

pub(super) mod gpu;
mod machine;
#[cfg(test)]
mod tests;

use super::{Mouse, Screen};
use crate::telemetry::GpuSample;
use crate::tui::facts::{Fact, draw};
use crate::tui::keys::Action;
use crate::tui::look::Role;
use crate::tui::scene::{Scene, panel, select, wall};
use crate::tui::scroll::{Scroll, WHEEL};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// Columns from which on two cards stand beside each other.
const WIDE: u16 = 110;
/// Rows of the machine's panel, where cards leave no more.
const MACHINE: u16 = 9;

/// The hardware screen: which card is looked at where not all have room.
#[derive(Clone, Debug, Default)]
pub struct Hardware {
    scroll: Scroll,
    /// Whether the selected card has the screen to itself.
    alone: bool,
}

/// How the cards are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cards {
    /// There are none.
    Absent,
    /// A block each, so many beside each other, of so many rows.
    Blocks { beside: u16, rows: u16 },
    /// A line each below one title.
    Lines,
    /// One, with all that it tells.
    Alone,
}

impl Cards {
    /// The way for so many cards, and the places of cards and machine.
    fn of(cards: usize, area: Rect) -> (Self, Rect, Rect) {
        let cards = u16::try_from(cards).unwrap_or(u16::MAX);
        let room = area.height - MACHINE.min(area.height / 2);
        let beside = cards.min(if area.width >= WIDE { 2 } else { 1 });
        let deep = cards.div_ceil(beside.max(1));
        let (how, height) = match room.checked_div(deep) {
            None => (Cards::Absent, 3),
            Some(rows @ gpu::LEAST..) => {
                let rows = rows.min(gpu::MOST);
                (Cards::Blocks { beside, rows }, rows * deep)
            }
            Some(_) => (Cards::Lines, cards.saturating_add(1)),
        };
        let above = Rect { height: height.min(room), ..area };
        (how, above, Rect { y: above.bottom(), height: area.height - above.height, ..area })
    }
}

fn cards<'a>(scene: &Scene<'a>) -> &'a [GpuSample] {
    scene.run.host.as_ref().map_or(&[], |host| host.gpus.as_slice())
}

impl Screen for Hardware {
    fn refresh(&mut self, scene: &Scene<'_>, area: Rect) {
        let count = cards(scene).len();
        let (_, above, _) = Cards::of(count, area);
        self.scroll.fit(count, usize::from(above.height.saturating_sub(1)));
    }

    fn act(&mut self, action: Action, scene: &Scene<'_>) -> bool {
        match action {
            Action::Expand | Action::Choose => self.alone = !self.alone,
            Action::Back if self.alone => self.alone = false,
            action => return self.scroll.go(action, cards(scene).len()),
        }
        true
    }

    /// A second click on the selected card opens it; one on it then closes it.
    fn mouse(&mut self, mouse: Mouse, area: Rect, scene: &Scene<'_>) -> bool {
        let len = cards(scene).len();
        match mouse {
            Mouse::Wheel { up, .. } => self.scroll.step(if up { -WHEEL } else { WHEEL }, len),
            Mouse::Click(at) => {
                let Some(line) = self.card_at(at, area, len) else { return false };
                self.alone = !self.alone && line == self.scroll.selected();
                self.scroll.select(line);
            }
            Mouse::Drag(..) => return false,
        }
        true
    }

    fn view(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let cards = cards(scene);
        let (how, above, below) = self.parts(cards.len(), area);
        match how {
            Cards::Alone => {
                if let Some(card) = cards.get(self.scroll.selected()) {
                    gpu::block(scene, card, above, buf);
                }
            }
            Cards::Absent => absent(scene, above, buf),
            Cards::Blocks { beside, rows } => {
                for (place, card) in blocks(above, beside, rows).zip(cards) {
                    let divided = place.x > area.x;
                    let place = if divided { wall(buf, scene.look, place) } else { place };
                    gpu::block(scene, card, place, buf);
                }
            }
            Cards::Lines => {
                let title =
                    format!("{} GPUs {} enter shows one", cards.len(), scene.look.glyphs().dot);
                let inside = panel(buf, scene.look, above, &title, "", false);
                let window = self.scroll.window(cards.len(), usize::from(inside.height));
                for (y, line) in (inside.y..).zip(window) {
                    let row = Rect { y, height: 1, ..inside };
                    if let Some(card) = cards.get(line) {
                        gpu::line(scene, card, row, buf);
                    }
                    if line == self.scroll.selected() {
                        select(buf, scene.look, row);
                    }
                }
            }
        }
        machine::view(scene, below, buf);
    }

    fn hints(&self) -> &'static [Action] {
        &[]
    }
}

impl Hardware {
    /// How cards are shown, and where cards and machine are.
    fn parts(&self, cards: usize, area: Rect) -> (Cards, Rect, Rect) {
        let (how, above, below) = Cards::of(cards, area);
        if !self.alone || cards == 0 {
            return (how, above, below);
        }
        let rows = area.height.saturating_sub(MACHINE).max(gpu::FULL).min(area.height);
        let above = Rect { height: rows.min(gpu::MOST), ..area };
        let below = Rect { y: above.bottom(), height: area.height - above.height, ..area };
        (Cards::Alone, above, below)
    }

    /// The card at a position.
    fn card_at(&self, at: Position, area: Rect, cards: usize) -> Option<usize> {
        let (how, above, _) = self.parts(cards, area);
        if !above.contains(at) {
            return None;
        }
        match how {
            Cards::Absent => None,
            Cards::Alone => Some(self.scroll.selected()),
            Cards::Blocks { beside, rows } => {
                blocks(above, beside, rows).position(|place| place.contains(at))
            }
            Cards::Lines => {
                let row = usize::from(at.y.checked_sub(above.y + 1)?);
                self.scroll.line_at(row, cards, usize::from(above.height - 1))
            }
        }
    }
}

/// Places of blocks, row by row.
fn blocks(area: Rect, beside: u16, rows: u16) -> impl Iterator<Item = Rect> {
    let (beside, width) = (beside.max(1), area.width / beside.max(1));
    (0..area.height / rows.max(1)).flat_map(move |row| {
        (0..beside).map(move |column| {
            let x = area.x + column * width;
            let width = if column + 1 == beside { area.right() - x } else { width };
            Rect { x, y: area.y + row * rows, width, height: rows }
        })
    })
}

/// Why there is no card to show.
fn absent(scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
    let inside = panel(buf, scene.look, area, "GPU", "", false);
    let text = match &scene.run.host {
        None => waiting(scene),
        Some(host) => match &host.gpu_absent {
            Some(why) => format!("no GPU readings: {why}"),
            None => "no GPU: the run works on the processor".into(),
        },
    };
    let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    draw(buf, scene.look, inside, &[Fact::new("", text).with(Role::Dim)]);
}

/// What is awaited before the first reading.
pub(super) fn waiting(scene: &Scene<'_>) -> String {
    let values =
        scene.run.config.as_ref().map(|config| config.values.as_slice()).unwrap_or_default();
    let secs = values.iter().find(|value| value.field == "logging.host_secs");
    match secs.map(|value| (value.value.parse::<f64>(), &value.value)) {
        Some((Ok(0.0), _)) => "the machine is not read: logging.host_secs is 0".into(),
        Some((_, secs)) => format!("the first reading is awaited; one comes every {secs} s"),
        None => "the first reading of the machine is awaited".into(),
    }
}
