use super::{boxed, inside, is_on};
use crate::tui::look::Role;
use crate::tui::scene::{Scene, put};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// What becomes of the run when the screens are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// It goes on with log lines.
    KeepRunning,
    /// It saves a checkpoint and ends.
    Stop,
    /// The screens stay.
    Stay,
}

/// The choices in a line, where there is no room for more: what is safest first.
pub fn in_a_line() -> String {
    let choices = CHOICES.iter().rev().map(|(_, key, words, _)| format!("{key} {words}"));
    choices.collect::<Vec<_>>().join(" · ")
}

const CHOICES: [(Leaving, char, &str, &str); 3] = [
    (Leaving::KeepRunning, 'k', "keep running headless", "log lines instead of screens"),
    (Leaving::Stop, 's', "save and stop", "a checkpoint, then the end"),
    (Leaving::Stay, 'q', "stay", "back to the screens"),
];

/// Columns and rows of the dialog.
const SIZE: (u16, u16) = (70, CHOICES.len() as u16);

/// The question before leaving.
#[derive(Clone, Debug, Default)]
pub struct Leave {
    at: usize,
}

impl Leave {
    /// Takes a key; `Some` is the answer. A key with ctrl or alt is none.
    pub fn key(&mut self, key: &KeyEvent) -> Option<Leaving> {
        if key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) {
            return None;
        }
        match key.code {
            KeyCode::Esc => return Some(Leaving::Stay),
            KeyCode::Enter => return CHOICES.get(self.at).map(|choice| choice.0),
            KeyCode::Up | KeyCode::Left | KeyCode::BackTab => {
                self.at = (self.at + CHOICES.len() - 1) % CHOICES.len();
            }
            KeyCode::Down | KeyCode::Right | KeyCode::Tab => {
                self.at = (self.at + 1) % CHOICES.len();
            }
            KeyCode::Char(c) => {
                return CHOICES.iter().find(|choice| choice.1 == c).map(|choice| choice.0);
            }
            _ => {}
        }
        None
    }

    /// The key that a click stands for: a choice is taken, beside the dialog nothing is left.
    pub fn click(&mut self, at: Position, area: Rect) -> Option<KeyCode> {
        if !is_on(area, SIZE, at) {
            return Some(KeyCode::Esc);
        }
        let inside = inside(area, SIZE.0, SIZE.1);
        let line = usize::from(at.y.checked_sub(inside.y)?);
        (line < CHOICES.len() && inside.contains(at)).then(|| {
            self.at = line;
            KeyCode::Enter
        })
    }

    /// Draws it.
    pub fn view(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let title = "leave the screens: what becomes of the run?";
        let inside = boxed(buf, scene.look, area, SIZE, title);
        for (i, (choice, key, words, meaning)) in CHOICES.iter().enumerate() {
            let y = inside.y + i as u16;
            if y >= inside.bottom() {
                break;
            }
            let chosen = i == self.at;
            let pointer = if chosen { scene.look.glyphs().pointer } else { " " };
            let style = scene.style(if chosen { Role::Accent } else { Role::Text });
            put(buf, scene.look, inside.x, y, 1, pointer, style);
            put(buf, scene.look, inside.x + 2, y, 1, &key.to_string(), scene.style(Role::Key));
            let used =
                put(buf, scene.look, inside.x + 4, y, inside.width.saturating_sub(4), words, style);
            let x = inside.x + 4 + used.max(22);
            let room = inside.right().saturating_sub(x);
            let meaning = match choice {
                Leaving::Stop if !scene.run.trains => "nothing new is to be saved yet",
                Leaving::KeepRunning | Leaving::Stop | Leaving::Stay => meaning,
            };
            put(buf, scene.look, x, y, room, meaning, scene.style(Role::Dim));
        }
    }
}
