//! A judge that needs no other model: a classifier fitted on the run's own training rows.
//!
//! ```text
//!  rows ─▶ Rows (distinct, capped, dealt into folds) ─▶ counted grams ─▶ per fold: TF-IDF, Classifier
//!                                                             │               │ scores of rows
//!                                                             │               ▼ it did not see
//!                                                             │         temperature, Confusion
//!                                                             └─▶ all rows: TF-IDF, Classifier ─▶ judge
//! ```
//!
//! It knows the domains as the training rows show them: what it sees of a text are its words, so a
//! text in another style or language than the rows is judged by what little they share. Its
//! confusion matrix holds for texts like the training rows.

mod calibrate;
mod classifier;
mod corpus;
mod error;
mod grams;
mod neighbours;
mod rows;
mod softmax;
mod tfidf;

pub use error::OfflineError;

use super::Confusion;
use super::{Finding, Judge, JudgeError};
use crate::mixing::Mixture;
use crate::unit::grouped;
use calibrate::Temperature;
use classifier::Classifier;
use corpus::Counted;
use grams::Kind;
use rayon::prelude::*;
use rows::Rows;
use softmax::Sample;
use std::ops::ControlFlow;
use tfidf::{Columns, Dictionary};

/// How the classifier is fitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfflineSettings {
    /// At most this many rows of each domain are learned from, drawn by the seed. Domains with
    /// fewer rows have the same say as the others.
    pub rows_per_domain: usize,
    /// Parts of the cross-validation, 2..=20.
    pub folds: usize,
    /// Of every text only so many characters are looked at.
    pub characters: usize,
}

impl Default for OfflineSettings {
    fn default() -> Self {
        OfflineSettings { rows_per_domain: 1_200, folds: 5, characters: 4_000 }
    }
}

impl OfflineSettings {
    fn check(&self) -> Result<(), OfflineError> {
        let fault = |tunable, found, allowed: String| {
            Err(OfflineError::Tunable { tunable, found, allowed })
        };
        if self.rows_per_domain < rows::LEAST_ROWS {
            let allowed = format!("at least {}", rows::LEAST_ROWS);
            return fault("rows_per_domain", self.rows_per_domain, allowed);
        }
        if !(2..=20).contains(&self.folds) {
            return fault("folds", self.folds, "from 2 to 20".into());
        }
        if self.characters == 0 {
            return fault("characters", self.characters, "at least 1".into());
        }
        Ok(())
    }

    /// The part of a text that is looked at.
    fn cut<'a>(&self, text: &'a str) -> &'a str {
        let text = text.trim();
        match text.char_indices().nth(self.characters) {
            Some((end, _)) => text[..end].trim_end(),
            None => text,
        }
    }
}

/// Hears how many of how many classifiers are fitted, and may break off.
pub type Say<'a> = &'a mut dyn FnMut(u64, u64) -> ControlFlow<()>;

/// A classifier of texts with calibrated probabilities.
///
/// The same rows, settings and seed give the same classifier to the bit, in whatever order the
/// rows come and however many threads there are.
pub struct OfflineJudge {
    settings: OfflineSettings,
    dictionary: Dictionary,
    model: Classifier,
    temperature: Temperature,
    confusion: Confusion,
    fingerprint: String,
}

impl OfflineJudge {
    /// Fits the classifier on training rows: (text, domain from 0). Measures its confusion by
    /// cross-validation: every row is judged by a classifier that was fitted, vocabulary included,
    /// without the row's part of the rows. Takes seconds; `say` hears how many of how many
    /// classifiers are fitted, and may break off.
    ///
    /// # Errors
    /// Fewer than two domains, a domain of fewer than 20 different rows, rows without a common
    /// word, a setting out of range; [`OfflineError::Stopped`] where `say` broke off.
    pub fn fit(
        rows: &[(&str, usize)],
        domains: usize,
        settings: &OfflineSettings,
        seed: u64,
        say: Say<'_>,
    ) -> Result<Self, OfflineError> {
        let mut fitted = |done: usize| match say(done as u64, settings.folds as u64 + 1) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(OfflineError::Stopped),
        };
        fitted(0)?;
        let rows = Rows::choose(rows, domains, settings, seed)?;
        let counted: Vec<Counted> =
            Kind::ALL.into_iter().map(|kind| Counted::new(kind, &rows.texts)).collect();
        let unseen = unseen_scores(&rows, &counted, settings.folds, &mut fitted)?;
        let temperature = Temperature::fit(&unseen, domains)?;
        let confusion = confusion(&unseen, temperature, domains)?;
        let (columns, model) = fit_on(&rows, &counted, &|_| true)?;
        Ok(OfflineJudge {
            settings: settings.clone(),
            dictionary: columns.into_dictionary(counted),
            model,
            temperature,
            confusion,
            fingerprint: rows.fingerprint,
        })
    }

    /// Probability of each domain; `None` where the text shares no word and no piece of a word
    /// with the training rows.
    pub fn probabilities(&self, text: &str) -> Option<Mixture> {
        let row = self.dictionary.row(self.settings.cut(text));
        if row.is_empty() {
            return None;
        }
        let scores = self.model.scores(&row);
        Mixture::normalized(self.temperature.probabilities(&scores)).ok()
    }
}

