//! The fold: what a message makes of the model, and what the outside has to do then.

use super::actions::{Effect, on_screen};
use super::model::Model;
use super::{keyboard, pointing, view};
use crate::control::{Command, CommandOutcome, Verdict};
use crate::telemetry::{Event, Record};
use crate::tui::look::Role;
use crossterm::event::{Event as Input, KeyEventKind};
use ratatui::buffer::Buffer;
use std::sync::Arc;

/// What happens to the screens.
#[derive(Clone, Debug)]
pub enum Message {
    /// The next event of the run.
    Record(Arc<Record>),
    /// A key, the mouse, a paste, a new size.
    Input(Input),
    /// The time, milliseconds since 1970 UTC.
    Tick(u64),
    /// No more events will come.
    StreamEnded,
    /// No more events can be read, for this reason.
    StreamFailed(String),
}

/// Takes in a message.
pub fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    match message {
        Message::Record(record) => {
            take_in(model, &record);
            Vec::new()
        }
        Message::Input(Input::Key(key)) if key.kind == KeyEventKind::Release => Vec::new(),
        Message::Input(Input::Key(key)) => keyboard::press(model, &key),
        Message::Input(Input::Mouse(mouse)) => pointing::point(model, &mouse),
        Message::Input(Input::Paste(text)) => {
            keyboard::paste(model, &text);
            Vec::new()
        }
        Message::Input(Input::Resize(columns, rows)) => {
            model.size = (columns, rows);
            Vec::new()
        }
        Message::Input(Input::FocusGained | Input::FocusLost) => Vec::new(),
        Message::Tick(now_ms) => {
            model.now_ms = now_ms;
            model.answer.take_if(|answer| answer.until_ms <= now_ms);
            Vec::new()
        }
        Message::StreamEnded => {
            model.ended = true;
            Vec::new()
        }
        Message::StreamFailed(why) => {
            model.ended = true;
            model.tell(format!("no more events can be read: {why}"), Role::Error);
            Vec::new()
        }
    }
}

/// Brings what the screen shown remembers up to date with the run; before a frame is drawn.
pub fn refresh(model: &mut Model) {
    let area = view::screen_area(model.size);
    on_screen(model, |screen, scene| screen.refresh(scene, area))
}

/// The picture as it is now, in the size of the terminal.
pub fn frame(model: &mut Model) -> Buffer {
    refresh(model);
    let mut picture = Buffer::empty(model.area());
    view::draw(model, &mut picture);
    picture
}

fn take_in(model: &mut Model, record: &Arc<Record>) {
    model.run.apply(record);
    model.log.push(record.clone());
    if let Event::CommandOutcome(CommandOutcome { request, command, verdict, .. }) = &record.event {
        let answered = model.pending.iter().position(|sent| sent.id == *request);
        if answered.and_then(|index| model.pending.remove(index)).is_some() {
            let (text, role) = answer_text(command, verdict);
            model.tell(text, role);
        }
    }
}

fn answer_text(command: &Command, verdict: &Verdict) -> (String, Role) {
    match verdict {
        Verdict::Applied { old: Some(old), new: Some(new) } => {
            (format!("{command}: applied, {old} → {new}"), Role::Good)
        }
        Verdict::Applied { .. } => (format!("{command}: done"), Role::Good),
        Verdict::Rejected { why } => (format!("{command}: rejected: {why}"), Role::Error),
    }
}
