//! The command line: completion, history, and what is wrong with a line before it is given.

use super::{boxed, inside, is_on, typed};
use crate::control::{Command, CommandError, Form, MIXING, NO_DOMAIN, Tunable, VOCABULARY};
use crate::telemetry::RunState;
use crate::tui::look::Role;
use crate::tui::scene::{Scene, put};
use crate::tui::typing;
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use std::collections::VecDeque;
use tui_input::Input;

/// Lines that are remembered.
const HISTORY: usize = 100;
/// Completions that are shown.
const SHOWN: usize = 8;

/// What a key did to the command line.
#[derive(Clone, Debug, PartialEq)]
pub enum Line {
    /// It goes on.
    Open,
    /// It is closed.
    Closed,
    /// A valid command was given, with its reason.
    Given(Command, Option<String>),
}

/// A word that would complete the line.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Completion {
    word: String,
    help: String,
}

/// The command line.
#[derive(Clone, Debug, Default)]
pub struct Palette {
    input: Input,
    /// Place in the history, counted from the newest; `None` is the line itself.
    recalled: Option<usize>,
    /// What was typed before the history was looked at.
    draft: String,
    /// Why the line that was given is no command.
    error: Option<String>,
    /// The completion that tab has put in, and what stood before it.
    completing: Option<(String, usize)>,
}

impl Palette {
    /// Takes a key. `history` holds the lines given before, the newest last.
    pub fn key(&mut self, key: &KeyEvent, history: &mut VecDeque<String>, run: &RunState) -> Line {
        if !matches!(key.code, KeyCode::Tab | KeyCode::BackTab) {
            self.completing = None;
        }
        match key.code {
            KeyCode::Esc => return Line::Closed,
            KeyCode::Enter => return self.give(history, run),
            KeyCode::Tab => self.complete(run, 1),
            KeyCode::BackTab => self.complete(run, -1),
            KeyCode::Up => self.recall(history, 1),
            KeyCode::Down => self.recall(history, -1),
            KeyCode::Backspace if self.input.value().is_empty() => return Line::Closed,
            _ => {
                self.error = None;
                typing::type_key(&mut self.input, key);
            }
        }
        Line::Open
    }

    /// Takes pasted text.
    pub fn paste(&mut self, text: &str) {
        self.error = None;
        typing::type_text(&mut self.input, text);
    }

    fn give(&mut self, history: &mut VecDeque<String>, run: &RunState) -> Line {
        let line = self.input.value().trim().to_owned();
        if line.is_empty() {
            return Line::Closed;
        }
        match parse(&line, run) {
            Ok((command, reason)) => {
                history.retain(|known| *known != line);
                if history.len() == HISTORY {
                    history.pop_front();
                }
                history.push_back(line);
                Line::Given(command, reason)
            }
            Err(error) => {
                self.error = Some(error.to_string());
                Line::Open
            }
        }
    }

    fn recall(&mut self, history: &VecDeque<String>, by: isize) {
        let now = self.recalled.map_or(0, |place| place + 1);
        let next = now.saturating_add_signed(by).min(history.len());
        if now == 0 {
            self.draft = self.input.value().to_owned();
        }
        self.recalled = next.checked_sub(1);
        let line = self.recalled.and_then(|place| history.iter().rev().nth(place));
        self.input = Input::new(line.unwrap_or(&self.draft).clone());
        self.error = None;
    }

    fn complete(&mut self, run: &RunState, by: isize) {
        let (stem, place) = match self.completing.take() {
            Some((stem, place)) => (stem, Some(place)),
            None => (self.input.value().to_owned(), None),
        };
        let found = completions(&stem, run);
        if found.is_empty() {
            return;
        }
        let count = found.len() as isize;
        let next = place
            .map_or(if by > 0 { 0 } else { count - 1 }, |p| (p as isize + by).rem_euclid(count));
        let next = next as usize;
        self.input = Input::new(completed(&stem, &found[next].word, found.len() == 1));
        // A single completion is taken at once; several are gone through.
        self.completing = (found.len() > 1).then_some((stem, next));
    }

