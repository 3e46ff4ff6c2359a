//! The files of one domain → its two token stores.

use super::progress::Reporter;
use super::scan::{Entry, Found, Scan};
use super::select::{Limits, Rule, Side, Smallest};
use super::store::{Contents, Writer};
use crate::data::plan::{DataPlan, DomainPlan, HeldOut, OnBadRow, RowFormat};
use crate::data::conversation::Fingerprint;
use crate::data::error::{DataError, RowPlace, RowError};
use crate::data::formats;
use crate::data::tokenize::{Encoded, Encoder};
use serde::{Deserialize, Serialize};
use std::cell::OnceCell;
use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

/// What a domain's files came to; stands beside its stores.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tally {
    pub train: Contents,
    pub held_out: Contents,
    pub cut: u64,
    pub dropped: u64,
    pub skipped: u64,
    /// The first skipped rows, each with its place and its fault.
    pub first_skipped: Vec<String>,
    /// Training rows that were left out because they are held out too.
    pub removed: u64,
    /// Rows of other domains in the same files.
    pub elsewhere: u64,
    /// The first domains that those rows name.
    pub seen_elsewhere: BTreeSet<String>,
}

const SHOWN: usize = 5;

pub(super) struct Builder<'a> {
    pub plan: &'a DataPlan,
    pub domain: &'a DomainPlan,
    pub encoder: &'a Encoder,
    /// Rows that any domain holds out in files of their own, once a builder has needed them.
    pub held_out_in_files: &'a OnceCell<HashSet<u128>>,
    pub tally: Tally,
}

/// What a worker made of a row.
enum Made {
    /// It is held out already.
    Removed,
    /// A limit leaves it out.
    Unwanted,
    /// Too long, or nothing to learn.
    Dropped,
    Kept {
        side: Side,
        tokens: Vec<u32>,
        answer: Vec<bool>,
        cut: bool,
    },
}

impl<'a> Builder<'a> {
    /// Writes both stores into `folder`.
    pub fn build(mut self, folder: &Path, reporter: &mut Reporter) -> Result<Tally, DataError> {
        let mut train = Writer::create(folder, "train")?;
        let mut held_out = Writer::create(folder, "held_out")?;
        let stores = &mut [&mut train, &mut held_out];
        let domain = self.domain;
        let held_out_files = self.held_out_in_files(reporter)?;
        match &domain.held_out {
            HeldOut::Share(share) => {
                let rule = Rule::Share(*share, held_out_files);
                self.write(&domain.train, rule, stores, reporter)?;
            }
            HeldOut::Files(files) => {
                self.write(files, Rule::HeldOut, stores, reporter)?;
                let rule = Rule::TrainWithout(held_out_files);
                self.write(&domain.train, rule, stores, reporter)?;
            }
        }
        self.tally.train = train.finish()?;
        self.tally.held_out = held_out.finish()?;
        self.check_rows()?;
        Ok(self.tally)
    }

    /// A pass that only looks. Bad rows are met, and counted, by the pass that writes.
    fn look(
        &self,
        domain: &DomainPlan,
        files: &[PathBuf],
        reporter: &mut Reporter,
        seen: &mut dyn FnMut(u64, Fingerprint),
    ) -> Result<(), DataError> {
        let work = |row: Entry| {
            let document = formats::document(row.fields, row.format)?;
            Ok((row.ordinal, document.fingerprint()))
        };
        let scan = scan(domain, files, "looking through", &|_| Ok(()));
        scan.run(reporter, &work, &mut |_, _, found| {
            if let Found::Row((ordinal, fingerprint)) = found {
                seen(ordinal, fingerprint);
            }
            Ok(())
        })
    }

