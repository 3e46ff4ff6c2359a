use super::marks::{GENERATION, PLACEHOLDER};
use super::renderer::{Renderer, Variables};
use super::tools::Arguments;
use crate::data::conversation::{ChatRole, Turn};
use crate::data::error::RowError;

/// What a template writes around every answer.
#[derive(Debug)]
pub(super) struct Habits {
    /// Whether it marks answers itself, with `{% generation %}`.
    pub marks_generation: bool,
    /// What it writes between the prompt for an answer and the answer, which the model has to write
    /// itself: a space (Mistral), empty thoughts (Qwen3), a channel (gpt-oss).
    pub before_answer: String,
    /// What it writes between a question and an answer, as far as that is the prompt for one; empty where
    /// that cannot be told.
    pub header: String,
    /// How it takes the arguments of tool calls.
    pub arguments: Arguments,
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
        let none = Variables::new();
        let text = renderer.text(&probe, &none, false)?;
        let (before, after) = text
            .split_once(PLACEHOLDER)
            .ok_or_else(|| RowError("the answer does not appear in what it renders".into()))?;
        if !before.contains("Question") {
            warnings.push(format!("the chat template {name} leaves the question out"));
        }
        // A template that refuses an unanswered question has no such space.
        let prompt = renderer.text(&probe[..1], &none, true).unwrap_or_default();
        let asked = renderer.text(&probe[..1], &none, false).unwrap_or_default();
        let header = prompt.strip_prefix(asked.as_str()).unwrap_or_default().to_owned();
        let end_of_turn = after.replace(GENERATION, "").trim().to_owned();
        if end_of_turn.is_empty() {
            warnings.push(format!(
                "the chat template {name} writes no end-of-turn token behind an answer: the model \
                 will not learn where to stop"
            ));
        }
        let end_before_question =
            end_before_question(renderer, before, &asked, &end_of_turn).unwrap_or_default();
        let gap = before.strip_prefix(prompt.as_str()).unwrap_or_default();
        // A template without a prompt for answers begins them itself.
        let is_the_models = !header.is_empty() || gap.trim().is_empty();
        let before_answer = if is_the_models { gap.to_owned() } else { String::new() };
        let arguments = Arguments::learn(renderer);
        warnings.extend(arguments.warning(name));
        Ok(Habits {
            header,
            arguments,
            end_before_question,
            marks_generation: text.contains(GENERATION),
            before_answer,
            end_of_turn,
        })
    }
}

impl Habits {
    /// The end of an answer, moved behind the end-of-turn token where one follows.
    pub fn with_end_of_turn(&self, text: &str, end: usize) -> usize {
        let rest = &text[end..];
        let spaces = rest.len() - rest.trim_start().len();
        let ends = [&self.end_of_turn, &self.end_before_question];
        let mut following = ends.into_iter().filter(|end| rest[spaces..].starts_with(end.as_str()));
        following.find(|end| !end.is_empty()).map_or(end, |found| end + spaces + found.len())
    }
}

/// What a template writes after an answer that another question follows, by a conversation of two
/// exchanges; `asked` is a question alone. `None` where that cannot be told, as where the template
/// refuses it.
fn end_before_question(
    renderer: &Renderer,
    before: &str,
    asked: &str,
    end_of_turn: &str,
) -> Option<String> {
    let probe = [
        Turn::new(ChatRole::User, "Question"),
        Turn::new(ChatRole::Assistant, PLACEHOLDER),
        Turn::new(ChatRole::User, "Another"),
        Turn::new(ChatRole::Assistant, PLACEHOLDER),
    ];
    let text = renderer.text(&probe, &Variables::new(), false).ok()?.replace(GENERATION, "");
    let (between, _) = text.split_once(PLACEHOLDER)?.1.split_once("Another")?;
    if between.trim_start().starts_with(end_of_turn) {
        return Some(end_of_turn.to_owned());
    }
    // What it writes before every question is not the answer's.
    let (before_question, _) = before.split_once("Question")?;
    let pairs = between.char_indices().rev().zip(before_question.chars().rev());
    let same = pairs.take_while(|((_, a), b)| a == b).last();
    let end = same.map_or(between.len(), |((at, _), _)| at);
    let own = between[..end].trim();
    if !own.is_empty() {
        return Some(own.to_owned());
    }
    // Where a message before the first question ends in the same way, as gpt-oss's own system message
    // does: what ends a question, where that is what follows the answer.
    let (_, behind_question) = asked.rsplit_once("Question")?;
    let end = behind_question.trim();
    between.trim_start().starts_with(end).then(|| end.to_owned())
}
