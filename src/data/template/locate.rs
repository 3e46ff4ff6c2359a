//! Finds the answers in a text whose template does not mark them.
//!
//! The conversation is rendered a second time with a placeholder for every answer. The text between the
//! placeholders is the template's own, so that each answer of the real text must begin after such a
//! piece. Templates may trim an answer or leave out the part in `<think>`: an answer is found if its
//! characters follow, spaces aside.

use super::marks::PLACEHOLDER;
use super::written::Written;
use crate::data::conversation::{ChatRole, Turn};
use crate::data::error::RowError;
use std::ops::Range;

/// Begins an answer's thoughts.
const THOUGHTS: &str = "<think>";

/// The byte ranges of all answers of the conversation, in their order, each with its end-of-turn token.
pub(super) fn answers(written: &Written) -> Result<Vec<Range<usize>>, RowError> {
    let Written { renderer, habits, turns, text, .. } = *written;
    let placeholders = with_placeholders(turns);
    let shape = written.of(&placeholders, false)?;
    let pieces: Vec<&str> = shape.split(PLACEHOLDER).collect();
    let answered: Vec<usize> =
        (0..turns.len()).filter(|i| turns[*i].role == ChatRole::Assistant).collect();
    if pieces.len() != answered.len() + 1 {
        return Err(RowError(format!(
            "the chat template {} writes {} of the conversation's {} answers",
            renderer.name,
            pieces.len() - 1,
            answered.len()
        )));
    }
    let mut found = Vec::with_capacity(answered.len());
    let mut cursor = 0;
    for (piece, &turn) in pieces.iter().zip(&answered) {
        let answer_behind = |lead: &str| {
            after(text, cursor, lead).and_then(|at| answer_at(text, at, turns[turn].text()))
        };
        let answer = match answer_behind(piece) {
            Some(answer) => Some(answer),
            // The piece may hold what the template puts before an answer without thoughts; the prompt
            // for an answer holds only what is written before any answer.
            None => {
                let prompt = written.of(&placeholders[..turn], true)?;
                answer_behind(prompt.rsplit(PLACEHOLDER).next().unwrap_or_default())
            }
        };
        let Some(answer) = answer else { return Err(not_found(&renderer.name, turn, turns.len())) };
        cursor = answer.end;
        let spaced = text[..answer.start].ends_with(&habits.before_answer);
        let start = answer.start - if spaced { habits.before_answer.len() } else { 0 };
        found.push(start..habits.with_end_of_turn(text, answer.end));
    }
    let tail = pieces.last().map_or("", |piece| piece.trim());
    if text[cursor..].trim() != tail {
        return Err(not_found(&renderer.name, turns.len() - 1, turns.len()));
    }
    Ok(found)
}

fn with_placeholders(turns: &[Turn]) -> Vec<Turn> {
    let placeholder = |turn: &Turn| match turn.role {
        ChatRole::Assistant => Turn::new(ChatRole::Assistant, PLACEHOLDER),
        ChatRole::System | ChatRole::User | ChatRole::Tool => turn.clone(),
    };
    turns.iter().map(placeholder).collect()
}

/// The error of an answer, turn number `turn` from 0, that the template changed beyond recognition.
pub(super) fn not_found(template: &str, turn: usize, turns: usize) -> RowError {
    RowError(format!(
        "message {} of {turns} cannot be found again in what the chat template {template} makes of it; put \
         the assistant's words into {{% generation %}} … {{% endgeneration %}} in the template",
        turn + 1
    ))
}

/// Where `lead` ends, if it begins at `cursor` or behind the spaces there.
fn after(text: &str, cursor: usize, lead: &str) -> Option<usize> {
    let spaces = text[cursor..].len() - text[cursor..].trim_start().len();
    let mut starts = (cursor..=cursor + spaces).filter(|at| text.is_char_boundary(*at));
    starts.find(|at| text[*at..].starts_with(lead)).map(|at| at + lead.len())
}

/// The range of the answer that begins at `at`: whole, without its thoughts, or with the tag that begins
/// them, which some templates write where an answer has only the one that ends them.
fn answer_at(text: &str, at: usize, content: &str) -> Option<Range<usize>> {
    let spoken = content.rsplit_once("</think>").map(|(_, spoken)| spoken);
    let found = [Some(content), spoken].into_iter().flatten().find_map(|words| {
        let length = matched(&text[at..], words)?;
        Some(at..at + length)
    });
    found.or_else(|| {
        let begun = at + (text[at..].len() - text[at..].trim_start().len()) + THOUGHTS.len();
        let inner = text[at..].trim_start().strip_prefix(THOUGHTS)?;
        Some(at..begun + matched(inner, content)?)
    })
}

/// Whether what the template makes of a message holds all of its texts, spaces aside. It may write more
/// before them, as empty thoughts.
pub(super) fn is_whole(written: &str, turn: &Turn) -> bool {
    let texts = [Some(turn.text()), turn.thoughts()];
    texts.into_iter().flatten().all(|text| unspaced(written).contains(&unspaced(text)))
}

/// Whether an answer's text holds its content, thoughts aside.
pub(super) fn is_spoken(answer: &str, content: &str) -> bool {
    let spoken = content.rsplit_once("</think>").map_or(content, |(_, spoken)| spoken);
    unspaced(answer).contains(&unspaced(spoken))
}

fn unspaced(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// How many bytes of `text` hold the characters of `words`, spaces on either side left aside.
fn matched(text: &str, words: &str) -> Option<usize> {
    let mut found = text.char_indices().filter(|(_, c)| !c.is_whitespace());
    let mut end = None;
    for wanted in words.chars().filter(|c| !c.is_whitespace()) {
        let (at, c) = found.next()?;
        if c != wanted {
            return None;
        }
        end = Some(at + c.len_utf8());
    }
    end
}
