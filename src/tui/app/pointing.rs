//! What the mouse does: buttons, dialogs, then the screen that is shown.

use super::actions::{Effect, act, on_screen};
use super::dialogs::{in_dialog, stay_in};
use super::model::Model;
use super::view;
use crate::tui::dialog::Dialog;
use crate::tui::input::Mouse;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

/// What the mouse does.
pub(super) fn point(model: &mut Model, mouse: &MouseEvent) -> Vec<Effect> {
    if view::is_too_small(model.size) {
        return Vec::new();
    }
    let at = Position { x: mouse.column, y: mouse.row };
    match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) => return click(model, at),
        MouseEventKind::Drag(MouseButton::Left) => drag(model, at),
        MouseEventKind::ScrollUp => return turn(model, at, true),
        MouseEventKind::ScrollDown => return turn(model, at, false),
        MouseEventKind::Up(_) => model.pressed = None,
        _ => {}
    }
    Vec::new()
}

fn click(model: &mut Model, at: Position) -> Vec<Effect> {
    if let Some(dialog) = model.dialog.take() {
        return click_dialog(model, dialog, at);
    }
    if let Some(action) = view::button_at(model, at) {
        return act(model, action);
    }
    model.pressed = Some(at);
    to_screen(model, at, Mouse::Click(at));
    Vec::new()
}

/// A click in a dialog does what a key does; beside it, what esc does.
fn click_dialog(model: &mut Model, mut dialog: Dialog, at: Position) -> Vec<Effect> {
    let area = model.area();
    let key = match &mut dialog {
        Dialog::Help(_) => Some(KeyCode::Esc),
        Dialog::Palette(palette) => palette.click(at, area, &model.run),
        Dialog::Edit(edit) => edit.click(at, area, &model.run),
        Dialog::Leave(leave) => leave.click(at, area),
    };
    match key {
        Some(code) => in_dialog(model, dialog, &KeyEvent::new(code, KeyModifiers::NONE)),
        None => stay_in(model, dialog),
    }
}

/// What began on a button or in a dialog moves nothing.
fn drag(model: &mut Model, at: Position) {
    let Some(from) = model.pressed.filter(|_| model.dialog.is_none()) else { return };
    model.pressed = Some(at);
    to_screen(model, from, Mouse::Drag(from, at));
}

/// The wheel goes through a dialog as the arrow keys do, but for the lines given before.
fn turn(model: &mut Model, at: Position, up: bool) -> Vec<Effect> {
    let code = if up { KeyCode::Up } else { KeyCode::Down };
    let key = KeyEvent::new(code, KeyModifiers::NONE);
    match model.dialog.take() {
        Some(dialog @ Dialog::Palette(_)) => model.dialog = Some(dialog),
        Some(dialog) => return in_dialog(model, dialog, &key),
        None => to_screen(model, at, Mouse::Wheel { at, up }),
    }
    Vec::new()
}

/// To the screen, if it is there.
fn to_screen(model: &mut Model, at: Position, mouse: Mouse) {
    let area = view::screen_area(model.size);
    if area.contains(at) {
        on_screen(model, |screen, scene| screen.mouse(mouse, area, scene));
    }
}
