//! What can be clicked outside the screens: tabs, and hints that name a key. Clicks are looked up in
//! the same buttons that are drawn.

use super::footer::{self, Footing};
use crate::control::Tunable;
use crate::tui::app::model::Model;
use crate::tui::draw::{Canvas, columns};
use crate::tui::input::Action;
use crate::tui::look::Role;
use crate::tui::screens::ScreenId;
use ratatui::layout::{Position, Rect};

/// Columns from which on all tabs show their titles, not only the selected one.
const NAMED: u16 = 100;

/// Words in a line which do what a key does when they are clicked.
struct Button {
    x: u16,
    action: Action,
    /// The words with their colours; a blank is drawn between two.
    words: Vec<(String, Role)>,
}

impl Button {
    fn tab(model: &Model, id: ScreenId, x: u16, width: u16) -> Self {
        let shown = id == model.shown;
        let text = match width >= NAMED || shown {
            true => format!("{} {}", id.number(), id.title()),
            false => id.number().to_string(),
        };
        let role = if shown { Role::Accent } else { Role::Dim };
        Button { x, action: Action::Screen(id.number()), words: vec![(text, role)] }
    }

    /// A hint for an action that has a key and a word; the caller sets `x`.
    fn hint(model: &Model, action: Action) -> Option<Self> {
        let (key, word) = model.keys.hint(action)?;
        Some(Button { x: 0, action, words: vec![(key, Role::Key), (word.to_owned(), Role::Dim)] })
    }

    fn width(&self) -> u16 {
        let words = self.words.iter().map(|(text, _)| columns(text) + 1).sum::<u16>();
        words.saturating_sub(1)
    }

    fn end(&self) -> u16 {
        self.x + self.width()
    }

    fn draw(&self, canvas: &mut Canvas<'_>, y: u16) {
        let mut line = canvas.line_at(self.x, y);
        for (text, role) in &self.words {
            line.put(text, *role).skip(1);
        }
    }
}

/// The tabs, and right of them the keys to help and the command line.
fn tab_buttons(model: &Model, area: Rect) -> Vec<Button> {
    let mut buttons: Vec<Button> = Vec::new();
    for id in ScreenId::all() {
        let x = buttons.last().map_or(area.x + 1, |before| before.end() + 2);
        buttons.push(Button::tab(model, id, x, area.width));
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
    Action::Expand,
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
    let common = COMMON.iter().filter(|a| model.run.state().ended.is_none() && !own.contains(a));
    let mut x = area.x + 1;
    for hint in own.iter().chain(common).filter_map(|action| Button::hint(model, *action)) {
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
    for button in tab_buttons(model, area) {
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
        y if y + 1 == area.bottom() && matches!(footer::footing(model), Footing::Hints) => {
            hint_buttons(model, area)
        }
        _ => return None,
    };
    let hit = buttons.iter().find(|button| (button.x..button.end()).contains(&at.x));
    hit.map(|button| button.action)
}
