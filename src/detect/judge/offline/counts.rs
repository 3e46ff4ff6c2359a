//! The grams of the training rows, counted once for all folds.
//!
//! Written here because linfa-preprocessing's vectorizer numbers its columns in another order in
//! every process, walks the whole vocabulary for every text, and needs `encoding`, which is no
//! longer kept (RUSTSEC-2021-0153).

use super::grams::Kind;
use std::collections::HashMap;

/// Grams in fewer rows than this are not learned from.
pub(super) const LEAST_ROWS_OF_A_GRAM: u32 = 2;

/// The grams of one kind. A gram's number is its place in `grams`.
pub(super) struct Counted {
    pub kind: Kind,
    /// Grams of at least [`LEAST_ROWS_OF_A_GRAM`] rows, in alphabetical order.
    pub grams: Vec<String>,
    /// For each row its grams, by number, with how often each occurs.
    pub rows: Vec<Vec<(u32, u32)>>,
}

impl Counted {
    pub fn new(kind: Kind, texts: &[String]) -> Self {
        let (grams, mut rows) = count_all(kind, texts);
        let kept = renumbered(&grams, &rows);
        for row in &mut rows {
            let new = |&(gram, count): &(u32, u32)| Some((kept[gram as usize]?, count));
            *row = row.iter().filter_map(new).collect();
            row.sort_unstable();
        }
        let mut sorted: Vec<(u32, String)> = kept
            .into_iter()
            .zip(grams)
            .filter_map(|(number, gram)| Some((number?, gram)))
            .collect();
        sorted.sort_unstable();
        let grams = sorted.into_iter().map(|(_, gram)| gram).collect();
        Counted { kind, grams, rows }
    }
}

/// All grams in the order in which they first occur, and the rows in their numbers.
fn count_all(kind: Kind, texts: &[String]) -> (Vec<String>, Vec<Vec<(u32, u32)>>) {
    let mut numbers: HashMap<String, u32> = HashMap::new();
    let mut rows = Vec::with_capacity(texts.len());
    for text in texts {
        let mut row = Vec::new();
        kind.for_each(text, &mut |gram| {
            let next = numbers.len() as u32;
            let number = match numbers.get(gram) {
                Some(&number) => number,
                None => *numbers.entry(gram.to_owned()).or_insert(next),
            };
            row.push(number);
        });
        rows.push(tally(row));
    }
    let mut grams: Vec<(u32, String)> =
        numbers.into_iter().map(|(g, number)| (number, g)).collect();
    grams.sort_unstable();
    (grams.into_iter().map(|(_, gram)| gram).collect(), rows)
}

/// The new number of every gram that is kept: its place in the alphabet among them.
fn renumbered(grams: &[String], rows: &[Vec<(u32, u32)>]) -> Vec<Option<u32>> {
    let mut rows_with = vec![0; grams.len()];
    for (gram, _) in rows.iter().flatten() {
        rows_with[*gram as usize] += 1;
    }
    let mut kept: Vec<usize> =
        (0..grams.len()).filter(|&gram| rows_with[gram] >= LEAST_ROWS_OF_A_GRAM).collect();
    kept.sort_unstable_by_key(|&gram| &grams[gram]);
    let mut new = vec![None; grams.len()];
    for (number, gram) in kept.into_iter().enumerate() {
        new[gram] = Some(number as u32);
    }
    new
}

/// Numbers with how often each occurs, in ascending order.
pub(super) fn tally(mut numbers: Vec<u32>) -> Vec<(u32, u32)> {
    numbers.sort_unstable();
    numbers.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as u32)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grams_of_a_single_row_are_dropped_and_the_rest_counted_in_alphabetical_order() {
        let texts = ["tax tax law", "law gene", "gene"].map(str::to_owned);
        let counted = Counted::new(Kind::Words, &texts);
        assert_eq!(counted.grams, ["gene", "law"]);
        assert_eq!(counted.rows, [vec![(1, 1)], vec![(0, 1), (1, 1)], vec![(0, 1)]]);
        assert_eq!(tally(vec![5, 2, 5]), [(2, 1), (5, 2)]);
    }
}
