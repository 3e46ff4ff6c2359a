use super::habits::Habits;
use super::renderer::{Renderer, Variables};
use crate::data::conversation::Turn;

/// A conversation and what its template makes of it.
#[derive(Clone, Copy)]
pub(super) struct Written<'a> {
    pub renderer: &'a Renderer,
    pub habits: &'a Habits,
    pub turns: &'a [Turn],
    pub variables: &'a Variables,
    pub text: &'a str,
}
