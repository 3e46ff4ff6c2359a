use crate::mixing::Mixture;

/// What a judge made of one text.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// Probability of each domain; `None` where the judge had no usable answer.
    pub probabilities: Option<Mixture>,
    /// Weight of the text in the mean, ≥ 0: 1, or the number of its tokens.
    pub weight: f64,
}

/// P_t: the weighted mean of the judgements; `None` where nothing was judged.
pub(super) fn weighted_mean<'a>(texts: impl Iterator<Item = &'a Judged>) -> Option<Vec<f64>> {
    let mut sums: Vec<f64> = Vec::new();
    let mut weights = 0.0;
    for Judged { probabilities, weight } in texts {
        let Some(probabilities) = probabilities else { continue };
        sums.resize(probabilities.len(), 0.0);
        sums.iter_mut().zip(probabilities.as_slice()).for_each(|(sum, p)| *sum += weight * p);
        weights += weight;
    }
    (weights > 0.0).then(|| sums.into_iter().map(|sum| sum / weights).collect())
}
