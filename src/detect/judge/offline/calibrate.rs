//! Calibrated probabilities: temperature scaling (Guo et al. 2017, "On Calibration
//! of Modern Neural Networks") on predictions of texts that the classifier had not seen.

use super::error::OfflineError;
use super::softmax::log_sum_exp;
use argmin::core::{CostFunction, Error, Executor, State};
use argmin::solver::brent::BrentOpt;

/// The range that is searched for the temperature.
const RANGE: (f64, f64) = (0.05, 20.0);

/// Scores divided by a temperature; above 1 it makes the judge less sure of itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Temperature(pub f64);

impl Temperature {
    /// The temperature under which the texts' own domains are likeliest, every domain with the same
    /// weight. `scored` are the scores of texts, each with the text's own domain.
    pub fn fit(scored: &[(Vec<f64>, usize)], domains: usize) -> Result<Self, OfflineError> {
        let unusable = |why: String| OfflineError::Fit { what: "temperature", why };
        let mut counts = vec![0.0; domains];
        scored.iter().for_each(|(_, domain)| counts[*domain] += 1.0);
        // On a logarithmic scale, where halving and doubling are the same step.
        let solver = BrentOpt::new(RANGE.0.ln(), RANGE.1.ln());
        let result = Executor::new(Loss { scored, counts }, solver)
            .configure(|state| state.max_iters(60))
            .timer(false)
            .run()
            .map_err(|error| unusable(error.to_string()))?;
        match result.state.get_best_param() {
            Some(log) if log.is_finite() => Ok(Temperature(log.exp())),
            found => Err(unusable(format!("the optimizer answered {found:?}"))),
        }
    }

    /// Probabilities of the domains: softmax(scores / temperature).
    pub fn probabilities(self, scores: &[f64]) -> Vec<f64> {
        let scaled: Vec<f64> = scores.iter().map(|score| score / self.0).collect();
        let normalizer = log_sum_exp(&scaled);
        scaled.iter().map(|score| (score - normalizer).exp()).collect()
    }
}

struct Loss<'a> {
    scored: &'a [(Vec<f64>, usize)],
    counts: Vec<f64>,
}

impl CostFunction for Loss<'_> {
    type Param = f64;
    type Output = f64;

    fn cost(&self, log: &f64) -> Result<f64, Error> {
        let temperature = log.exp();
        let loss = |(scores, domain): &(Vec<f64>, usize)| {
            let scaled: Vec<f64> = scores.iter().map(|score| score / temperature).collect();
            (log_sum_exp(&scaled) - scaled[*domain]) / self.counts[*domain]
        };
        Ok(self.scored.iter().map(loss).sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overconfident_judge_is_calibrated_to_its_accuracy() {
        // Its scores claim 1 − 1/(1 + e⁴) = 98.2 %.
        let mut scored = Vec::new();
        for i in 0..400 {
            let domain = i % 2;
            let claimed = if i / 2 % 4 == 0 { 1 - domain } else { domain };
            let mut scores = vec![0.0; 2];
            scores[claimed] = 4.0;
            scored.push((scores, domain));
        }
        let temperature = Temperature::fit(&scored, 2).unwrap();
        // 4/T = ln 3 gives 75 %.
        assert!((temperature.0 - 4.0 / 3f64.ln()).abs() < 1e-4, "{temperature:?}");
        assert!((temperature.probabilities(&[4.0, 0.0])[0] - 0.75).abs() < 1e-5);
    }
}
