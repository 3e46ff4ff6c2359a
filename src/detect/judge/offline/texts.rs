//! Which training rows are learned from, and in which part of the cross-validation each is judged.

use super::error::OfflineError;
use super::settings::{LEAST_ROWS, OfflineSettings};
use crate::disk::hex;
use sha2::{Digest, Sha256};

/// A training row.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// What is learned from.
    pub text: &'a str,
    /// Its beginning, as long as the texts that the judge will get: how it is judged is measured on that,
    /// since a short text says less than a whole row.
    pub beginning: &'a str,
    /// Its domain, from 0.
    pub domain: usize,
}

/// The texts of the rows that were chosen, by domain, in an order that depends on the texts and the
/// seed alone.
#[derive(Debug)]
pub(super) struct TrainingTexts {
    pub texts: Vec<String>,
    /// The beginning of each, which is judged.
    pub beginnings: Vec<String>,
    /// Domain of each text.
    pub domains: Vec<usize>,
    /// Part of the cross-validation in which each text is judged: every part has its share of
    /// every domain.
    pub folds: Vec<usize>,
    /// Number of texts of each domain.
    pub counts: Vec<u64>,
    /// Digest of texts, settings and seed, in hexadecimal digits.
    pub fingerprint: String,
}

impl TrainingTexts {
    /// Leaves out empty and repeated rows, cuts long ones, and takes at most
    /// [`OfflineSettings::rows_per_domain`] of each domain, drawn by `seed`.
    pub fn choose(
        rows: &[Row<'_>],
        domains: usize,
        settings: &OfflineSettings,
        seed: u64,
    ) -> Result<Self, OfflineError> {
        settings.check()?;
        if domains < 2 {
            return Err(OfflineError::Domains { domains });
        }
        let mut by_domain: Vec<Vec<(Key, [&str; 2])>> = vec![Vec::new(); domains];
        for (row, &Row { text, beginning, domain }) in rows.iter().enumerate() {
            let [text, beginning] = [text, beginning].map(|text| settings.cut(text));
            let Some(own) = by_domain.get_mut(domain) else {
                return Err(OfflineError::UnknownDomain { row, domain, domains });
            };
            if !text.is_empty() {
                own.push((key(text, seed), [text, beginning]));
            }
        }
        let mut chosen = TrainingTexts {
            texts: Vec::new(),
            beginnings: Vec::new(),
            domains: Vec::new(),
            folds: Vec::new(),
            counts: Vec::new(),
            fingerprint: String::new(),
        };
        for (domain, mut own) in by_domain.into_iter().enumerate() {
            own.sort_unstable();
            own.dedup_by_key(|(key, _)| *key);
            if own.len() < LEAST_ROWS {
                return Err(OfflineError::FewRows { domain, found: own.len(), needed: LEAST_ROWS });
            }
            own.truncate(settings.rows_per_domain);
            chosen.add(domain, &own, settings.folds);
        }
        chosen.fingerprint = fingerprint(&chosen, settings, seed);
        Ok(chosen)
    }

    fn add(&mut self, domain: usize, texts: &[(Key, [&str; 2])], folds: usize) {
        self.counts.push(texts.len() as u64);
        for (index, (_, [text, beginning])) in texts.iter().enumerate() {
            self.texts.push((*text).to_owned());
            self.beginnings.push((*beginning).to_owned());
            self.domains.push(domain);
            self.folds.push(index % folds);
        }
    }
}

type Key = [u8; 32];

/// Decides the order of the texts: as good as random, whatever order the rows came in.
fn key(text: &str, seed: u64) -> Key {
    let mut hash = Sha256::new();
    hash.update(b"versatune/offline-judge/row/1");
    hash.update(seed.to_le_bytes());
    hash.update(text);
    hash.finalize().into()
}

fn fingerprint(chosen: &TrainingTexts, settings: &OfflineSettings, seed: u64) -> String {
    let mut hash = Sha256::new();
    hash.update(b"versatune/offline-judge/2");
    for number in [settings.rows_per_domain, settings.folds, settings.characters] {
        hash.update((number as u64).to_le_bytes());
    }
    hash.update(seed.to_le_bytes());
    hash.update((chosen.counts.len() as u64).to_le_bytes());
    let texts = chosen.texts.iter().zip(&chosen.beginnings);
    for ((text, beginning), &domain) in texts.zip(&chosen.domains) {
        hash.update((domain as u64).to_le_bytes());
        for text in [text, beginning] {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text);
        }
    }
    hex(hash)
}

#[cfg(test)]
mod tests {
    use super::super::testing::whole;
    use super::*;

    fn settings() -> OfflineSettings {
        OfflineSettings { rows_per_domain: 25, ..OfflineSettings::default() }
    }

    fn choose(texts: &[(String, usize)], seed: u64) -> Result<TrainingTexts, OfflineError> {
        TrainingTexts::choose(&whole(texts), 2, &settings(), seed)
    }

    fn texts(first: usize, second: usize) -> Vec<(String, usize)> {
        let rows =
            |domain: usize, count| (0..count).map(move |i| (format!("{domain} {i}"), domain));
        rows(0, first).chain(rows(1, second)).collect()
    }

    #[test]
    fn rows_are_limited_and_every_fold_has_its_share_of_every_domain() {
        let chosen = choose(&texts(40, 20), 1).unwrap();
        assert_eq!(chosen.counts, [25, 20]);
        for domain in [0, 1] {
            for fold in 0..5 {
                let own =
                    (0..45).filter(|&i| chosen.domains[i] == domain && chosen.folds[i] == fold);
                assert_eq!(own.count(), if domain == 0 { 5 } else { 4 });
            }
        }
    }

    #[test]
    fn order_and_repetition_change_nothing_seed_and_text_do() {
        let mut shuffled = texts(30, 30);
        let fingerprint = choose(&shuffled, 1).unwrap().fingerprint;
        shuffled.reverse();
        shuffled.extend([(" 0 7\n".to_owned(), 0), (String::new(), 1)]);
        assert_eq!(choose(&shuffled, 1).unwrap().fingerprint, fingerprint);
        assert_ne!(choose(&shuffled, 2).unwrap().fingerprint, fingerprint);
        let mut cut = whole(&shuffled);
        cut[0].beginning = "0";
        let cut = TrainingTexts::choose(&cut, 2, &settings(), 1).unwrap();
        assert_ne!(cut.fingerprint, fingerprint);
        shuffled[0].0.push('!');
        assert_ne!(choose(&shuffled, 1).unwrap().fingerprint, fingerprint);
    }

    #[test]
    fn a_small_domain_is_named_with_the_fix() {
        let mut few = texts(30, 19);
        few.extend([few[40].clone(), ("  ".to_owned(), 1)]);
        let error = choose(&few, 1).unwrap_err();
        assert_eq!(error, OfflineError::FewRows { domain: 1, found: 19, needed: 20 });
        assert!(error.to_string().contains("more rows, or choose another judge"), "{error}");
    }

    #[test]
    fn what_cannot_be_judged_is_refused() {
        let unknown = OfflineError::UnknownDomain { row: 0, domain: 7, domains: 2 };
        assert_eq!(choose(&[("a".into(), 7)], 1).unwrap_err(), unknown);
        let one = [("a".into(), 0)];
        let one = TrainingTexts::choose(&whole(&one), 1, &settings(), 1).unwrap_err();
        assert_eq!(one, OfflineError::Domains { domains: 1 });
    }
}