    /// The same row may stand in the files of several domains: what one holds out, none trains on.
    fn held_out_in_files(&self, reporter: &mut Reporter) -> Result<&'a HashSet<u128>, DataError> {
        if let Some(known) = self.held_out_in_files.get() {
            return Ok(known);
        }
        let mut identities = HashSet::new();
        for domain in &self.plan.domains {
            if let HeldOut::Files(files) = &domain.held_out {
                self.look(domain, files, reporter, &mut |_, row| {
                    identities.insert(row.identity);
                })?;
            }
        }
        Ok(self.held_out_in_files.get_or_init(|| identities))
    }

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
        self.look(self.domain, files, reporter, &mut |ordinal, row| match rule.side(row) {
            Some(Side::Train) => train.push((row.order, ordinal)),
            Some(Side::HeldOut) => held_out.push((row.order, ordinal)),
            None => {}
        })?;
        Ok(Limits { train: train.last(), held_out: held_out.last() })
    }

    /// The pass that tokenizes; `stores` are training and held out.
    fn write(
        &mut self,
        files: &[PathBuf],
        rule: Rule,
        stores: &mut [&mut Writer; 2],
        reporter: &mut Reporter,
    ) -> Result<(), DataError> {
        let limits = self.limits(files, rule, reporter)?;
        let encoder = self.encoder;
        let work = |row: Entry| make(&row, rule, limits, encoder);
        let on_format =
            |format: &RowFormat| encoder.check(matches!(format, RowFormat::Text { .. }));
        // The tally changes while the closure borrows the rest.
        let mut tally = std::mem::take(&mut self.tally);
        let outcome = scan(self.domain, files, "tokenizing", &on_format).run(
            reporter,
            &work,
            &mut |path, place, found| match found {
                Found::Row(made) => tally.count(made, stores),
                Found::Elsewhere(name) => {
                    tally.elsewhere += 1;
                    if tally.seen_elsewhere.len() < SHOWN {
                        tally.seen_elsewhere.insert(name);
                    }
                    Ok(())
                }
                Found::Bad(fault) => self.skip(&mut tally, path, place, fault),
            },
        );
        self.tally = tally;
        outcome
    }

    fn skip(
        &self,
        tally: &mut Tally,
        path: &Path,
        place: RowPlace,
        fault: RowError,
    ) -> Result<(), DataError> {
        let path = path.to_owned();
        match self.plan.on_bad_row {
            OnBadRow::Stop => Err(DataError::BadRow { path, place, fault }),
            OnBadRow::Skip(limit) if tally.skipped >= limit => {
                let domain = self.domain.name.clone();
                Err(DataError::TooManyBadRows { domain, limit, path, place, fault })
            }
            OnBadRow::Skip(_) => {
                tally.skipped += 1;
                if tally.first_skipped.len() < SHOWN {
                    tally.first_skipped.push(format!("{}, {place}: {fault}", path.display()));
                }
                Ok(())
            }
        }
    }

    /// A domain needs rows on both sides.
    fn check_rows(&self) -> Result<(), DataError> {
        let tally = &self.tally;
        let sides = [("training", &tally.train), ("held-out", &tally.held_out)];
        let Some((side, _)) = sides.into_iter().find(|(_, contents)| contents.rows == 0) else {
            return Ok(());
        };
        let mut why = format!(
            "{} rows were skipped as bad, {} dropped as too long or without an answer, {} removed \
             from training because they are held out, {} belong to other domains",
            tally.skipped, tally.dropped, tally.removed, tally.elsewhere
        );
        if let (Some(only), true) = (&self.domain.only, tally.elsewhere > 0) {
            let seen: Vec<&str> = tally.seen_elsewhere.iter().map(String::as_str).collect();
            why += &format!(
                "; rows of this domain have {} = '{}', others in the file have {}",
                only.field,
                only.is,
                seen.join(", ")
            );
        }
        if let (HeldOut::Share(share), "held-out") = (&self.domain.held_out, side) {
            why += &format!("; hold out a larger share than {share}, or give a held-out file");
        }
        Err(DataError::NoRows { domain: self.domain.name.clone(), side, why })
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

fn make(row: &Entry, rule: Rule, limits: Limits, encoder: &Encoder) -> Result<Made, RowError> {
    let document = formats::document(row.fields, row.format)?;
    let fingerprint = document.fingerprint();
    let Some(side) = rule.side(fingerprint) else { return Ok(Made::Removed) };
    if !limits.keep(side, (fingerprint.order, row.ordinal)) {
        return Ok(Made::Unwanted);
    }
    Ok(match encoder.encode(&document)? {
        Encoded::Kept { tokens, answer, cut } => Made::Kept { side, tokens, answer, cut },
        Encoded::Dropped => Made::Dropped,
    })
}

impl Tally {
    fn count(&mut self, made: Made, stores: &mut [&mut Writer; 2]) -> Result<(), DataError> {
        match made {
            Made::Removed => self.removed += 1,
            Made::Unwanted => {}
            Made::Dropped => self.dropped += 1,
            Made::Kept { side, tokens, answer, cut } => {
                self.cut += u64::from(cut);
                stores[side as usize].push(&tokens, &answer)?;
            }
        }
        Ok(())
    }
}
