//! The files of one domain → its two token stores.

use super::fields::FieldCounter;
use super::progress::Reporter;
use super::scan::{DomainRow, Scan, Scanned, ScannedRow, ScannedRows};
use super::select::{Limits, Rule, Side, Smallest};
use super::store::Writer;
use super::tally::{Kept, RowOutcome, Tally};
use crate::data::conversation::{Document, RowFingerprint};
use crate::data::encoder::{Encoded, EncodedRow, EncoderFacts, GuardedEncoder};
use crate::data::error::{DataError, RowError};
use crate::data::plan::{DataPlan, DomainPlan, HeldOut};
use crate::data::row_format::{self, Rules};
use std::cell::OnceCell;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Most text of a row, bytes. A tokenizer takes some 220 bytes of memory for each byte of an unbroken
/// word.
pub const LONGEST_ROW: usize = 4 << 20;

/// Makes the tokens of one domain.
pub(super) struct Builder<'a> {
    pub plan: &'a DataPlan,
    pub domain: &'a DomainPlan,
    pub facts: &'a EncoderFacts,
    pub encoder: &'a mut GuardedEncoder,
    pub rules: &'a Rules,
    /// Identities of the rows that any domain holds out in files of their own, once a builder has
    /// needed them.
    pub held_out_in_files: &'a OnceCell<HashSet<u128>>,
    pub fields: FieldCounter,
}

/// Where the examples go.
struct Stores {
    train: Writer,
    held_out: Writer,
}

impl Stores {
    fn side(&mut self, side: Side) -> &mut Writer {
        match side {
            Side::Train => &mut self.train,
            Side::HeldOut => &mut self.held_out,
        }
    }
}

impl<'a> Builder<'a> {
    /// Writes both stores into `folder`.
    ///
    /// # Errors
    /// A file or a row cannot be used, a side has no examples, or the listener stopped.
    pub fn build(&mut self, folder: &Path, reporter: &mut Reporter) -> Result<Tally, DataError> {
        let domain = self.domain;
        let mut tally = Tally::default();
        let mut stores = Stores {
            train: Writer::create(folder, "train")?,
            held_out: Writer::create(folder, "held_out")?,
        };
        let held_out_files = self.held_out_in_files(reporter)?;
        match &domain.held_out {
            HeldOut::Share(share) => {
                let rule = Rule::Share(*share, held_out_files);
                self.write(&domain.train, rule, &mut stores, &mut tally, reporter)?;
            }
            HeldOut::Files(files) => {
                self.write(files, Rule::HeldOut, &mut stores, &mut tally, reporter)?;
                let rule = Rule::TrainWithout(held_out_files);
                self.write(&domain.train, rule, &mut stores, &mut tally, reporter)?;
            }
        }
        tally.files = std::mem::take(&mut self.fields).into_files();
        tally.train = stores.train.finish()?;
        tally.held_out = stores.held_out.finish()?;
        tally.require_examples(domain)?;
        Ok(tally)
    }

    /// A pass that only computes fingerprints. Bad rows are reported and counted by the pass that
    /// writes.
    fn for_each_fingerprint(
        &self,
        domain: &DomainPlan,
        files: &[PathBuf],
        reporter: &mut Reporter,
        seen: &mut dyn FnMut(u64, RowFingerprint),
    ) -> Result<(), DataError> {
        let rules = self.rules;
        let work = |row: DomainRow| {
            let document = row_format::document(row.fields, row.format, rules)?;
            Ok((row.ordinal, document.fingerprint()))
        };
        let scan = scan(domain, files, rules, "looking through");
        scan.run(reporter, &work, &mut |_, rows| {
            for row in rows {
                if let Scanned::Row((ordinal, fingerprint)) = row.result {
                    seen(ordinal, fingerprint);
                }
            }
            Ok(())
        })
    }

