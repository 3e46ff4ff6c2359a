//! The mouse: it acts on the open dialog, on buttons, or on the shown screen.

use super::actions::act;
use super::dialogs::{in_dialog, stay_in};
use super::effect::Effect;
use super::model::Model;
use super::on_screen::with_shown_screen;
use super::replaying;
use super::view;
use crate::tui::dialog::Dialog;
use crate::tui::input::Mouse;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

/// Carries out an event of the mouse.
pub(super) fn point(model: &mut Model, mouse: &MouseEvent) -> Vec<Effect> {
    if view::is_too_small(model.size) {
        return Vec::new();
    }
    let at = Position { x: mouse.column, y: mouse.row };
    // Terminals report places beside the picture, too.
    let is_beside = !model.area().contains(at);
    match mouse.kind {
        MouseEventKind::Up(_) => model.pressed = None,
        _ if is_beside => {}
        MouseEventKind::Down(MouseButton::Left) => return click(model, at),
        MouseEventKind::Drag(MouseButton::Left) => return drag(model, at),
        MouseEventKind::ScrollUp => return wheel(model, at, true),
        MouseEventKind::ScrollDown => return wheel(model, at, false),
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
    if let Some(moment) = view::moment_at(model, at, at) {
        return replaying::go(model, moment);
    }
    to_screen(model, at, Mouse::Click(at));
    Vec::new()
}

/// A click in a dialog acts as a key; one beside it as esc.
fn click_dialog(model: &mut Model, mut dialog: Dialog, at: Position) -> Vec<Effect> {
    let area = model.area();
    let key = match &mut dialog {
        Dialog::Help(_) => Some(KeyCode::Esc),
        Dialog::Palette(palette) => palette.click(at, area, model.run.state()),
        Dialog::Edit(edit) => edit.click(at, area, model.run.state()),
        Dialog::Leave(leave) => leave.click(at, area),
    };
    match key {
        Some(code) => in_dialog(model, dialog, &KeyEvent::new(code, KeyModifiers::NONE)),
        None => stay_in(model, dialog),
    }
}

/// Drags the shown screen, or the place in a record, unless the press was on a button or in a dialog.
fn drag(model: &mut Model, at: Position) -> Vec<Effect> {
    let Some(from) = model.pressed.filter(|_| model.dialog.is_none()) else { return Vec::new() };
    if let Some(moment) = view::moment_at(model, from, at) {
        return replaying::go(model, moment);
    }
    model.pressed = Some(at);
    to_screen(model, from, Mouse::Drag(from, at));
    Vec::new()
}

/// The wheel scrolls a dialog as the arrow keys do. In the command line, where these recall earlier
/// lines, it does nothing.
fn wheel(model: &mut Model, at: Position, up: bool) -> Vec<Effect> {
    let code = if up { KeyCode::Up } else { KeyCode::Down };
    let key = KeyEvent::new(code, KeyModifiers::NONE);
    match model.dialog.take() {
        Some(dialog @ Dialog::Palette(_)) => model.dialog = Some(dialog),
        Some(dialog) => return in_dialog(model, dialog, &key),
        None => to_screen(model, at, Mouse::Wheel { at, up }),
    }
    Vec::new()
}

/// Gives an event to the shown screen, if the position is on it.
fn to_screen(model: &mut Model, at: Position, mouse: Mouse) {
    let area = view::screen_area(model);
    if area.contains(at) {
        with_shown_screen(model, |screen, scene| screen.mouse(mouse, area, scene));
    }
}
