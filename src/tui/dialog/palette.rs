//! The command line: history, and what is wrong with a line while it is typed.

use super::completion::{Completion, completed, completions};
use crate::control::Command;
use crate::telemetry::RunState;
use crate::tui::draw::{Canvas, Frame};
use crate::tui::input::{Action, type_key, type_text};
use crate::tui::look::Role;
use crate::tui::scene::Scene;
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::{Position, Rect};
use std::collections::VecDeque;
use std::ops::Range;
use tui_input::Input;

/// Earlier lines that are kept.
const HISTORY: usize = 100;
/// Completions that are shown at least, and at most where there is room.
const SHOWN: (u16, u16) = (8, 28);
/// Words that do what a key does.
const KEYS: [(&str, Action); 5] = [
    ("q", Action::Leave),
    ("quit", Action::Leave),
    ("help", Action::Help),
    ("h", Action::Help),
    ("copy", Action::Copy),
];
/// Rows above the completions: the line, and the verdict on it.
const ABOVE: u16 = 2;

/// What a key did to the command line.
#[derive(Clone, Debug, PartialEq)]
pub enum PaletteOutcome {
    /// It stays open.
    Open,
    /// It is closed.
    Closed,
    /// A valid command was given, with its reason.
    Given(Command, Option<String>),
    /// What a key does.
    Act(Action),
}

/// The command line.
#[derive(Clone, Debug, Default)]
pub struct Palette {
    input: Input,
    /// Index in the history, counted from the newest; `None` is the line itself.
    recalled: Option<usize>,
    /// What was typed before an earlier line was recalled.
    draft: String,
    /// Why the line that was entered is not a command.
    error: Option<String>,
    /// The line before tab completed it, and the index of the completion.
    completing: Option<(String, usize)>,
}

impl Palette {
    /// Takes a key. `history` holds the lines given before, the newest last.
    pub fn key(
        &mut self,
        key: &KeyEvent,
        history: &mut VecDeque<String>,
        run: &RunState,
    ) -> PaletteOutcome {
        if !matches!(key.code, KeyCode::Tab | KeyCode::BackTab) {
            self.completing = None;
        }
        match key.code {
            KeyCode::Esc => return PaletteOutcome::Closed,
            KeyCode::Enter => return self.give(history, run),
            KeyCode::Tab => self.complete(run, 1),
            KeyCode::BackTab => self.complete(run, -1),
            KeyCode::Up => self.recall(history, 1),
            KeyCode::Down => self.recall(history, -1),
            KeyCode::Backspace if self.input.value().is_empty() => return PaletteOutcome::Closed,
            _ => {
                self.error = None;
                type_key(&mut self.input, key);
            }
        }
        PaletteOutcome::Open
    }

    /// Takes pasted text.
    pub fn paste(&mut self, text: &str) {
        self.error = None;
        type_text(&mut self.input, text);
    }

    fn give(&mut self, history: &mut VecDeque<String>, run: &RunState) -> PaletteOutcome {
        let line = self.input.value().trim().to_owned();
        if line.is_empty() {
            return PaletteOutcome::Closed;
        }
        if let Some((_, action)) = KEYS.iter().find(|(word, _)| *word == line) {
            return PaletteOutcome::Act(*action);
        }
        match Command::parse_for(&line, &run.domains) {
            Ok((command, reason)) => {
                history.retain(|known| *known != line);
                if history.len() == HISTORY {
                    history.pop_front();
                }
                history.push_back(line);
                PaletteOutcome::Given(command, reason)
            }
            Err(error) => {
                self.error = Some(error.to_string());
                PaletteOutcome::Open
            }
        }
    }

    fn recall(&mut self, history: &VecDeque<String>, by: isize) {
        let now = self.recalled.map_or(0, |index| index + 1);
        let next = now.saturating_add_signed(by).min(history.len());
        if now == 0 {
            self.draft = self.input.value().to_owned();
        }
        self.recalled = next.checked_sub(1);
        let line = self.recalled.and_then(|index| history.iter().rev().nth(index));
        self.input = Input::new(line.unwrap_or(&self.draft).clone());
        self.error = None;
    }

    fn complete(&mut self, run: &RunState, by: isize) {
        let (stem, index) = match self.completing.take() {
            Some((stem, index)) => (stem, Some(index)),
            None => (self.input.value().to_owned(), None),
        };
        let found = completions(&stem, run);
        if found.is_empty() {
            return;
        }
        let count = found.len() as isize;
        let first = if by > 0 { 0 } else { count - 1 };
        let next = index.map_or(first, |index| (index as isize + by).rem_euclid(count)) as usize;
        self.input = Input::new(completed(&stem, &found[next].word, found.len() == 1));
        // A single completion is taken at once; several are gone through.
        self.completing = (found.len() > 1).then_some((stem, next));
    }

    /// The key that a click stands for; a click on a completion inserts it.
    pub fn click(&mut self, at: Position, area: Rect, run: &RunState) -> Option<KeyCode> {
        let (found, shown) = self.offered(run, area);
        let frame = Frame::new(area, size(area, &found));
        if !frame.contains(at) {
            return Some(KeyCode::Esc);
        }
        match frame.lines().position(|line| (line.top()..line.bottom()).contains(&at.y))? {
            0 => None,
            1 => Some(KeyCode::Enter),
            row => {
                let word = found.get(shown.start + row - usize::from(ABOVE))?;
                self.take(&word.word);
                None
            }
        }
    }

