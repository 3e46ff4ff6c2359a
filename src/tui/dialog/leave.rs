use crate::tui::draw::{Canvas, Frame};
use crate::tui::look::Role;
use crate::tui::scene::Scene;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::{Position, Rect};

/// What happens to the run when the screens are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// It continues with log lines.
    KeepRunning,
    /// It saves a checkpoint and ends.
    Stop,
    /// The screens stay.
    Stay,
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
    selected: usize,
}

impl Leave {
    /// The choices in one line, for a terminal that is too small for the dialog: the safest first.
    pub fn in_a_line() -> String {
        let choices = CHOICES.iter().rev().map(|(_, key, words, _)| format!("{key} {words}"));
        choices.collect::<Vec<_>>().join(" · ")
    }

    /// Takes a key; `Some` is the choice. Keys with ctrl or alt do nothing.
    pub fn key(&mut self, key: &KeyEvent) -> Option<Leaving> {
        if key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) {
            return None;
        }
        let count = CHOICES.len();
        match key.code {
            KeyCode::Esc => return Some(Leaving::Stay),
            KeyCode::Enter => return CHOICES.get(self.selected).map(|choice| choice.0),
            KeyCode::Up | KeyCode::Left | KeyCode::BackTab => {
                self.selected = (self.selected + count - 1) % count;
            }
            KeyCode::Down | KeyCode::Right | KeyCode::Tab => {
                self.selected = (self.selected + 1) % count;
            }
            KeyCode::Char(c) => {
                return CHOICES.iter().find(|choice| choice.1 == c).map(|choice| choice.0);
            }
            _ => {}
        }
        None
    }

    /// The key that a click stands for: one on a choice selects it and is enter, one beside the dialog
    /// is esc.
    pub fn click(&mut self, at: Position, area: Rect) -> Option<KeyCode> {
        let frame = Frame::new(area, SIZE);
        if !frame.contains(at) {
            return Some(KeyCode::Esc);
        }
        self.selected = frame.lines().position(|line| line.contains(at))?;
        Some(KeyCode::Enter)
    }

    /// Draws the dialog.
    pub fn view(&self, scene: &Scene<'_>, canvas: &mut Canvas<'_>) {
        let title = "leave the screens: what becomes of the run?";
        let mut inside = canvas.frame(Frame::new(canvas.area(), SIZE), title);
        for (i, (choice, key, words, meaning)) in CHOICES.iter().enumerate() {
            let chosen = i == self.selected;
            let pointer = if chosen { scene.look.glyphs().pointer } else { " " };
            let role = if chosen { Role::Accent } else { Role::Text };
            let meaning = match choice {
                Leaving::Stop if !scene.run.trains => "nothing new is to be saved yet",
                Leaving::KeepRunning | Leaving::Stop | Leaving::Stay => meaning,
            };
            let mut line = inside.line(i as u16);
            line.cell(2, pointer, role).cell(2, key.to_string(), Role::Key);
            line.cell(22, words, role).put(meaning, Role::Dim);
        }
    }
}
