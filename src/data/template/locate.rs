//! Finds the answers in a text whose template does not mark them.
//!
//! The conversation is rendered a second time with a stand-in for every answer. What stands
//! between the stand-ins is the template's own; it leads, piece by piece, to the place where each
//! answer must stand in the real text. Templates may trim an answer, or treat the part in
//! `<think>` apart: an answer is found when its characters follow, spaces aside.

use super::ChatTemplate;
use crate::data::conversation::{Role, Turn};
use crate::data::error::RowError;
use std::ops::Range;

/// Stands for an answer; a noncharacter, which no text contains.
pub(super) const STAND_IN: &str = "\u{fdd2}";

/// The byte ranges of the answers in `text`, each with its end-of-turn token.
pub(super) fn answers(
    template: &ChatTemplate,
    turns: &[Turn],
    text: &str,
) -> Result<Vec<Range<usize>>, RowError> {
    let stand_ins = with_stand_ins(turns);
    let shape = template.text(&stand_ins, false)?;
    let pieces: Vec<&str> = shape.split(STAND_IN).collect();
    let places: Vec<usize> =
        (0..turns.len()).filter(|i| turns[*i].role == Role::Assistant).collect();
    if pieces.len() != places.len() + 1 {
        return Err(RowError(format!(
            "the chat template {} writes {} of the conversation's {} answers",
            template.name,
            pieces.len() - 1,
            places.len()
        )));
    }
    let mut found = Vec::with_capacity(places.len());
    let mut cursor = 0;
    for (piece, &place) in pieces.iter().zip(&places) {
        let content = &turns[place].content;
        let answer = match after(text, cursor, piece).and_then(|at| answer_at(text, at, content)) {
            Some(answer) => Some(answer),
            None => {
                // The piece may hold what the template puts before an answer without thoughts;
                // the prompt for an answer holds only what stands before any answer.
                let prompt = template.text(&stand_ins[..place], true)?;
                let lead = prompt.rsplit(STAND_IN).next().unwrap_or_default();
                after(text, cursor, lead).and_then(|at| answer_at(text, at, content))
            }
        };
        let Some(answer) = answer else { return Err(lost(template, place, turns.len())) };
        cursor = answer.end;
        let spaced = text[..answer.start].ends_with(&template.space_before_answer);
        let start = answer.start - if spaced { template.space_before_answer.len() } else { 0 };
        found.push(start..with_end_of_turn(text, answer.end, &template.end_of_turn));
    }
    let tail = pieces.last().map_or("", |piece| piece.trim());
    if text[cursor..].trim() != tail {
        return Err(lost(template, turns.len() - 1, turns.len()));
    }
    Ok(found)
}

fn with_stand_ins(turns: &[Turn]) -> Vec<Turn> {
    let stand_in = |turn: &Turn| match turn.role {
        Role::Assistant => Turn::new(Role::Assistant, STAND_IN),
        Role::System | Role::User => turn.clone(),
    };
    turns.iter().map(stand_in).collect()
}

fn lost(template: &ChatTemplate, place: usize, turns: usize) -> RowError {
    RowError(format!(
        "message {} of {turns} cannot be found again in what the chat template {} makes of it; put \
         the assistant's words into {{% generation %}} … {{% endgeneration %}} in the template",
        place + 1,
        template.name
    ))
}

/// Where `lead` ends, if it stands at `cursor` or behind the spaces there.
fn after(text: &str, cursor: usize, lead: &str) -> Option<usize> {
    let spaces = text[cursor..].len() - text[cursor..].trim_start().len();
    let mut starts = (cursor..=cursor + spaces).filter(|at| text.is_char_boundary(*at));
    starts.find(|at| text[*at..].starts_with(lead)).map(|at| at + lead.len())
}

/// The range of the answer that begins at `at`: whole, or without its thoughts.
fn answer_at(text: &str, at: usize, content: &str) -> Option<Range<usize>> {
    let spoken = content.rsplit_once("</think>").map(|(_, spoken)| spoken);
    [Some(content), spoken].into_iter().flatten().find_map(|words| {
        let length = matched(&text[at..], words)?;
        Some(at..at + length)
    })
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

fn with_end_of_turn(text: &str, end: usize, end_of_turn: &str) -> usize {
    let rest = &text[end..];
    let spaces = rest.len() - rest.trim_start().len();
    let followed = !end_of_turn.is_empty() && rest[spaces..].starts_with(end_of_turn);
    if followed { end + spaces + end_of_turn.len() } else { end }
}
