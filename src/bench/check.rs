use super::{LOSS_CHUNK, Workload, load};
use crate::config::{DeviceChoice, Precision};
use crate::data::Batch;
use crate::model::{Model, PassOptions, Recompute};
use crate::torch::{self, Chosen};
use crate::train::{SelfTest, TrainError};
use serde::Serialize;
use std::path::Path;
use tch::{Device, Kind, Tensor};

/// How far a device is from f32 on the CPU, with the same weights and rows.
#[derive(Clone, Debug, Serialize)]
pub struct Numerics {
    /// Device and its model.
    pub device: String,
    /// Largest relative differences, one entry per precision.
    pub precisions: Vec<Difference>,
    /// What a run finds of the device before it begins, in bf16 on a GPU and f32 on a CPU.
    pub self_test: SelfTest,
}

/// One precision's distance; each is |a − b| / |b| by the Euclidean norm over all elements.
#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    /// The precision on the device.
    pub precision: String,
    /// Of the logits.
    pub logits: f64,
    /// Of the loss.
    pub loss: f64,
    /// Of the gradients, all parameters together.
    pub gradients: f64,
}

/// Compares F32, MixedBf16 and PureBf16 on the device with F32 on the CPU, on three packed
/// documents of random tokens.
pub fn check(
    folder: &Path,
    device: DeviceChoice,
    threads: Option<usize>,
) -> Result<Numerics, TrainError> {
    let Chosen { device, info, .. } = torch::choose(device, threads)?;
    let expected = measure(&load(folder, Device::Cpu, Precision::F32)?)?;
    let mut precisions = Vec::new();
    for precision in [Precision::F32, Precision::MixedBf16, Precision::PureBf16] {
        let found = measure(&load(folder, device, precision)?)?;
        precisions.push(Difference {
            precision: format!("{precision:?}"),
            logits: distance(&found.logits, &expected.logits)?,
            loss: distance(&found.loss, &expected.loss)?,
            gradients: distance(&found.gradients, &expected.gradients)?,
        });
    }
    let self_test = SelfTest::of(&info, device, Precision::suiting(info.capability))?;
    Ok(Numerics { device: format!("{} ({})", info.name, info.model), precisions, self_test })
}

/// Results of one model, flat, f64, on the CPU.
struct Measured {
    logits: Tensor,
    loss: Tensor,
    gradients: Tensor,
}

fn measure(model: &Model) -> Result<Measured, TrainError> {
    let workload = Workload::Random { examples: 3, length: 67 };
    let examples = workload.examples(0, model.architecture().vocabulary as u32);
    let batch = Batch::assemble(&examples, usize::MAX, 1);
    let sequence = &batch.sequences[0];
    let logits = model.logits(&sequence.tokens, &sequence.cu_seqlens)?;
    let options = PassOptions { recompute: Recompute::Full, loss_chunk: LOSS_CHUNK };
    let scale = 1.0 / batch.domain_target_tokens[0] as f64;
    let loss = model.train_sequence(sequence, scale, 1, options)?;
    let gradients = model.grads()?.iter().map(flat).collect::<Result<Vec<_>, _>>()?;
    Ok(Measured {
        logits: flat(&logits)?,
        loss: flat(&loss)?,
        gradients: Tensor::f_cat(&gradients, 0)?,
    })
}

fn flat(tensor: &Tensor) -> Result<Tensor, TrainError> {
    Ok(tensor.f_detach()?.f_to(Device::Cpu)?.f_to_kind(Kind::Double)?.f_reshape([-1])?)
}

fn distance(found: &Tensor, expected: &Tensor) -> Result<f64, TrainError> {
    let difference = found.f_sub(expected)?.f_norm()?.f_double_value(&[])?;
    Ok(difference / expected.f_norm()?.f_double_value(&[])?)
}
