//! Clicks in an edit: each stands for a key.

use super::{Edit, Subject};
use crate::telemetry::RunState;
use crate::tui::draw::{Frame, columns};
use crossterm::event::KeyCode;
use ratatui::layout::{Position, Rect};
use std::ops::Range;

/// A key in the last line, and what it does.
pub(super) type Button = (KeyCode, &'static str);

const APPLY: Button = (KeyCode::Enter, "enter apply");
const WHY: Button = (KeyCode::Tab, "tab why");
const LEAVE: Button = (KeyCode::Esc, "esc leave");
const TRY: Button = (KeyCode::F(5), "f5 try 20 steps");
const CHOOSE: Button = (KeyCode::Char(' '), "space pick");
const NONE: Button = (KeyCode::Char('0'), "0 none");

impl Edit {
    /// The key that a click stands for: the keys in the last line are buttons, a click on a domain
    /// chooses it, and one beside the dialog is esc.
    pub fn click(&mut self, at: Position, area: Rect, run: &RunState) -> Option<KeyCode> {
        let frame = Frame::new(area, self.size(run));
        if !frame.contains(at) {
            return Some(KeyCode::Esc);
        }
        let inside = frame.inside();
        match inside.bottom().checked_sub(at.y)? {
            0 => None,
            1 => {
                let on = |(_, x): &(&Button, Range<u16>)| x.contains(&at.x);
                let code = self.buttons(inside).find(on)?.0.0;
                // A character is for the subject: it must not be typed into the reason.
                self.on_reason &= !matches!(code, KeyCode::Char(_));
                Some(code)
            }
            2 => {
                self.on_reason = true;
                None
            }
            _ => {
                let height = self.subject_rows(run).min(inside.height);
                self.click_subject(at, Rect { height, ..inside })
            }
        }
    }

    /// A click on a line of the subject, which is drawn in `area`.
    fn click_subject(&mut self, at: Position, area: Rect) -> Option<KeyCode> {
        if !(area.top()..area.bottom()).contains(&at.y) {
            return None;
        }
        self.on_reason = false;
        let Subject::Targets { chosen, list } = &mut self.subject else { return None };
        // A click on the border beside a line counts as one on the line.
        let line = list.line_at(chosen.len(), area, Position { x: area.x, ..at })?;
        list.select(line);
        Some(KeyCode::Char(' '))
    }

    /// The keys in the last line, with the columns that each takes.
    pub(super) fn buttons(
        &self,
        inside: Rect,
    ) -> impl Iterator<Item = (&'static Button, Range<u16>)> {
        let buttons: &[Button] = match &self.subject {
            Subject::Tunable(..) => &[APPLY, TRY, WHY, LEAVE],
            Subject::Targets { .. } => &[CHOOSE, NONE, APPLY, WHY, LEAVE],
            Subject::Given(command) if command.is_edit() => &[APPLY, TRY, LEAVE],
            Subject::Given(_) => &[APPLY, LEAVE],
        };
        let width: u16 = buttons.iter().map(|button| columns(button.1) + 3).sum::<u16>() - 3;
        let start = inside.right().saturating_sub(width).max(inside.x);
        buttons.iter().scan(start, |x, button| {
            let from = *x;
            *x += columns(button.1) + 3;
            Some((button, from..from + columns(button.1)))
        })
    }
}
