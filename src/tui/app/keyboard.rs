//! Keys and pasted text: they go to the open dialog, to the filter that is typed, or are actions.

use super::actions::{act, leave};
use super::dialogs::{in_dialog, stay_in};
use super::effect::Effect;
use super::model::Model;
use super::view;
use crate::tui::dialog::Dialog;
use crate::tui::input::{Action, type_key, type_text};
use crate::tui::keys::Key;
use crate::tui::look::Role;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// The answer to ctrl-z. A process is stopped as a whole.
const NO_SUSPENDING: &str =
    "to stop this program would stop the training too; q leaves the screens and lets the run go on";

/// The answer to a text that comes where none is typed.
const NOT_KEYS: &str = "characters that come at once are pasted text, not keys";

/// What a key does.
pub(super) fn press(model: &mut Model, key: &KeyEvent) -> Vec<Effect> {
    let action = model.keys.action(Key::from_event(key));
    let leaves = action == Some(Action::Leave);
    let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    if ctrl && key.code == KeyCode::Char('z') && action.is_none() {
        return stop(model);
    }
    if view::is_too_small(model.size) {
        return press_too_small(model, key, leaves);
    }
    // Ctrl-C opens the question before leaving, wherever it is pressed.
    if leaves && (ctrl || model.dialog.is_none() && !model.filtering) {
        return leave(model);
    }
    match (model.dialog.take(), action) {
        (Some(dialog), _) => in_dialog(model, dialog, key),
        (None, _) if model.filtering => {
            in_filter(model, key);
            Vec::new()
        }
        (None, Some(action)) => act(model, action),
        (None, None) => Vec::new(),
    }
}

/// Ctrl-Z stops screens that are left at once as it stops any program; never the training.
fn stop(model: &mut Model) -> Vec<Effect> {
    if model.leaves_at_once {
        return vec![Effect::Stop];
    }
    model.set_answer(NO_SUSPENDING.into(), Role::Warning);
    Vec::new()
}

/// What a key does on a terminal that is too small for the screens: they can only be left.
fn press_too_small(model: &mut Model, key: &KeyEvent, leaves: bool) -> Vec<Effect> {
    if leaves {
        return leave(model);
    }
    match model.dialog.take() {
        Some(question @ Dialog::Leave(_)) => in_dialog(model, question, key),
        Some(dialog) => stay_in(model, dialog),
        None => Vec::new(),
    }
}

fn in_filter(model: &mut Model, key: &KeyEvent) {
    match key.code {
        KeyCode::Enter => model.filtering = false,
        KeyCode::Esc => {
            model.filtering = false;
            model.filter_mut().reset();
        }
        _ => type_key(model.filter_mut(), key),
    }
}

/// Types a pasted text where something is being typed; it never acts as a key.
pub(super) fn paste(model: &mut Model, text: &str) {
    match &mut model.dialog {
        Some(Dialog::Palette(palette)) => palette.paste(text),
        Some(Dialog::Edit(edit)) => edit.paste(text),
        None if model.filtering => type_text(model.filter_mut(), text),
        Some(Dialog::Help(_) | Dialog::Leave(_)) | None => {
            model.set_answer(NOT_KEYS.into(), Role::Warning);
        }
    }
}
