//! All data of a run as tokens on disk.
//!
//! ```text
//!  files ─▶ scan (rows in parallel) ─▶ build ─▶ store (tokens, offsets) ─▶ Corpus ─▶ Example
//!               select: which side, which limit    tally: what became of the rows
//!  fingerprint of files, tokenizer, template, plan ─▶ cache: build once, find again
//! ```

mod access;
mod build;
mod cache;
mod chat_format;
mod fields;
mod fingerprint;
mod overlap;
mod progress;
mod rows;
mod scan;
mod select;
mod sequence_view;
mod store;
mod tally;
mod text_runs;

pub use chat_format::ChatFormat;
pub use progress::Progress;
pub use rows::{RowChoice, RowView, for_each_row};
pub use sequence_view::{DocumentView, SequenceView};

use super::batch::Example;
use super::decoder::Decoder;
use super::encoder::{GuardedEncoder, Recipe};
use super::error::DataError;
use super::plan::DataPlan;
use super::row_format::Rules;
use super::summary::{DataNotice, DataSummary, ShownRow, TextSize};
use crate::sandbox::Isolation;
use crate::unit::DomainId;
use access::CacheFolder;
use build::Builder;
use cache::{CacheEntry, DomainTokens};
use fields::FieldCounter;
use fingerprint::{
    FileSums, corpus_fingerprint, domain_fingerprint, encoding_fingerprint, rows_fingerprint,
};
use progress::Reporter;
use std::cell::OnceCell;
use std::ops::ControlFlow;
use std::path::Path;
use store::Store;

/// Rows of a domain that are shown, and tokens of each.
const SHOWN: usize = 3;
const SHOWN_TOKENS: usize = 400;

/// The examples of every domain, training and held out apart, ready to be read one by one.
///
/// Their order is that of the rows in the files. A row that one domain holds out is no training example
/// of any. No tokens are kept in memory.
#[derive(Debug)]
pub struct Corpus {
    domains: Vec<DomainTokens>,
    /// Indexes of the training examples that are trained on, where some are not.
    chosen: Vec<Option<Vec<usize>>>,
    summaries: Vec<DataSummary>,
    notices: Vec<DataNotice>,
    chat_format: ChatFormat,
    fingerprint: String,
    encoding: String,
    held_out_rows: Vec<String>,
}