impl Judge for OfflineJudge {
    fn name(&self) -> String {
        let rows = self.confusion.rows().iter().sum();
        format!(
            "offline classifier ({} rows; {:.1} % of unseen ones right)",
            grouped(rows),
            100.0 * self.confusion.accuracy()
        )
    }

    fn fingerprint(&self) -> String {
        self.fingerprint.clone()
    }

    fn judge(
        &mut self,
        texts: &[String],
        say: &mut dyn FnMut(Finding) -> ControlFlow<()>,
    ) -> Result<(), JudgeError> {
        for (text, content) in texts.iter().enumerate() {
            let finding = match self.probabilities(content) {
                Some(probabilities) => Finding::Judged { text, probabilities },
                None if content.trim().is_empty() => {
                    Finding::Unjudged { text, why: "the text is empty".into() }
                }
                None => Finding::Unjudged {
                    text,
                    why: "no word of the text occurs in the training rows".into(),
                },
            };
            if say(finding).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn confusion(&self) -> Option<&Confusion> {
        Some(&self.confusion)
    }
}

/// Fits on the rows for which `learns` is true.
fn fit_on(
    rows: &Rows,
    counted: &[Counted],
    learns: &dyn Fn(usize) -> bool,
) -> Result<(Columns, Classifier), OfflineError> {
    let columns = Columns::choose(counted, learns)?;
    let learned: Vec<usize> = (0..rows.texts.len()).filter(|&row| learns(row)).collect();
    let sample = Sample {
        rows: learned.iter().map(|&row| columns.row(counted, row)).collect(),
        domains: learned.iter().map(|&row| rows.domains[row]).collect(),
        domain_count: rows.counts.len(),
        columns: columns.count,
    };
    let model = Classifier::fit(&sample)?;
    Ok((columns, model))
}

/// Every row's scores by a classifier that has not seen it, with the row's own domain.
fn unseen_scores(
    rows: &Rows,
    counted: &[Counted],
    folds: usize,
    fitted: &mut dyn FnMut(usize) -> Result<(), OfflineError>,
) -> Result<Vec<(Vec<f64>, usize)>, OfflineError> {
    let mut unseen = Vec::with_capacity(rows.texts.len());
    for fold in 0..folds {
        let (columns, model) = fit_on(rows, counted, &|row| rows.folds[row] != fold)?;
        let judged: Vec<usize> =
            (0..rows.texts.len()).filter(|&row| rows.folds[row] == fold).collect();
        unseen.par_extend(
            judged
                .into_par_iter()
                .map(|row| (model.scores(&columns.row(counted, row)), rows.domains[row])),
        );
        fitted(fold + 1)?;
    }
    Ok(unseen)
}

fn confusion(
    unseen: &[(Vec<f64>, usize)],
    temperature: Temperature,
    domains: usize,
) -> Result<Confusion, OfflineError> {
    let fault = |why: String| OfflineError::Fit { what: "confusion matrix", why };
    let mut judged = Vec::with_capacity(unseen.len());
    for (scores, domain) in unseen {
        let probabilities = Mixture::normalized(temperature.probabilities(scores));
        judged.push((*domain, probabilities.map_err(|error| fault(error.to_string()))?));
    }
    Confusion::measure(&judged, domains).map_err(|error| fault(error.to_string()))
}

#[cfg(test)]
pub(in crate::detect) mod testing;
#[cfg(test)]
mod tests;
