use super::document_text::DocumentText;

/// The tokens of a text, with the bytes that they are of.
pub(super) struct Tokenized {
    pub ids: Vec<u32>,
    pub counted: Vec<bool>,
    /// The bytes of the text that each token is of, empty ones for those that a running text gets around
    /// it. Empty where nobody needs it.
    pub spans: Vec<(usize, usize)>,
    /// The bytes of the text in which tokens are counted.
    pub begin: usize,
    pub end: usize,
}

impl Tokenized {
    /// Keeps the first `length` tokens.
    pub fn cut(&mut self, length: usize, text: &str) {
        if length >= self.ids.len() {
            return;
        }
        self.ids.truncate(length);
        self.counted.truncate(length);
        self.spans.truncate(length);
        let end = self.spans.iter().map(|span| span.1).max().unwrap_or(0);
        // A token may be a part of a character.
        self.end = (end..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    }

    /// Counts only what begins at byte `begin` of the text or behind it.
    pub fn count_from(&mut self, begin: usize) {
        self.begin = begin;
        for (counted, span) in self.counted.iter_mut().zip(&self.spans) {
            *counted &= span.0 >= begin;
        }
    }

    pub fn target_tokens(&self) -> u64 {
        self.counted.iter().filter(|counted| **counted).count() as u64
    }

    /// Bytes of the row's words that are counted.
    pub fn words(&self, text: &DocumentText<'_>) -> u64 {
        text.words_within(self.begin, self.end)
    }
}

/// The first byte, from where both count on, at which a token of both begins: what is counted from there
/// on is the same text.
pub(super) fn common_begin(a: &Tokenized, b: &Tokenized) -> usize {
    let from = a.begin.max(b.begin);
    if from == 0 {
        return 0;
    }
    let begins = |tokens: &Tokenized, at: usize| tokens.spans.iter().any(|span| span.0 == at);
    let starts = a.spans.iter().map(|span| span.0).filter(|start| *start >= from);
    let end = a.end.min(b.end);
    starts.filter(|start| begins(b, *start)).min().unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(ends: &[usize], begin: usize) -> Tokenized {
        let starts = [0].iter().chain(ends);
        let spans: Vec<_> = starts.copied().zip(ends.iter().copied()).collect();
        let counted = spans.iter().map(|span| span.0 >= begin).collect();
        let (ids, end) = (vec![7; ends.len()], ends[ends.len() - 1]);
        Tokenized { ids, counted, spans, begin, end }
    }

    #[test]
    fn two_tokenizers_count_from_a_place_where_both_have_an_edge() {
        // One begins every text with a token of its own, the other cannot predict its first two bytes.
        let (mut a, mut b) = (tokens(&[3, 4, 6], 0), tokens(&[2, 4, 5, 6], 2));
        let begin = common_begin(&a, &b);
        assert_eq!(begin, 4);
        a.count_from(begin);
        b.count_from(begin);
        assert_eq!(
            (a.counted.clone(), b.counted),
            (vec![false, false, true], vec![false, false, true, true])
        );
        let text = DocumentText::running("abcdef");
        assert_eq!((a.words(&text), a.target_tokens()), (2, 1));
        assert_eq!(common_begin(&tokens(&[3], 0), &tokens(&[1, 3], 0)), 0);
        assert_eq!(common_begin(&tokens(&[3], 0), &tokens(&[1, 3], 1)), 3);
    }

    #[test]
    fn a_cut_ends_behind_a_whole_character() {
        // é is two bytes, of which the second token is the first one.
        let mut tokens = tokens(&[1, 2, 3, 4], 0);
        tokens.cut(2, "aéb");
        assert_eq!((tokens.ids.len(), tokens.end), (2, 3));
        tokens.cut(9, "aéb");
        assert_eq!((tokens.ids.len(), tokens.end), (2, 3));
    }
}