impl Corpus {
    /// Opens the cached tokens of every domain, or makes them. `tokenizer_folder` holds
    /// tokenizer.json in HF layout; what comes with the model works where `isolation` says. `progress`
    /// is called several times a second, and may break off.
    ///
    /// # Errors
    /// The tokenizer, the template, a file, a row or the cache cannot be used, or a domain is left
    /// without examples; [`DataError::Stopped`] where `progress` broke off.
    pub fn prepare(
        plan: &DataPlan,
        tokenizer_folder: &Path,
        isolation: &Isolation,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Corpus, DataError> {
        let recipe = Recipe::read(plan, tokenizer_folder)?;
        Self::of(plan, recipe, tokenizer_folder, isolation, progress)
    }

    /// The same rows in the tokens of another tokenizer, each cut where `cut_by`, the folder of the first
    /// one, cuts it: both corpora hold the same text. What the first drops is dropped here too.
    ///
    /// # Errors
    /// As those of [`Corpus::prepare`].
    pub fn prepare_same_text(
        plan: &DataPlan,
        tokenizer_folder: &Path,
        cut_by: &Path,
        isolation: &Isolation,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Corpus, DataError> {
        let recipe = Recipe::read(plan, tokenizer_folder)?.cut_by(plan, cut_by)?;
        Self::of(plan, recipe, tokenizer_folder, isolation, progress)
    }

    fn of(
        plan: &DataPlan,
        recipe: Recipe,
        tokenizer_folder: &Path,
        isolation: &Isolation,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Corpus, DataError> {
        let reporter = &mut Reporter { listener: progress };
        let rules = Rules::new(plan, recipe.template.as_ref());
        let (mut encoder, facts) = GuardedEncoder::new(recipe, isolation)?;
        let warnings = |texts: Vec<String>| texts.into_iter().map(DataNotice::warning);
        let mut notices: Vec<_> = warnings(facts.warnings.clone()).collect();

        let (cache, notice) = CacheFolder::open(&plan.cache_dir, plan.trust_cache)?;
        notices.extend(notice.map(DataNotice::warning));
        let mut sums = FileSums::default();
        let held_out_in_files = OnceCell::new();
        let mut domains = Vec::with_capacity(plan.domains.len());
        let mut summaries = Vec::with_capacity(plan.domains.len());
        let mut fingerprints = Vec::with_capacity(plan.domains.len());
        for domain in &plan.domains {
            let made_of = (encoder.recipe(), &facts);
            let fingerprint = domain_fingerprint(plan, domain, made_of, &mut sums, reporter)?;
            let entry = CacheEntry { cache, fingerprint: &fingerprint };
            let mut builder = Builder {
                plan,
                domain,
                facts: &facts,
                encoder: &mut encoder,
                rules: &rules,
                held_out_in_files: &held_out_in_files,
                fields: FieldCounter::default(),
            };
            let tokens = entry
                .open_or_build(reporter, &mut |folder, reporter| builder.build(folder, reporter))?;
            notices.extend(remarks(&domain.name, &tokens));
            summaries.push(tokens.tally.summary(&domain.name, tokens.cached));
            domains.push(tokens);
            fingerprints.push((domain.name.as_str(), fingerprint));
        }
        notices.extend(encoder.notice().map(DataNotice::warning));
        let names: Vec<&str> = plan.domains.iter().map(|domain| domain.name.as_str()).collect();
        let mut chosen = Vec::with_capacity(domains.len());
        let found = overlap::overlaps(&names, &domains)?;
        for ((overlap, domain), summary) in found.into_iter().zip(&domains).zip(&mut summaries) {
            notices.extend(overlap.remark(summary));
            chosen.push(overlap.chosen(domain, summary)?);
        }
        let rows = domains
            .iter()
            .map(|domain| Ok(rows_fingerprint(domain.held_out.identities()?, &plan.loss)));
        let held_out_rows = rows.collect::<Result<_, DataError>>()?;
        let mut corpus = Corpus {
            domains,
            chosen,
            summaries,
            notices,
            chat_format: ChatFormat::new(encoder.recipe(), &facts),
            fingerprint: corpus_fingerprint(&fingerprints),
            encoding: encoding_fingerprint(encoder.recipe()),
            held_out_rows,
        };
        let decoder = Decoder::open(tokenizer_folder)?;
        for domain in 0..plan.domains.len() {
            corpus.summaries[domain].shown = corpus.shown(DomainId(domain), &decoder)?;
        }
        Ok(corpus)
    }

    /// Some training rows of a domain, spread over its files, for people to look at.
    fn shown(&self, domain: DomainId, decoder: &Decoder) -> Result<Vec<ShownRow>, DataError> {
        let count = self.train_count(domain);
        let mut indexes: Vec<usize> =
            (0..SHOWN).map(|i| (2 * i + 1) * count / (2 * SHOWN)).collect();
        indexes.dedup();
        let shown = indexes.into_iter().map(|index| {
            let Example { tokens, counted, .. } = self.train_example(domain, index)?;
            let begin = tokens.len().min(SHOWN_TOKENS);
            let runs = text_runs::runs(decoder, &tokens[..begin], &counted[..begin])?;
            Ok(ShownRow { tokens: tokens.len() as u64, whole: begin == tokens.len(), runs })
        });
        shown.collect()
    }

    /// Rows and tokens of each domain, in the order of the domains.
    pub fn summaries(&self) -> &[DataSummary] {
        &self.summaries
    }

    /// What the user should know: lost and removed rows, a rebuilt cache, what a template lacks.
    pub fn notices(&self) -> &[DataNotice] {
        &self.notices
    }

    /// How its conversations were written.
    pub fn chat_format(&self) -> &ChatFormat {
        &self.chat_format
    }

    /// Hexadecimal digest of everything that the tokens depend on: files, tokenizer, template, plan.
    pub fn fingerprint(&self) -> String {
        self.fingerprint.clone()
    }

    /// Hexadecimal digest of tokenizer and chat template.
    pub fn encoding_fingerprint(&self) -> &str {
        &self.encoding
    }

    /// Hexadecimal digest of a domain's held-out rows and of the rule by which their messages count, whatever
    /// the tokenizer.
    pub fn held_out_fingerprint(&self, domain: DomainId) -> &str {
        &self.held_out_rows[domain.0]
    }

    /// The counted text of all held-out examples of a domain.
    pub fn held_out_text(&self, domain: DomainId) -> TextSize {
        self.domains[domain.0].tally.held_out.text
    }

    /// The counted text of each held-out example of a domain, in their order.
    ///
    /// # Errors
    /// The cache cannot be read any more.
    pub fn held_out_texts(&self, domain: DomainId) -> Result<Vec<TextSize>, DataError> {
        self.domains[domain.0].held_out.texts()
    }

    /// A hash of the row of each held-out example of a domain, in their order: the same for the same content.
    ///
    /// # Errors
    /// The cache cannot be read any more.
    pub fn held_out_identities(&self, domain: DomainId) -> Result<Vec<u64>, DataError> {
        self.domains[domain.0].held_out.identities()
    }

    /// The largest token id in the data; a model needs an embedding for it.
    pub fn largest_token(&self) -> u32 {
        let largest = |domain: &DomainTokens| {
            domain.tally.train.largest_token.max(domain.tally.held_out.largest_token)
        };
        self.domains.iter().map(largest).max().unwrap_or(0)
    }

    /// Tokens of the longest example; a model with a sliding window needs one as long.
    pub fn longest_example(&self) -> usize {
        let longest =
            |domain: &DomainTokens| domain.tally.train.longest.max(domain.tally.held_out.longest);
        self.domains.iter().map(longest).max().unwrap_or(0) as usize
    }

    /// Number of training examples of a domain; at least 1.
    pub fn train_count(&self, domain: DomainId) -> usize {
        match &self.chosen[domain.0] {
            Some(chosen) => chosen.len(),
            None => self.domains[domain.0].tally.train.examples as usize,
        }
    }

    /// Number of held-out examples of a domain; at least 1.
    pub fn held_out_count(&self, domain: DomainId) -> usize {
        self.domains[domain.0].tally.held_out.examples as usize
    }

    /// The training example of this index, below [`Corpus::train_count`].
    ///
    /// # Errors
    /// The cache cannot be read any more.
    pub fn train_example(&self, domain: DomainId, index: usize) -> Result<Example, DataError> {
        let index = self.chosen[domain.0].as_ref().map_or(index, |chosen| chosen[index]);
        example(&self.domains[domain.0].train, domain, index)
    }

    /// Tokens of all training examples of a domain, and of all held-out ones.
    pub fn tokens(&self, domain: DomainId) -> (u64, u64) {
        let tally = &self.domains[domain.0].tally;
        (tally.train.tokens, tally.held_out.tokens)
    }

    /// The held-out example of this index, below [`Corpus::held_out_count`].
    ///
    /// # Errors
    /// The cache cannot be read any more.
    pub fn held_out_example(&self, domain: DomainId, index: usize) -> Result<Example, DataError> {
        example(&self.domains[domain.0].held_out, domain, index)
    }
}

fn example(store: &Store, domain: DomainId, index: usize) -> Result<Example, DataError> {
    let (tokens, counted) = store.example(index)?;
    Ok(Example { domain, tokens, counted })
}

/// What is to be said about one domain besides its summary.
fn remarks(domain: &str, tokens: &DomainTokens) -> Vec<DataNotice> {
    let damage = tokens.damage.as_ref().map(|damage| {
        DataNotice::warning(format!(
            "{domain}: the cached tokens were damaged ({damage}) and were made again"
        ))
    });
    damage.into_iter().chain(tokens.tally.remarks(domain)).collect()
}

#[cfg(test)]
mod tests;
