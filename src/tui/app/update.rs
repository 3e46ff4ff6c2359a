//! How a message changes the model, and what the caller has to do then.

use super::effect::Effect;
use super::model::Model;
use super::on_screen::with_shown_screen;
use super::{keyboard, pointing, replaying, view};
use crate::control::{Command, CommandOutcome, RequestId, Verdict};
use crate::rules::Alert;
use crate::telemetry::{Event, Moved, Record};
use crate::tui::look::Role;
use crossterm::event::{Event as Input, KeyEventKind};
use ratatui::buffer::Buffer;
use std::sync::Arc;

/// Everything that can change the model.
#[derive(Clone, Debug)]
pub enum Message {
    /// The next record of the run.
    Record(Arc<Record>),
    /// The run at the moment of its record that was gone to.
    Moved(Box<Moved>),
    /// A key, the mouse, a paste, a new size of the terminal.
    Input(Input),
    /// The time, milliseconds since 1970 UTC.
    Tick(u64),
    /// A request was not taken, for this reason.
    Refused(RequestId, String),
    /// This process was not stopped, for this reason.
    NotStopped(&'static str),
    /// No more events will come.
    StreamEnded,
    /// No more events can be read, for this reason.
    StreamFailed(String),
}

/// The largest picture that is drawn. A terminal may claim any size, up to 65535 by 65535; what is larger
/// than any screen has its rest left blank.
const MOST_COLUMNS: u16 = 500;
const MOST_ROWS: u16 = 200;

/// Changes the model by a message; returns what the caller has to do.
pub fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    match message {
        Message::Record(record) => {
            apply(model, &record);
            Vec::new()
        }
        Message::Moved(moved) => {
            replaying::arrive(model, *moved);
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
            model.size = (columns.min(MOST_COLUMNS), rows.min(MOST_ROWS));
            Vec::new()
        }
        Message::Input(Input::FocusGained | Input::FocusLost) => Vec::new(),
        Message::Tick(now_ms) => {
            model.tick(now_ms);
            tell_of_alerts(model, None);
            replaying::tick(model)
        }
        Message::Refused(id, why) => {
            model.pending.retain(|sent| sent.id != id);
            model.set_answer(format!("not taken: {why}"), Role::Error);
            Vec::new()
        }
        Message::NotStopped(why) => {
            model.set_answer(why.into(), Role::Warning);
            Vec::new()
        }
        Message::StreamEnded => {
            model.ended = true;
            Vec::new()
        }
        Message::StreamFailed(why) => {
            model.ended = true;
            model.set_answer(format!("no more events come: {why}"), Role::Error);
            model.lost = Some(why).filter(|_| model.run.state().ended.is_none());
            Vec::new()
        }
    }
}

/// Brings the state of the shown screen up to date with the run. To be called before
/// [`draw`](super::draw).
pub fn refresh(model: &mut Model) {
    let area = view::screen_area(model);
    with_shown_screen(model, |screen, scene| screen.refresh(scene, area))
}

/// The present picture, in the size of the terminal.
pub fn frame(model: &mut Model) -> Buffer {
    refresh(model);
    let mut picture = Buffer::empty(model.area());
    view::draw(model, &mut picture);
    picture
}

fn apply(model: &mut Model, record: &Arc<Record>) {
    model.run.apply(record);
    if let Some(replay) = &mut model.replay {
        replay.see(model.run.state());
    }
    tell_of_alerts(model, Some(record));
    let Event::CommandOutcome(outcome) = &record.event else { return };
    let CommandOutcome { request, command, verdict, .. } = outcome;
    let answered = model.pending.iter().position(|sent| sent.id == *request);
    if answered.and_then(|index| model.pending.remove(index)).is_some() {
        let (text, role) = answer_text(command, verdict);
        model.set_answer(text, role);
    } else if let Some(person) = outcome.actor.person().filter(|_| model.replay.is_none()) {
        model.tell(format!("{person}: {}", others_text(outcome)));
    }
}

/// What somebody else did: `lambda 0.2 → 0.3`.
fn others_text(outcome: &CommandOutcome) -> String {
    let CommandOutcome { command, verdict, .. } = outcome;
    match (verdict, outcome.changes()) {
        (Verdict::Applied { old: Some(old), new: Some(new) }, Some(field)) => {
            format!("{} {old} → {new}", field.name())
        }
        (Verdict::Applied { .. }, _) => command.to_string(),
        (Verdict::Rejected { why }, _) => format!("{command}: rejected: {why}"),
    }
}

/// Tells of the alerts that are due after a record, or by the time alone.
fn tell_of_alerts(model: &mut Model, record: Option<&Record>) {
    let state = model.run.state();
    let due = match record {
        Some(record) => model.alerts.after(state, record),
        None if model.ended => return,
        None => model.alerts.at(state, model.now_ms),
    };
    let title = format!("VersaTune {}", state.run);
    let mut newest = None;
    for Alert { when, found, way, held_back: _ } in due {
        let found = if found.is_empty() { found } else { format!(": {found}") };
        let text = format!("{when}{found}");
        model.ring.add(*way, &title, &text);
        // That the run has ended is what the screens show from then on.
        newest = state.ended.is_none().then_some(text);
    }
    if let Some(text) = newest {
        model.set_answer(format!("alert: {text}"), Role::Warning);
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
