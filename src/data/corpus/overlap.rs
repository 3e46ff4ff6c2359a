//! Rows that the data have more than once: within a domain, in two domains, and on both sides.

use super::cache::DomainTokens;
use crate::data::error::DataError;
use crate::data::summary::{DataNotice, DataSummary, SharedRows};
use std::collections::HashSet;

/// Repeated rows are a warning where they are more than one in so many.
const REPEATED_PARTS: u64 = 100;

/// What was found, for each domain.
pub(super) struct Overlap {
    /// Training rows that the domain has already.
    pub duplicates: u64,
    /// Different training rows that another domain has too.
    pub shared: Vec<SharedRows>,
    /// Indexes of training examples that some domain holds out, in order: they are not trained on.
    pub held_out: Vec<usize>,
}

impl Overlap {
    /// Counts what was found, and what is to be said of it.
    pub fn remark(&self, summary: &mut DataSummary) -> Vec<DataNotice> {
        summary.duplicate_rows = self.duplicates;
        summary.shared.clone_from(&self.shared);
        summary.held_out_elsewhere = self.held_out.len() as u64;
        let domain = &summary.domain;
        let (all, mut remarks) = (summary.train_rows, Vec::new());
        let mut remark = |rows: u64, text: String| {
            remarks.push(DataNotice { text, is_warning: rows * REPEATED_PARTS > all });
        };
        if self.duplicates > 0 {
            let text = format!(
                "{domain}: {} of {all} training rows are there more than once, and are trained on as often",
                self.duplicates
            );
            remark(self.duplicates, text);
        }
        for SharedRows { domain: other, rows } in &self.shared {
            remark(*rows, format!("{domain}: {rows} of its training rows are {other}'s too"));
        }
        let held_out = self.held_out.len() as u64;
        if held_out > 0 {
            let text = format!(
                "{domain}: {held_out} training rows are left out because another domain holds them out"
            );
            remark(held_out, text);
        }
        remarks
    }

    /// The training examples that are trained on, with the summary's counts made right; `None` where those
    /// are all.
    ///
    /// # Errors
    /// A store cannot be read, or none is left.
    pub fn chosen(
        self,
        tokens: &DomainTokens,
        summary: &mut DataSummary,
    ) -> Result<Option<Vec<usize>>, DataError> {
        if self.held_out.is_empty() {
            return Ok(None);
        }
        for index in &self.held_out {
            let (tokens, counted) = tokens.train.example(*index)?;
            summary.train_rows -= 1;
            summary.train_tokens.0 -= tokens.len() as u64;
            summary.train_target_tokens.0 -=
                counted.iter().filter(|counted| **counted).count() as u64;
        }
        if summary.train_rows == 0 {
            let why = "other domains hold out every one of them; hold out fewer, or other files";
            let (domain, why) = (summary.domain.clone(), why.to_owned());
            return Err(DataError::NoRows { domain, side: "training", why });
        }
        let held_out: HashSet<usize> = self.held_out.into_iter().collect();
        let all = 0..tokens.tally.train.examples as usize;
        Ok(Some(all.filter(|index| !held_out.contains(index)).collect()))
    }
}

/// Compares the rows of all domains, given by their names.
///
/// # Errors
/// A store cannot be read.
pub(super) fn overlaps(
    names: &[&str],
    domains: &[DomainTokens],
) -> Result<Vec<Overlap>, DataError> {
    let mut held_out = HashSet::new();
    for domain in domains {
        held_out.extend(domain.held_out.identities()?);
    }
    let mut sorted = Vec::with_capacity(domains.len());
    let mut overlaps = Vec::with_capacity(domains.len());
    for domain in domains {
        let mut rows = domain.train.identities()?;
        let leaked = (0..rows.len()).filter(|index| held_out.contains(&rows[*index]));
        let leaked: Vec<usize> = leaked.collect();
        let all = rows.len() as u64;
        rows.sort_unstable();
        rows.dedup();
        let duplicates = all - rows.len() as u64;
        overlaps.push(Overlap { duplicates, shared: Vec::new(), held_out: leaked });
        sorted.push(rows);
    }
    for (i, overlap) in overlaps.iter_mut().enumerate() {
        for (j, name) in names.iter().enumerate().filter(|(j, _)| *j != i) {
            let rows = common(&sorted[i], &sorted[j]);
            if rows > 0 {
                overlap.shared.push(SharedRows { domain: (*name).to_owned(), rows });
            }
        }
    }
    Ok(overlaps)
}

/// How many numbers two lists have in common, both in order and without duplicates.
fn common(a: &[u64], b: &[u64]) -> u64 {
    let (mut i, mut j, mut count) = (0, 0, 0);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        count += u64::from(x == y);
        i += usize::from(x <= y);
        j += usize::from(y <= x);
    }
    count
}

#[cfg(test)]
mod tests {
    use super::common;

    #[test]
    fn common_numbers_are_counted_once() {
        assert_eq!(common(&[1, 3, 5, 9], &[0, 3, 4, 5, 9, 10]), 3);
        assert_eq!(common(&[], &[1]), 0);
    }
}
