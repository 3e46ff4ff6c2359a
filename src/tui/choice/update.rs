use super::state::RunChoice;
use super::view;
use crate::tui::input::{Action, Mouse, type_key, type_text};
use crate::tui::keys::Key;
use crossterm::event::{
    Event as Input, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent,
    MouseEventKind,
};
use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use std::path::PathBuf;

/// The largest picture that is drawn.
const MOST: (u16, u16) = (500, 200);

/// What was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The run in this folder.
    Run(PathBuf),
    /// The runs in these folders, to be compared with the first.
    Compare(Vec<PathBuf>),
    /// To leave the list.
    Leave,
    /// To stop this process, as ctrl-z does.
    Stop,
    /// To draw everything anew.
    Redraw,
}

impl RunChoice {
    /// Takes a key, the mouse, a paste or a new size.
    pub fn take(&mut self, input: &Input) -> Option<Choice> {
        match input {
            Input::Key(key) if key.kind != KeyEventKind::Release => self.press(key),
            Input::Mouse(mouse) => self.point(mouse),
            Input::Paste(text) if self.filtering => {
                type_text(&mut self.filter, text);
                None
            }
            Input::Resize(columns, rows) => {
                self.size = ((*columns).min(MOST.0), (*rows).min(MOST.1));
                None
            }
            Input::Key(_) | Input::Paste(_) | Input::FocusGained | Input::FocusLost => None,
        }
    }

    /// The present picture.
    pub fn frame(&mut self) -> Buffer {
        let rows = usize::from(view::list_area(self.area()).height);
        self.list.fit(self.shown().len(), rows);
        view::frame(self)
    }

    fn press(&mut self, key: &KeyEvent) -> Option<Choice> {
        self.fault = None;
        let action = self.keys.action(Key::from_event(key));
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        if ctrl && key.code == KeyCode::Char('z') {
            return Some(Choice::Stop);
        }
        if self.filtering && !(ctrl && action == Some(Action::Leave)) {
            return self.type_filter(key);
        }
        match key.code {
            KeyCode::Char(' ') => {
                self.mark();
                return None;
            }
            KeyCode::Char('c') if !ctrl => return self.compared(),
            _ => {}
        }
        match action? {
            Action::Leave => return Some(Choice::Leave),
            Action::Redraw => return Some(Choice::Redraw),
            Action::Choose if self.marked.len() > 1 => return self.compared(),
            Action::Choose => return self.chosen(),
            Action::Filter => self.filtering = true,
            // First the filter is cleared, then the list is left.
            Action::Back if self.filter.value().is_empty() => return Some(Choice::Leave),
            Action::Back => self.filter.reset(),
            action => {
                self.list.go(action, self.shown().len());
            }
        }
        None
    }

    fn type_filter(&mut self, key: &KeyEvent) -> Option<Choice> {
        match key.code {
            KeyCode::Enter => self.filtering = false,
            KeyCode::Esc => {
                self.filtering = false;
                self.filter.reset();
            }
            _ => type_key(&mut self.filter, key),
        }
        None
    }

    /// A click selects a run, and one on the selected run chooses it.
    fn point(&mut self, mouse: &MouseEvent) -> Option<Choice> {
        let (len, area) = (self.shown().len(), view::list_area(self.area()));
        let at = Position { x: mouse.column, y: mouse.row };
        match mouse.kind {
            MouseEventKind::Down(MouseButton::Left) => {
                let line = self.list.line_at(len, area, at)?;
                if line == self.list.selected() {
                    return self.chosen();
                }
                self.list.select(line);
            }
            MouseEventKind::ScrollUp | MouseEventKind::ScrollDown => {
                let up = mouse.kind == MouseEventKind::ScrollUp;
                self.list.mouse(Mouse::Wheel { at, up }, len, area);
            }
            _ => {}
        }
        None
    }

    /// The marked runs; one that is marked alone is compared with the selected one.
    fn compared(&mut self) -> Option<Choice> {
        let mut runs = self.marked.clone();
        let selected = self.selected().map(|run| run.folder.clone());
        runs.extend(selected.filter(|folder| runs.len() == 1 && !runs.contains(folder)));
        if runs.len() < 2 {
            self.fault = Some("space marks the runs that c compares, two or more".into());
            return None;
        }
        Some(Choice::Compare(runs))
    }

    fn chosen(&self) -> Option<Choice> {
        self.selected().map(|run| Choice::Run(run.folder.clone()))
    }
}
