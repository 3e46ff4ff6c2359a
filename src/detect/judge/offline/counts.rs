//! The grams of the training texts, counted once for all folds.
//!
//! Written here because linfa-preprocessing's vectorizer numbers its columns in another order in
//! every process, walks the whole vocabulary for every text, and needs `encoding`, which is no
//! longer kept (RUSTSEC-2021-0153).

use super::grams::Kind;
use std::collections::HashMap;

/// Grams in fewer texts than this are not learned from.
pub(super) const LEAST_TEXTS_OF_A_GRAM: u32 = 2;

/// The grams of one kind. A gram's number is its index in `grams`.
pub(super) struct GramCounts {
    pub kind: Kind,
    /// Grams of at least [`LEAST_TEXTS_OF_A_GRAM`] texts, in alphabetical order.
    pub grams: Vec<String>,
    /// For each text its grams, by number, with how often each occurs.
    pub texts: Vec<Vec<(u32, u32)>>,
}

impl GramCounts {
    pub fn new(kind: Kind, texts: &[String]) -> Self {
        let (grams, mut counted) = count_all(kind, texts);
        let kept = renumbered(&grams, &counted);
        for text in &mut counted {
            let new = |&(gram, count): &(u32, u32)| Some((kept[gram as usize]?, count));
            *text = text.iter().filter_map(new).collect();
            text.sort_unstable();
        }
        let mut sorted: Vec<(u32, String)> = kept
            .into_iter()
            .zip(grams)
            .filter_map(|(number, gram)| Some((number?, gram)))
            .collect();
        sorted.sort_unstable();
        let grams = sorted.into_iter().map(|(_, gram)| gram).collect();
        GramCounts { kind, grams, texts: counted }
    }

    /// The same grams in other texts.
    pub fn of(&self, texts: &[String]) -> Self {
        let numbers: HashMap<&str, u32> = self.grams.iter().map(String::as_str).zip(0..).collect();
        let counted = texts.iter().map(|text| {
            let mut found = Vec::new();
            self.kind.for_each(text, &mut |gram| found.extend(numbers.get(gram)));
            tally(found)
        });
        GramCounts { kind: self.kind, grams: self.grams.clone(), texts: counted.collect() }
    }
}

/// All grams in the order in which they first occur, and each text as their numbers with counts.
fn count_all(kind: Kind, texts: &[String]) -> (Vec<String>, Vec<Vec<(u32, u32)>>) {
    let mut numbers: HashMap<String, u32> = HashMap::new();
    let mut counted = Vec::with_capacity(texts.len());
    for text in texts {
        let mut found = Vec::new();
        kind.for_each(text, &mut |gram| {
            let next = numbers.len() as u32;
            let number = match numbers.get(gram) {
                Some(&number) => number,
                None => *numbers.entry(gram.to_owned()).or_insert(next),
            };
            found.push(number);
        });
        counted.push(tally(found));
    }
    let mut grams: Vec<(u32, String)> =
        numbers.into_iter().map(|(g, number)| (number, g)).collect();
    grams.sort_unstable();
    (grams.into_iter().map(|(_, gram)| gram).collect(), counted)
}

/// The new number of every gram that is kept: its rank among them in alphabetical order.
fn renumbered(grams: &[String], texts: &[Vec<(u32, u32)>]) -> Vec<Option<u32>> {
    let mut texts_with = vec![0; grams.len()];
    for (gram, _) in texts.iter().flatten() {
        texts_with[*gram as usize] += 1;
    }
    let mut kept: Vec<usize> =
        (0..grams.len()).filter(|&gram| texts_with[gram] >= LEAST_TEXTS_OF_A_GRAM).collect();
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
    fn grams_of_a_single_text_are_dropped_and_the_rest_counted_in_alphabetical_order() {
        let texts = ["tax tax law", "law gene", "gene"].map(str::to_owned);
        let counts = GramCounts::new(Kind::Words, &texts);
        assert_eq!(counts.grams, ["gene", "law"]);
        assert_eq!(counts.texts, [vec![(1, 1)], vec![(0, 1), (1, 1)], vec![(0, 1)]]);
        assert_eq!(counts.of(&["law x law".into(), String::new()]).texts, [vec![(1, 2)], vec![]]);
        assert_eq!(tally(vec![5, 2, 5]), [(2, 1), (5, 2)]);
    }
}