    /// Inserts a completion and ends the completing.
    fn take(&mut self, word: &str) {
        let stem = self.completing.take().map(|(stem, _)| stem);
        let stem = stem.unwrap_or_else(|| self.input.value().to_owned());
        self.input = Input::new(completed(&stem, word, true));
        self.error = None;
    }

    /// The completions, and the range of them that is shown.
    fn offered(&self, run: &RunState, area: Rect) -> (Vec<Completion>, Range<usize>) {
        let rows = rows(area);
        let stem = self.completing.as_ref().map_or(self.input.value(), |(stem, _)| stem);
        let selected = self.completing.as_ref().map_or(0, |(_, index)| *index);
        let (found, first) = (completions(stem, run), selected.saturating_sub(rows - 1));
        let shown = first..(first + rows).min(found.len()).max(first);
        (found, shown)
    }

    /// Draws it in the middle of the canvas.
    pub fn view(&self, scene: &Scene<'_>, canvas: &mut Canvas<'_>) {
        let area = canvas.area();
        let (found, shown) = self.offered(scene.run, area);
        let title = match found.len().saturating_sub(shown.end) {
            0 => "command".to_owned(),
            more => format!("command · {} {more} more, by tab", scene.look.glyphs().down),
        };
        let mut inside = canvas.frame(Frame::new(area, size(area, &found)), &title);
        inside.line(0).cell(2, ":", Role::Key).input(&self.input, true);
        let (verdict, role) = self.verdict(scene.run);
        inside.line(1).put(verdict, role);
        let selected = self.completing.as_ref().map(|(_, index)| *index);
        let offered = found.iter().enumerate().take(shown.end).skip(shown.start);
        for (row, (i, one)) in (ABOVE..).zip(offered) {
            let role = if selected == Some(i) { Role::Accent } else { Role::Text };
            let mut line = inside.line(row);
            let help = line.skip(2).rest().x + 14;
            line.put(&one.word, role).to(help).skip(2).put(&one.help, Role::Dim);
        }
    }

    /// What is wrong with the line, or what enter and tab do.
    fn verdict(&self, run: &RunState) -> (String, Role) {
        match (&self.error, self.input.value().trim()) {
            (Some(error), _) => (error.clone(), Role::Error),
            (None, "") => ("tab completes, ↑ recalls, esc closes".into(), Role::Dim),
            (None, line) if KEYS.iter().any(|(word, _)| *word == line) => {
                ("enter does it".into(), Role::Good)
            }
            (None, line) => match Command::parse_for(line, &run.domains) {
                Ok(_) => ("enter gives the command".into(), Role::Good),
                Err(error) => (error.to_string(), Role::Dim),
            },
        }
    }
}

/// Completions that have room.
fn rows(area: Rect) -> usize {
    usize::from((area.height / 2).clamp(SHOWN.0, SHOWN.1))
}

/// Columns and rows of the dialog.
fn size(area: Rect, found: &[Completion]) -> (u16, u16) {
    (area.width.saturating_sub(8).clamp(20, 110), found.len().min(rows(area)) as u16 + ABOVE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::{LiveChange, Tunable};
    use crate::telemetry::fixture::{fold, records, small_run};
    use crossterm::event::KeyModifiers;

    fn press(palette: &mut Palette, history: &mut VecDeque<String>, keys: &str) -> PaletteOutcome {
        let run = fold(&records(small_run()));
        let mut last = PaletteOutcome::Open;
        for key in keys.chars() {
            let code = match key {
                '\n' => KeyCode::Enter,
                '\t' => KeyCode::Tab,
                '^' => KeyCode::Up,
                c => KeyCode::Char(c),
            };
            last = palette.key(&KeyEvent::new(code, KeyModifiers::NONE), history, &run);
        }
        last
    }

    #[test]
    fn typed_lines_are_completed_and_become_commands() {
        for (keys, line) in [
            ("pau\t", "pause"),
            ("se\tlam\t0.3", "set lambda 0.3"),
            ("tar\tme\t", "target medical"),
            ("target law,c\t", "target law,code"),
            ("weights l\t0.5", "weights law=0.5"),
            ("mixing h\t", "mixing hold"),
            ("s\t", "stop"),
            ("s\t\t", "save"),
        ] {
            let (mut palette, mut history) = (Palette::default(), VecDeque::new());
            assert_eq!(press(&mut palette, &mut history, keys), PaletteOutcome::Open);
            assert_eq!(palette.input.value().trim(), line, "{keys:?}");
        }
        let (mut palette, mut history) = (Palette::default(), VecDeque::new());
        let given = press(&mut palette, &mut history, "set lambda 0.3 -- slow\n");
        let command = Command::Live(LiveChange::Set(Tunable::Lambda, 0.3));
        assert_eq!(given, PaletteOutcome::Given(command, Some("slow".into())));
        let again = press(&mut Palette::default(), &mut history, "^\n");
        assert_eq!(again, given);
    }

    #[test]
    fn a_line_that_is_not_a_command_stays_with_its_error() {
        let (mut palette, mut history) = (Palette::default(), VecDeque::new());
        assert_eq!(press(&mut palette, &mut history, "target lwa\n"), PaletteOutcome::Open);
        assert!(palette.error.as_ref().unwrap().contains("did you mean law?"));
        assert!(history.is_empty());
    }
}
