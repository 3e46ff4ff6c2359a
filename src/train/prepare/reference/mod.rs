//! The reference losses r, which users know as mastery ceilings: a small reference model is tuned on
//! each domain alone, and the lowest held-out loss of its epochs is the domain's reference loss.
//!
//! ```text
//!  stored file ─▶ checked against held-out rows and tokenizer ─┐
//!  cache ─▶ measured once for reference, data and tuning ──────┼▶ ReferenceLosses
//!  tuning ─▶ each domain alone, the others measured beside it ─┘
//! ```

mod cache;
mod cross_rows;
mod measured_rows;
mod remarks;
mod tuning;

#[cfg(test)]
mod tests;

use super::PreparedData;
use super::tokenize;
use crate::config::{ReferenceSource, ReferenceTuning, RunPlan};
use crate::data::Corpus;
use crate::mixing::CrossLosses;
use crate::telemetry::{CrossTable, Event, Level, Phase};
use crate::train::artifacts::{Measurement, RunText, StoredReference};
use crate::train::error::TrainError;
use crate::train::examples::domain_names;
use crate::train::interrupt::{Break, Supervisor};
use crate::train::model_files::{describe, have_same_tokenizer, resolve};
use crate::train::reference_losses::ReferenceLosses;
use crate::unit::DomainId;
use std::path::Path;
use tuning::ReferenceRun;

/// Reference losses before it is decided which rows the run measures; without any where it needs none.
#[derive(Default)]
pub struct FoundReference {
    /// Of all held-out rows, in the order of the domains.
    losses: Vec<f64>,
    /// What they were taken from, with the losses row by row.
    stored: Option<StoredReference>,
    /// Losses of some rows of every domain under the model tuned on each.
    pub cross: Option<CrossLosses>,
    /// Where they come from, in words.
    source: String,
}

impl PreparedData {
    /// The reference losses of all held-out rows, given, stored or measured.
    pub fn find_reference(
        &self,
        plan: &RunPlan,
        run: &Path,
        supervisor: &mut dyn Supervisor,
    ) -> Result<FoundReference, Break> {
        supervisor.events().enter(Phase::Reference, None)?;
        match &plan.mixing.reference {
            ReferenceSource::None => Ok(FoundReference::default()),
            ReferenceSource::Given(losses) => Ok(FoundReference {
                losses: losses.clone(),
                source: "given in the config".into(),
                ..FoundReference::default()
            }),
            ReferenceSource::File(path) => self.stored_reference(plan, path, true, supervisor),
            ReferenceSource::Unchecked(path) => {
                self.stored_reference(plan, path, false, supervisor)
            }
            ReferenceSource::Tune(tuning) => self.tuned_reference(plan, tuning, run, supervisor),
        }
    }

    /// The losses that the run takes: where it measures at most `rows` held-out rows of a domain, those of
    /// these rows.
    pub fn settle_reference(
        &self,
        plan: &RunPlan,
        found: FoundReference,
        rows: Option<usize>,
        supervisor: &mut dyn Supervisor,
    ) -> Result<ReferenceLosses, Break> {
        let FoundReference { mut losses, stored, cross, source } = found;
        if losses.is_empty() {
            return Ok(ReferenceLosses::default());
        }
        let rows = match (&stored, rows) {
            (Some(stored), Some(rows)) => {
                self.keep_to_measured_rows(plan, rows, stored, &mut losses, supervisor)?
            }
            _ => Vec::new(),
        };
        if let Some(cross) = &cross {
            supervisor.events().emit(Event::CrossLosses(CrossTable::of(cross)))?;
        }
        supervisor.events().emit(Event::ReferenceLosses { losses: losses.clone(), source })?;
        Ok(ReferenceLosses { losses, rows, cross })
    }

    /// Takes the losses of the rows that the run measures, and says where they are not known. Returns the rows' nats
    /// per domain; empty where they are not known.
    fn keep_to_measured_rows(
        &self,
        plan: &RunPlan,
        rows: usize,
        stored: &StoredReference,
        losses: &mut [f64],
        supervisor: &mut dyn Supervisor,
    ) -> Result<Vec<Vec<f64>>, TrainError> {
        let found = self.take_measured_rows(plan, rows, stored, losses)?;
        if found.unknown.is_empty() {
            return Ok(found.rows);
        }
        let text = format!(
            "{}: the mastery ceilings are those of all held-out rows, though the run measures {rows} of them: \
             the stored ceilings do not have these rows one by one; measure them again, or set \
             evaluation.budget: None",
            found.unknown.join(", ")
        );
        supervisor.events().notice(Level::Warning, text)?;
        Ok(found.rows)
    }

