use super::select::Side;
use super::store::Contents;
use crate::data::encoder::Dropped;
use crate::data::error::{DataError, RowError, RowPlace};
use crate::data::plan::{DomainPlan, HeldOut, OnBadRow};
use crate::data::summary::{DataNotice, DataSummary, FileFields, Lengths, TextSize};
use crate::data::template::LeftOut;
use crate::unit::Tokens;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Bad rows, and names of other domains, that are remembered for messages.
const SHOWN: usize = 5;

/// Why a row of [`Dropped::OtherText`] is none.
pub(super) const OTHER_TEXT: &str = "the chat templates of the two tokenizers write it differently, so that it is not known where the cut \
     of the one is in the other";

/// Lost rows are a warning where they are more than one in so many.
const LOST_PARTS: u64 = 100;

/// Counts of what happened to the rows of a domain's files; kept beside its stores.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tally {
    pub train: Contents,
    pub held_out: Contents,
    /// Rows by their tokens before any were cut.
    lengths: BTreeMap<u64, u64>,
    pub files: Vec<FileFields>,
    pub cut: u64,
    /// Place of the first row that was cut.
    first_cut: Option<String>,
    /// Rows of whose answers the chat template left out a part, and the place of the first.
    shortened: u64,
    first_shortened: Option<String>,
    /// Rows of whose answers it left out white space, and the place of the first.
    trimmed: u64,
    first_trimmed: Option<String>,
    /// Rows of which it left out a message, and the place of the first.
    without_message: u64,
    first_without_message: Option<String>,
    pub dropped: u64,
    /// The first row that was dropped, with its place and the reason.
    first_dropped: Option<String>,
    pub skipped: u64,
    /// The first skipped rows, each with its place and what is wrong with it.
    first_skipped: Vec<String>,
    /// Training rows that were left out because they are held out too.
    removed: u64,
    /// Rows of other domains in the same files.
    #[serde(rename = "elsewhere")]
    other_domains: u64,
    /// The first domains that those rows name.
    #[serde(rename = "seen_elsewhere")]
    other_names: BTreeSet<String>,
}

/// The result of tokenizing a row.
pub(super) enum RowOutcome {
    /// No example: the row is held out already.
    Removed,
    /// No example: a limit leaves the row out.
    OverLimit,
    /// No example.
    Dropped(Dropped),
    /// An example.
    Kept(Kept),
}

/// An example for one side.
pub(super) struct Kept {
    pub side: Side,
    pub tokens: Vec<u32>,
    pub counted: Vec<bool>,
    /// Tokens before any were cut.
    pub length: usize,
    pub is_cut: bool,
    pub left_out: LeftOut,
    /// A hash of the row.
    pub identity: u64,
    /// The text that is counted.
    pub text: TextSize,
}

impl Tally {
    /// Counts a row that belongs to the domain of this name.
    pub fn count_other_domain(&mut self, name: String) {
        self.other_domains += 1;
        if self.other_names.len() < SHOWN {
            self.other_names.insert(name);
        }
    }

    /// Counts the result of a row of the domain. The stores count the examples.
    pub fn count(&mut self, outcome: &RowOutcome, path: &Path, place: RowPlace) {
        let place = || format!("{}, {place}", path.display());
        match outcome {
            RowOutcome::Removed => self.removed += 1,
            RowOutcome::OverLimit => {}
            RowOutcome::Dropped(why) => {
                self.dropped += 1;
                if let Dropped::TooLong(tokens) = why {
                    *self.lengths.entry(*tokens as u64).or_default() += 1;
                }
                self.first_dropped.get_or_insert_with(|| match why {
                    Dropped::TooLong(tokens) => format!("{}: {tokens} tokens", place()),
                    Dropped::NothingCounts => {
                        format!("{}: no token is left that the loss counts", place())
                    }
                    Dropped::OtherText => format!("{}: {OTHER_TEXT}", place()),
                });
            }
            RowOutcome::Kept(Kept { length, is_cut, left_out, .. }) => {
                *self.lengths.entry(*length as u64).or_default() += 1;
                for (is_so, count, first) in [
                    (*is_cut, &mut self.cut, &mut self.first_cut),
                    (left_out.answer, &mut self.shortened, &mut self.first_shortened),
                    (left_out.spaces, &mut self.trimmed, &mut self.first_trimmed),
                    (left_out.message, &mut self.without_message, &mut self.first_without_message),
                ] {
                    if is_so {
                        *count += 1;
                        first.get_or_insert_with(place);
                    }
                }
            }
        }
    }

