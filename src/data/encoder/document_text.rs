//! A document as the text that is tokenized, and what of that text the loss counts.

use crate::data::template::{LeftOut, Rendered};
use std::borrow::Cow;
use std::iter;
use std::ops::Range;

/// A document as the text that is tokenized.
pub(super) struct DocumentText<'a> {
    pub text: Cow<'a, str>,
    /// Byte ranges that the loss counts, in order.
    pub counted: Vec<Range<usize>>,
    /// The words of the row in each of them, without what a template writes around them.
    pub words: Vec<Range<usize>>,
    /// Whether it is running text, of which every token but the first is counted.
    pub is_running: bool,
    pub left_out: LeftOut,
}

impl<'a> DocumentText<'a> {
    /// Running text, which is its own words.
    pub fn running(text: &'a str) -> Self {
        let whole = || iter::once(0..text.len()).collect();
        DocumentText {
            text: text.into(),
            counted: whole(),
            words: whole(),
            is_running: true,
            left_out: LeftOut::default(),
        }
    }

    /// A conversation as its chat template writes it.
    pub fn rendered(rendered: Rendered) -> Self {
        let Rendered { text, counted, words, left_out } = rendered;
        DocumentText { text: text.into(), counted, words, is_running: false, left_out }
    }

    /// Bytes of the row's words that count, from byte `begin` to `end` of the text.
    pub fn words_within(&self, begin: usize, end: usize) -> u64 {
        let within =
            |words: &Range<usize>| words.end.min(end).saturating_sub(words.start.max(begin));
        self.words.iter().map(|words| within(words) as u64).sum()
    }
}

/// The place in `own` that has the same counted text before it as byte `place` in `other`, the text that
/// another template makes of the same document. What follows the last text that counts does not matter.
/// `None` where that cannot be told.
pub(super) fn same_place(
    other: &DocumentText<'_>,
    own: &DocumentText<'_>,
    place: usize,
) -> Option<usize> {
    if other.text == own.text {
        return Some(place);
    }
    let whole = other.counted.iter().take_while(|range| range.end <= place).count();
    if whole == other.counted.len() {
        return Some(own.text.len());
    }
    if other.counted.len() != own.counted.len() {
        return None;
    }
    let (theirs, mine) = (other.words[whole].clone(), own.words[whole].clone());
    if place <= other.counted[whole].start {
        // Nothing behind the answer before it counts.
        return Some(whole.checked_sub(1).map_or(0, |last| own.counted[last].end));
    }
    let same_words = other.text[theirs.clone()] == own.text[mine.clone()];
    same_words.then(|| mine.start + place.clamp(theirs.start, theirs.end) - theirs.start)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two answers, each between marks.
    fn text(open: &str, close: &str) -> DocumentText<'static> {
        let (mut text, mut counted, mut words) = (String::new(), Vec::new(), Vec::new());
        for answer in ["A loan.", "Né 漢"] {
            text += "question";
            let start = text.len();
            text += open;
            words.push(text.len()..text.len() + answer.len());
            text += answer;
            text += close;
            counted.push(start..text.len());
        }
        text += "\n";
        let left_out = LeftOut::default();
        DocumentText { text: text.into(), counted, words, is_running: false, left_out }
    }

    #[test]
    fn the_same_place_has_the_same_words_before_it() {
        let (other, own) = (text("", "<|im_end|>"), text(" ", " </s>"));
        for (i, c) in other.text.char_indices() {
            let place = i + c.len_utf8();
            let same = same_place(&other, &own, place).unwrap();
            assert_eq!(other.words_within(0, place), own.words_within(0, same), "{place}");
            let closed = |text: &DocumentText<'_>, place| {
                text.counted.iter().filter(|range| range.end <= place).count()
            };
            assert_eq!(closed(&other, place), closed(&own, same), "{place}");
        }
        // "Né 漢" has 7 bytes.
        assert_eq!(other.words_within(0, other.text.len()), 7 + 7);
    }

    #[test]
    fn words_that_another_template_changes_have_no_same_place() {
        let (other, mut own) = (text("", "<|im_end|>"), text("", "</s>"));
        own.words[1].end -= 3;
        let within = other.words[1].start + 1;
        assert_eq!(same_place(&other, &own, within), None);
        assert!(same_place(&other, &own, other.words[0].start + 1).is_some());
        own.counted.pop();
        assert_eq!(same_place(&other, &own, within), None);
        assert_eq!(same_place(&other, &own, other.text.len()), Some(own.text.len()));
    }
}
