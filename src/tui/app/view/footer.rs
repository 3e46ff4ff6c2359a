//! The last line, unless it is made of hints: the filter that is typed, else the answer to the operator.

use crate::control::Request;
use crate::tui::app::model::{Answer, Model};
use crate::tui::draw::Canvas;
use crate::tui::look::Role;

/// What the last line says.
pub(super) enum Footing<'a> {
    /// What is typed, or filters the screen.
    Filter,
    Answer(&'a Answer),
    /// A request without an outcome yet.
    Pending(&'a Request),
    Hints,
}

/// What it says now.
pub(super) fn footing(model: &Model) -> Footing<'_> {
    if model.filtering {
        return Footing::Filter;
    }
    match (&model.answer, model.pending.back()) {
        (Some(answer), _) => Footing::Answer(answer),
        (None, Some(request)) => Footing::Pending(request),
        (None, None) if !model.filter().value().is_empty() => Footing::Filter,
        (None, None) => Footing::Hints,
    }
}

/// Draws it; nothing where hints are to be drawn.
pub(super) fn view(model: &Model, canvas: &mut Canvas<'_>) {
    let last = canvas.area().height.saturating_sub(1);
    let mut line = canvas.line(last);
    line.skip(1).skip_end(1);
    match footing(model) {
        Footing::Filter => {
            line.put("filter / ", Role::Key).input(model.filter(), model.filtering);
        }
        Footing::Answer(answer) => {
            line.put(&answer.text, answer.role);
        }
        Footing::Pending(request) => {
            let text = format!("{}: asked for, waits for the engine", request.command);
            line.put(text, Role::Accent);
        }
        Footing::Hints => {}
    }
}
