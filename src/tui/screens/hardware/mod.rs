//! Screen 5: the newest readings of the machine.
//!
//! ```text
//!  ─ GPU 0 · H100 80GB ──────────────┬─ GPU 1 · H100 80GB ──────────────
//!  ─ machine ────────────────────────┼─ time ───────────────────────────
//!  ─ memory of a step ───────────────┼─ tokens/s ───────────────────────
//! ```
//!
//! Each card has a block, or a line where not all blocks fit. On narrow terminals the time is below the
//! machine, or where there is no room, left out. What is left is for curves over the steps.

pub(super) mod gpu;
pub(super) mod machine;
mod steps;
pub(super) mod time;
#[cfg(test)]
mod tests;

use super::screen::Screen;
use crate::telemetry::GpuSample;
use crate::tui::draw::{Canvas, Fact, List, Panel, below_title, dotted, split_columns, split_rows};
use crate::tui::input::{Action, Mouse};
use crate::tui::look::Role;
use crate::tui::scene::Scene;
pub(super) use machine::waiting;
use ratatui::layout::{Position, Rect};

/// Columns from which on two cards are beside each other.
const WIDE: u16 = 110;
/// Rows of the machine's panel, where cards leave no more.
const MACHINE: u16 = 9;

/// The hardware screen: which card is selected where not all fit.
#[derive(Clone, Debug, Default)]
pub struct Hardware {
    list: List,
    /// Whether the selected card has the screen to itself.
    alone: bool,
}

/// How the cards are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cards {
    /// There are none.
    Absent,
    /// A block of `rows` rows each, `beside` of them next to each other.
    Blocks { beside: u16, rows: u16 },
    /// A line each below one title.
    Lines,
    /// One, with all its readings.
    Alone,
}

impl Cards {
    /// How this number of cards is shown, with the areas of the cards and of the machine.
    fn new(cards: usize, area: Rect) -> (Self, Rect, Rect) {
        let cards = u16::try_from(cards).unwrap_or(u16::MAX);
        let rows = area.height - MACHINE.min(area.height / 2);
        let beside = cards.min(if area.width >= WIDE { 2 } else { 1 });
        let deep = cards.div_ceil(beside.max(1));
        let (how, height) = match rows.checked_div(deep) {
            None => (Cards::Absent, 3),
            Some(tall @ gpu::LEAST..) => {
                let tall = tall.min(gpu::MOST);
                (Cards::Blocks { beside, rows: tall }, tall * deep)
            }
            Some(_) => (Cards::Lines, cards.saturating_add(1)),
        };
        let (above, below) = split_rows(area, height.min(rows));
        (how, above, below)
    }
}

fn cards<'a>(scene: &Scene<'a>) -> &'a [GpuSample] {
    scene.run.host.as_ref().map_or(&[], |host| host.gpus.as_slice())
}

impl Screen for Hardware {
    fn refresh(&mut self, scene: &Scene<'_>, area: Rect) {
        let count = cards(scene).len();
        let (_, above, _) = Cards::new(count, area);
        self.list.fit(count, usize::from(below_title(above).height));
    }

    fn act(&mut self, action: Action, scene: &Scene<'_>) -> bool {
        match action {
            Action::Enlarge | Action::Choose => self.alone = !self.alone,
            Action::Back if self.alone => self.alone = false,
            action => return self.list.go(action, cards(scene).len()),
        }
        true
    }

    /// A second click on the selected card opens it; one on it then closes it.
    fn mouse(&mut self, mouse: Mouse, area: Rect, scene: &Scene<'_>) -> bool {
        let len = cards(scene).len();
        let Mouse::Click(at) = mouse else { return self.list.mouse(mouse, len, area) };
        let Some(card) = self.card_at(at, area, len) else { return false };
        self.alone = !self.alone && card == self.list.selected();
        self.list.select(card);
        true
    }

