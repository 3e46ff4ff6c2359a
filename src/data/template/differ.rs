//! Finds what the template makes of one message, by what changes in the text where the message does.
//!
//! For messages that have more than a text, as calls of tools or thoughts. The message is replaced by a
//! placeholder; what is the same before and behind it is not its own. Where that does not show where the
//! message begins, as where the template writes empty thoughts, the conversation up to it is rendered
//! alone: what is behind the prompt for an answer is the answer.

use super::marks::PLACEHOLDER;
use super::written::Written;
use crate::data::conversation::{ChatRole, THOUGHTS, TOOL_CALLS, Turn, function_mut};
use crate::data::json::texts;
use serde_json::Value;
use std::ops::Range;

/// A shorter text, bytes, may be in any message.
const TELLING: usize = 8;

/// Where a text differs from one with a placeholder in it.
struct Change {
    range: Range<usize>,
    /// Whether it begins where the placeholder of the whole message does.
    is_exact: bool,
}

impl Written<'_> {
    /// The bytes of message `turn` in the text, at or behind `from`, with its end-of-turn token; `None`
    /// where they cannot be told.
    pub fn message(&self, turn: usize, from: usize) -> Option<Range<usize>> {
        [true, false].into_iter().find_map(|is_bare| {
            let replaced = if is_bare { self.bare(turn) } else { self.hollow(turn) };
            let change = self.change(replaced, is_bare)?;
            let calls_tools = self.turns[turn].tool_calls().is_some();
            let by_prompt = || self.by_prompt(turn, from, &change);
            // Without the call, what is made of the answer to it may change as well.
            let first = if calls_tools { by_prompt() } else { None };
            let guarded = |range: &Range<usize>| self.leaves_the_next(turn, range);
            first
                .or_else(|| self.by_placeholder(turn, &change).filter(guarded))
                .or_else(by_prompt)
                .or_else(|| self.by_header(turn, from, &change).filter(guarded))
                .filter(|range| range.start >= from)
        })
    }

    /// The message as nothing but a placeholder.
    fn bare(&self, turn: usize) -> Vec<Turn> {
        let mut turns = self.turns.to_vec();
        let message = &mut turns[turn];
        message.content = Some(PLACEHOLDER.into());
        for name in THOUGHTS.into_iter().chain([TOOL_CALLS, "content"]) {
            message.fields.remove(name);
        }
        turns
    }

    /// The message with a placeholder for each of its texts: there are templates that refuse the answer of
    /// a tool that was not called.
    fn hollow(&self, turn: usize) -> Vec<Turn> {
        let mut turns = self.turns.to_vec();
        let message = &mut turns[turn];
        if message.content.as_ref().is_some_and(|text| !text.is_empty()) {
            message.content = Some(PLACEHOLDER.into());
        }
        let calls = message.fields.get_mut(TOOL_CALLS).and_then(Value::as_array_mut);
        for call in calls.into_iter().flatten() {
            for name in ["name", "arguments"] {
                function_mut(call).get_mut(name).into_iter().for_each(hollow_value);
            }
        }
        turns
    }

    fn change(&self, turns: Vec<Turn>, is_bare: bool) -> Option<Change> {
        let other = self.of(&turns, false).ok()?;
        let placeholder = other.find(PLACEHOLDER)?;
        let pairs = self.text.char_indices().zip(other.chars());
        let start = pairs.take_while(|((_, a), b)| a == b).last();
        let start = start.map_or(0, |((at, a), _)| at + a.len_utf8());
        let tail = &other[other.rfind(PLACEHOLDER)? + PLACEHOLDER.len()..];
        let pairs = self.text[start..].chars().rev().zip(tail.chars().rev());
        let same: usize = pairs.take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
        let range = start..self.text.len() - same;
        Some(Change { range, is_exact: is_bare && start == placeholder })
    }

    fn by_placeholder(&self, turn: usize, change: &Change) -> Option<Range<usize>> {
        let range = change.range.clone();
        let before = &self.habits.before_answer;
        let is_spaced = self.turns[turn].role == ChatRole::Assistant
            && self.text[..range.start].ends_with(before.as_str());
        let start = range.start - if is_spaced { before.len() } else { 0 };
        let whole = start..self.habits.with_end_of_turn(self.text, range.end);
        change.is_exact.then_some(whole)
    }

    /// By the conversation up to the message, and the prompt for it.
    fn by_prompt(&self, turn: usize, from: usize, change: &Change) -> Option<Range<usize>> {
        let until = |turns: usize, prompt| self.of(&self.turns[..turns], prompt);
        let (prompt, alone) = (until(turn, true).ok()?, until(turn + 1, false).ok()?);
        let whole = alone.strip_prefix(prompt.as_str())?.trim_end();
        let header = self.habits.header.as_str();
        // gpt-oss writes the text of a last message that calls a tool apart.
        let last = whole.rsplit_once(header).filter(|_| !header.is_empty()).map(|(_, last)| last);
        let messages = [Some(whole), last].into_iter().flatten().filter(|text| !text.is_empty());
        // What is the same in both texts may end in the middle of the prompt.
        let changed = change.range.start;
        let holds = |range: &Range<usize>| {
            let between = self.text.get(changed..range.start);
            range.end >= changed && between.is_none_or(|between| prompt.ends_with(between))
        };
        let place = |message: &str| {
            let places = self.text[from..].match_indices(message).map(|(at, _)| from + at);
            places.map(|start| start..start + message.len()).filter(holds).last()
        };
        messages.into_iter().find_map(place)
    }

    /// By what the template writes before every answer, or the first half of it.
    fn by_header(&self, turn: usize, from: usize, change: &Change) -> Option<Range<usize>> {
        let header = self.habits.header.as_str();
        if header.is_empty() || self.turns[turn].role != ChatRole::Assistant {
            return None;
        }
        let changed = change.range.start;
        let whole = self.text[from..].match_indices(header).map(|(at, _)| from + at);
        let whole = whole.take_while(|at| *at <= changed).last().map(|at| at + header.len());
        let starts_here = || {
            let parts = (header.len().div_ceil(2)..header.len()).rev();
            let mut parts = parts.filter_map(|length| header.get(..length));
            parts
                .any(|part| self.text.get(from..changed).is_some_and(|text| text.ends_with(part)))
                .then_some(changed)
        };
        let start = whole.or_else(starts_here)?;
        let behind = change.range.end.max(start);
        let ends = [&self.habits.end_of_turn, &self.habits.end_before_question];
        let found = ends.into_iter().filter(|end| !end.is_empty()).filter_map(|end| {
            self.text[behind..].find(end.as_str()).map(|found| behind + found + end.len())
        });
        Some(start..found.min().unwrap_or(behind))
    }

    /// Whether no turn ends within the range and the next one is not in it, save where the message itself
    /// has these texts.
    fn leaves_the_next(&self, turn: usize, range: &Range<usize>) -> bool {
        let end_of_turn = self.habits.end_of_turn.as_str();
        let inner = self.text[range.clone()].trim_end();
        let inner = inner.strip_suffix(end_of_turn).unwrap_or(inner);
        let message = &self.turns[turn];
        let has_of_others = |text: &str| {
            let own = message.text().matches(text).count();
            let further: usize = message.fields.values().map(|value| mentions(value, text)).sum();
            !text.is_empty() && inner.matches(text).count() > own + further
        };
        let next = self.turns.get(turn + 1).map_or("", |next| next.text().trim());
        !has_of_others(end_of_turn) && (next.len() < TELLING || !has_of_others(next))
    }
}

/// How often a text is in the texts of a value.
fn mentions(value: &Value, text: &str) -> usize {
    texts(value).into_iter().map(|found| found.matches(text).count()).sum()
}

fn hollow_value(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(hollow_value),
        Value::Object(fields) => fields.values_mut().for_each(hollow_value),
        leaf => *leaf = Value::from(PLACEHOLDER),
    }
}