    /// Counts a bad row, if bad rows may be skipped.
    ///
    /// # Errors
    /// They may not, or this is one too many.
    pub fn skip(
        &mut self,
        rule: OnBadRow,
        domain: &str,
        path: &Path,
        place: RowPlace,
        error: RowError,
    ) -> Result<(), DataError> {
        match rule {
            OnBadRow::Stop => Err(DataError::BadRow { path: path.to_owned(), place, error }),
            OnBadRow::Skip(limit) if self.skipped >= limit => {
                let (domain, path) = (domain.to_owned(), path.to_owned());
                Err(DataError::TooManyBadRows { domain, limit, path, place, error })
            }
            OnBadRow::Skip(_) => {
                self.skipped += 1;
                if self.first_skipped.len() < SHOWN {
                    self.first_skipped.push(format!("{}, {place}: {error}", path.display()));
                }
                Ok(())
            }
        }
    }

    /// A domain needs examples on both sides.
    ///
    /// # Errors
    /// One side has none. The error counts what happened to the rows.
    pub fn require_examples(&self, domain: &DomainPlan) -> Result<(), DataError> {
        let sides = [("training", &self.train), ("held-out", &self.held_out)];
        let Some((side, _)) = sides.into_iter().find(|(_, contents)| contents.examples == 0) else {
            return Ok(());
        };
        let mut why = format!(
            "{} rows were skipped as bad, {} dropped as too long or without an answer, {} removed \
             from training because they are held out, {} belong to other domains",
            self.skipped, self.dropped, self.removed, self.other_domains
        );
        if let (Some(only), true) = (&domain.only, self.other_domains > 0) {
            let seen: Vec<&str> = self.other_names.iter().map(String::as_str).collect();
            why += &format!(
                "; rows of this domain have {} = '{}', others in the file have {}",
                only.field,
                only.is,
                seen.join(", ")
            );
        }
        if let (HeldOut::Share(share), "held-out") = (&domain.held_out, side) {
            why += &format!("; hold out a larger share than {share}, or give a held-out file");
        }
        Err(DataError::NoRows { domain: domain.name.clone(), side, why })
    }

    pub fn summary(&self, domain: &str, cached: bool) -> DataSummary {
        DataSummary {
            domain: domain.to_owned(),
            train_rows: self.train.examples,
            train_tokens: Tokens(self.train.tokens),
            train_target_tokens: Tokens(self.train.target_tokens),
            held_out_rows: self.held_out.examples,
            held_out_target_tokens: Tokens(self.held_out.target_tokens),
            cut_rows: self.cut,
            dropped_rows: self.dropped,
            skipped_rows: self.skipped,
            cached,
            duplicate_rows: 0,
            shared: Vec::new(),
            held_out_elsewhere: 0,
            lengths: Lengths::of(&self.lengths),
            files: self.files.clone(),
            shown: Vec::new(),
        }
    }

    /// What is to be said besides the summary: which rows were skipped, dropped, cut and shortened, and
    /// what was removed. Of more than a hundredth of the rows it is a warning.
    pub fn remarks(&self, domain: &str) -> Vec<DataNotice> {
        let all = self.train.examples + self.held_out.examples + self.dropped + self.skipped;
        let lost =
            |rows: u64, text: String| DataNotice { text, is_warning: rows * LOST_PARTS > all };
        let mut remarks = Vec::new();
        if self.skipped > 0 {
            let more = if self.skipped > self.first_skipped.len() as u64 { "; …" } else { "" };
            let first = self.first_skipped.join("; ");
            let text = format!("{domain}: {} bad rows were skipped: {first}{more}", self.skipped);
            remarks.push(DataNotice::warning(text));
        }
        for (rows, what, first) in [
            (self.dropped, "were dropped", &self.first_dropped),
            (self.cut, "were cut to data.sequence_length", &self.first_cut),
            (
                self.shortened,
                "lost a part of an answer (as thoughts before </think>) to the chat template, which leaves \
                 it out: it is not trained on",
                &self.first_shortened,
            ),
            (
                self.without_message,
                "have a message of the system or the user that the chat template leaves out",
                &self.first_without_message,
            ),
        ] {
            if let Some(first) = first {
                let text = format!("{domain}: {rows} of {all} rows {what}; the first is {first}");
                remarks.push(lost(rows, text));
            }
        }
        if let Some(first) = &self.first_trimmed {
            let text = format!(
                "{domain}: of {} of {all} rows the chat template leaves out white space of an answer; the first is \
                 {first}",
                self.trimmed
            );
            remarks.push(DataNotice { text, is_warning: false });
        }
        if self.removed > 0 {
            let text = format!(
                "{domain}: {} training rows were left out because the same rows are held out",
                self.removed
            );
            remarks.push(DataNotice { text, is_warning: false });
        }
        remarks
    }
}
