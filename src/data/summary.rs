use crate::unit::Tokens;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::AddAssign;

/// How much text the loss counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextSize {
    /// UTF-8 bytes of the words that the rows say, without what a chat template writes around them.
    pub bytes: u64,
    /// Tokens in which it is counted, the ends of answers among them: of the tokenizer that decides where
    /// examples are cut.
    pub tokens: u64,
}

impl AddAssign for TextSize {
    fn add_assign(&mut self, other: Self) {
        self.bytes += other.bytes;
        self.tokens += other.tokens;
    }
}

/// Something that the user should know of the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataNotice {
    /// A sentence.
    pub text: String,
    /// Whether it may change what comes out of the run.
    pub is_warning: bool,
}

impl DataNotice {
    /// A warning.
    pub(super) fn warning(text: String) -> Self {
        DataNotice { text, is_warning: true }
    }
}

/// How many rows and tokens the files of one domain hold, and how many were left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataSummary {
    /// Name of the domain.
    pub domain: String,
    /// Rows to train on; each is one example.
    pub train_rows: u64,
    /// Tokens of all training examples.
    pub train_tokens: Tokens,
    /// Of these, tokens that the loss counts.
    pub train_target_tokens: Tokens,
    /// Rows held out; each is one example.
    pub held_out_rows: u64,
    /// Tokens of the held-out rows that the loss counts.
    pub held_out_target_tokens: Tokens,
    /// Over-long rows that were cut.
    pub cut_rows: u64,
    /// Rows that were left out because they are too long, or no token is left for the loss to count.
    pub dropped_rows: u64,
    /// Bad rows that were skipped, as `on_bad_row: Skip(limit)` allows.
    pub skipped_rows: u64,
    /// Whether the tokens came from the cache and no file was read for them.
    pub cached: bool,
    /// Training rows that the domain has already.
    #[serde(default)]
    pub duplicate_rows: u64,
    /// Training rows that other domains have too.
    #[serde(default)]
    pub shared: Vec<SharedRows>,
    /// Training rows that are not trained on because another domain holds them out.
    #[serde(default)]
    pub held_out_elsewhere: u64,
    /// Tokens of its rows before any were cut; `None` in records of before they were counted.
    #[serde(default)]
    pub lengths: Option<Lengths>,
    /// The fields of its files.
    #[serde(default)]
    pub files: Vec<FileFields>,
    /// Some of its training rows.
    #[serde(default)]
    pub shown: Vec<ShownRow>,
}

/// A training row as the model gets it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownRow {
    /// Its tokens.
    pub tokens: u64,
    /// Whether `runs` are all of it, not its beginning.
    pub whole: bool,
    /// Text of each run of tokens, and whether the loss counts it.
    pub runs: Vec<(bool, String)>,
}

impl DataSummary {
    /// Names of the fields that nothing becomes of, each once.
    pub fn unused_fields(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for field in self.files.iter().flat_map(|file| &file.fields) {
            if field.what == FieldUse::Unused && !names.contains(&field.name.as_str()) {
                names.push(field.name.as_str());
            }
        }
        names
    }
}

/// Different rows that another domain has too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedRows {
    /// Name of the other domain.
    pub domain: String,
    /// Their number.
    pub rows: u64,
}

/// How long rows are, in tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lengths {
    /// Half of the rows are at most so long.
    pub median: u64,
    /// 95 of 100 rows are at most so long.
    pub p95: u64,
    /// The longest row.
    pub longest: u64,
}

impl Lengths {
    /// Of a histogram: rows by length. `None` where there are none.
    pub(super) fn of(histogram: &BTreeMap<u64, u64>) -> Option<Self> {
        let all: u64 = histogram.values().sum();
        let longest = *histogram.last_key_value()?.0;
        let at = |percent: u64| {
            let wanted = (all * percent).div_ceil(100).max(1);
            let mut seen = 0;
            let found = histogram.iter().find(|(_, rows)| {
                seen += **rows;
                seen >= wanted
            });
            found.map_or(longest, |(length, _)| *length)
        };
        Some(Lengths { median: at(50), p95: at(95), longest })
    }
}

/// The fields that the rows of a file have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFields {
    /// The data file.
    pub file: String,
    /// Rows of the domain in it whose format was recognized.
    pub rows: u64,
    /// In the order in which they come first.
    pub fields: Vec<FieldCount>,
}

/// A field of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldCount {
    /// Its name; `messages[].name` is one of messages.
    pub name: String,
    /// Rows in which it has a value.
    pub rows: u64,
    /// What becomes of it.
    pub what: FieldUse,
}

/// What becomes of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FieldUse {
    /// It is the content, or says what counts.
    Content,
    /// The chat template reads it.
    Template,
    /// It says which domain the row belongs to.
    Domain,
    /// `data.ignore_fields` names it.
    Ignored,
    /// It would change what the row means, so that the row is a bad one.
    Refused,
    /// Nothing.
    Unused,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_of_rows_that_there_are() {
        let of = |lengths: &[(u64, u64)]| Lengths::of(&lengths.iter().copied().collect());
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[(7, 1)]), Some(Lengths { median: 7, p95: 7, longest: 7 }));
        let many = of(&[(10, 50), (20, 45), (30, 4), (400, 1)]);
        assert_eq!(many, Some(Lengths { median: 10, p95: 20, longest: 400 }));
    }
}
