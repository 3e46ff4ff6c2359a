//! Keys in the open dialog.

use super::actions::{act, confirm, send, send_edit};
use super::effect::Effect;
use super::model::Model;
use crate::control::LifecycleCommand;
use crate::tui::dialog::{Dialog, Help, Leave, Leaving, Palette, PaletteOutcome};
use crate::tui::edit::{Edit, EditOutcome};
use crossterm::event::{KeyCode, KeyEvent};

/// Gives a key to the dialog that was open; it is put back unless the key closed it.
pub(super) fn in_dialog(model: &mut Model, dialog: Dialog, key: &KeyEvent) -> Vec<Effect> {
    match dialog {
        Dialog::Help(help) => in_help(model, help, key),
        Dialog::Palette(palette) => in_palette(model, palette, key),
        Dialog::Edit(edit) => in_edit(model, edit, key),
        Dialog::Leave(leave) => in_leave(model, leave, key),
    }
}

fn in_help(model: &mut Model, mut help: Help, key: &KeyEvent) -> Vec<Effect> {
    let lines = match key.code {
        KeyCode::Down | KeyCode::Char('j') => 1,
        KeyCode::Up | KeyCode::Char('k') => -1,
        KeyCode::PageDown => 10,
        KeyCode::PageUp => -10,
        _ => return Vec::new(),
    };
    help.scroll(lines, model.helped(), model.area());
    stay_in(model, Dialog::Help(help))
}

fn in_palette(model: &mut Model, mut palette: Palette, key: &KeyEvent) -> Vec<Effect> {
    match palette.key(key, &mut model.given, model.run.state()) {
        PaletteOutcome::Open => stay_in(model, Dialog::Palette(palette)),
        PaletteOutcome::Closed => Vec::new(),
        PaletteOutcome::Given(command, reason) => confirm(model, command, reason),
        PaletteOutcome::Act(action) => act(model, action),
    }
}

fn in_edit(model: &mut Model, mut edit: Box<Edit>, key: &KeyEvent) -> Vec<Effect> {
    match edit.key(key, model.run.state()) {
        EditOutcome::Open => stay_in(model, Dialog::Edit(edit)),
        EditOutcome::Cancelled => Vec::new(),
        EditOutcome::Confirmed { command, reason, saw } => send_edit(model, command, reason, saw),
    }
}

fn in_leave(model: &mut Model, mut leave: Leave, key: &KeyEvent) -> Vec<Effect> {
    match leave.key(key) {
        None => stay_in(model, Dialog::Leave(leave)),
        Some(Leaving::Stay) => Vec::new(),
        Some(Leaving::KeepRunning) => vec![Effect::Leave],
        Some(Leaving::Stop) => {
            model.leaves_at_end = true;
            send(model, LifecycleCommand::Stop, None)
        }
    }
}

/// Puts a dialog back into the model: it stays open.
pub(super) fn stay_in(model: &mut Model, dialog: Dialog) -> Vec<Effect> {
    model.dialog = Some(dialog);
    Vec::new()
}
