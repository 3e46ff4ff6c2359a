//! A text as the grams that the classifier counts: words with pairs of neighbours, and pieces of
//! words.
//!
//! Pieces cover words that no training text holds: `hepatopathy` shares most of its pieces with
//! `hepatitis`.

/// Lengths of pieces, in characters; the spaces around a word count.
const PIECE_LENGTHS: std::ops::RangeInclusive<usize> = 2..=5;

/// What is counted. Each kind has a vocabulary of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Words in lower case, punctuation marks, and pairs of neighbours.
    Words,
    /// Runs of 2 to 5 characters within a run of characters without white space, case kept (`NaCl` is
    /// not `nacl`), with a space where the word begins and ends.
    Pieces,
}

impl Kind {
    pub const ALL: [Kind; 2] = [Kind::Words, Kind::Pieces];

    /// The most entries that a vocabulary of this kind has.
    pub fn vocabulary_limit(self) -> usize {
        match self {
            Kind::Words => 30_000,
            Kind::Pieces => 40_000,
        }
    }

    /// Calls `found` with every gram of a text, repeated ones too.
    pub fn for_each(self, text: &str, found: &mut dyn FnMut(&str)) {
        match self {
            Kind::Words => words(text, found),
            Kind::Pieces => text.split_whitespace().for_each(|word| pieces(word, found)),
        }
    }
}

fn words(text: &str, found: &mut dyn FnMut(&str)) {
    let lower = text.to_lowercase();
    let mut pair = String::new();
    for word in tokens(&lower) {
        found(word);
        if !pair.is_empty() {
            pair.push(' ');
            pair.push_str(word);
            found(&pair);
            pair.clear();
        }
        pair.push_str(word);
    }
}

/// Runs of letters, digits and `_`; every other character that is no white space by itself.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let in_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let first = rest.chars().next()?;
        let end = match in_word(first) {
            true => rest.find(|c| !in_word(c)).unwrap_or(rest.len()),
            false => first.len_utf8(),
        };
        let (token, after) = rest.split_at(end);
        rest = after;
        Some(token)
    })
}

fn pieces(word: &str, found: &mut dyn FnMut(&str)) {
    let padded = format!(" {word} ");
    let mut starts: Vec<usize> = padded.char_indices().map(|(at, _)| at).collect();
    starts.push(padded.len());
    for length in PIECE_LENGTHS {
        for window in starts.windows(length + 1) {
            found(&padded[window[0]..window[length]]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grams(kind: Kind, text: &str) -> Vec<String> {
        let mut grams = Vec::new();
        kind.for_each(text, &mut |gram| grams.push(gram.to_owned()));
        grams
    }

    #[test]
    fn words_come_in_lower_case_with_marks_and_pairs() {
        let expected = ["an", "ion", "an ion", ";", "ion ;", "na_2", "; na_2"];
        assert_eq!(grams(Kind::Words, "An ion;\n Na_2"), expected);
        assert!(grams(Kind::Words, " \n").is_empty());
    }

    #[test]
    fn pieces_know_where_a_word_begins_and_keep_its_case() {
        let expected = [" µ", "µS", "S ", " µS", "µS ", " µS "];
        assert_eq!(grams(Kind::Pieces, "µS"), expected);
        assert_eq!(grams(Kind::Pieces, "a b"), [" a", "a ", " a ", " b", "b ", " b "]);
    }
}
