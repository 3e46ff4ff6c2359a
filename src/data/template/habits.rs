use super::marks::{GENERATION, PLACEHOLDER};
use super::renderer::Renderer;
use crate::data::conversation::{ChatRole, Turn};
use crate::data::error::RowError;

/// What a template writes around every answer.
#[derive(Debug)]
pub(super) struct Habits {
    /// Whether it marks answers itself, with `{% generation %}`.
    pub marks_generation: bool,
    /// Space between the prompt for an answer and the answer (Mistral: one space), which the model
    /// has to write itself.
    pub space_before_answer: String,
    /// What it writes after an answer, without space around it (`<|im_end|>`); may be empty.
    pub end_of_turn: String,
}

impl Habits {
    /// Tries the template on a question and an answer. Problems that are no errors are added to
    /// `warnings`.
    ///
    /// # Errors
    /// The template refuses them, or leaves the answer out.
    pub fn learn(renderer: &Renderer, warnings: &mut Vec<String>) -> Result<Self, RowError> {
        let name = &renderer.name;
        let probe =
            [Turn::new(ChatRole::User, "Question"), Turn::new(ChatRole::Assistant, PLACEHOLDER)];
        let text = renderer.text(&probe, false)?;
        let (before, after) = text
            .split_once(PLACEHOLDER)
            .ok_or_else(|| RowError("the answer does not appear in what it renders".into()))?;
        if !before.contains("Question") {
            warnings.push(format!("the chat template {name} leaves the question out"));
        }
        // A template that refuses an unanswered question has no such space.
        let prompt = renderer.text(&probe[..1], true).unwrap_or_default();
        let gap = before.strip_prefix(prompt.as_str()).unwrap_or_default();
        let end_of_turn = after.replace(GENERATION, "").trim().to_owned();
        if end_of_turn.is_empty() {
            warnings.push(format!(
                "the chat template {name} writes no end-of-turn token behind an answer: the model \
                 will not learn where to stop"
            ));
        }
        Ok(Habits {
            marks_generation: text.contains(GENERATION),
            space_before_answer: if gap.trim().is_empty() { gap.to_owned() } else { String::new() },
            end_of_turn,
        })
    }
}
