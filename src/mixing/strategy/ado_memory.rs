//! What [`Ado`](super::ado) carries from update to update.

use super::loss_curve::LossCurve;
use super::power_law::PowerLaw;
use crate::mixing::Observation;

/// Weight of the newest weights in h.
const NEWEST: f64 = 0.1;
/// Bins before which nothing is fitted.
const LEAST_BINS: usize = 8;
/// Part of the run after which the laws are fitted again: 1000 steps of 60,000.
const REFIT: f64 = 1.0 / 60.0;

/// What is carried from update to update; vectors have one entry per domain.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Memory {
    /// h, the running average of the weights; empty before the first update.
    pub(super) share: Vec<f64>,
    /// ρ̄, the average preference; empty before the first update.
    pub(super) average: Vec<f64>,
    /// The newest training losses; 0 where a domain was never drawn.
    pub(super) last: Vec<f64>,
    pub(super) curve: LossCurve,
    /// The laws in force; empty before the first fit.
    pub(super) laws: Vec<PowerLaw>,
    /// The part of the run that was done at the newest fit.
    pub(super) fitted_at: f64,
}

impl Memory {
    pub(super) fn new(domains: usize) -> Self {
        Memory {
            share: Vec::new(),
            average: Vec::new(),
            last: vec![0.0; domains],
            curve: LossCurve::new(domains, 0),
            laws: Vec::new(),
            fitted_at: 0.0,
        }
    }

    /// Takes in an update's weights and losses; those up to `ignored` of the run are no part of the
    /// curve.
    pub(super) fn see(&mut self, observation: &Observation<'_>, ignored: f64) {
        let weights = observation.current.as_slice();
        if self.share.is_empty() {
            self.share = observation.detected.as_slice().to_vec();
            self.average.clone_from(&self.share);
        }
        for (h, w) in self.share.iter_mut().zip(weights) {
            *h = (1.0 - NEWEST) * *h + NEWEST * w;
        }
        for (last, loss) in self.last.iter_mut().zip(observation.training_loss) {
            *last = loss.unwrap_or(*last);
        }
        if observation.progress <= ignored {
            self.curve.after = observation.update;
            return;
        }
        let seen: Vec<f64> = self.last.iter().copied().filter(|loss| *loss > 0.0).collect();
        if !seen.is_empty() {
            // A domain that was never drawn counts as the mean of the others.
            let mean = seen.iter().sum::<f64>() / seen.len() as f64;
            let known = |loss: &f64| if *loss > 0.0 { *loss } else { mean };
            self.curve.add(&self.last.iter().map(known).collect::<Vec<f64>>());
        }
    }

    /// Fits the laws if that is due.
    pub(super) fn fit_if_due(&mut self, progress: f64, start: f64) {
        let is_new = self.laws.is_empty() || progress - self.fitted_at >= REFIT;
        if progress < start || !is_new || self.curve.bins.len() < LEAST_BINS {
            return;
        }
        let fitted = (0..self.last.len()).map(|j| PowerLaw::fit(&self.curve.points(j)));
        if let Some(laws) = fitted.collect() {
            self.laws = laws;
            self.fitted_at = progress;
        }
    }
}

const SHARE_NAME: &str = "share";
const AVERAGE: &str = "average";
const LAST: &str = "last";
const CLOCK: &str = "clock";
const SUMS: &str = "sums";
const BIN: &str = "bin";
const LAW: &str = "law";

impl Memory {
    /// The memory as a [`StrategyState`](crate::mixing::StrategyState) holds it.
    pub(super) fn vectors(&self) -> Vec<(String, Vec<f64>)> {
        let LossCurve { after, width, filled, sums, bins } = &self.curve;
        let clock = vec![*after as f64, *width as f64, *filled as f64, self.fitted_at];
        let single = [
            (SHARE_NAME, self.share.clone()),
            (AVERAGE, self.average.clone()),
            (LAST, self.last.clone()),
            (CLOCK, clock),
            (SUMS, sums.clone()),
        ];
        let bins = bins.iter().map(|bin| (BIN, bin.clone()));
        let laws = self.laws.iter().map(|law| (LAW, vec![law.epsilon, law.beta, law.alpha]));
        let all = single.into_iter().chain(bins).chain(laws);
        all.map(|(name, vector)| (name.to_owned(), vector)).collect()
    }

    /// `None` where something is missing or of another number of domains.
    pub(super) fn from_vectors(vectors: &[(String, Vec<f64>)], domains: usize) -> Option<Memory> {
        let all = |name: &'static str| {
            vectors.iter().filter(move |(found, _)| found == name).map(|(_, vector)| vector)
        };
        let fits = |vector: &Vec<f64>| vector.len() == domains;
        let [after, width, filled, fitted_at] = all(CLOCK).next()?.as_slice() else { return None };
        let law = |law: &Vec<f64>| match law.as_slice() {
            &[epsilon, beta, alpha] => Some(PowerLaw { epsilon, beta, alpha }),
            _ => None,
        };
        let memory = Memory {
            share: all(SHARE_NAME).next()?.clone(),
            average: all(AVERAGE).next()?.clone(),
            last: all(LAST).next().filter(|last| fits(last))?.clone(),
            curve: LossCurve {
                after: *after as u64,
                width: *width as u64,
                filled: *filled as u64,
                sums: all(SUMS).next().filter(|sums| fits(sums))?.clone(),
                bins: all(BIN).filter(|bin| fits(bin)).cloned().collect(),
            },
            laws: all(LAW).filter_map(law).collect(),
            fitted_at: *fitted_at,
        };
        let begun = memory.share.is_empty() && memory.average.is_empty();
        let whole = fits(&memory.share) && fits(&memory.average);
        let lawful = memory.laws.is_empty() || memory.laws.len() == domains;
        (lawful && (begun || whole)).then_some(memory)
    }
}
