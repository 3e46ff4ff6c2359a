//! Counts of grams as the vectors that the classifier sees (TF-IDF).

use super::counts::{GramCounts, LEAST_TEXTS_OF_A_GRAM, tally};
use super::error::OfflineError;
use super::grams::Kind;
use super::training::SparseVector;
use std::collections::HashMap;

/// Which grams have a column, and the weight of each.
///
/// A gram that occurs c times weighs (1 + ln c)·(ln((1 + n)/(1 + d)) + 1), where d of the n texts
/// hold it; the weights of each kind are then divided by their length, so that words and pieces
/// count the same and long texts no more than short ones (Manning, Raghavan, Schütze:
/// Introduction to Information Retrieval, 6.4; the smoothing is scikit-learn's).
pub(super) struct Columns {
    kinds: Vec<KindColumns>,
    /// Number of columns.
    pub count: usize,
}

/// The columns of one kind of grams.
struct KindColumns {
    kind: Kind,
    /// Column of each gram of [`GramCounts::grams`].
    of_gram: Vec<Option<u32>>,
    /// First column of this kind.
    first: u32,
    /// ln((1 + n)/(1 + d)) + 1 of each column from `first`.
    rarity: Vec<f64>,
}

impl Columns {
    /// Takes the grams that most of the texts for which `learns` is true hold: those of at least
    /// two, up to the limit of their kind, the first in the alphabet of equally common ones.
    ///
    /// # Errors
    /// No gram is in two texts.
    pub fn choose(
        counts: &[GramCounts],
        learns: &dyn Fn(usize) -> bool,
    ) -> Result<Self, OfflineError> {
        let mut columns = Columns { kinds: Vec::new(), count: 0 };
        for counts in counts {
            let kind = KindColumns::choose(counts, learns, columns.count as u32);
            columns.count += kind.rarity.len();
            columns.kinds.push(kind);
        }
        if columns.count == 0 { Err(OfflineError::NoVocabulary) } else { Ok(columns) }
    }

    /// The vector of a training text, by its index.
    pub fn vector(&self, counts: &[GramCounts], text: usize) -> SparseVector {
        let mut values = SparseVector::new();
        for (kind, counts) in self.kinds.iter().zip(counts) {
            kind.weigh(&kind.in_columns(&counts.texts[text]), &mut values);
        }
        values
    }

    /// The columns by their grams, for texts that were not trained on.
    pub fn into_dictionary(self, counts: Vec<GramCounts>) -> Dictionary {
        let kinds = self.kinds.into_iter().zip(counts).map(|(columns, counts)| {
            let pairs = counts.grams.into_iter().zip(&columns.of_gram);
            let numbers = pairs.filter_map(|(gram, column)| Some((gram, (*column)?))).collect();
            (numbers, columns)
        });
        Dictionary { kinds: kinds.collect() }
    }
}

impl KindColumns {
    fn choose(counts: &GramCounts, learns: &dyn Fn(usize) -> bool, first: u32) -> Self {
        let mut texts_with = vec![0u32; counts.grams.len()];
        let mut texts = 0;
        for (_, grams) in counts.texts.iter().enumerate().filter(|(text, _)| learns(*text)) {
            texts += 1;
            grams.iter().for_each(|(gram, _)| texts_with[*gram as usize] += 1);
        }
        let mut chosen: Vec<usize> = (0..texts_with.len())
            .filter(|&gram| texts_with[gram] >= LEAST_TEXTS_OF_A_GRAM)
            .collect();
        chosen.sort_by_key(|&gram| std::cmp::Reverse(texts_with[gram]));
        chosen.truncate(counts.kind.vocabulary_limit());
        chosen.sort_unstable();
        let mut of_gram = vec![None; texts_with.len()];
        for (column, &gram) in (first..).zip(&chosen) {
            of_gram[gram] = Some(column);
        }
        let rarity =
            |&gram: &usize| (f64::from(1 + texts) / f64::from(1 + texts_with[gram])).ln() + 1.0;
        let rarity = chosen.iter().map(rarity).collect();
        KindColumns { kind: counts.kind, of_gram, first, rarity }
    }

