use crate::data::{Batch, Example};
use crate::model::PassPart;
use crate::torch;
use crate::train::{TrainError, Trainer};
use crate::unit::Step;
use serde::Serialize;
use std::time::Instant;

/// Milliseconds of a step by its parts. The device is waited for after each, so that together they take a little
/// longer than a step.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Parts {
    /// Packed sequences go to the device.
    pub input_ms: f64,
    /// The layers.
    pub forward_ms: f64,
    /// Head and loss, with their gradients.
    pub loss_ms: f64,
    /// The layers back, with what is computed again.
    pub backward_ms: f64,
    /// AdamW.
    pub optimizer_ms: f64,
}

/// One step on `examples` by its parts, without clipping.
pub(super) fn timed_parts(
    trainer: &mut Trainer,
    examples: &[Example],
    step: Step,
    lr: f64,
) -> Result<Parts, TrainError> {
    let device = trainer.device();
    let budget = trainer.budgets.training.0 as usize;
    let batch = Batch::assemble(examples, budget, 1);
    let scale = 1.0 / batch.domain_target_tokens.iter().sum::<u64>().max(1) as f64;
    let mut parts = Parts::default();
    torch::synchronize(device)?;
    let mut begun = Instant::now();
    let mut lap = || {
        // What fails here fails again, and is told, in the work that follows.
        let _ = torch::synchronize(device);
        let ms = 1000.0 * begun.elapsed().as_secs_f64();
        begun = Instant::now();
        ms
    };
    for sequence in &batch.sequences {
        let mut done = |part| match part {
            PassPart::Input => parts.input_ms += lap(),
            PassPart::Forward => parts.forward_ms += lap(),
            PassPart::Loss => parts.loss_ms += lap(),
            PassPart::Backward => parts.backward_ms += lap(),
        };
        let options = trainer.pass_options();
        drop(trainer.model.train_by_parts(sequence, scale, 1, options, &mut done)?);
    }
    trainer.optimizer.step(trainer.model.params(), step, lr)?;
    parts.optimizer_ms = lap();
    trainer.model.zero_grads()?;
    Ok(parts)
}
