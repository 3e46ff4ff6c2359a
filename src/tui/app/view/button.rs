use crate::tui::app::model::Model;
use crate::tui::draw::{Canvas, columns};
use crate::tui::input::Action;
use crate::tui::look::Role;

/// Words in a line which do what a key does when they are clicked.
pub(super) struct Button {
    pub x: u16,
    pub action: Action,
    /// The words with their colours; a blank is drawn between two.
    pub words: Vec<(String, Role)>,
}

impl Button {
    /// A hint for an action that has a key and a word; the caller sets `x`.
    pub fn hint(model: &Model, action: Action) -> Option<Self> {
        let (key, word) = model.keys.hint(action)?;
        Some(Button { x: 0, action, words: vec![(key, Role::Key), (word.to_owned(), Role::Dim)] })
    }

    pub fn width(&self) -> u16 {
        let words = self.words.iter().map(|(text, _)| columns(text) + 1).sum::<u16>();
        words.saturating_sub(1)
    }

    pub fn end(&self) -> u16 {
        self.x + self.width()
    }

    /// Whether a position of its line is on it.
    pub fn has(&self, x: u16) -> bool {
        (self.x..self.end()).contains(&x)
    }

    pub fn draw(&self, canvas: &mut Canvas<'_>, y: u16) {
        let mut line = canvas.line_at(self.x, y);
        for (text, role) in &self.words {
            line.put(text, *role).skip(1);
        }
    }
}
