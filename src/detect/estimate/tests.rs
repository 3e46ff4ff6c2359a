use super::*;
use crate::mixing::Mixture;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn judged(probabilities: &[f64]) -> Judged {
    Judged { probabilities: Some(Mixture::new(probabilities.to_vec()).unwrap()), weight: 1.0 }
}

#[test]
fn the_estimate_is_the_mean_of_the_iterations_as_by_hand() {
    // P_1 = (0.75, 0.25), P_2 = (0.25, 0.75): mean (0.5, 0.5), deviation √(2 · 0.25²) = 0.3536.
    let one = vec![judged(&[1.0, 0.0]), judged(&[0.5, 0.5])];
    let two = vec![
        judged(&[0.25, 0.75]),
        Judged { probabilities: None, weight: 1.0 },
        judged(&[0.25, 0.75]),
    ];
    let estimate = estimate(&[one, two], None, 1).unwrap();
    assert_eq!(estimate.mixture.as_slice(), [0.5, 0.5]);
    assert_eq!(estimate.iterations[0].as_slice(), [0.75, 0.25]);
    assert!((estimate.spread[0] - 0.125f64.sqrt()).abs() < 1e-12);
    assert!((estimate.variance_percent - 100.0 * 0.125f64.sqrt()).abs() < 1e-9);
    assert_eq!((estimate.judged, estimate.unjudged), (4, 1));
}

#[test]
fn longer_texts_count_more_where_they_are_weighed_by_tokens() {
    let long = Judged { weight: 30.0, ..judged(&[1.0, 0.0]) };
    let short = Judged { weight: 10.0, ..judged(&[0.0, 1.0]) };
    let estimate = estimate(&[vec![long, short]], None, 1).unwrap();
    assert_eq!(estimate.mixture.as_slice(), [0.75, 0.25]);
    assert_eq!(estimate.spread, [0.0, 0.0]);
}

#[test]
fn without_a_judgement_there_is_no_estimate() {
    let nothing = vec![vec![Judged { probabilities: None, weight: 1.0 }]];
    assert!(estimate(&nothing, None, 1).is_err());
    assert!(running(&nothing, None, 1).is_empty());
    assert_eq!(running(&[vec![judged(&[0.5, 0.5])]], None, 1).len(), 2);
}

/// T iterations of N_S texts, each of one domain, drawn by the shares.
fn drawn(shares: &[f64], texts: usize, iterations: u64, seed: u64) -> Vec<Vec<Judged>> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut text = || {
        let mut left = random.next_u32() as f64 / u32::MAX as f64;
        let domain = shares.iter().position(|share| {
            left -= share;
            left < 0.0
        });
        let only: Vec<f64> =
            (0..shares.len()).map(|j| f64::from(j == domain.unwrap_or(0))).collect();
        judged(&only)
    };
    (0..iterations).map(|_| (0..texts).map(|_| text()).collect()).collect()
}

#[test]
fn the_spread_falls_as_more_texts_are_drawn() {
    // By theory as 1/√N_S; the largest of three, over 20 detections.
    let shares = [0.5, 0.3, 0.2];
    let mean = |texts: usize| {
        let of =
            |seed| estimate(&drawn(&shares, texts, 5, seed), None, 1).unwrap().variance_percent;
        (0..20).map(of).sum::<f64>() / 20.0
    };
    let spreads = [25, 100, 400].map(mean);
    for pair in spreads.windows(2) {
        let ratio = pair[0] / pair[1];
        assert!((1.5..2.7).contains(&ratio), "{spreads:?}: four times the texts, half the spread");
    }
}

#[test]
fn intervals_cover_the_truth_at_their_rate() {
    let shares = [0.5, 0.3, 0.2];
    let mut covered = 0;
    for seed in 0..100 {
        let estimate = estimate(&drawn(&shares, 100, 2, seed), None, seed).unwrap();
        let within = |(share, (low, high)): (&f64, &(f64, f64))| low <= share && share <= high;
        covered += shares.iter().zip(&estimate.intervals).filter(|&pair| within(pair)).count();
    }
    // 300 intervals at 95 %: 285 are expected; their deviation is at most 3.8 · √3.
    assert!((265..=299).contains(&covered), "{covered} of 300");
}
