//! Multinomial logistic regression over sparse vectors, fitted by argmin's L-BFGS.
//!
//! The objective is written here because linfa-logistic takes dense arrays only: 7,200 vectors of
//! 60,000 columns would be 3.5 GB.

use super::error::OfflineError;
use super::training::{SparseVector, TrainingSet};
use argmin::core::{CostFunction, Error, Executor, Gradient};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;
use rayon::prelude::*;
use std::cell::RefCell;

/// Strength of the penalty: (1/C)·‖W‖²/2 beside the sum of the losses, chosen by
/// cross-validation on the demo's training rows.
const C: f64 = 10.0;
/// Vector pairs that L-BFGS remembers.
const HISTORY: usize = 8;
const MOST_STEPS: u64 = 150;
/// A step that lowers the mean loss by less, in nats, is the last one.
const LEAST_GAIN: f64 = 1e-5;
/// Vectors whose gradient is summed by one task. Fixed, so that sums do not depend on the number of
/// threads.
const VECTORS_PER_TASK: usize = 1024;

/// A fitted classifier: scores of the domains are linear in a vector's values.
pub(super) struct Softmax {
    domains: usize,
    /// Of (column, domain), column by column; the last `domains` values are added to every score.
    weights: Vec<f64>,
}

impl Softmax {
    pub fn fit(training: &TrainingSet) -> Result<Self, OfflineError> {
        let failed = |error: Error| not_fitted(error.to_string());
        let parameters = (training.columns + 1) * training.domain_count;
        let problem = Objective::new(training);
        let search = MoreThuenteLineSearch::new().with_c(1e-4, 0.9).map_err(failed)?;
        let solver = LBFGS::new(search, HISTORY).with_tolerance_cost(LEAST_GAIN).map_err(failed)?;
        let start = vec![0.0; parameters];
        let mut result = Executor::new(problem, solver)
            .configure(|state| state.param(start).max_iters(MOST_STEPS))
            .timer(false)
            .run()
            .map_err(failed)?;
        let best = result.state.take_best_param();
        let weights: Vec<f64> = best.ok_or_else(|| not_fitted("no step was taken".into()))?;
        if weights.iter().any(|weight| !weight.is_finite()) {
            return Err(not_fitted("a weight is not a finite number".into()));
        }
        Ok(Softmax { domains: training.domain_count, weights })
    }

    /// Logarithms of the probabilities, up to a summand.
    pub fn scores(&self, vector: &SparseVector) -> Vec<f64> {
        scores(&self.weights, self.domains, vector)
    }
}

fn not_fitted(why: String) -> OfflineError {
    OfflineError::Fit { what: "classifier", why }
}

fn scores(weights: &[f64], domains: usize, vector: &SparseVector) -> Vec<f64> {
    let mut scores = weights[weights.len() - domains..].to_vec();
    for &(column, value) in vector {
        let own = &weights[column as usize * domains..][..domains];
        add_scaled(&mut scores, f64::from(value), own);
    }
    scores
}

/// sum += factor · values. By index, because this is where the time goes, and an iterator is three calls for each
/// value in a build that inlines nothing, as that of the tests.
fn add_scaled(sum: &mut [f64], factor: f64, values: &[f64]) {
    let (mut at, end) = (0, sum.len().min(values.len()));
    while at < end {
        sum[at] += factor * values[at];
        at += 1;
    }
}

/// ln Σ e^x, without overflow.
pub(super) fn log_sum_exp(scores: &[f64]) -> f64 {
    let highest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    highest + scores.iter().map(|score| (score - highest).exp()).sum::<f64>().ln()
}

/// Mean loss in nats plus penalty: Σ_i v_i·(−ln p(domain_i | vector_i)) + ‖W‖²/(2·C·n), where the v_i
/// of each domain sum to 1/K.
struct Loss<'a> {
    training: &'a TrainingSet,
    /// v_i of a vector of each domain.
    share: Vec<f64>,
    penalty: f64,
}

/// The loss as argmin calls it: value and gradient of the same point one after the other.
struct Objective<'a> {
    loss: Loss<'a>,
    last: RefCell<Option<Point>>,
}

/// Loss and gradient at some weights.
struct Point {
    weights: Vec<f64>,
    loss: f64,
    gradient: Vec<f64>,
}

impl<'a> Loss<'a> {
    fn new(training: &'a TrainingSet) -> Self {
        let mut counts = vec![0.0; training.domain_count];
        training.domains.iter().for_each(|&domain| counts[domain] += 1.0);
        let domains = training.domain_count as f64;
        let share = counts.iter().map(|count| 1.0 / (count * domains)).collect();
        let penalty = 1.0 / (C * training.vectors.len() as f64);
        Loss { training, share, penalty }
    }

