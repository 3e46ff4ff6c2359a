//! Filters that an operator types for a list.

/// Words that must all occur, in any order and without regard to upper and lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words(Vec<String>);

impl Words {
    /// The words of a text.
    pub fn new(text: &str) -> Self {
        text.split_whitespace().collect()
    }

    /// Whether there are none, so that everything fits.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether all of them occur.
    pub fn fit(&self, text: &str) -> bool {
        self.is_empty() || self.fit_lowercase(&text.to_lowercase())
    }

    /// As [`fit`](Words::fit), for a text that is in lower case already.
    pub fn fit_lowercase(&self, text: &str) -> bool {
        self.0.iter().all(|word| text.contains(word.as_str()))
    }
}

impl<'a> FromIterator<&'a str> for Words {
    fn from_iter<T: IntoIterator<Item = &'a str>>(words: T) -> Self {
        Words(words.into_iter().map(str::to_lowercase).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_words_must_occur() {
        assert!(Words::new(" law  HELD ").fit("held  target Law"));
        assert!(!Words::new("law held").fit("expanded  target law"));
        assert!(Words::new("").fit("anything") && Words::new(" ").is_empty());
    }
}
