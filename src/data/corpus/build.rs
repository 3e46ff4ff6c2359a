//! The files of one domain → its two token stores.

use super::progress::Reporter;
use super::scan::{DomainRow, Scan, Scanned};
use super::select::{Limits, Rule, Side, Smallest};
use super::store::Writer;
use super::tally::{RowOutcome, Tally};
use crate::data::conversation::RowFingerprint;
use crate::data::encoder::{Encoded, Encoder};
use crate::data::error::{DataError, RowError};
use crate::data::plan::{DataPlan, DomainPlan, HeldOut, RowFormat};
use crate::data::row_format;
use std::cell::OnceCell;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Makes the tokens of one domain.
pub(super) struct Builder<'a> {
    pub plan: &'a DataPlan,
    pub domain: &'a DomainPlan,
    pub encoder: &'a Encoder,
    /// Identities of the rows that any domain holds out in files of their own, once a builder has
    /// needed them.
    pub held_out_in_files: &'a OnceCell<HashSet<u128>>,
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
    pub fn build(&self, folder: &Path, reporter: &mut Reporter) -> Result<Tally, DataError> {
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
        let work = |row: DomainRow| {
            let document = row_format::document(row.fields, row.format)?;
            Ok((row.ordinal, document.fingerprint()))
        };
        let scan = scan(domain, files, "looking through", &|_| Ok(()));
        scan.run(reporter, &work, &mut |_, _, scanned| {
            if let Scanned::Row((ordinal, fingerprint)) = scanned {
                seen(ordinal, fingerprint);
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
        &self,
        files: &[PathBuf],
        rule: Rule,
        stores: &mut Stores,
        tally: &mut Tally,
        reporter: &mut Reporter,
    ) -> Result<(), DataError> {
        let limits = self.limits(files, rule, reporter)?;
        let encoder = self.encoder;
        let work = |row: DomainRow| encode(&row, rule, limits, encoder);
        let on_format =
            |format: &RowFormat| encoder.check(matches!(format, RowFormat::Text { .. }));
        let scan = scan(self.domain, files, "tokenizing", &on_format);
        scan.run(reporter, &work, &mut |path, place, scanned| match scanned {
            Scanned::Row(outcome) => {
                tally.count(&outcome);
                match outcome {
                    RowOutcome::Kept { side, tokens, counted, .. } => {
                        stores.side(side).push(&tokens, &counted)
                    }
                    RowOutcome::Removed | RowOutcome::OverLimit | RowOutcome::Dropped => Ok(()),
                }
            }
            Scanned::OtherDomain(name) => {
                tally.count_other_domain(name);
                Ok(())
            }
            Scanned::Bad(error) => {
                tally.skip(self.plan.on_bad_row, &self.domain.name, path, place, error)
            }
        })
    }
}

fn scan<'s>(
    domain: &'s DomainPlan,
    files: &'s [PathBuf],
    what: &str,
    on_format: &'s (dyn Fn(&RowFormat) -> Result<(), DataError> + Sync),
) -> Scan<'s> {
    Scan {
        files,
        format: &domain.format,
        only: domain.only.as_ref(),
        what: format!("{what} {}", domain.name),
        on_format,
    }
}

/// Runs on many threads at once.
fn encode(
    row: &DomainRow,
    rule: Rule,
    limits: Limits,
    encoder: &Encoder,
) -> Result<RowOutcome, RowError> {
    let document = row_format::document(row.fields, row.format)?;
    let fingerprint = document.fingerprint();
    let Some(side) = rule.side(fingerprint) else { return Ok(RowOutcome::Removed) };
    if !limits.keep(side, (fingerprint.order, row.ordinal)) {
        return Ok(RowOutcome::OverLimit);
    }
    Ok(match encoder.encode(&document)? {
        Encoded::Kept { tokens, counted, cut } => RowOutcome::Kept { side, tokens, counted, cut },
        Encoded::Dropped => RowOutcome::Dropped,
    })
}
