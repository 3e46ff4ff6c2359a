//! Rows as the model gets them, for people and scripts to look at.

use super::Progress;
use super::build::{require_short, scan};
use super::progress::Reporter;
use super::scan::{DomainRow, Scanned, ScannedRow};
use super::tally::OTHER_TEXT;
use super::text_runs::runs;
use crate::data::Decoder;
use crate::data::conversation::Document;
use crate::data::encoder::{Dropped, Encoded, EncoderFacts, GuardedEncoder, Recipe};
use crate::data::error::{DataError, RowError, RowPlace};
use crate::data::plan::{DataPlan, DomainPlan, HeldOut};
use crate::data::row_format::{self, Rules};
use crate::sandbox::Isolation;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Rows that are encoded together.
const AT_ONCE: usize = 256;

/// A row of a domain's training files, and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowView {
    /// Name of the domain.
    pub domain: String,
    /// The data file.
    pub file: PathBuf,
    /// Where the row is in it.
    pub place: RowPlace,
    /// Token ids; empty where the row is no example.
    pub tokens: Vec<u32>,
    /// Which of them the loss counts.
    pub counted: Vec<bool>,
    /// Text of each run of tokens, and whether the loss counts it; together they are the whole text.
    pub runs: Vec<(bool, String)>,
    /// Tokens behind `sequence_length` that were cut off.
    pub cut: usize,
    /// What is to be said about it: why it is no example, or is one for measuring only.
    pub notices: Vec<String>,
}

/// Which rows are looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowChoice {
    /// Of this domain only.
    pub domain: Option<String>,
    /// So many of each domain, chosen by a hash of seed and position; `None` is all.
    pub count: Option<usize>,
    /// Chooses other rows.
    pub seed: u64,
}

/// Calls `on_row` with the rows in the order of the files, until it breaks off. The token cache is neither
/// read nor written.
///
/// # Errors
/// The tokenizer, the template or a file cannot be used. A bad row is a view of what is wrong with it.
pub fn for_each_row(
    plan: &DataPlan,
    tokenizer_folder: &Path,
    isolation: &Isolation,
    choice: &RowChoice,
    on_row: &mut dyn FnMut(RowView) -> ControlFlow<()>,
) -> Result<(), DataError> {
    let recipe = Recipe::read(plan, tokenizer_folder)?;
    let rules = Rules::new(plan, recipe.template.as_ref());
    let (encoder, facts) = GuardedEncoder::new(recipe, isolation)?;
    let decoder = Decoder::open(tokenizer_folder)?;
    let is_wanted =
        |domain: &&DomainPlan| choice.domain.as_ref().is_none_or(|name| *name == domain.name);
    let mut viewer = Viewer { plan, rules, encoder, facts, decoder, on_row };
    for domain in plan.domains.iter().filter(is_wanted) {
        match viewer.domain(domain, choice) {
            Err(DataError::Stopped) => return Ok(()),
            done => done?,
        }
    }
    Ok(())
}

/// A row before it is encoded.
struct Row {
    file: PathBuf,
    place: RowPlace,
    document: Result<Document, RowError>,
}

struct Viewer<'a> {
    plan: &'a DataPlan,
    rules: Rules,
    encoder: GuardedEncoder,
    facts: EncoderFacts,
    decoder: Decoder,
    on_row: &'a mut dyn FnMut(RowView) -> ControlFlow<()>,
}