    /// The key that a click stands for; one on a completion takes it.
    pub fn click(&mut self, at: Position, area: Rect, run: &RunState) -> Option<KeyCode> {
        let (found, first) = self.offered(run);
        let size = size(area, &found);
        if !is_on(area, size, at) {
            return Some(KeyCode::Esc);
        }
        let inside = inside(area, size.0, size.1);
        let row = at.y.checked_sub(inside.y).filter(|row| *row < inside.height)?;
        match usize::from(row) {
            0 => None,
            1 => Some(KeyCode::Enter),
            row => {
                let stem = self.completing.take().map(|(stem, _)| stem);
                let stem = stem.unwrap_or_else(|| self.input.value().to_owned());
                let word = found.get(first + row - 2)?;
                self.input = Input::new(completed(&stem, &word.word, true));
                self.error = None;
                None
            }
        }
    }

    /// What would complete the line, and the first of those that are shown.
    fn offered(&self, run: &RunState) -> (Vec<Completion>, usize) {
        let stem = self.completing.as_ref().map_or(self.input.value(), |(stem, _)| stem);
        let at = self.completing.as_ref().map_or(0, |(_, place)| *place);
        (completions(stem, run), at.saturating_sub(SHOWN - 1))
    }

    /// Draws it in the middle of `area`.
    pub fn view(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let (found, first) = self.offered(scene.run);
        let title = match found.len().saturating_sub(first + SHOWN) {
            0 => "command".to_owned(),
            more => format!("command · {} {more} more, by tab", scene.look.glyphs().down),
        };
        let inside = boxed(buf, scene.look, area, size(area, &found), &title);
        put(buf, scene.look, inside.x, inside.y, 1, ":", scene.style(Role::Key));
        let line =
            Rect { x: inside.x + 2, width: inside.width.saturating_sub(2), height: 1, ..inside };
        typed(buf, scene.look, line, &self.input, true);
        self.view_verdict(scene, inside, buf);
        let at = self.completing.as_ref().map(|(_, place)| *place);
        for (row, (i, one)) in (0u16..).zip(found.iter().enumerate().skip(first).take(SHOWN)) {
            let y = inside.y + 2 + row;
            if y >= inside.bottom() {
                break;
            }
            let style = scene.style(if at == Some(i) { Role::Accent } else { Role::Text });
            let used = put(
                buf,
                scene.look,
                inside.x + 2,
                y,
                inside.width.saturating_sub(2),
                &one.word,
                style,
            );
            let x = inside.x + 2 + used.max(14) + 2;
            put(
                buf,
                scene.look,
                x,
                y,
                inside.right().saturating_sub(x),
                &one.help,
                scene.style(Role::Dim),
            );
        }
    }

    /// What is wrong with the line, or what it would do.
    fn view_verdict(&self, scene: &Scene<'_>, inside: Rect, buf: &mut Buffer) {
        let (text, role) = match (&self.error, self.input.value().trim()) {
            (Some(error), _) => (error.clone(), Role::Error),
            (None, "") => ("tab completes, ↑ recalls, esc closes".into(), Role::Dim),
            (None, line) => match parse(line, scene.run) {
                Ok(_) => ("enter gives the command".into(), Role::Good),
                Err(error) => (error.to_string(), Role::Dim),
            },
        };
        if inside.height > 1 {
            put(buf, scene.look, inside.x, inside.y + 1, inside.width, &text, scene.style(role));
        }
    }
}

fn parse(line: &str, run: &RunState) -> Result<(Command, Option<String>), CommandError> {
    let (command, reason) = Command::parse_with_reason(line)?;
    command.check(&run.domains)?;
    Ok((command, reason))
}

/// Columns and rows of the dialog.
fn size(area: Rect, found: &[Completion]) -> (u16, u16) {
    (area.width.saturating_sub(8).clamp(20, 110), found.len().min(SHOWN) as u16 + 2)
}

/// A line with its last word completed; `for_good`: so that the next word can be typed.
fn completed(line: &str, word: &str, for_good: bool) -> String {
    let (kept, _) = split(line);
    let tail = if for_good && takes_more(&kept, word) { " " } else { "" };
    format!("{kept}{word}{tail}")
}

