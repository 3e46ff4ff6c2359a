use super::layout::Pane;
use super::state::RunComparison;
use super::view;
use crate::tui::input::{Action, Mouse};
use crate::tui::keys::Key;
use crossterm::event::{
    Event as Input, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent,
    MouseEventKind,
};
use ratatui::buffer::Buffer;
use ratatui::layout::Position;

/// The largest picture that is drawn.
const MOST: (u16, u16) = (500, 200);
/// Lines that a pane is scrolled at a time.
const PAGE: usize = 5;

/// What is asked of the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// To leave the comparison.
    Leave,
    /// To stop this process, as ctrl-z does.
    Stop,
    /// To draw everything anew.
    Redraw,
}

impl RunComparison {
    /// Takes a key, the mouse or a new size.
    pub fn take(&mut self, input: &Input) -> Option<Answer> {
        match input {
            Input::Key(key) if key.kind != KeyEventKind::Release => self.press(key),
            Input::Mouse(mouse) => {
                self.point(mouse);
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
        let rows = usize::from(view::list_area(self).height);
        self.runs.fit(self.comparison.runs.len(), rows);
        let parts = self.parts();
        for (pane, part) in &parts.panes {
            let lines = view::page(self, *pane, part.width).rows.len();
            let most = lines.saturating_sub(usize::from(parts.lines(*pane).height));
            let scrolled = &mut self.scrolled[*pane as usize];
            *scrolled = (*scrolled).min(most);
        }
        view::frame(self)
    }

    fn press(&mut self, key: &KeyEvent) -> Option<Answer> {
        self.fault = None;
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        if ctrl && key.code == KeyCode::Char('z') {
            return Some(Answer::Stop);
        }
        if std::mem::take(&mut self.help) {
            return None;
        }
        match key.code {
            KeyCode::Char(' ') => self.hide_or_show(),
            KeyCode::Char('b') if !ctrl => self.comparison.pin(self.selected()),
            _ => return self.act(self.keys.action(Key::from_event(key))?),
        }
        None
    }

    fn act(&mut self, action: Action) -> Option<Answer> {
        match action {
            Action::Leave | Action::Back => return Some(Answer::Leave),
            Action::Redraw => return Some(Answer::Redraw),
            Action::Help => self.help = true,
            Action::NextScreen | Action::NextKind => self.turn_metric(1),
            Action::PreviousScreen | Action::PreviousKind => {
                self.turn_metric(self.metrics.len().saturating_sub(1));
            }
            Action::Right => self.pane = self.pane.next(false),
            Action::Left => self.pane = self.pane.next(true),
            Action::PageDown => *self.scroll() += PAGE,
            Action::PageUp => *self.scroll() = self.scroll().saturating_sub(PAGE),
            action => {
                self.runs.go(action, self.comparison.runs.len());
            }
        }
        None
    }

    fn scroll(&mut self) -> &mut usize {
        let pane: Pane = self.pane;
        &mut self.scrolled[pane as usize]
    }

    fn turn_metric(&mut self, by: usize) {
        self.metric = (self.metric + by) % self.metrics.len().max(1);
    }

    fn hide_or_show(&mut self) {
        let selected = self.selected();
        if let Some(hidden) = self.hidden.get_mut(selected) {
            *hidden = !*hidden;
        }
    }

    /// A click selects a run, the wheel goes through them.
    fn point(&mut self, mouse: &MouseEvent) {
        let (len, area) = (self.comparison.runs.len(), view::list_area(self));
        let at = Position { x: mouse.column, y: mouse.row };
        let mouse = match mouse.kind {
            MouseEventKind::Down(MouseButton::Left) => Mouse::Click(at),
            MouseEventKind::ScrollUp => Mouse::Wheel { at, up: true },
            MouseEventKind::ScrollDown => Mouse::Wheel { at, up: false },
            _ => return,
        };
        self.runs.mouse(mouse, len, area);
    }
}
