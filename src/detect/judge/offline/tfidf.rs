//! Counts of grams as the vectors that the classifier sees (TF-IDF).

use super::OfflineError;
use super::corpus::{Counted, LEAST_ROWS_OF_A_GRAM, tally};
use super::grams::Kind;
use std::collections::HashMap;

/// A text as (column, value), columns ascending.
pub(super) type Row = Vec<(u32, f32)>;

/// Which grams have a column, and how much each says.
///
/// A gram that occurs c times weighs (1 + ln c)·(ln((1 + n)/(1 + d)) + 1), where d of the n rows
/// hold it; the weights of each kind are then divided by their length, so that words and pieces
/// have the same say and long texts no more than short ones (Manning, Raghavan, Schütze:
/// Introduction to Information Retrieval, 6.4; the smoothing is scikit-learn's).
pub(super) struct Columns {
    kinds: Vec<KindColumns>,
    /// Number of columns.
    pub count: usize,
}

/// The columns of one kind of grams.
struct KindColumns {
    kind: Kind,
    /// Column of each gram of [`Counted::grams`].
    of_gram: Vec<Option<u32>>,
    /// First column of this kind.
    first: u32,
    /// ln((1 + n)/(1 + d)) + 1 of each column from `first`.
    rarity: Vec<f64>,
}

impl Columns {
    /// Takes the grams that most of the rows for which `learns` is true hold: those of at least
    /// two, up to the limit of their kind, the first in the alphabet of equally common ones.
    ///
    /// # Errors
    /// No gram is in two rows.
    pub fn choose(
        counted: &[Counted],
        learns: &dyn Fn(usize) -> bool,
    ) -> Result<Self, OfflineError> {
        let mut columns = Columns { kinds: Vec::new(), count: 0 };
        for counted in counted {
            let kind = KindColumns::choose(counted, learns, columns.count as u32);
            columns.count += kind.rarity.len();
            columns.kinds.push(kind);
        }
        if columns.count == 0 { Err(OfflineError::NoVocabulary) } else { Ok(columns) }
    }

    /// A training row.
    pub fn row(&self, counted: &[Counted], row: usize) -> Row {
        let mut values = Row::new();
        for (kind, counted) in self.kinds.iter().zip(counted) {
            kind.weigh(&kind.in_columns(&counted.rows[row]), &mut values);
        }
        values
    }

    /// The columns by their grams, for texts that are not training rows.
    pub fn into_dictionary(self, counted: Vec<Counted>) -> Dictionary {
        let kinds = self.kinds.into_iter().zip(counted).map(|(columns, counted)| {
            let pairs = counted.grams.into_iter().zip(&columns.of_gram);
            let numbers = pairs.filter_map(|(gram, column)| Some((gram, (*column)?))).collect();
            (numbers, columns)
        });
        Dictionary { kinds: kinds.collect() }
    }
}

impl KindColumns {
    fn choose(counted: &Counted, learns: &dyn Fn(usize) -> bool, first: u32) -> Self {
        let mut rows_with = vec![0u32; counted.grams.len()];
        let mut rows = 0;
        for (_, grams) in counted.rows.iter().enumerate().filter(|(row, _)| learns(*row)) {
            rows += 1;
            grams.iter().for_each(|(gram, _)| rows_with[*gram as usize] += 1);
        }
        let mut chosen: Vec<usize> =
            (0..rows_with.len()).filter(|&gram| rows_with[gram] >= LEAST_ROWS_OF_A_GRAM).collect();
        chosen.sort_by_key(|&gram| std::cmp::Reverse(rows_with[gram]));
        chosen.truncate(counted.kind.vocabulary_limit());
        chosen.sort_unstable();
        let mut of_gram = vec![None; rows_with.len()];
        for (column, &gram) in (first..).zip(&chosen) {
            of_gram[gram] = Some(column);
        }
        let rarity =
            |&gram: &usize| (f64::from(1 + rows) / f64::from(1 + rows_with[gram])).ln() + 1.0;
        let rarity = chosen.iter().map(rarity).collect();
        KindColumns { kind: counted.kind, of_gram, first, rarity }
    }

    fn in_columns(&self, grams: &[(u32, u32)]) -> Vec<(u32, u32)> {
        // Grams and columns have the same order.
        grams
            .iter()
            .filter_map(|&(gram, count)| Some((self.of_gram[gram as usize]?, count)))
            .collect()
    }

    fn weigh(&self, counts: &[(u32, u32)], values: &mut Row) {
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
    pub fn row(&self, text: &str) -> Row {
        let mut values = Row::new();
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

    fn counted(texts: &[&str]) -> Vec<Counted> {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        vec![Counted::new(Kind::Words, &texts)]
    }

    #[test]
    fn a_vector_is_that_of_the_formula() {
        let counted = counted(&["tax law law", "law gene", "tax", "gene"]);
        let columns = Columns::choose(&counted, &|_| true).unwrap();
        // Every gram is in 2 of 4 rows: rarity ln(5/3) + 1 for all, which the division takes out;
        // `law` occurs twice.
        let twice = 1.0 + 2f64.ln();
        let length = (1.0 + twice * twice).sqrt();
        let expected = [(1, (twice / length) as f32), (2, (1.0 / length) as f32)];
        assert_eq!(columns.row(&counted, 0), expected);
    }

    #[test]
    fn a_rare_gram_weighs_more_and_rows_left_out_do_not_count() {
        let counted = counted(&["a b", "a b", "a", "c", "c"]);
        let columns = Columns::choose(&counted, &|row| row < 4).unwrap();
        assert_eq!(columns.count, 3, "a, a b, b; c is in one of the rows only");
        let row = columns.row(&counted, 0);
        // rarity of a (3 of 4 rows) and b (2 of 4).
        let ratio = ((5f64 / 3.0).ln() + 1.0) / ((5f64 / 4.0).ln() + 1.0);
        assert!((f64::from(row[2].1) / f64::from(row[0].1) - ratio).abs() < 1e-6);
        assert!(columns.row(&counted, 3).is_empty());
    }

    #[test]
    fn a_dictionary_sees_a_training_row_as_the_training_did() {
        let texts = ["tax law law", "law gene", "tax gene", "gene"];
        let counted = counted(&texts);
        let columns = Columns::choose(&counted, &|_| true).unwrap();
        let rows: Vec<Row> = (0..4).map(|row| columns.row(&counted, row)).collect();
        let dictionary = columns.into_dictionary(counted);
        assert_eq!(texts.map(|text| dictionary.row(text)).to_vec(), rows);
        assert!(dictionary.row("unheard of").is_empty());
    }

    #[test]
    fn nothing_in_common_is_an_error() {
        let lonely = counted(&["a", "b"]);
        assert_eq!(Columns::choose(&lonely, &|_| true).err(), Some(OfflineError::NoVocabulary));
    }
}
