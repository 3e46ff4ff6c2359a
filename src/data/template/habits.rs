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
    /// What it writes after the last answer, without space around it (`<|im_end|>`); may be empty.
    pub end_of_turn: String,
    /// The same after an answer that a question follows; Phi-3 ends the last one with one token more.
    pub end_before_question: String,
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
        let end_before_question =
            end_before_question(renderer, before, &end_of_turn).unwrap_or_default();
        Ok(Habits {
            end_before_question,
            marks_generation: text.contains(GENERATION),
            space_before_answer: if gap.trim().is_empty() { gap.to_owned() } else { String::new() },
            end_of_turn,
        })
    }
}

/// What a template writes after an answer that another question follows, by a conversation of two
/// exchanges. `None` where that cannot be told, as where the template refuses it.
fn end_before_question(renderer: &Renderer, before: &str, end_of_turn: &str) -> Option<String> {
    let probe = [
        Turn::new(ChatRole::User, "Question"),
        Turn::new(ChatRole::Assistant, PLACEHOLDER),
        Turn::new(ChatRole::User, "Another"),
        Turn::new(ChatRole::Assistant, PLACEHOLDER),
    ];
    let text = renderer.text(&probe, false).ok()?.replace(GENERATION, "");
    let (between, _) = text.split_once(PLACEHOLDER)?.1.split_once("Another")?;
    if between.trim_start().starts_with(end_of_turn) {
        return Some(end_of_turn.to_owned());
    }
    // What it writes before every question is not the answer's.
    let (before_question, _) = before.split_once("Question")?;
    let pairs = between.char_indices().rev().zip(before_question.chars().rev());
    let same = pairs.take_while(|((_, a), b)| a == b).last();
    let end = same.map_or(between.len(), |((at, _), _)| at);
    Some(between[..end].trim().to_owned())
}
