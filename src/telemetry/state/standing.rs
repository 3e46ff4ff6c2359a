//! Where a domain stands at the newest evaluation: what is left to learn, and what was forgotten.

use super::RunState;
use crate::mixing;

/// A number with its standard error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// The number; NaN where it is not known.
    pub value: f64,
    /// Its standard error; `None` where it is not known.
    pub error: Option<f64>,
}

/// A domain at the newest evaluation, which may be later than the newest mixture update.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standing {
    /// Held-out loss, nats per token.
    pub loss: Figure,
    /// γ, the part of the loss that can still be learned, 0..=1; NaN without a mastery ceiling.
    pub potential: Figure,
    /// By which share of it the loss has changed since the newest mixture update, negative where it fell; where
    /// nothing was measured since, φ of the interval before that update.
    pub since_update: Figure,
    /// By which share of it the loss has changed since the untuned model, negative where it fell.
    pub since_start: Figure,
}

impl Figure {
    const UNKNOWN: Figure = Figure { value: f64::NAN, error: None };

    /// The positive part, which of a change is what was forgotten.
    pub fn positive(self) -> Figure {
        // `max` would make 0 of NaN, which is not known.
        let value = if self.value.is_nan() { f64::NAN } else { self.value.max(0.0) };
        Figure { value, ..self }
    }

    /// Whether it is above 0 by more than its noise.
    pub fn is_clearly_positive(self) -> bool {
        self.value > self.error.map_or(0.0, |error| mixing::CLEAR * error)
    }
}

impl RunState {
    /// The domain of this index at the newest evaluation.
    pub fn standing(&self, domain: usize) -> Standing {
        let (history, unknown) = (&self.history, Figure::UNKNOWN);
        let Some(loss) = history.losses.get(domain) else {
            return Standing {
                loss: unknown,
                potential: unknown,
                since_update: unknown,
                since_start: unknown,
            };
        };
        let relative = |now: f64, then: f64| now / then - 1.0;
        let potential = match history.reference_losses.get(domain) {
            Some(ceiling) if ceiling.is_finite() && loss.last.is_finite() => Figure {
                value: mixing::learnable_potential(loss.last, *ceiling),
                error: loss.potential_error,
            },
            _ => unknown,
        };
        let since = &history.since_update;
        let at = |values: &[f64]| values.get(domain).copied().unwrap_or(f64::NAN);
        let since_update = match &since.measured {
            Some(measured) => Figure {
                value: relative(at(measured), at(&since.losses)),
                error: loss.since_update.map(|change| change.error),
            },
            None => Figure {
                value: at(&since.forgetting),
                error: history.forgetting_error.get(domain).copied(),
            },
        };
        let since_start = Figure {
            value: relative(loss.last, loss.first),
            error: loss.since_start.map(|change| change.error),
        };
        let loss = Figure { value: loss.last, error: loss.error };
        Standing { loss, potential, since_update, since_start }
    }
}
