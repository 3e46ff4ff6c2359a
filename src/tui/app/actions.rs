//! What actions do, whether a key, a button or a dialog caused them.

use super::effect::Effect;
use super::model::{Frozen, Model};
use super::on_screen::with_shown_screen;
use super::replaying;
use crate::control::{Actor, Command, EngineCommand, LifecycleCommand, Request};
use crate::tui::clipboard::Copied;
use crate::tui::dialog::{Dialog, Help, Leave, Palette};
use crate::tui::edit::{Edit, is_confirmed};
use crate::tui::input::Action;
use crate::tui::look::Role;
use crate::tui::screens::ScreenId;

/// Carries out an action.
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    if let Some(effects) = replaying::act(model, action) {
        return effects;
    }
    match action {
        Action::Pause => {
            let command = match will_pause(model) {
                true => LifecycleCommand::Resume,
                false => LifecycleCommand::Pause,
            };
            return send(model, command, None);
        }
        Action::Save => return send(model, EngineCommand::Save, None),
        Action::Evaluate => return send(model, EngineCommand::Evaluate, None),
        Action::Generate => return send(model, EngineCommand::Generate, None),
        Action::Edit(_) | Action::Target => open_edit(model, action),
        Action::Palette => model.dialog = Some(Dialog::Palette(Palette::default())),
        Action::Help => model.dialog = Some(Dialog::Help(Help::default())),
        Action::Filter => {
            // The typed words must not act as keys: a screen without a list gives way to the events.
            if !model.screens.get(model.shown).is_some_and(|screen| screen.is_filtered()) {
                model.shown = ScreenId::Events;
            }
            model.filtering = true;
        }
        Action::Leave => return leave(model),
        Action::Screen(_) | Action::NextScreen | Action::PreviousScreen => {
            change_screen(model, action)
        }
        Action::Redraw => return vec![Effect::Redraw],
        Action::Copy => return copy(model),
        Action::Freeze => freeze(model),
        Action::Theme => next_theme(model),
        Action::Choose if show_chosen_step(model) => {}
        action => {
            let handled = with_shown_screen(model, |screen, scene| screen.act(action, scene));
            if !handled && action == Action::Back {
                model.filter_mut().reset();
            }
        }
    }
    Vec::new()
}

/// Copies what is selected on the shown screen; the path of the run's folder where nothing is.
fn copy(model: &mut Model) -> Vec<Effect> {
    let selected = with_shown_screen(model, |screen, scene| screen.copied(scene));
    let folder =
        model.folder.as_ref().map(|path| Copied::new("the path of the run's folder", path));
    let Some(copied) = selected.or(folder) else {
        model.set_answer("nothing is selected here that could be copied".into(), Role::Warning);
        return Vec::new();
    };
    model.set_answer(copied.words(), Role::Good);
    vec![Effect::Copy(copied.text)]
}

/// Puts the crosshair of the curves on the step of the event that is selected; `false` where none with a step is.
fn show_chosen_step(model: &mut Model) -> bool {
    let Some(step) = with_shown_screen(model, |screen, scene| screen.chosen_step(scene)) else {
        return false;
    };
    model.shown = ScreenId::Curves;
    with_shown_screen(model, |screen, scene| screen.show_step(step, scene));
    true
}

/// Opens the edit of a live value or of the targets, if the run has values to change.
fn open_edit(model: &mut Model, action: Action) {
    let run = model.run.state();
    if run.ended.is_some() {
        return model.set_answer("the run has ended".into(), Role::Warning);
    }
    if run.history.live.is_none() {
        return model.set_answer("the run's values are not known yet".into(), Role::Warning);
    }
    let edit = match action {
        Action::Edit(tunable) => Edit::tunable(tunable, run),
        _ => Edit::targets(run),
    };
    model.dialog = Some(Dialog::Edit(Box::new(edit)));
}

/// Shows another screen; typing into the filter of the former one ends.
fn change_screen(model: &mut Model, action: Action) {
    model.filtering = false;
    let next = match action {
        Action::Screen(number) => ScreenId::from_number(number),
        Action::NextScreen => Some(model.shown.step(1)),
        _ => Some(model.shown.step(ScreenId::all().len() - 1)),
    };
    model.shown = next.unwrap_or(model.shown);
}

/// Whether the run is paused, or will be once the pending requests are carried out.
fn will_pause(model: &Model) -> bool {
    let pauses = model.pending.iter().rev().find_map(|request| match request.command {
        Command::Lifecycle(LifecycleCommand::Pause) => Some(true),
        Command::Lifecycle(LifecycleCommand::Resume) => Some(false),
        _ => None,
    });
    pauses.unwrap_or(model.run.state().paused)
}

fn freeze(model: &mut Model) {
    model.frozen = match model.frozen.take() {
        Some(_) => None,
        None => Some(Box::new(Frozen { run: model.run.clone(), now_ms: model.now_ms })),
    };
}

fn next_theme(model: &mut Model) {
    let at = model.themes.iter().position(|theme| theme.name == model.look.theme.name);
    let next = at.map_or(0, |at| (at + 1) % model.themes.len().max(1));
    if let Some(theme) = model.themes.get(next) {
        model.look.theme = theme.clone();
        let name = format!("theme {}", theme.name);
        model.set_answer(name, Role::Dim);
    }
}

/// Leaves the screens; while the run goes on, a dialog asks first.
pub(super) fn leave(model: &mut Model) -> Vec<Effect> {
    let question = model.dialog.take_if(|dialog| matches!(dialog, Dialog::Leave(_)));
    let at_once = model.leaves_at_once || model.ended || model.run.state().ended.is_some();
    match (at_once, question) {
        (true, _) => vec![Effect::Leave],
        // A second q closes the question: it never ends a run.
        (false, Some(_)) => Vec::new(),
        (false, None) => {
            model.dialog = Some(Dialog::Leave(Leave::default()));
            Vec::new()
        }
    }
}

/// Previews a command that changes the run; sends any other at once.
pub(super) fn confirm(model: &mut Model, command: Command, reason: Option<String>) -> Vec<Effect> {
    if is_confirmed(model.run.state(), &command) {
        model.dialog =
            Some(Dialog::Edit(Box::new(Edit::given(command, reason, model.run.state()))));
        return Vec::new();
    }
    send(model, command, reason)
}

/// Sends a command to the engine.
pub(super) fn send(
    model: &mut Model,
    command: impl Into<Command>,
    reason: Option<String>,
) -> Vec<Effect> {
    send_edit(model, command.into(), reason, None)
}

/// Sends a command that is void where the value that the operator saw is another by now.
pub(super) fn send_edit(
    model: &mut Model,
    command: Command,
    reason: Option<String>,
    saw: Option<String>,
) -> Vec<Effect> {
    if let Some(why) = &model.lost {
        let text = format!("{command}: not sent, {why}");
        model.set_answer(text, Role::Error);
        return Vec::new();
    }
    if model.ended || model.run.state().ended.is_some() {
        model.set_answer(format!("{command}: the run has ended"), Role::Error);
        return Vec::new();
    }
    if model.replay.is_some() {
        model.set_answer(
            format!("{command}: this is a record, which takes no commands"),
            Role::Error,
        );
        return Vec::new();
    }
    if model.only_looks {
        model.set_answer(format!("{command}: these screens only look"), Role::Error);
        return Vec::new();
    }
    let actor = Actor::Operator(model.operator.clone());
    let request = Request { saw, ..Request::new(actor, command).with_reason(reason) };
    model.pending.push_back(request.clone());
    vec![Effect::Send(request)]
}