    /// The losses of a stored file.
    fn stored_reference(
        &self,
        plan: &RunPlan,
        path: &Path,
        is_checked: bool,
        supervisor: &mut dyn Supervisor,
    ) -> Result<FoundReference, Break> {
        let domains = domain_names(plan);
        let (stored, notice) = StoredReference::read(path)?;
        supervisor.events().emit_notice(notice)?;
        let losses = match is_checked {
            true => {
                let texts = run_texts(&self.corpus, &domains);
                let tokenizer = self.corpus.encoding_fingerprint();
                let (losses, notice) = stored.checked(path, tokenizer, &texts)?;
                supervisor.events().emit_notice(notice)?;
                losses
            }
            false => {
                let losses = stored.unchecked(path, &domains)?;
                supervisor.events().notice(Level::Warning, unchecked(path))?;
                losses
            }
        };
        for text in remarks::remarks(&stored.reference_losses) {
            supervisor.events().notice(Level::Warning, text)?;
        }
        let (cross, notice) = stored.cross_of(&domains);
        supervisor.events().emit_notice(notice)?;
        let source = format!("{}: {}", path.display(), stored.source);
        Ok(FoundReference { losses, stored: Some(stored), cross, source })
    }

    /// The losses that a tuned model gives.
    fn tuned_reference(
        &self,
        plan: &RunPlan,
        tuning: &ReferenceTuning,
        run: &Path,
        supervisor: &mut dyn Supervisor,
    ) -> Result<FoundReference, Break> {
        let folder = resolve(&tuning.model, supervisor)?;
        let domains = domain_names(plan);
        let own_corpus = match have_same_tokenizer(&folder, &self.model_folder) {
            true => None,
            false => {
                let cut_by = Some(self.model_folder.as_path());
                Some(tokenize(&self.data, &folder, cut_by, &self.isolation, supervisor)?)
            }
        };
        if let Some(own) = &own_corpus {
            for text in missing_rows(own, &self.corpus, &domains) {
                supervisor.events().notice(Level::Warning, text)?;
            }
        }
        let path = run.join(Measurement::ReferenceLosses.file());
        let measured = ReferenceRun {
            plan,
            tuning,
            folder: &folder,
            corpus: own_corpus.as_ref().unwrap_or(&self.corpus),
            run_texts: run_texts(&self.corpus, &domains),
            tokenizer: self.corpus.encoding_fingerprint(),
            device: self.device,
            precision: self.precision,
            run,
            path: &path,
        }
        .measured(supervisor)?;
        for text in remarks::remarks(&measured.stored.reference_losses) {
            supervisor.events().notice(Level::Warning, text)?;
        }
        let losses = measured.stored.unchecked(&path, &domains)?;
        let (cross, notice) = measured.stored.cross_of(&domains);
        supervisor.events().emit_notice(notice)?;
        let cached = if measured.is_cached { ", from the cache" } else { "" };
        let source = format!("{} tuned on each domain{cached}", describe(&tuning.model));
        Ok(FoundReference { losses, stored: Some(measured.stored), cross, source })
    }
}

/// The held-out text of each domain of a run.
fn run_texts<'a>(corpus: &'a Corpus, domains: &'a [String]) -> Vec<RunText<'a>> {
    let of = |(index, domain): (usize, &'a String)| {
        let id = DomainId(index);
        RunText {
            domain,
            held_out: corpus.held_out_fingerprint(id),
            rows: corpus.held_out_count(id) as u64,
            text: corpus.held_out_text(id),
        }
    };
    domains.iter().enumerate().map(of).collect()
}

/// What is to be said where the reference model measures fewer rows than the run.
fn missing_rows(own: &Corpus, run: &Corpus, domains: &[String]) -> Vec<String> {
    let counts = |corpus: &Corpus, index| corpus.held_out_count(DomainId(index));
    let of = |(index, domain): (usize, &String)| {
        let (measured, all) = (counts(own, index), counts(run, index));
        (measured < all).then(|| {
            format!(
                "{domain}: the reference model measures {measured} of its {all} held-out rows, so that the \
                 mastery ceiling is that of those; the notices before this one say why"
            )
        })
    };
    domains.iter().enumerate().filter_map(of).collect()
}

fn unchecked(path: &Path) -> String {
    format!(
        "the mastery ceilings of {} are taken as they are: whether they were measured on this run's held-out \
         rows, and in tokens of its tokenizer, is not checked",
        path.display()
    )
}

impl StoredReference {
    /// The cross losses in the order of these domains, if the file has them; and what is to be said where it
    /// has them in part.
    fn cross_of(&self, domains: &[String]) -> (Option<CrossLosses>, Option<String>) {
        let Some(cross) = &self.cross else { return (None, None) };
        let place = |domain: &String| {
            self.reference_losses.iter().position(|stored| stored.domain == *domain)
        };
        let order: Option<Vec<usize>> = domains.iter().map(place).collect();
        let cross = order.and_then(|order| cross.in_order(&order));
        let is_partial = cross.is_none();
        let text =
            "its cross_losses are not those of every domain under every other, and are left out";
        (cross, is_partial.then(|| text.to_owned()))
    }
}

/// The error of losses that cannot be used.
fn tuning_error(domain: &str, lr: f64, why: String) -> TrainError {
    TrainError::ReferenceTuning { domain: domain.to_owned(), lr, why }
}
