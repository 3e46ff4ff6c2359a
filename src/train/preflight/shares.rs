//! What the first weights of a run come to: a weight is a share of samples, and the loss a mean over
//! target tokens.

use crate::config::{DetectedSource, RunPlan};
use crate::mixing::Mixture;
use crate::telemetry::DataSummary;
use crate::train::artifacts::StoredDetection;
use crate::train::error::TrainError;
use crate::train::examples::domain_names;
use serde::Serialize;

/// The first weight of a domain, and what follows from it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FirstWeight {
    /// Name of the domain.
    pub domain: String,
    /// Its weight, 0..=1: its share of the samples that are drawn.
    pub weight: f64,
    /// Its share of the target tokens, from the mean of its rows, 0..=1: what it counts for in a mean
    /// over target tokens.
    pub token_share: f64,
}

/// The weights that the run begins with; `None` where it measures them itself.
pub(in crate::train) fn first_mixture(plan: &RunPlan) -> Result<Option<Mixture>, TrainError> {
    let detected = match &plan.mixing.detected {
        DetectedSource::Given { mixture, .. } | DetectedSource::Preset { mixture, .. } => {
            mixture.clone()
        }
        DetectedSource::File(path) => StoredDetection::read(path, &domain_names(plan))?.0,
        DetectedSource::Measure | DetectedSource::MixMin => return Ok(None),
    };
    let strategy = plan.mixing.strategy.build(detected.len());
    Ok(Some(strategy.initial(&detected, &plan.mixing.params)))
}

/// What these weights come to with the rows of the domains.
pub(super) fn first_weights(mixture: &Mixture, domains: &[DataSummary]) -> Vec<FirstWeight> {
    let targets_of_a_row = |domain: &DataSummary| {
        domain.train_target_tokens.0 as f64 / domain.train_rows.max(1) as f64
    };
    let weights = mixture.as_slice();
    let targets: Vec<f64> =
        weights.iter().zip(domains).map(|(w, domain)| w * targets_of_a_row(domain)).collect();
    let all: f64 = targets.iter().sum();
    domains
        .iter()
        .zip(weights)
        .zip(targets)
        .map(|((domain, weight), targets)| FirstWeight {
            domain: domain.domain.clone(),
            weight: *weight,
            token_share: targets / all,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::Event;
    use crate::telemetry::fixture::small_run;
    use crate::unit::Tokens;

    #[test]
    fn long_answers_count_for_more_than_their_weight() {
        let known = small_run().into_iter().find_map(|event| match event {
            Event::DataReady(summary) => Some(summary),
            _ => None,
        });
        let domain = |name: &str, rows, targets| DataSummary {
            domain: name.into(),
            train_rows: rows,
            train_target_tokens: Tokens(targets),
            ..known.clone().unwrap()
        };
        // 30 targets a row against 10: 0.25 · 30 = 7.5 and 0.75 · 10 = 7.5.
        let domains = [domain("law", 100, 3000), domain("code", 200, 2000)];
        let mixture = Mixture::new(vec![0.25, 0.75]).unwrap();
        let found = first_weights(&mixture, &domains);
        let shares: Vec<_> = found.iter().map(|one| (one.weight, one.token_share)).collect();
        assert_eq!(shares, [(0.25, 0.5), (0.75, 0.5)]);
    }
}