/// A line as what stays and the word that is being typed.
fn split(line: &str) -> (String, &str) {
    let at = line.rfind([' ', ',']).map_or(0, |at| at + 1);
    (line[..at].to_owned(), &line[at..])
}

/// Whether something has to follow the word.
fn takes_more(kept: &str, word: &str) -> bool {
    let is_first = kept.trim().is_empty();
    let alone = |w: &&crate::control::Word| w.name == word && matches!(w.form, Form::Alone(_));
    if is_first { !VOCABULARY.iter().any(|w| alone(&w)) } else { kept.trim() == "set" }
}

/// Words that would go on with the line.
fn completions(line: &str, run: &RunState) -> Vec<Completion> {
    let (kept, typed) = split(line);
    let words: Vec<Completion> = match kept.split_whitespace().next() {
        None => VOCABULARY
            .iter()
            .map(|word| Completion {
                word: word.name.into(),
                help: [word.usage, word.help].join("  ").trim().into(),
            })
            .collect(),
        Some(first) => following(first, &kept, run),
    };
    words.into_iter().filter(|one| one.word.starts_with(typed) && one.word != typed).collect()
}

/// Words that may follow a command's word.
fn following(first: &str, kept: &str, run: &RunState) -> Vec<Completion> {
    let Some(word) = VOCABULARY.iter().find(|word| word.name == first) else { return Vec::new() };
    let domains =
        || run.domains.iter().map(|name| Completion { word: name.clone(), help: String::new() });
    match word.form {
        Form::Alone(_) | Form::Text => Vec::new(),
        Form::Domains => {
            let none = Completion { word: NO_DOMAIN.into(), help: "no target".into() };
            domains().chain([none]).collect()
        }
        Form::Weights => domains().map(|one| Completion { word: one.word + "=", ..one }).collect(),
        Form::Mixing => MIXING
            .iter()
            .map(|(name, _)| Completion { word: (*name).into(), help: String::new() })
            .collect(),
        Form::Tunable if kept.split_whitespace().count() == 1 => Tunable::ALL
            .iter()
            .map(|tunable| Completion {
                word: tunable.name().into(),
                help: setting_help(*tunable, run),
            })
            .collect(),
        Form::Tunable => Vec::new(),
    }
}

fn setting_help(tunable: Tunable, run: &RunState) -> String {
    let now = run.history.live.as_ref().and_then(|live| live.get(tunable));
    let now = now.map_or_else(|| "none".into(), crate::tui::number::tunable);
    format!("now {now}; {} ({})", tunable.help(), tunable.allowed(run.domains.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::LiveChange;
    use crate::telemetry::fixture::{fold, records, small_run};
    use crossterm::event::KeyModifiers;

    fn press(palette: &mut Palette, history: &mut VecDeque<String>, keys: &str) -> Line {
        let run = fold(&records(small_run()));
        let mut last = Line::Open;
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

    /// (keys → line, or command)
    #[test]
    fn keys_become_commands() {
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
            assert_eq!(press(&mut palette, &mut history, keys), Line::Open);
            assert_eq!(palette.input.value().trim(), line, "{keys:?}");
        }
        let (mut palette, mut history) = (Palette::default(), VecDeque::new());
        let given = press(&mut palette, &mut history, "set lambda 0.3 -- slow\n");
        let command = Command::Live(LiveChange::Set(Tunable::Lambda, 0.3));
        assert_eq!(given, Line::Given(command, Some("slow".into())));
        let again = press(&mut Palette::default(), &mut history, "^\n");
        assert_eq!(again, given);
    }

    #[test]
    fn what_is_no_command_stays_with_its_error() {
        let (mut palette, mut history) = (Palette::default(), VecDeque::new());
        assert_eq!(press(&mut palette, &mut history, "target lwa\n"), Line::Open);
        assert!(palette.error.as_ref().unwrap().contains("did you mean law?"));
        assert!(history.is_empty());
    }
}
