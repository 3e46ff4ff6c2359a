use super::habits::Habits;
use super::marks;
use super::renderer::{Renderer, Variables};
use crate::data::conversation::Turn;
use crate::data::error::RowError;

/// A conversation and what its template makes of it.
#[derive(Clone, Copy)]
pub(super) struct Written<'a> {
    pub renderer: &'a Renderer,
    pub habits: &'a Habits,
    pub turns: &'a [Turn],
    pub variables: &'a Variables,
    pub text: &'a str,
}

impl Written<'_> {
    /// What the template makes of other turns, without the marks of its own.
    ///
    /// # Errors
    /// The template refuses them.
    pub fn of(&self, turns: &[Turn], add_generation_prompt: bool) -> Result<String, RowError> {
        let text = self.renderer.text(turns, self.variables, add_generation_prompt)?;
        Ok(if self.habits.marks_generation { marks::unmark(&text).0 } else { text })
    }
}
