//! Which training rows are learned from, and in which part of the cross-validation each is judged.

use super::error::OfflineError;
use super::settings::{LEAST_ROWS, OfflineSettings};
use crate::disk::hex;
use sha2::{Digest, Sha256};

/// The texts of the rows that were chosen, by domain, in an order that depends on the texts and the
/// seed alone.
#[derive(Debug)]
pub(super) struct TrainingTexts {
    pub texts: Vec<String>,
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
        rows: &[(&str, usize)],
        domains: usize,
        settings: &OfflineSettings,
        seed: u64,
    ) -> Result<Self, OfflineError> {
        settings.check()?;
        if domains < 2 {
            return Err(OfflineError::Domains { domains });
        }
        let mut by_domain: Vec<Vec<(Key, &str)>> = vec![Vec::new(); domains];
        for (row, &(text, domain)) in rows.iter().enumerate() {
            let text = settings.cut(text);
            let Some(own) = by_domain.get_mut(domain) else {
                return Err(OfflineError::UnknownDomain { row, domain, domains });
            };
            if !text.is_empty() {
                own.push((key(text, seed), text));
            }
        }
        let mut chosen = TrainingTexts {
            texts: Vec::new(),
            domains: Vec::new(),
            folds: Vec::new(),
            counts: Vec::new(),
            fingerprint: String::new(),
        };
        for (domain, mut own) in by_domain.into_iter().enumerate() {
            own.sort_unstable();
            own.dedup();
            if own.len() < LEAST_ROWS {
                return Err(OfflineError::FewRows { domain, found: own.len(), needed: LEAST_ROWS });
            }
            own.truncate(settings.rows_per_domain);
            chosen.add(domain, &own, settings.folds);
        }
        chosen.fingerprint = fingerprint(&chosen, settings, seed);
        Ok(chosen)
    }

    fn add(&mut self, domain: usize, texts: &[(Key, &str)], folds: usize) {
        self.counts.push(texts.len() as u64);
        for (index, (_, text)) in texts.iter().enumerate() {
            self.texts.push((*text).to_owned());
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
    hash.update(b"versatune/offline-judge/1");
    for number in [settings.rows_per_domain, settings.folds, settings.characters] {
        hash.update((number as u64).to_le_bytes());
    }
    hash.update(seed.to_le_bytes());
    hash.update((chosen.counts.len() as u64).to_le_bytes());
    for (text, &domain) in chosen.texts.iter().zip(&chosen.domains) {
        hash.update((domain as u64).to_le_bytes());
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
    hex(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> OfflineSettings {
        OfflineSettings { rows_per_domain: 25, ..OfflineSettings::default() }
    }

    fn choose(texts: &[(String, usize)], seed: u64) -> Result<TrainingTexts, OfflineError> {
        let rows: Vec<(&str, usize)> = texts.iter().map(|(t, d)| (t.as_str(), *d)).collect();
        TrainingTexts::choose(&rows, 2, &settings(), seed)
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
        let one = TrainingTexts::choose(&[("a", 0)], 1, &settings(), 1).unwrap_err();
        assert_eq!(one, OfflineError::Domains { domains: 1 });
    }
}