impl Viewer<'_> {
    fn domain(&mut self, domain: &DomainPlan, choice: &RowChoice) -> Result<(), DataError> {
        let rules = &self.rules.clone();
        let work = |row: DomainRow| {
            let document = row_format::document(row.fields, row.format, rules)?;
            require_short(&document).map(|()| document)
        };
        let listener = &mut |_: Progress| ControlFlow::Continue(());
        let mut sample = choice.count.map(|count| Sample::new(count, choice.seed));
        let (mut waiting, mut position) = (Vec::new(), 0);
        let scan = scan(domain, &domain.train, rules, "looking at");
        scan.run(&mut Reporter { listener }, &work, &mut |path, rows| {
            for ScannedRow { place, result, .. } in rows {
                position += 1;
                let document = match result {
                    Scanned::OtherDomain(_) => continue,
                    Scanned::Row(document) => Ok(document),
                    Scanned::Bad(error) => Err(error),
                };
                if let Ok(document) = &document {
                    self.facts.check(matches!(document, Document::Text(_)))?;
                }
                let row = Row { file: path.to_owned(), place, document };
                match &mut sample {
                    Some(sample) => sample.offer(position, row),
                    None => waiting.push(row),
                }
            }
            match waiting.len() >= AT_ONCE {
                true => self.show(domain, std::mem::take(&mut waiting)),
                false => Ok(()),
            }
        })?;
        self.show(domain, sample.map_or(waiting, Sample::into_rows))
    }

    fn show(&mut self, domain: &DomainPlan, rows: Vec<Row>) -> Result<(), DataError> {
        for rows in rows.chunks(AT_ONCE) {
            let documents: Vec<_> =
                rows.iter().filter_map(|row| row.document.as_ref().ok()).collect();
            let mut encoded = self.encoder.encode(&documents)?.into_iter();
            for row in rows {
                let outcome = row.document.as_ref().map_err(RowError::clone);
                let outcome = outcome.and_then(|_| match encoded.next() {
                    Some(outcome) => outcome,
                    None => Err(RowError("the encoder gave no answer".into())),
                });
                let view = self.view(domain, row, outcome)?;
                if (self.on_row)(view).is_break() {
                    return Err(DataError::Stopped);
                }
            }
        }
        Ok(())
    }

    fn view(
        &self,
        domain: &DomainPlan,
        row: &Row,
        outcome: Result<Encoded, RowError>,
    ) -> Result<RowView, DataError> {
        let mut view = RowView {
            domain: domain.name.clone(),
            file: row.file.clone(),
            place: row.place,
            tokens: Vec::new(),
            counted: Vec::new(),
            runs: Vec::new(),
            cut: 0,
            notices: Vec::new(),
        };
        match outcome {
            Err(error) => view.notices.push(format!("a bad row: {error}")),
            Ok(Encoded::Dropped(Dropped::TooLong(tokens))) => view.notices.push(format!(
                "dropped: it has {tokens} tokens, and data.sequence_length is {}",
                self.plan.sequence_length
            )),
            Ok(Encoded::Dropped(Dropped::NothingCounts)) => {
                view.notices.push("dropped: no token is left that the loss counts".into());
            }
            Ok(Encoded::Dropped(Dropped::OtherText)) => view.notices.push(OTHER_TEXT.into()),
            Ok(Encoded::Kept { tokens, counted, length, left_out, .. }) => {
                if left_out.message {
                    let text = "the chat template leaves out a message of the system or the user";
                    view.notices.push(text.into());
                }
                if left_out.spaces {
                    view.notices
                        .push("the chat template leaves out white space of an answer".into());
                }
                if left_out.answer {
                    let text =
                        "the chat template leaves out a part of an answer: it is not trained on";
                    view.notices.push(text.into());
                }
                view.runs = runs(&self.decoder, &tokens, &counted)?;
                view.cut = length - tokens.len();
                (view.tokens, view.counted) = (tokens, counted);
            }
        }
        if let (HeldOut::Share(share), Ok(document)) = (&domain.held_out, &row.document)
            && document.fingerprint().is_held_out(*share)
        {
            view.notices.push("held out: it is measured, not trained on".into());
        }
        Ok(view)
    }
}

/// The rows of the smallest hashes, each with its position.
struct Sample {
    count: usize,
    seed: u64,
    rows: BTreeMap<(u64, u64), Row>,
}

impl Sample {
    fn new(count: usize, seed: u64) -> Self {
        Sample { count, seed, rows: BTreeMap::new() }
    }

    fn offer(&mut self, position: u64, row: Row) {
        self.rows.insert((order(self.seed, position), position), row);
        if self.rows.len() > self.count {
            self.rows.pop_last();
        }
    }

    /// In the order of their positions.
    fn into_rows(self) -> Vec<Row> {
        let mut rows: Vec<_> = self.rows.into_iter().collect();
        rows.sort_by_key(|((_, position), _)| *position);
        rows.into_iter().map(|(_, row)| row).collect()
    }
}

/// Decides which rows are chosen.
fn order(seed: u64, position: u64) -> u64 {
    let mut hash = Sha256::new_with_prefix("versatune/rows/1");
    hash.update(seed.to_le_bytes());
    hash.update(position.to_le_bytes());
    let digest: [u8; 32] = hash.finalize().into();
    digest[..8].iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}
