use super::pairing::{Pairing, WhyUnpaired, paired};
use super::run::ComparedRun;
use crate::mixing::CLEAR;
use crate::telemetry::Figure;

/// By how much the loss of a run is above that of the baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct LossDifference {
    /// The difference, nats per token; negative where the run's loss is the lower one.
    pub nats: f64,
    /// Its standard error; `None` where it is not known. Where the two are not paired it is that of independent
    /// rows, which is too large if they are the same ones.
    pub error: Option<f64>,
    /// Over which rows.
    pub pairing: Pairing,
}

/// The held-out loss of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunLoss {
    /// The newest one, nats per token; NaN where there is none.
    pub loss: Figure,
    /// By how much it is above that of the baseline; `None` for the baseline itself, and where one of the two is
    /// not known.
    pub difference: Option<LossDifference>,
}

impl LossDifference {
    /// Whether it is more than twice its standard error, over the same rows.
    pub fn is_clear(&self) -> bool {
        self.pairing.is_paired() && self.error.is_some_and(|error| self.nats.abs() > CLEAR * error)
    }
}

/// The difference of a domain's losses; `None` where one of them is not known.
pub(super) fn between(
    run: &ComparedRun,
    base: &ComparedRun,
    domain: &str,
) -> Option<LossDifference> {
    let (own, other) = (run.loss(domain), base.loss(domain));
    let nats = own.value - other.value;
    if !nats.is_finite() {
        return None;
    }
    let why = match paired(run, base, domain) {
        Ok((of_run, of_base, pairing)) => match of_run.above(&of_base) {
            Some(difference) => {
                let (nats, error) = (difference.nats, Some(difference.error));
                return Some(LossDifference { nats, error, pairing });
            }
            // A loss of a row that is no number.
            None => WhyUnpaired::OtherRows,
        },
        Err(why) => why,
    };
    let error = match why {
        WhyUnpaired::OtherTokens => None,
        WhyUnpaired::NotKept(_)
        | WhyUnpaired::Unreadable(..)
        | WhyUnpaired::Older { .. }
        | WhyUnpaired::OtherRows => independent(own, other),
    };
    Some(LossDifference { nats, error, pairing: Pairing::Unpaired(why) })
}

/// The standard error of a difference of losses over independent rows.
fn independent(own: Figure, other: Figure) -> Option<f64> {
    let error = own.error?.hypot(other.error?);
    error.is_finite().then_some(error)
}

/// The mean of a run's domains, of which each counts alike; its difference where the other run has the same ones.
/// Domains have rows of their own, so that their errors are independent.
pub(super) fn mean_of(domains: &[&RunLoss], is_comparable: bool) -> RunLoss {
    let count = domains.len() as f64;
    let squares = |errors: Option<Vec<f64>>| {
        let sum: f64 = errors?.iter().map(|error| error.powi(2)).sum();
        Some(sum.sqrt() / count).filter(|error| error.is_finite())
    };
    let loss = Figure {
        value: domains.iter().map(|domain| domain.loss.value).sum::<f64>() / count,
        error: squares(domains.iter().map(|domain| domain.loss.error).collect()),
    };
    let differences: Option<Vec<&LossDifference>> =
        domains.iter().map(|domain| domain.difference.as_ref()).collect();
    let differences = differences.filter(|all| is_comparable && !all.is_empty());
    let difference = differences.and_then(|all| {
        Some(LossDifference {
            nats: all.iter().map(|one| one.nats).sum::<f64>() / count,
            error: squares(all.iter().map(|one| one.error).collect()),
            pairing: all.iter().map(|one| one.pairing.clone()).reduce(together)?,
        })
    });
    RunLoss { loss, difference }
}

/// Paired where both are, over the rows of both.
fn together(one: Pairing, other: Pairing) -> Pairing {
    match (one, other) {
        (Pairing::Unpaired(why), _) | (_, Pairing::Unpaired(why)) => Pairing::Unpaired(why),
        (Pairing::Same { rows: one }, Pairing::Same { rows: other }) => {
            Pairing::Same { rows: one + other }
        }
        (one, other) => {
            let ((rows, of), (more, and)) = (counts(&one), counts(&other));
            Pairing::Shared { rows: rows + more, of: (of.0 + and.0, of.1 + and.1) }
        }
    }
}

/// The rows that are compared, and those of both runs.
fn counts(pairing: &Pairing) -> (usize, (usize, usize)) {
    match pairing {
        Pairing::Same { rows } => (*rows, (*rows, *rows)),
        Pairing::Shared { rows, of } => (*rows, *of),
        Pairing::Unpaired(_) => (0, (0, 0)),
    }
}
