//! The training texts that are most like a text: what the linear classifier cannot see, such as an
//! entity that belongs to a family of entities.

use super::training::{SparseVector, TrainingSet};

/// Neighbours that vote.
const VOTERS: usize = 30;
/// A neighbour of cosine s votes with e^(12·s): the nearest decide. Both constants, and the share
/// in [`super::classifier`], were chosen by cross-validation on the demo's training rows.
const SHARPNESS: f64 = 12.0;

/// Training texts by the columns that they have.
pub(super) struct Neighbours {
    /// For each column the texts that have it, with their values.
    texts_with: Vec<Vec<(u32, f32)>>,
    /// Domain of each text.
    domains: Vec<usize>,
    /// Weight of a vote for each domain, so that domains of few texts count as much as others.
    vote_weights: Vec<f64>,
}

impl Neighbours {
    pub fn new(training: &TrainingSet) -> Self {
        let mut texts_with = vec![Vec::new(); training.columns];
        for (number, vector) in training.vectors.iter().enumerate() {
            vector.iter().for_each(|&(column, value)| {
                texts_with[column as usize].push((number as u32, value));
            });
        }
        let mut counts = vec![0.0; training.domain_count];
        training.domains.iter().for_each(|&domain| counts[domain] += 1.0);
        let vote_weights = counts.iter().map(|count: &f64| 1.0 / count.max(1.0)).collect();
        Neighbours { texts_with, domains: training.domains.clone(), vote_weights }
    }

    /// Share of the votes for each domain.
    pub fn votes(&self, vector: &SparseVector) -> Vec<f64> {
        let cosines = self.cosines(vector);
        let mut order: Vec<u32> = (0..cosines.len() as u32).collect();
        // Of equally near texts the earlier one comes first.
        let nearer =
            |a: &u32, b: &u32| cosines[*b as usize].total_cmp(&cosines[*a as usize]).then(a.cmp(b));
        let voters = VOTERS.min(order.len());
        if voters < order.len() {
            order.select_nth_unstable_by(voters, nearer);
            order.truncate(voters);
        }
        order.sort_unstable_by(nearer);
        let mut votes = vec![0.0; self.vote_weights.len()];
        for text in order {
            let domain = self.domains[text as usize];
            votes[domain] += self.vote_weights[domain] * (SHARPNESS * cosines[text as usize]).exp();
        }
        let sum: f64 = votes.iter().sum();
        votes.iter().map(|vote| vote / sum).collect()
    }

    /// Cosine of the angle to each training text. Vectors are of length √2: 1 for each kind of grams.
    fn cosines(&self, vector: &SparseVector) -> Vec<f64> {
        let mut products = vec![0.0; self.domains.len()];
        for &(column, value) in vector {
            for &(other, its) in &self.texts_with[column as usize] {
                products[other as usize] += f64::from(value) * f64::from(its);
            }
        }
        products.iter().map(|product| product / 2.0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_texts_decide_as_by_hand() {
        let training = TrainingSet {
            vectors: vec![vec![(0, 1.0), (1, 1.0)], vec![(2, 1.0), (3, 1.0)]],
            domains: vec![0, 1],
            domain_count: 2,
            columns: 4,
        };
        // Cosines 1/2 and 1/4: e⁶ against e³.
        let votes = Neighbours::new(&training).votes(&vec![(0, 1.0), (2, 0.5)]);
        let expected = 6f64.exp() / (6f64.exp() + 3f64.exp());
        assert!((votes[0] - expected).abs() < 1e-12, "{votes:?}");
        assert!((votes[0] + votes[1] - 1.0).abs() < 1e-12);
    }
}
