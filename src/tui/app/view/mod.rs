//! The picture: status, tabs, the verdict, the selected screen, hints, and the open dialog over them.

mod button;
mod buttons;
mod footer;
mod presence;
mod record;
mod status;
mod verdict;

pub(in crate::tui) use buttons::button_at;
pub(in crate::tui) use record::moment_at;

use super::model::Model;
use crate::tui::dialog::{Dialog, Leave};
use crate::tui::draw::Canvas;
use crate::tui::input::Action;
use crate::tui::look::Role;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Columns and rows of the smallest terminal that shows the screens.
const LEAST: (u16, u16) = (60, 20);

/// Draws everything into a picture of the terminal's size.
pub fn draw(model: &Model, picture: &mut Buffer) {
    let (scene, live) = (model.scene(), model.live_scene());
    let mut canvas = Canvas::new(picture, scene.look);
    let area = canvas.area();
    canvas.paint(scene.look.theme.ground());
    if is_too_small((area.width, area.height)) {
        return too_small(model, &mut canvas);
    }
    status::view(model, &scene, &mut canvas);
    buttons::tabs(model, &mut canvas);
    verdict::view(model, &scene, &mut canvas);
    record::view(model, &mut canvas);
    if let Some(screen) = model.screens.get(model.shown) {
        screen.view(&scene, &mut canvas.within(body(model, area)));
    }
    footer::view(model, &mut canvas);
    buttons::hints(model, &mut canvas);
    match &model.dialog {
        Some(Dialog::Help(help)) => help.view(model.helped(), &mut canvas),
        // A command is previewed for the run as it is now, not for the frozen one.
        Some(Dialog::Palette(palette)) => palette.view(&live, &mut canvas),
        Some(Dialog::Edit(edit)) => edit.view(&live, &mut canvas),
        Some(Dialog::Leave(leave)) => leave.view(&live, &mut canvas),
        None => {}
    }
}

/// Where the screen is drawn.
pub(in crate::tui) fn screen_area(model: &Model) -> Rect {
    body(model, model.area())
}

/// What is left below the tabs, the verdict and the line of a record, and above the last line.
fn body(model: &Model, area: Rect) -> Rect {
    let above = if model.replay.is_some() { record::ROW + 1 } else { verdict::ROW + 1 };
    Rect { y: area.y + above, height: area.height.saturating_sub(above + 1), ..area }
}

/// Whether the screens do not fit: then keys can only leave them.
pub(in crate::tui) fn is_too_small((columns, rows): (u16, u16)) -> bool {
    columns < LEAST.0 || rows < LEAST.1
}

fn too_small(model: &Model, canvas: &mut Canvas<'_>) {
    let (scene, area) = (&model.live_scene(), canvas.area());
    let text = format!(
        "needs {}x{} columns and rows, has {}x{}",
        LEAST.0, LEAST.1, area.width, area.height
    );
    canvas.line(0).put(text, Role::Warning);
    let (word, role) = status::lamp(model, scene.run.phase);
    canvas.line(1).put(format!("{word}: {}", status::progress_text(scene)), role);
    let text = match &model.dialog {
        Some(Dialog::Leave(_)) => Leave::in_a_line(),
        _ => model.keys.key(Action::Leave).map_or_else(String::new, |key| format!("{key} leaves")),
    };
    canvas.line(2).put(text, Role::Accent);
}