    fn in_columns(&self, grams: &[(u32, u32)]) -> Vec<(u32, u32)> {
        // Grams and columns have the same order.
        grams
            .iter()
            .filter_map(|&(gram, count)| Some((self.of_gram[gram as usize]?, count)))
            .collect()
    }

    fn weigh(&self, counts: &[(u32, u32)], values: &mut SparseVector) {
        let weight = |&(column, count): &(u32, u32)| {
            let rarity = self.rarity[(column - self.first) as usize];
            (column, (1.0 + f64::from(count).ln()) * rarity)
        };
        let weights: Vec<(u32, f64)> = counts.iter().map(weight).collect();
        let length = weights.iter().map(|(_, weight)| weight * weight).sum::<f64>().sqrt();
        values
            .extend(weights.into_iter().map(|(column, weight)| (column, (weight / length) as f32)));
    }
}

/// Turns texts into the vectors that a fitted classifier sees.
pub(super) struct Dictionary {
    kinds: Vec<(HashMap<String, u32>, KindColumns)>,
}

impl Dictionary {
    /// Empty if the text holds no gram that has a column.
    pub fn vector(&self, text: &str) -> SparseVector {
        let mut values = SparseVector::new();
        for (numbers, columns) in &self.kinds {
            let mut found = Vec::new();
            columns.kind.for_each(text, &mut |gram| found.extend(numbers.get(gram)));
            columns.weigh(&tally(found), &mut values);
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(texts: &[&str]) -> Vec<GramCounts> {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        vec![GramCounts::new(Kind::Words, &texts)]
    }

    #[test]
    fn a_vector_is_that_of_the_formula() {
        let counts = counts(&["tax law law", "law gene", "tax", "gene"]);
        let columns = Columns::choose(&counts, &|_| true).unwrap();
        // Every gram is in 2 of 4 texts: rarity ln(5/3) + 1 for all, which the division takes out;
        // `law` occurs twice.
        let twice = 1.0 + 2f64.ln();
        let length = (1.0 + twice * twice).sqrt();
        let expected = [(1, (twice / length) as f32), (2, (1.0 / length) as f32)];
        assert_eq!(columns.vector(&counts, 0), expected);
    }

    #[test]
    fn a_rare_gram_weighs_more_and_texts_left_out_do_not_count() {
        let counts = counts(&["a b", "a b", "a", "c", "c"]);
        let columns = Columns::choose(&counts, &|text| text < 4).unwrap();
        assert_eq!(columns.count, 3, "a, a b, b; c is in one of the texts only");
        let vector = columns.vector(&counts, 0);
        // rarity of a (3 of 4 texts) and b (2 of 4).
        let ratio = ((5f64 / 3.0).ln() + 1.0) / ((5f64 / 4.0).ln() + 1.0);
        assert!((f64::from(vector[2].1) / f64::from(vector[0].1) - ratio).abs() < 1e-6);
        assert!(columns.vector(&counts, 3).is_empty());
    }

    #[test]
    fn a_dictionary_sees_a_training_text_as_the_training_did() {
        let texts = ["tax law law", "law gene", "tax gene", "gene"];
        let counts = counts(&texts);
        let columns = Columns::choose(&counts, &|_| true).unwrap();
        let vectors: Vec<SparseVector> = (0..4).map(|text| columns.vector(&counts, text)).collect();
        let dictionary = columns.into_dictionary(counts);
        assert_eq!(texts.map(|text| dictionary.vector(text)).to_vec(), vectors);
        assert!(dictionary.vector("unheard of").is_empty());
    }

    #[test]
    fn nothing_in_common_is_an_error() {
        let lonely = counts(&["a", "b"]);
        assert_eq!(Columns::choose(&lonely, &|_| true).err(), Some(OfflineError::NoVocabulary));
    }
}
