//! What the tests of all strategies share: a [`Case`] to give to a strategy, and strategies by their
//! text in a config.

use crate::mixing::interface::Strategy;
use crate::mixing::{
    Decision, MixingParams, Mixture, Outlook, StrategyKind, StrategyState, WrittenStrategy,
};
use ron::extensions::Extensions;
use std::ops::{Deref, DerefMut};

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

/// What an update looks at, and the method's parameters. The strategy of the outlook is not used: the
/// tests give theirs to [`Case::update`].
#[derive(Clone, Debug)]
pub(in crate::mixing) struct Case {
    pub(in crate::mixing) outlook: Outlook,
    pub(in crate::mixing) params: MixingParams,
}

/// So that `case.loss` is the loss of the outlook.
impl Deref for Case {
    type Target = Outlook;

    fn deref(&self) -> &Outlook {
        &self.outlook
    }
}

impl DerefMut for Case {
    fn deref_mut(&mut self) -> &mut Outlook {
        &mut self.outlook
    }
}

impl Case {
    /// The first update with nothing in motion: current and detected weights alike, every loss 2 nats
    /// and every reference 1; every parameter 0 and no target.
    pub(in crate::mixing) fn new(weights: &[f64]) -> Self {
        let mixture = Mixture::new(weights.to_vec()).unwrap();
        let domains = weights.len();
        let outlook = Outlook {
            strategy: StrategyKind::default(),
            state: StrategyState::default(),
            updates: 0,
            progress: 0.0,
            current: mixture.clone(),
            detected: mixture,
            loss: vec![2.0; domains],
            previous_loss: vec![2.0; domains],
            first_loss: vec![2.0; domains],
            potential_error: vec![],
            change_error: vec![],
            reference_loss: vec![1.0; domains],
            training_loss: vec![Some(2.0); domains],
            graph: None,
            lr: 0.0,
            gradient_products: Vec::new(),
        };
        let params = MixingParams::default();
        Case { outlook, params }
    }

    /// One update of `strategy`.
    pub(super) fn update(&self, strategy: &mut dyn Strategy) -> Decision {
        strategy.update(&self.observation(), &self.params)
    }
}

/// Within 1e-9: the digits that the hand-worked values carry.
#[track_caller]
pub(in crate::mixing) fn assert_close(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    let close = found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9);
    assert!(close, "found {found:?}, expected {expected:?}");
}