    /// Identities of all rows in held-out files. The same row may be in the files of several domains:
    /// none trains on what one holds out.
    fn held_out_in_files(&self, reporter: &mut Reporter) -> Result<&'a HashSet<u128>, DataError> {
        if let Some(known) = self.held_out_in_files.get() {
            return Ok(known);
        }
        let mut identities = HashSet::new();
        for domain in &self.plan.domains {
            if let HeldOut::Files(files) = &domain.held_out {
                self.for_each_fingerprint(domain, files, reporter, &mut |_, row| {
                    identities.insert(row.identity);
                })?;
            }
        }
        Ok(self.held_out_in_files.get_or_init(|| identities))
    }

    /// Which rows of these files the domain's limits keep. With limits it takes a pass over the files.
    fn limits(
        &self,
        files: &[PathBuf],
        rule: Rule,
        reporter: &mut Reporter,
    ) -> Result<Limits, DataError> {
        let (train_limit, held_out_limit) = match rule {
            Rule::HeldOut => (None, self.plan.held_out_limit),
            Rule::TrainWithout(_) => (self.domain.limit, None),
            Rule::Share(..) => (self.domain.limit, self.plan.held_out_limit),
        };
        if train_limit.is_none() && held_out_limit.is_none() {
            return Ok(Limits::default());
        }
        let mut train = Smallest::new(train_limit);
        let mut held_out = Smallest::new(held_out_limit);
        self.for_each_fingerprint(self.domain, files, reporter, &mut |ordinal, row| match rule
            .side(row)
        {
            Some(Side::Train) => train.push((row.order, ordinal)),
            Some(Side::HeldOut) => held_out.push((row.order, ordinal)),
            None => {}
        })?;
        Ok(Limits { train: train.last(), held_out: held_out.last() })
    }

    /// The pass that tokenizes.
    fn write(
        &mut self,
        files: &[PathBuf],
        rule: Rule,
        stores: &mut Stores,
        tally: &mut Tally,
        reporter: &mut Reporter,
    ) -> Result<(), DataError> {
        let limits = self.limits(files, rule, reporter)?;
        let (domain, rules) = (self.domain, self.rules);
        let work = |row: DomainRow| candidate(&row, rule, limits, rules);
        let scan = scan(domain, files, rules, "tokenizing");
        // Rows are looked at while those before them are encoded.
        let mut waiting = None;
        scan.run(reporter, &work, &mut |path, rows| {
            let next = Some((path.to_owned(), rows));
            self.write_rows(&mut waiting, next, stores, tally)
        })?;
        self.write_rows(&mut waiting, None, stores, tally)
    }

    /// Sends the next rows to be encoded, and counts and stores those that were sent before.
    fn write_rows(
        &mut self,
        waiting: &mut Option<FileRows>,
        next: Option<FileRows>,
        stores: &mut Stores,
        tally: &mut Tally,
    ) -> Result<(), DataError> {
        let sent = waiting.take();
        let encoded = sent.as_ref().map(|(_, rows)| self.encoder.collect(&documents(rows)));
        let encoded = encoded.transpose()?;
        if let Some((_, rows)) = &next {
            let documents = documents(rows);
            for document in &documents {
                self.facts.check(matches!(document, Document::Text(_)))?;
            }
            self.encoder.submit(&documents);
        }
        *waiting = next;
        match (sent, encoded) {
            (Some((path, rows)), Some(encoded)) => {
                self.fields.count(&path, rows.iter().filter_map(|row| row.shape.as_ref()));
                self.store(&path, rows, encoded, stores, tally)
            }
            _ => Ok(()),
        }
    }

    /// Counts and stores rows one by one.
    fn store(
        &mut self,
        path: &Path,
        rows: ScannedRows<Candidate>,
        encoded: Vec<EncodedRow>,
        stores: &mut Stores,
        tally: &mut Tally,
    ) -> Result<(), DataError> {
        let mut encoded = encoded.into_iter();
        for ScannedRow { place, result, .. } in rows {
            let outcome = match result {
                Scanned::Row(Candidate::Settled(outcome)) => Ok(outcome),
                // There are as many as were chosen.
                Scanned::Row(Candidate::Chosen(side, identity, _)) => match encoded.next() {
                    Some(outcome) => outcome.map(|encoded| on_side(side, identity, encoded)),
                    None => break,
                },
                Scanned::OtherDomain(name) => {
                    tally.count_other_domain(name);
                    continue;
                }
                Scanned::Bad(error) => Err(error),
            };
            match outcome {
                Ok(outcome) => {
                    tally.count(&outcome, path, place);
                    if let RowOutcome::Kept(kept) = outcome {
                        let Kept { side, tokens, counted, identity, text, .. } = kept;
                        stores.side(side).push(&tokens, &counted, identity, text)?;
                    }
                }
                Err(error) => {
                    tally.skip(self.plan.on_bad_row, &self.domain.name, path, place, error)?;
                }
            }
        }
        Ok(())
    }
}

/// Rows of a file that were looked at together.
type FileRows = (PathBuf, ScannedRows<Candidate>);

/// The documents of the rows that are to be encoded.
fn documents(rows: &ScannedRows<Candidate>) -> Vec<&Document> {
    let chosen = rows.iter().filter_map(|row| match &row.result {
        Scanned::Row(Candidate::Chosen(_, _, document)) => Some(document),
        _ => None,
    });
    chosen.collect()
}

/// A pass over files of a domain.
pub(super) fn scan<'s>(
    domain: &'s DomainPlan,
    files: &'s [PathBuf],
    rules: &'s Rules,
    what: &str,
) -> Scan<'s> {
    Scan {
        files,
        format: &domain.format,
        only: domain.only.as_ref(),
        rules,
        what: format!("{what} {}", domain.name),
    }
}

/// A row of the domain before it is encoded.
enum Candidate {
    /// It is not encoded.
    Settled(RowOutcome),
    /// It is encoded for this side; its identity.
    Chosen(Side, u64, Document),
}

/// Runs on many threads at once.
fn candidate(
    row: &DomainRow,
    rule: Rule,
    limits: Limits,
    rules: &Rules,
) -> Result<Candidate, RowError> {
    let document = row_format::document(row.fields, row.format, rules)?;
    let fingerprint = document.fingerprint();
    let Some(side) = rule.side(fingerprint) else {
        return Ok(Candidate::Settled(RowOutcome::Removed));
    };
    if !limits.keep(side, (fingerprint.order, row.ordinal)) {
        return Ok(Candidate::Settled(RowOutcome::OverLimit));
    }
    require_short(&document)?;
    Ok(Candidate::Chosen(side, fingerprint.identity as u64, document))
}

/// # Errors
/// The document has more text than is encoded.
pub(super) fn require_short(document: &Document) -> Result<(), RowError> {
    if document.size() <= LONGEST_ROW {
        return Ok(());
    }
    Err(RowError(format!(
        "the row has {} bytes of text, and at most {LONGEST_ROW} are taken: a tokenizer needs 200 times as \
         much memory; split the row",
        document.size()
    )))
}

fn on_side(side: Side, identity: u64, encoded: Encoded) -> RowOutcome {
    match encoded {
        Encoded::Kept { tokens, counted, length, is_cut, left_out, text } => {
            RowOutcome::Kept(Kept {
                side,
                tokens,
                counted,
                length,
                is_cut,
                left_out,
                identity,
                text,
            })
        }
        Encoded::Dropped(why) => RowOutcome::Dropped(why),
    }
}
