//! The mixing strategies: one file each, behind one small interface.
//!
//! Each file states its formula and how sure it is: `[V]` was checked against the authors' own
//! figure, code or plain words, `[R]` was reconstructed from prose or from what others quote.
//!
//! Every strategy keeps every weight at or above the floor (water-filling, exact). Those that move
//! the weights also obey the anchor, w ← (1−a)·w + a·w(0), before the floor. γ and φ stand in every
//! [`Decision`], whatever the strategy uses. Losses are expected finite and above 0; then no finite
//! setting, however large, makes a weight that is not a number.

mod adjust;
mod constant;
mod dmt;
mod doremi;
mod expansion;
mod fixed;
mod inverse;
mod odm;
mod only;
mod sheared_llama;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod unconditional;
mod uniform;
mod uniform_rest;
mod velocitune;
mod versatune;

use super::{Decision, MixingParams, Mixture, Observation, Rule, Share};
use crate::unit::DomainId;
use fixed::Fixed;
use serde::{Deserialize, Serialize};

/// Which strategy, with the constants that do not move during a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum StrategyKind {
    /// Algorithms 2 and 3 of the paper.
    VersaTune {
        /// How γ moves a weight.
        rule: Rule,
        /// Which ratio the others keep at an expansion.
        share: Share,
    },
    /// w(0) for good.
    Constant,
    /// The same weight for each.
    Uniform,
    /// (1−w_j)/Σ(1−w_i) of the detected weights.
    Inverse,
    /// One domain only.
    Only(DomainId),
    /// The target raised to `share`, the rest spread evenly.
    UniformRest {
        /// The raised domain.
        target: DomainId,
        /// Its share, 0..1.
        share: f64,
    },
    /// Algorithm 3 without its test: expands at every update.
    Unconditional {
        /// Which ratio the others keep.
        share: Share,
    },
    /// DoReMi's proxy update.
    DoReMi {
        /// η, step size.
        eta: f64,
        /// c, share of the uniform mixture.
        smoothing: f64,
    },
    /// Sheared LLaMA's dynamic loading.
    ShearedLlama {
        /// η, step size.
        eta: f64,
        /// c, share of the uniform mixture.
        smoothing: f64,
    },
    /// Online data mixing, an Exp3 bandit.
    Odm {
        /// α, weight of the past in the reward.
        alpha: f64,
    },
    /// Velocitune.
    Velocitune,
    /// DMT: specialised data first, then general data and a fraction of the specialised.
    Dmt {
        /// The general domain.
        general: DomainId,
        /// k, fraction of specialised data in the second stage.
        k: f64,
        /// Share of the run that is the first stage, 0..1.
        first_stage: f64,
    },
}

/// What a strategy carries from update to update besides the weights: plain numbers, so that a
/// checkpoint holds them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StrategyState {
    /// The strategy's own vectors, by name.
    pub vectors: Vec<(String, Vec<f64>)>,
}

impl StrategyState {
    /// Whether there is nothing to carry.
    pub fn is_empty(&self) -> bool {
        self.vectors.is_empty()
    }
}

/// A rule that turns observations into weights.
pub trait Strategy: Send {
    /// The weights that the run begins with.
    fn initial(&self, detected: &Mixture, params: &MixingParams) -> Mixture;

    /// The weights after one more update.
    fn update(&mut self, observation: &Observation<'_>, params: &MixingParams) -> Decision;

    /// What has to survive a restart.
    fn state(&self) -> StrategyState {
        StrategyState::default()
    }

    /// Takes back what [`Strategy::state`] gave.
    fn restore(&mut self, _state: StrategyState) {}
}

impl StrategyKind {
    /// The strategy, ready for its first update, for a run of `domains` domains.
    pub fn build(&self, domains: usize) -> Box<dyn Strategy> {
        match *self {
            StrategyKind::VersaTune { rule, share } => {
                Box::new(versatune::VersaTune { rule, share })
            }
            StrategyKind::Constant => Box::new(Fixed(|w: &Mixture, _| constant::shares(w))),
            StrategyKind::Uniform => Box::new(Fixed(|w: &Mixture, _| uniform::shares(w))),
            StrategyKind::Inverse => Box::new(Fixed(|w: &Mixture, _| inverse::shares(w))),
            StrategyKind::Only(domain) => {
                Box::new(Fixed(move |w: &Mixture, _| only::shares(w, domain)))
            }
            StrategyKind::UniformRest { target, share } => {
                Box::new(Fixed(move |w: &Mixture, _| uniform_rest::shares(w, target, share)))
            }
            StrategyKind::Unconditional { share } => {
                Box::new(unconditional::Unconditional { share })
            }
            StrategyKind::DoReMi { eta, smoothing } => Box::new(doremi::DoReMi { eta, smoothing }),
            StrategyKind::ShearedLlama { eta, smoothing } => {
                Box::new(sheared_llama::ShearedLlama { eta, smoothing })
            }
            StrategyKind::Odm { alpha } => Box::new(odm::Odm::new(alpha, domains)),
            StrategyKind::Velocitune => Box::new(velocitune::Velocitune),
            StrategyKind::Dmt { general, k, first_stage } => {
                let dmt = dmt::Dmt { general, k, first_stage };
                Box::new(Fixed(move |w: &Mixture, progress| dmt.shares(w, progress)))
            }
        }
    }

    /// The strategy's name, as configs and records write it.
    pub fn name(&self) -> &'static str {
        match self {
            StrategyKind::VersaTune { .. } => "VersaTune",
            StrategyKind::Constant => "Constant",
            StrategyKind::Uniform => "Uniform",
            StrategyKind::Inverse => "Inverse",
            StrategyKind::Only(_) => "Only",
            StrategyKind::UniformRest { .. } => "UniformRest",
            StrategyKind::Unconditional { .. } => "Unconditional",
            StrategyKind::DoReMi { .. } => "DoReMi",
            StrategyKind::ShearedLlama { .. } => "ShearedLlama",
            StrategyKind::Odm { .. } => "Odm",
            StrategyKind::Velocitune => "Velocitune",
            StrategyKind::Dmt { .. } => "Dmt",
        }
    }

    /// Whether the weights can change in the course of a run.
    pub fn moves(&self) -> bool {
        match self {
            StrategyKind::Constant
            | StrategyKind::Uniform
            | StrategyKind::Inverse
            | StrategyKind::Only(_)
            | StrategyKind::UniformRest { .. } => false,
            StrategyKind::VersaTune { .. }
            | StrategyKind::Unconditional { .. }
            | StrategyKind::DoReMi { .. }
            | StrategyKind::ShearedLlama { .. }
            | StrategyKind::Odm { .. }
            | StrategyKind::Velocitune
            | StrategyKind::Dmt { .. } => true,
        }
    }

    /// Whether γ or another excess loss is used, so that mastery ceilings are needed.
    pub fn needs_reference(&self) -> bool {
        match self {
            StrategyKind::VersaTune { .. }
            | StrategyKind::DoReMi { .. }
            | StrategyKind::ShearedLlama { .. }
            | StrategyKind::Velocitune => true,
            StrategyKind::Constant
            | StrategyKind::Uniform
            | StrategyKind::Inverse
            | StrategyKind::Only(_)
            | StrategyKind::UniformRest { .. }
            | StrategyKind::Unconditional { .. }
            | StrategyKind::Odm { .. }
            | StrategyKind::Dmt { .. } => false,
        }
    }
}
