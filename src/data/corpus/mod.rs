//! All data of a run as tokens on disk.

mod build;
mod cache;
mod fingerprint;
mod progress;
mod scan;
mod select;
mod store;

pub use progress::Progress;

use super::Example;
use super::error::DataError;
use super::template::ChatTemplate;
use super::tokenize::Encoder;
use super::tokenizer::TokenizerFolder;
use crate::data::plan::{DataPlan, DomainPlan};
use crate::data::summary::DataSummary;
use crate::unit::{DomainId, Tokens};
use build::{Builder, Tally};
use cache::{Place, Ready};
use fingerprint::FileSums;
use progress::Reporter;
use std::cell::OnceCell;
use std::ops::ControlFlow;
use std::path::Path;
use store::Store;

/// The tokens of every domain, training and held out apart, ready to be read row by row.
///
/// The order of the rows is that of the files. A row that a domain holds out is a training row of
/// none: rows in held-out files are removed from every domain's training, and a share takes the
/// same rows in every domain that holds out as much. Nothing of the tokens is held in memory.
#[derive(Debug)]
pub struct Corpus {
    domains: Vec<Ready>,
    summaries: Vec<DataSummary>,
    notices: Vec<String>,
    fingerprint: String,
}

impl Corpus {
    /// Opens the cached tokens of every domain, or makes them. `tokenizer_folder` holds
    /// tokenizer.json in HF layout. `progress` hears how far it is, several times a second, and
    /// may break off, which gives [`DataError::Stopped`].
    pub fn prepare(
        plan: &DataPlan,
        tokenizer_folder: &Path,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Corpus, DataError> {
        let reporter = &mut Reporter { listener: progress };
        let folder = TokenizerFolder::read(tokenizer_folder)?;
        let template = ChatTemplate::load(&plan.template, &folder)?;
        let mut notices = template.as_ref().map_or(Vec::new(), |t| t.warnings.clone());
        let encoder = Encoder::new(folder, template, plan.sequence_length, plan.too_long);

        let mut sums = FileSums::default();
        let held_out_in_files = OnceCell::new();
        let mut domains = Vec::with_capacity(plan.domains.len());
        let mut fingerprints = Vec::with_capacity(plan.domains.len());
        for domain in &plan.domains {
            let fingerprint = fingerprint::of_domain(plan, domain, &encoder, &mut sums, reporter)?;
            let place = Place { cache_dir: &plan.cache_dir, fingerprint: &fingerprint };
            let ready = place.ready(reporter, &mut |folder, reporter| {
                let builder = Builder {
                    plan,
                    domain,
                    encoder: &encoder,
                    held_out_in_files: &held_out_in_files,
                    tally: Tally::default(),
                };
                builder.build(folder, reporter)
            })?;
            notices.extend(remarks(domain, &ready));
            domains.push(ready);
            fingerprints.push(fingerprint);
        }
        let names = plan.domains.iter().map(|domain| domain.name.as_str());
        let fingerprint =
            fingerprint::of_corpus(names.zip(fingerprints.iter().map(String::as_str)));
        let summaries = plan.domains.iter().zip(&domains).map(|(d, r)| summary(d, r)).collect();
        Ok(Corpus { domains, summaries, notices, fingerprint })
    }

    /// What each domain's files came to, in the order of the domains.
    pub fn summaries(&self) -> &[DataSummary] {
        &self.summaries
    }

    /// What people should hear: skipped and removed rows, a rebuilt cache, a template's gaps.
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// Hexadecimal digest of all that the tokens depend on: files, tokenizer, template, plan.
    pub fn fingerprint(&self) -> String {
        self.fingerprint.clone()
    }

    /// The largest token id in the data; a model needs an embedding for it.
    pub fn largest_token(&self) -> u32 {
        let of =
            |ready: &Ready| ready.tally.train.largest_token.max(ready.tally.held_out.largest_token);
        self.domains.iter().map(of).max().unwrap_or(0)
    }

    /// Number of training rows of a domain; at least 1.
    pub fn train_rows(&self, domain: DomainId) -> usize {
        self.domains[domain.0].tally.train.rows as usize
    }

    /// Number of held-out rows of a domain; at least 1.
    pub fn held_out_rows(&self, domain: DomainId) -> usize {
        self.domains[domain.0].tally.held_out.rows as usize
    }

    /// A training row, `row` below [`Corpus::train_rows`].
    pub fn train_example(&self, domain: DomainId, row: usize) -> Result<Example, DataError> {
        example(&self.domains[domain.0].train, domain, row)
    }

    /// A held-out row, `row` below [`Corpus::held_out_rows`].
    pub fn held_out_example(&self, domain: DomainId, row: usize) -> Result<Example, DataError> {
        example(&self.domains[domain.0].held_out, domain, row)
    }
}

fn example(store: &Store, domain: DomainId, row: usize) -> Result<Example, DataError> {
    let (tokens, answer) = store.row(row)?;
    Ok(Example { domain, tokens, answer })
}

fn summary(domain: &DomainPlan, ready: &Ready) -> DataSummary {
    let tally = &ready.tally;
    DataSummary {
        domain: domain.name.clone(),
        train_rows: tally.train.rows,
        train_tokens: Tokens(tally.train.tokens),
        train_target_tokens: Tokens(tally.train.target_tokens),
        held_out_rows: tally.held_out.rows,
        held_out_target_tokens: Tokens(tally.held_out.target_tokens),
        cut_rows: tally.cut,
        dropped_rows: tally.dropped,
        skipped_rows: tally.skipped,
        cached: ready.cached,
    }
}

/// What the summary does not say.
fn remarks(domain: &DomainPlan, ready: &Ready) -> Vec<String> {
    let name = &domain.name;
    let tally = &ready.tally;
    let mut remarks = Vec::new();
    if let Some(damage) = &ready.damage {
        remarks
            .push(format!("{name}: the cached tokens were damaged ({damage}) and were made anew"));
    }
    if tally.skipped > 0 {
        let more = if tally.skipped > tally.first_skipped.len() as u64 { "; …" } else { "" };
        let first = tally.first_skipped.join("; ");
        remarks.push(format!("{name}: {} bad rows were skipped: {first}{more}", tally.skipped));
    }
    if tally.removed > 0 {
        remarks.push(format!(
            "{name}: {} training rows were left out because the same rows are held out",
            tally.removed
        ));
    }
    remarks
}

#[cfg(test)]
mod tests;
