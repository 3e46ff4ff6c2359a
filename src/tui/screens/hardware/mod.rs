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
use crate::tui::scene::{Scene, panel, wall};
use crate::tui::scroll::{Scroll, WHEEL};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Columns from which on two cards stand beside each other.
const WIDE: u16 = 110;
/// Rows of the machine's panel, where cards leave no more.
const MACHINE: u16 = 9;

/// The hardware screen: which card is looked at where not all have room.
#[derive(Clone, Debug, Default)]
pub struct Hardware {
    scroll: Scroll,
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
        self.scroll.go(action, cards(scene).len())
    }

    fn mouse(&mut self, mouse: Mouse, _area: Rect, scene: &Scene<'_>) -> bool {
        let Mouse::Wheel { up, .. } = mouse else { return false };
        self.scroll.step(if up { -WHEEL } else { WHEEL }, cards(scene).len());
        true
    }

    fn view(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let cards = cards(scene);
        let (how, above, below) = Cards::of(cards.len(), area);
        match how {
            Cards::Absent => absent(scene, above, buf),
            Cards::Blocks { beside, rows } => {
                for (place, card) in blocks(above, beside, rows).zip(cards) {
                    let divided = place.x > area.x;
                    let place = if divided { wall(buf, scene.look, place) } else { place };
                    gpu::block(scene, card, place, buf);
                }
            }
            Cards::Lines => {
                let title = format!("{} GPUs", cards.len());
                let inside = panel(buf, scene.look, above, &title, "", false);
                let window = self.scroll.window(cards.len(), usize::from(inside.height));
                for (y, line) in (inside.y..).zip(window) {
                    if let Some(card) = cards.get(line) {
                        gpu::line(scene, card, Rect { y, height: 1, ..inside }, buf);
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
    let values = scene.run.asked.as_ref().map(|asked| asked.values.as_slice()).unwrap_or_default();
    let secs = values.iter().find(|value| value.field == "logging.host_secs");
    match secs.map(|value| (value.value.parse::<f64>(), &value.value)) {
        Some((Ok(0.0), _)) => "the machine is not read: logging.host_secs is 0".into(),
        Some((_, secs)) => format!("the first reading is awaited; one comes every {secs} s"),
        None => "the first reading of the machine is awaited".into(),
    }
}
