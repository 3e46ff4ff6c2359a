//! Which bytes of a rendered conversation the loss counts.

use super::left_out::LeftOut;
use super::locate::{self, not_found};
use super::tools::require_called;
use super::written::Written;
use crate::data::conversation::{ChatRole, Part, Turn};
use crate::data::error::RowError;
use crate::data::plan::LossRule;
use std::ops::Range;

/// What counts of a rendered conversation.
pub(super) struct Counted {
    /// Byte ranges, in order.
    pub ranges: Vec<Range<usize>>,
    /// The words of the messages in each of them; the whole range where they are not found in it.
    pub words: Vec<Range<usize>>,
    /// What the template left out of the messages that count.
    pub left_out: LeftOut,
}

/// The ranges that count. `marks` are the spans that the template marks itself.
///
/// # Errors
/// A message that decides it cannot be found in the text, or the template leaves out a call of a tool.
pub(super) fn counted(
    written: &Written,
    marks: Vec<Range<usize>>,
    loss: &LossRule,
) -> Result<Counted, RowError> {
    let turns = written.turns;
    let last_answer = turns.iter().rposition(|turn| turn.role == ChatRole::Assistant);
    let counts: Vec<bool> =
        (0..turns.len()).map(|turn| loss.counts(&turns[turn], last_answer == Some(turn))).collect();
    let all_answers = (0..turns.len()).all(|i| counts[i] == (turns[i].role == ChatRole::Assistant));
    if all_answers && written.habits.marks_generation {
        let answers = answers_of(turns);
        // An answer without a mark is not trained on, as in transformers.
        let is_unmarked = marks.len() < answers.len();
        let mut counted = found(written, &answers, marks)?;
        counted.left_out.answer |= is_unmarked;
        return Ok(counted);
    }
    let places = |wanted: &dyn Fn(usize) -> bool| -> Result<Vec<Range<usize>>, RowError> {
        messages(written, &marks, &(0..turns.len()).map(wanted).collect::<Vec<_>>())
    };
    if *loss == LossRule::All {
        let excluded = places(&|turn| turns[turn].part == Part::Excluded)?;
        let ranges = outside(&excluded, written.text.len());
        return Ok(Counted { words: ranges.clone(), ranges, left_out: LeftOut::default() });
    }
    let ranges = places(&|turn| counts[turn])?;
    let wanted: Vec<usize> = (0..turns.len()).filter(|turn| counts[*turn]).collect();
    found(written, &wanted, ranges)
}

/// The ranges of these turns, with what is in them and what is not.
fn found(
    written: &Written,
    turns: &[usize],
    ranges: Vec<Range<usize>>,
) -> Result<Counted, RowError> {
    let left_out = left_out(written, turns, &ranges)?;
    let words = match turns.len() == ranges.len() {
        true => {
            turns.iter().zip(&ranges).map(|(turn, range)| words(written, *turn, range)).collect()
        }
        // A template that marks spans of its own choice.
        false => ranges.clone(),
    };
    Ok(Counted { ranges, words, left_out })
}

/// Where in its range a message's text is, without the white space around it, which templates keep or
/// remove; of an answer whose thoughts the template leaves out, the rest.
fn words(written: &Written, turn: usize, range: &Range<usize>) -> Range<usize> {
    let (said, text) = (written.turns[turn].text(), &written.text[range.clone()]);
    let spoken = said.rsplit_once("</think>").map(|(_, spoken)| spoken);
    let place = [Some(said), spoken].into_iter().flatten().map(str::trim).find_map(|said| {
        let at = range.start + text.find(said).filter(|_| !said.is_empty())?;
        Some(at..at + said.len())
    });
    place.unwrap_or(range.clone())
}

fn answers_of(turns: &[Turn]) -> Vec<usize> {
    (0..turns.len()).filter(|turn| turns[*turn].role == ChatRole::Assistant).collect()
}

/// The ranges of the messages that are wanted.
fn messages(
    written: &Written,
    marks: &[Range<usize>],
    wanted: &[bool],
) -> Result<Vec<Range<usize>>, RowError> {
    if !wanted.contains(&true) {
        return Ok(Vec::new());
    }
    let turns = written.turns;
    let answers = answers_of(turns);
    let only_answers = (0..turns.len()).all(|i| !wanted[i] || answers.contains(&i));
    let chosen = |ranges: Vec<Range<usize>>| {
        let both = ranges.into_iter().zip(&answers);
        both.filter(|(_, turn)| wanted[**turn]).map(|(range, _)| range).collect()
    };
    if only_answers && written.habits.marks_generation {
        if marks.len() != answers.len() {
            return Err(unknown_spans(written, marks.len(), answers.len()));
        }
        return Ok(chosen(marks.to_vec()));
    }
    if only_answers && answers.iter().all(|turn| turns[*turn].fields.is_empty()) {
        return locate::answers(written).map(chosen).or_else(|problem| {
            let found = by_difference(written, wanted).ok();
            let mut both =
                found.iter().flatten().zip((0..turns.len()).filter(|turn| wanted[*turn]));
            let is_said = both.all(|(range, turn)| {
                locate::is_spoken(&written.text[range.clone()], turns[turn].text())
            });
            found.filter(|_| is_said).ok_or(problem)
        });
    }
    by_difference(written, wanted)
}

fn by_difference(written: &Written, wanted: &[bool]) -> Result<Vec<Range<usize>>, RowError> {
    let turns = written.turns;
    let mut from = 0;
    let mut found = Vec::new();
    for turn in (0..turns.len()).filter(|turn| wanted[*turn]) {
        let range = written.message(turn, from);
        let range = range.ok_or_else(|| not_found(&written.renderer.name, turn, turns.len()))?;
        from = range.end;
        found.push(range);
    }
    Ok(found)
}

fn unknown_spans(written: &Written, marks: usize, answers: usize) -> RowError {
    RowError(format!(
        "some of its messages do not count, and the chat template {} marks {marks} spans with {{% generation \
         %}} for {answers} answers, so that it is not known which",
        written.renderer.name
    ))
}

/// What of these turns is not in their ranges. A template that marks spans of its own choice cannot be
/// compared.
///
/// # Errors
/// A call of a tool is not in it.
fn left_out(
    written: &Written,
    turns: &[usize],
    ranges: &[Range<usize>],
) -> Result<LeftOut, RowError> {
    if turns.len() != ranges.len() {
        return Ok(LeftOut::default());
    }
    let mut left_out = LeftOut::default();
    for (&turn, range) in turns.iter().zip(ranges) {
        let text = &written.text[range.clone()];
        require_called(written.renderer, &written.turns[turn], turn + 1, text)?;
        let message = &written.turns[turn];
        let is_whole = locate::is_whole(text, message);
        left_out.answer |= !is_whole;
        left_out.spaces |= is_whole && !text.contains(message.text());
    }
    Ok(left_out)
}

/// What is outside of the ranges, up to `end`.
fn outside(ranges: &[Range<usize>], end: usize) -> Vec<Range<usize>> {
    let starts = [0].into_iter().chain(ranges.iter().map(|range| range.end));
    let ends = ranges.iter().map(|range| range.start).chain([end]);
    starts.zip(ends).filter(|(start, end)| start < end).map(|(start, end)| start..end).collect()
}
