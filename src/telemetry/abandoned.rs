use super::{Curves, Series};
use crate::unit::Step;
use serde::{Deserialize, Serialize};

/// The way that a rollback left: what its curves were after the checkpoint, for people to compare.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AbandonedWay {
    /// Optimizer steps of the checkpoint that the run went back to.
    pub begin: Step,
    /// Optimizer steps done when it went back.
    pub end: Step,
    /// The curves from the checkpoint on, coarser than those of the run.
    pub curves: Curves,
}

impl AbandonedWay {
    pub(super) fn new(begin: Step, end: Step, curves: &Curves) -> Self {
        let tails = |all: &[Series]| all.iter().map(|series| series.tail(begin.0)).collect();
        let curves = Curves {
            weights: tails(&curves.weights),
            // Beside a way that counts no more they would say nothing.
            shadows: Vec::new(),
            losses: tails(&curves.losses),
            loss_errors: tails(&curves.loss_errors),
            changes: tails(&curves.changes),
            change_errors: tails(&curves.change_errors),
            potential: tails(&curves.potential),
            forgetting: tails(&curves.forgetting),
            training_loss: curves.training_loss.tail(begin.0),
            lr: curves.lr.tail(begin.0),
            grad_norm: curves.grad_norm.tail(begin.0),
            tokens_per_sec: curves.tokens_per_sec.tail(begin.0),
            memory_bytes: curves.memory_bytes.tail(begin.0),
            tokens: curves.tokens.tail(begin.0),
            secs: curves.secs.tail(begin.0),
        };
        AbandonedWay { begin, end, curves }
    }
}