    fn point(&self, weights: &[f64]) -> Point {
        let training = self.training;
        let tasks: Vec<(f64, Vec<f64>)> = training
            .vectors
            .par_chunks(VECTORS_PER_TASK)
            .zip(training.domains.par_chunks(VECTORS_PER_TASK))
            .map(|(vectors, domains)| self.part(weights, vectors, domains))
            .collect();
        let penalized = weights.len() - training.domain_count;
        let (mut loss, mut gradient) = (0.0, vec![0.0; weights.len()]);
        for (weight, slot) in weights[..penalized].iter().zip(&mut gradient) {
            loss += 0.5 * self.penalty * weight * weight;
            *slot = self.penalty * weight;
        }
        for (task_loss, task_gradient) in tasks {
            loss += task_loss;
            add_scaled(&mut gradient, 1.0, &task_gradient);
        }
        Point { weights: weights.to_vec(), loss, gradient }
    }

    /// Loss and gradient of some of the vectors.
    fn part(
        &self,
        weights: &[f64],
        vectors: &[SparseVector],
        domains: &[usize],
    ) -> (f64, Vec<f64>) {
        let domain_count = self.training.domain_count;
        let (mut loss, mut gradient) = (0.0, vec![0.0; weights.len()]);
        for (vector, &domain) in vectors.iter().zip(domains) {
            let mut slope = scores(weights, domain_count, vector);
            let normalizer = log_sum_exp(&slope);
            let share = self.share[domain];
            loss += share * (normalizer - slope[domain]);
            slope.iter_mut().for_each(|score| *score = share * (*score - normalizer).exp());
            slope[domain] -= share;
            for &(column, value) in vector {
                let own = &mut gradient[column as usize * domain_count..][..domain_count];
                add_scaled(own, f64::from(value), &slope);
            }
            let bias = weights.len() - domain_count;
            add_scaled(&mut gradient[bias..], 1.0, &slope);
        }
        (loss, gradient)
    }
}

impl<'a> Objective<'a> {
    fn new(training: &'a TrainingSet) -> Self {
        Objective { loss: Loss::new(training), last: RefCell::new(None) }
    }

    /// Takes a value of the point with these weights, which is computed once.
    fn at<T>(&self, weights: &[f64], take: impl Fn(&Point) -> T) -> T {
        let mut last = self.last.borrow_mut();
        match &*last {
            Some(point) if point.weights == weights => take(point),
            _ => take(last.insert(self.loss.point(weights))),
        }
    }
}

impl CostFunction for Objective<'_> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, weights: &Vec<f64>) -> Result<f64, Error> {
        Ok(self.at(weights, |point| point.loss))
    }
}

impl Gradient for Objective<'_> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, weights: &Vec<f64>) -> Result<Vec<f64>, Error> {
        Ok(self.at(weights, |point| point.gradient.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn training() -> TrainingSet {
        let vectors = vec![
            vec![(0, 1.0), (2, 0.5)],
            vec![(1, 2.0)],
            vec![(0, 0.3), (1, 1.0), (2, 0.1)],
            vec![(2, 1.0)],
        ];
        TrainingSet { vectors, domains: vec![0, 1, 2, 2], domain_count: 3, columns: 3 }
    }

    #[test]
    fn the_gradient_is_the_slope_of_the_loss() {
        let training = training();
        let objective = Objective::new(&training);
        let weights: Vec<f64> = (0..12).map(|i| f64::from(i * 7 % 5) / 5.0 - 0.4).collect();
        let gradient = objective.gradient(&weights).unwrap();
        for (i, slope) in gradient.iter().enumerate() {
            let moved = |by: f64| {
                let mut weights = weights.clone();
                weights[i] += by;
                objective.cost(&weights).unwrap()
            };
            let measured = (moved(1e-5) - moved(-1e-5)) / 2e-5;
            assert!((slope - measured).abs() < 1e-9, "{i}: {slope} {measured}");
        }
    }

    #[test]
    fn without_weights_every_domain_is_equally_likely() {
        let training = training();
        let loss = Objective::new(&training).cost(&vec![0.0; 12]).unwrap();
        assert!((loss - 3f64.ln()).abs() < 1e-15);
    }

    #[test]
    fn a_column_of_its_own_gives_a_domain_away() {
        let vectors: Vec<SparseVector> = (0..60).map(|i| vec![(i % 3, 1.0)]).collect();
        let domains = (0..60).map(|i| i % 3).collect();
        let training = TrainingSet { vectors, domains, domain_count: 3, columns: 3 };
        let model = Softmax::fit(&training).unwrap();
        for domain in 0..3 {
            let scores = model.scores(&vec![(domain, 1.0)]);
            let probability = (scores[domain as usize] - log_sum_exp(&scores)).exp();
            assert!(probability > 0.9, "{probability}");
        }
    }
}
