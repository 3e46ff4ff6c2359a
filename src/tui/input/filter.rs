//! Filters that an operator types for a list.

/// Words that must all occur, in any order and without regard to upper and lower case; `|` or a comma between them
/// begins another choice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words(Vec<Vec<String>>);

impl Words {
    /// The words of a text.
    pub fn new(text: &str) -> Self {
        let choices = text
            .split(['|', ','])
            .map(|choice| choice.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>());
        Words(choices.filter(|words| !words.is_empty()).collect())
    }

    /// Whether there are none, so that everything fits.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether all words of a choice occur.
    pub fn fit(&self, text: &str) -> bool {
        self.fit_lowercase(&text.to_lowercase())
    }

    /// As [`fit`](Words::fit), for a text that is in lower case already.
    pub fn fit_lowercase(&self, text: &str) -> bool {
        let all = |words: &Vec<String>| words.iter().all(|word| text.contains(word.as_str()));
        self.is_empty() || self.0.iter().any(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_words_must_occur() {
        assert!(Words::new(" law  HELD ").fit("held  target Law"));
        assert!(!Words::new("law held").fit("expanded  target law"));
        let either = Words::new("law,Finance | code held");
        assert!(["law", "finance", "held code"].iter().all(|text| either.fit(text)));
        assert!(!either.fit("code") && !either.fit("general"));
        assert!(Words::new(" , |").is_empty());
        assert!(Words::new("").fit("anything") && Words::new(" ").is_empty());
    }
}
