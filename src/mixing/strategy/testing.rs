//! What the tests of all strategies share: an [`Observation`] that owns its numbers, and strategies
//! by their text in a config.

use crate::mixing::interface::Strategy;
use crate::mixing::{Decision, MixingParams, Mixture, Observation, StrategyKind, WrittenStrategy};
use ron::extensions::Extensions;

/// The strategy that a config means by `text`, brackets included, for the domains `d0` to `d7`.
#[track_caller]
pub(in crate::mixing) fn kind(text: &str) -> StrategyKind {
    let domains: Vec<String> = (0..8).map(|j| format!("d{j}")).collect();
    written(text).unwrap().resolve(&domains, &[]).unwrap()
}

/// A strategy as a config has it once its short forms are expanded.
pub(in crate::mixing) fn written(text: &str) -> Result<WrittenStrategy, ron::error::SpannedError> {
    let options = ron::Options::default()
        .with_default_extension(Extensions::IMPLICIT_SOME | Extensions::UNWRAP_VARIANT_NEWTYPES);
    options.from_str(text)
}

/// An observation and the method's parameters, nothing in motion: equal losses, every parameter 0,
/// no target.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) update: u64,
    pub(super) progress: f64,
    pub(super) current: Mixture,
    pub(super) detected: Mixture,
    pub(super) loss: Vec<f64>,
    pub(super) previous_loss: Vec<f64>,
    pub(super) first_loss: Vec<f64>,
    pub(super) reference_loss: Vec<f64>,
    pub(super) training_loss: Vec<Option<f64>>,
    pub(super) params: MixingParams,
}

impl Case {
    /// Current and detected weights alike, every loss 2 nats and every reference 1.
    pub(super) fn new(weights: &[f64]) -> Self {
        let mixture = Mixture::new(weights.to_vec()).unwrap();
        let domains = weights.len();
        Case {
            update: 1,
            progress: 0.0,
            current: mixture.clone(),
            detected: mixture,
            loss: vec![2.0; domains],
            previous_loss: vec![2.0; domains],
            first_loss: vec![2.0; domains],
            reference_loss: vec![1.0; domains],
            training_loss: vec![Some(2.0); domains],
            params: MixingParams {
                lambda: 0.0,
                delta: 0.0,
                tau: 0.0,
                floor: 0.0,
                anchor: 0.0,
                targets: vec![],
            },
        }
    }

    /// One update of `strategy` by this observation.
    pub(super) fn update(&self, strategy: &mut dyn Strategy) -> Decision {
        let observation = Observation {
            update: self.update,
            progress: self.progress,
            current: &self.current,
            detected: &self.detected,
            loss: &self.loss,
            previous_loss: &self.previous_loss,
            first_loss: &self.first_loss,
            reference_loss: &self.reference_loss,
            training_loss: &self.training_loss,
        };
        strategy.update(&observation, &self.params)
    }
}

/// Within 1e-9: the digits that the hand-worked values carry.
#[track_caller]
pub(super) fn assert_close(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    let close = found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9);
    assert!(close, "found {found:?}, expected {expected:?}");
}