    fn view(&self, scene: &Scene<'_>, canvas: &mut Canvas<'_>) {
        let (area, cards) = (canvas.area(), cards(scene));
        let (how, above, below) = self.parts(cards.len(), area);
        match how {
            Cards::Alone => {
                if let Some(card) = cards.get(self.list.selected()) {
                    gpu::block(scene, card, &mut canvas.within(above));
                }
            }
            Cards::Absent => absent(scene, &mut canvas.within(above)),
            Cards::Blocks { beside, rows } => {
                for (block, card) in blocks(above, beside, rows).zip(cards) {
                    gpu::block(scene, card, &mut canvas.within(block).divided(area.x));
                }
            }
            Cards::Lines => self.lines(scene, cards, &mut canvas.within(above)),
        }
        for (part, panel) in panels(below) {
            let mut canvas = canvas.within(panel);
            let mut canvas = canvas.divided(area.x);
            match part {
                Part::Machine => machine::view(scene, &mut canvas),
                Part::Time => time::view(scene, &mut canvas),
                Part::Memory => steps::memory(scene, &mut canvas),
                Part::Speed => steps::speed(scene, &mut canvas),
            }
        }
    }
}

impl Hardware {
    /// A line for each card, as many as fit.
    fn lines(&self, scene: &Scene<'_>, cards: &[GpuSample], canvas: &mut Canvas<'_>) {
        let count = format!("{} GPUs", cards.len());
        let title = dotted(scene.look, [count, "enter shows one".into()]);
        let more = self.list.more(cards.len(), below_title(canvas.area()), scene.look.glyphs());
        let mut inside = canvas.panel(Panel::new(title).right(more));
        self.list.draw(&mut inside, cards.len(), |line, row| {
            if let Some(card) = cards.get(line) {
                gpu::line(scene, card, row);
            }
        });
    }

    /// How the cards are shown, with the areas of the cards and of the machine.
    fn parts(&self, cards: usize, area: Rect) -> (Cards, Rect, Rect) {
        let (how, above, below) = Cards::new(cards, area);
        if !self.alone || cards == 0 {
            return (how, above, below);
        }
        let rows = area.height.saturating_sub(MACHINE).max(gpu::FULL).min(area.height);
        let (above, below) = split_rows(area, rows.min(gpu::MOST));
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
            Cards::Alone => Some(self.list.selected()),
            Cards::Blocks { beside, rows } => {
                blocks(above, beside, rows).position(|block| block.contains(at))
            }
            Cards::Lines => self.list.line_at(cards, below_title(above), at),
        }
    }
}

/// A panel below the cards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Machine,
    /// What the run's time went to.
    Time,
    Memory,
    Speed,
}

/// The panels below the cards, with their areas.
fn panels(area: Rect) -> Vec<(Part, Rect)> {
    let above = |area: Rect, rows: u16| {
        let curves = area.height.saturating_sub(rows);
        split_rows(area, if curves >= steps::LEAST { rows } else { area.height })
    };
    let parts = if area.width >= WIDE {
        let (left, right) = split_columns(area, area.width / 2);
        let (machine, memory) = above(left, machine::MOST);
        let (time, speed) = above(right, time::ROWS);
        vec![
            (Part::Machine, machine),
            (Part::Time, time),
            (Part::Memory, memory),
            (Part::Speed, speed),
        ]
    } else {
        let rows = if area.height >= MACHINE + time::ROWS { time::ROWS } else { 0 };
        let (area, speed) = above(area, machine::MOST + rows);
        let (machine, time) = split_rows(area, area.height - rows);
        vec![(Part::Machine, machine), (Part::Time, time), (Part::Speed, speed)]
    };
    parts.into_iter().filter(|(_, area)| area.height > 0).collect()
}

/// The areas of blocks, row by row.
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
fn absent(scene: &Scene<'_>, canvas: &mut Canvas<'_>) {
    let text = match &scene.run.host {
        None => waiting(scene),
        Some(host) => match &host.gpu_absent {
            Some(why) => format!("no GPU readings: {why}"),
            None => "no GPU: the run works on the processor".into(),
        },
    };
    canvas.panel("GPU").inset(1).facts(&[Fact::new("", text).with(Role::Dim)]);
}
