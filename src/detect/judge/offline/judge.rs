use super::calibrate::Temperature;
use super::classifier::Classifier;
use super::counts::GramCounts;
use super::error::OfflineError;
use super::grams::Kind;
use super::settings::OfflineSettings;
use super::texts::{Row, TrainingTexts};
use super::tfidf::{Columns, Dictionary};
use super::training::TrainingSet;
use crate::detect::judge::confusion::Confusion;
use crate::detect::judge::error::JudgeError;
use crate::detect::judge::interface::{Finding, Judge};
use crate::mixing::Mixture;
use crate::unit::grouped;
use rayon::prelude::*;
use std::ops::ControlFlow;

/// Is called with how many of how many classifiers are fitted, and may break off.
pub type OnFitted<'a> = &'a mut dyn FnMut(u64, u64) -> ControlFlow<()>;

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
    /// Fits the classifier on training rows. Measures its confusion by cross-validation: the beginning of
    /// every row is judged by a classifier that was fitted, vocabulary included, without the row's part of
    /// the rows. Takes seconds; `on_fitted` is called with how many of how
    /// many classifiers are fitted, and may break off.
    ///
    /// # Errors
    /// Fewer than two domains, a domain of fewer than 20 different rows, rows without a common
    /// word, a setting out of range; [`OfflineError::Stopped`] where `on_fitted` broke off.
    pub fn fit(
        rows: &[Row<'_>],
        domains: usize,
        settings: &OfflineSettings,
        seed: u64,
        on_fitted: OnFitted<'_>,
    ) -> Result<Self, OfflineError> {
        let mut fitted = |done: usize| match on_fitted(done as u64, settings.folds as u64 + 1) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(OfflineError::Stopped),
        };
        fitted(0)?;
        let texts = TrainingTexts::choose(rows, domains, settings, seed)?;
        let counts: Vec<GramCounts> =
            Kind::ALL.into_iter().map(|kind| GramCounts::new(kind, &texts.texts)).collect();
        let unseen = unseen_scores(&texts, &counts, settings.folds, &mut fitted)?;
        let temperature = Temperature::fit(&unseen, domains)?;
        let confusion = confusion(&unseen, temperature, domains)?;
        let (columns, model) = fit_on(&texts, &counts, &|_| true)?;
        Ok(OfflineJudge {
            settings: settings.clone(),
            dictionary: columns.into_dictionary(counts),
            model,
            temperature,
            confusion,
            fingerprint: texts.fingerprint,
        })
    }

    /// Probability of each domain; `None` where the text shares no word and no piece of a word
    /// with the training rows.
    pub fn probabilities(&self, text: &str) -> Option<Mixture> {
        let vector = self.dictionary.vector(self.settings.cut(text));
        if vector.is_empty() {
            return None;
        }
        let scores = self.model.scores(&vector);
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
        report: &mut dyn FnMut(Finding) -> ControlFlow<()>,
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
            if report(finding).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn confusion(&self) -> Option<&Confusion> {
        Some(&self.confusion)
    }
}

/// Fits on the texts for which `learns` is true.
fn fit_on(
    texts: &TrainingTexts,
    counts: &[GramCounts],
    learns: &dyn Fn(usize) -> bool,
) -> Result<(Columns, Classifier), OfflineError> {
    let columns = Columns::choose(counts, learns)?;
    let learned: Vec<usize> = (0..texts.texts.len()).filter(|&text| learns(text)).collect();
    let training = TrainingSet {
        vectors: learned.iter().map(|&text| columns.vector(counts, text)).collect(),
        domains: learned.iter().map(|&text| texts.domains[text]).collect(),
        domain_count: texts.counts.len(),
        columns: columns.count,
    };
    let model = Classifier::fit(&training)?;
    Ok((columns, model))
}

/// The scores of every text's beginning by a classifier that has not seen the text, with its domain.
fn unseen_scores(
    texts: &TrainingTexts,
    counts: &[GramCounts],
    folds: usize,
    fitted: &mut dyn FnMut(usize) -> Result<(), OfflineError>,
) -> Result<Vec<(Vec<f64>, usize)>, OfflineError> {
    let judged_counts: Vec<GramCounts> =
        counts.iter().map(|counts| counts.of(&texts.beginnings)).collect();
    let mut unseen = Vec::with_capacity(texts.texts.len());
    for fold in 0..folds {
        let (columns, model) = fit_on(texts, counts, &|text| texts.folds[text] != fold)?;
        let judged: Vec<usize> =
            (0..texts.texts.len()).filter(|&text| texts.folds[text] == fold).collect();
        unseen.par_extend(judged.into_par_iter().map(|text| {
            (model.scores(&columns.vector(&judged_counts, text)), texts.domains[text])
        }));
        fitted(fold + 1)?;
    }
    Ok(unseen)
}

/// How the classifier confuses domains, on texts that it has not seen.
fn confusion(
    unseen: &[(Vec<f64>, usize)],
    temperature: Temperature,
    domains: usize,
) -> Result<Confusion, OfflineError> {
    let unusable = |why: String| OfflineError::Fit { what: "confusion matrix", why };
    let mut judged = Vec::with_capacity(unseen.len());
    for (scores, domain) in unseen {
        let probabilities = Mixture::normalized(temperature.probabilities(scores));
        judged.push((*domain, probabilities.map_err(|error| unusable(error.to_string()))?));
    }
    Confusion::measure(&judged, domains).map_err(|error| unusable(error.to_string()))
}
