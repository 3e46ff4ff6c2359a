//! The fold: what a message makes of the model, and what it asks of the outside.

use super::dialog::{Dialog, Help, Leave, Leaving, Line, Palette};
use super::edit::{Edit, Outcome, is_confirmed};
use super::keys::{Action, Key};
use super::look::Role;
use super::model::Model;
use super::scene::Scene;
use super::screens::{Screen, Screens};
use super::{pointing, typing, view};
use crate::control::{
    Actor, Command, CommandOutcome, EngineCommand, LifecycleCommand, Request, Verdict,
};
use crate::telemetry::{Event, Record};
use crossterm::event::{Event as Input, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
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

/// What the outside has to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Everything is to be drawn anew.
    Redraw,
    /// Ask it of the engine.
    Ask(Request),
    /// End the screens; the run goes on, or has ended.
    Leave,
}

/// Takes in a message.
pub fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    match message {
        Message::Record(record) => {
            take_in(model, &record);
            Vec::new()
        }
        Message::Input(Input::Key(key)) if key.kind == KeyEventKind::Release => Vec::new(),
        Message::Input(Input::Key(key)) => press(model, &key),
        Message::Input(Input::Mouse(mouse)) => pointing::point(model, &mouse),
        Message::Input(Input::Paste(text)) => {
            paste(model, &text);
            Vec::new()
        }
        Message::Input(Input::Resize(columns, rows)) => {
            model.size = (columns, rows);
            Vec::new()
        }
        Message::Input(Input::FocusGained | Input::FocusLost) => Vec::new(),
        Message::Tick(now_ms) => {
            model.now_ms = now_ms;
            model.message.take_if(|message| message.until_ms <= now_ms);
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
    on_screen(model, |screen, scene| screen.refresh(scene, area));
}

fn take_in(model: &mut Model, record: &Arc<Record>) {
    model.run.apply(record);
    model.log.push(record.clone());
    if let Event::CommandOutcome(CommandOutcome { request, command, verdict, .. }) = &record.event {
        let answered = model.asked.iter().position(|asked| asked.id == *request);
        if answered.and_then(|index| model.asked.remove(index)).is_some() {
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

fn press(model: &mut Model, key: &KeyEvent) -> Vec<Effect> {
    // Ctrl-C asks before leaving, wherever it is pressed.
    let leaves = model.keys.action(Key::of(key)) == Some(Action::Leave);
    if view::is_too_small(model.size) {
        // What cannot be seen is not done.
        if leaves {
            return leave(model);
        }
        return match model.dialog.take() {
            Some(Dialog::Leave(question)) => in_dialog(model, Dialog::Leave(question), key),
            dialog => {
                model.dialog = dialog;
                Vec::new()
            }
        };
    }
    let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    if leaves && (ctrl || model.dialog.is_none() && !model.filtering) {
        return leave(model);
    }
    match model.dialog.take() {
        Some(dialog) => in_dialog(model, dialog, key),
        None if model.filtering => {
            in_filter(model, key);
            Vec::new()
        }
        None => match model.keys.action(Key::of(key)) {
            Some(action) => act(model, action),
            None => Vec::new(),
        },
    }
}

fn leave(model: &mut Model) -> Vec<Effect> {
    if model.ended || model.run.ended.is_some() || matches!(model.dialog, Some(Dialog::Leave(_))) {
        let asked = matches!(model.dialog.take(), Some(Dialog::Leave(_)));
        // A second q stays: it never kills a run.
        return if asked && model.run.ended.is_none() && !model.ended {
            Vec::new()
        } else {
            vec![Effect::Leave]
        };
    }
    model.dialog = Some(Dialog::Leave(Leave::default()));
    Vec::new()
}

pub(super) fn in_dialog(model: &mut Model, dialog: Dialog, key: &KeyEvent) -> Vec<Effect> {
    match dialog {
        Dialog::Help(mut help) => {
            let lines = match key.code {
                KeyCode::Down | KeyCode::Char('j') => 1,
                KeyCode::Up | KeyCode::Char('k') => -1,
                KeyCode::PageDown => 10,
                KeyCode::PageUp => -10,
                _ => return Vec::new(),
            };
            help.scroll(lines, &model.keys, model.area());
            model.dialog = Some(Dialog::Help(help));
            Vec::new()
        }
        Dialog::Palette(mut palette) => {
            let mut given = std::mem::take(&mut model.given);
            let line = palette.key(key, &mut given, &model.run);
            model.given = given;
            match line {
                Line::Open => model.dialog = Some(Dialog::Palette(palette)),
                Line::Closed => {}
                Line::Given(command, reason) => return confirm(model, command, reason),
            }
            Vec::new()
        }
        Dialog::Edit(mut edit) => match edit.key(key, &model.run) {
            Outcome::Open => {
                model.dialog = Some(Dialog::Edit(edit));
                Vec::new()
            }
            Outcome::Cancelled => Vec::new(),
            Outcome::Confirmed(command, reason) => ask(model, command, reason),
        },
        Dialog::Leave(mut leave) => match leave.key(key) {
            None => {
                model.dialog = Some(Dialog::Leave(leave));
                Vec::new()
            }
            Some(Leaving::Stay) => Vec::new(),
            Some(Leaving::KeepRunning) => vec![Effect::Leave],
            Some(Leaving::Stop) => {
                model.leaves_at_end = true;
                ask(model, LifecycleCommand::Stop, None)
            }
        },
    }
}

/// What changes the run is shown before it is asked for; the rest is asked for at once.
fn confirm(model: &mut Model, command: Command, reason: Option<String>) -> Vec<Effect> {
    if is_confirmed(&model.run, &command) {
        model.dialog = Some(Dialog::Edit(Box::new(Edit::given(command, reason))));
        return Vec::new();
    }
    ask(model, command, reason)
}

fn ask(model: &mut Model, command: impl Into<Command>, reason: Option<String>) -> Vec<Effect> {
    let command = command.into();
    if model.ended || model.run.ended.is_some() {
        model.tell(format!("{command}: the run has ended"), Role::Error);
        return Vec::new();
    }
    let actor = Actor::Operator(model.operator.clone());
    let request = Request::new(actor, command).with_reason(reason);
    model.asked.push_back(request.clone());
    vec![Effect::Ask(request)]
}

fn in_filter(model: &mut Model, key: &KeyEvent) {
    match key.code {
        KeyCode::Enter => model.filtering = false,
        KeyCode::Esc => {
            model.filtering = false;
            model.filter_mut().reset();
        }
        _ => typing::type_key(model.filter_mut(), key),
    }
}

fn paste(model: &mut Model, text: &str) {
    match &mut model.dialog {
        Some(Dialog::Palette(palette)) => palette.paste(text),
        Some(Dialog::Edit(edit)) => edit.paste(text),
        Some(Dialog::Help(_) | Dialog::Leave(_)) => {}
        None if model.filtering => typing::type_text(model.filter_mut(), text),
        // Pasted text is no keys: nothing is pressed by it.
        None => {}
    }
}

pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Pause => {
            let command = match will_pause(model) {
                true => LifecycleCommand::Resume,
                false => LifecycleCommand::Pause,
            };
            return ask(model, command, None);
        }
        Action::Save => return ask(model, EngineCommand::Save, None),
        Action::Evaluate => return ask(model, EngineCommand::Evaluate, None),
        Action::Generate => return ask(model, EngineCommand::Generate, None),
        Action::Edit(_) | Action::Target if model.run.ended.is_some() => {
            model.tell("the run has ended".into(), Role::Warning);
        }
        Action::Edit(_) | Action::Target if model.run.history.live.is_none() => {
            model.tell("the run's values are not known yet".into(), Role::Warning);
        }
        Action::Edit(tunable) => {
            model.dialog = Some(Dialog::Edit(Box::new(Edit::tunable(tunable, &model.run))));
        }
        Action::Target => {
            model.dialog = Some(Dialog::Edit(Box::new(Edit::targets(&model.run))));
        }
        Action::Palette => model.dialog = Some(Dialog::Palette(Palette::default())),
        Action::Help => model.dialog = Some(Dialog::Help(Help::default())),
        Action::Filter => {
            // What is typed blindly must be no keys: where there is no list, the events are one.
            if !model.screens.get(model.shown).is_filtered() {
                model.shown = Screens::EVENTS;
            }
            model.filtering = true;
        }
        Action::Leave => return leave(model),
        Action::Screen(_) | Action::NextScreen | Action::PreviousScreen => turn_to(model, action),
        Action::Redraw => return vec![Effect::Redraw],
        Action::Freeze => freeze(model),
        Action::Theme => next_theme(model),
        action => {
            let handled = on_screen(model, |screen, scene| screen.act(action, scene));
            if !handled && action == Action::Back {
                model.filter_mut().reset();
            }
        }
    }
    Vec::new()
}

/// Another screen; what was typed for the one before is typed.
fn turn_to(model: &mut Model, action: Action) {
    model.filtering = false;
    match action {
        Action::Screen(number) => model.show(number),
        Action::NextScreen => model.shown = (model.shown + 1) % Screens::COUNT,
        _ => model.shown = (model.shown + Screens::COUNT - 1) % Screens::COUNT,
    }
}

/// Whether the run stands still, or will when it has answered what it was asked.
fn will_pause(model: &Model) -> bool {
    let pauses = model.asked.iter().rev().find_map(|request| match request.command {
        Command::Lifecycle(LifecycleCommand::Pause) => Some(true),
        Command::Lifecycle(LifecycleCommand::Resume) => Some(false),
        _ => None,
    });
    pauses.unwrap_or(model.run.paused)
}

pub(super) fn on_screen<T>(
    model: &mut Model,
    act: impl FnOnce(&mut dyn Screen, &Scene<'_>) -> T,
) -> T {
    let mut screens = std::mem::take(&mut model.screens);
    let done = act(screens.at(model.shown), &model.scene());
    model.screens = screens;
    done
}

fn freeze(model: &mut Model) {
    model.frozen = match model.frozen.take() {
        Some(_) => None,
        None => Some(Box::new((model.run.clone(), model.log.clone(), model.now_ms))),
    };
}

fn next_theme(model: &mut Model) {
    let at = model.themes.iter().position(|theme| theme.name == model.look.theme.name);
    let next = at.map_or(0, |at| (at + 1) % model.themes.len().max(1));
    if let Some(theme) = model.themes.get(next) {
        model.look.theme = theme.clone();
        let name = format!("theme {}", theme.name);
        model.tell(name, Role::Dim);
    }
}
