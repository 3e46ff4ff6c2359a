//! What can be clicked outside the screens: tabs, and hints that name a key. Clicks are looked up in
//! the same buttons that are drawn.

use super::button::Button;
use super::footer::{self, Footing};
use super::presence;
use super::record;
use crate::control::Tunable;
use crate::tui::app::model::Model;
use crate::tui::draw::Canvas;
use crate::tui::input::Action;
use crate::tui::look::Role;
use crate::tui::screens::ScreenId;
use ratatui::layout::{Position, Rect};

/// Columns from which on all tabs show their titles, not only the selected one.
const NAMED: u16 = 100;
/// The same while others look, who are named beside the tabs.
const NAMED_WITH_OTHERS: u16 = 130;

fn tab(model: &Model, id: ScreenId, x: u16, are_named: bool) -> Button {
    let shown = id == model.shown;
    let text = match are_named || shown {
        true => format!("{} {}", id.number(), id.title()),
        false => id.number().to_string(),
    };
    let role = if shown { Role::Accent } else { Role::Dim };
    Button { x, action: Action::Screen(id.number()), words: vec![(text, role)] }
}

/// The tabs, and right of them the keys to help and the command line.
fn tab_buttons(model: &Model, area: Rect) -> Vec<Button> {
    let mut buttons: Vec<Button> = Vec::new();
    let named = if presence::others(model).is_empty() { NAMED } else { NAMED_WITH_OTHERS };
    for id in ScreenId::all() {
        let x = buttons.last().map_or(area.x + 1, |before| before.end() + 2);
        buttons.push(tab(model, id, x, area.width >= named));
    }
    let free = buttons.last().map_or(area.x, Button::end) + 2;
    buttons.extend(help_hints(model, area, free));
    buttons
}

/// Hints at the right end of the tabs; help alone where both do not fit.
fn help_hints(model: &Model, area: Rect, from: u16) -> Vec<Button> {
    let hints = [Action::Help, Action::Palette].into_iter();
    let mut hints: Vec<Button> = hints.filter_map(|a| Button::hint(model, a)).collect();
    let width = |hints: &[Button]| hints.iter().map(|hint| hint.width() + 2).sum::<u16>();
    while !hints.is_empty() && from + width(&hints) > area.right() + 1 {
        hints.pop();
    }
    let mut x = (area.right() + 1).saturating_sub(width(&hints));
    for hint in &mut hints {
        hint.x = x;
        x += hint.width() + 2;
    }
    hints
}

/// Hints of every screen, after those of the one that is shown.
const COMMON: [Action; 9] = [
    Action::Pause,
    Action::Target,
    Action::Edit(Tunable::Lambda),
    Action::Edit(Tunable::Delta),
    Action::Edit(Tunable::Tau),
    Action::Edit(Tunable::Lr),
    Action::Save,
    Action::Enlarge,
    Action::Freeze,
];

/// As many hints as fit: from the left those of the screen, then the common ones; at the right the key
/// that leaves.
fn hint_buttons(model: &Model, area: Rect) -> Vec<Button> {
    let mut end = area.right().saturating_sub(1);
    let mut buttons = Vec::new();
    let leave = Button::hint(model, Action::Leave).filter(|leave| leave.width() + 2 <= end);
    if let Some(leave) = leave {
        let x = end - leave.width();
        buttons.push(Button { x, ..leave });
        end = x - 2;
    }
    let own = model.screens.get(model.shown).map_or(&[][..], |screen| screen.hints());
    let shown_by = |action: &Action| Button::hint(model, *action);
    // A record and a run that has ended take no commands.
    let common: Vec<Button> = match (&model.replay, &model.run.state().ended) {
        (Some(_), _) => record::buttons_without_room(model),
        (None, Some(_)) => Vec::new(),
        (None, None) => {
            COMMON.iter().filter(|action| !own.contains(action)).filter_map(shown_by).collect()
        }
    };
    let mut x = area.x + 1;
    for hint in own.iter().filter_map(shown_by).chain(common) {
        if x + hint.width() > end {
            break;
        }
        let next = x + hint.width() + 3;
        buttons.push(Button { x, ..hint });
        x = next;
    }
    buttons
}

/// Draws the tabs into the second line.
pub(super) fn tabs(model: &Model, canvas: &mut Canvas<'_>) {
    let area = canvas.area();
    let buttons = tab_buttons(model, area);
    let is_tab = |button: &&Button| matches!(button.action, Action::Screen(_));
    let from = buttons.iter().take_while(is_tab).last().map_or(area.x, Button::end) + 2;
    let to = buttons.iter().find(|button| !is_tab(button)).map_or(area.right(), |hint| hint.x);
    if let Some(text) = presence::text(model, to.saturating_sub(from + 2)) {
        canvas.line_at(from, area.y + 1).skip_end(area.right() - to + 2).end(text, Role::Accent);
    }
    for button in buttons {
        button.draw(canvas, area.y + 1);
    }
}

/// Draws the hints into the last line, where it shows nothing else.
pub(super) fn hints(model: &Model, canvas: &mut Canvas<'_>) {
    let area = canvas.area();
    if !matches!(footer::footing(model), Footing::Hints) {
        return;
    }
    for button in hint_buttons(model, area) {
        button.draw(canvas, area.bottom().saturating_sub(1));
    }
}

/// The action of the button at a position.
pub(in crate::tui) fn button_at(model: &Model, at: Position) -> Option<Action> {
    let area = model.area();
    let buttons = match at.y {
        1 => tab_buttons(model, area),
        record::ROW if model.replay.is_some() => record::buttons(model),
        y if y + 1 == area.bottom() && matches!(footer::footing(model), Footing::Hints) => {
            hint_buttons(model, area)
        }
        _ => return None,
    };
    let hit = buttons.iter().find(|button| button.has(at.x));
    hit.map(|button| button.action)
}
