//! The last line, unless it shows hints: the filter that is typed, an answer to the operator, or the
//! request that waits for its outcome.

use crate::control::Request;
use crate::tui::app::model::{Answer, Model};
use crate::tui::draw::Canvas;
use crate::tui::look::Role;

/// What the last line shows.
pub(super) enum Footing<'a> {
    /// What is typed, or filters the screen.
    Filter,
    Answer(&'a Answer),
    /// A request without an outcome yet, and what somebody else did meanwhile.
    Pending(&'a Request, Option<&'a Answer>),
    Hints,
}

/// What it shows now.
pub(super) fn footing(model: &Model) -> Footing<'_> {
    if model.filtering {
        return Footing::Filter;
    }
    match (&model.answer, model.pending.back()) {
        (Some(answer), Some(request)) if answer.passes => Footing::Pending(request, Some(answer)),
        (Some(answer), _) => Footing::Answer(answer),
        (None, Some(request)) => Footing::Pending(request, None),
        (None, None) if !model.filter().value().is_empty() => Footing::Filter,
        (None, None) => Footing::Hints,
    }
}

/// Draws the last line, unless it shows hints.
pub(super) fn view(model: &Model, canvas: &mut Canvas<'_>) {
    let last = canvas.area().height.saturating_sub(1);
    let mut line = canvas.line(last);
    line.skip(1).skip_end(1);
    match footing(model) {
        Footing::Filter => {
            if !model.filtering {
                line.end("esc clears it", Role::Dim).skip_end(2);
            }
            line.put("filter / ", Role::Key).input(model.filter(), model.filtering);
        }
        Footing::Answer(answer) => {
            line.put(&answer.text, answer.role);
        }
        Footing::Pending(request, others) => {
            let text = format!("{}: sent, waiting for the engine", request.command);
            line.put(text, Role::Accent).skip(3);
            if let Some(Answer { text, role, .. }) = others {
                line.put(text, *role);
            }
        }
        Footing::Hints => {}
    }
}
