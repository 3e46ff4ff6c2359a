use crate::config::{DeviceChoice, Precision};
use crate::torch::{self, Chosen, ops};
use crate::train::TrainError;
use serde::Serialize;
use std::time::Instant;
use tch::{Kind, Tensor};

/// How fast a device multiplies: what MFU can be at most.
#[derive(Clone, Debug, Serialize)]
pub struct Rate {
    /// Device and its model.
    pub device: String,
    /// `f32` or `bf16`.
    pub dtype: String,
    /// Rows and columns of the square matrices.
    pub size: i64,
    /// FLOP/s.
    pub flops: f64,
    /// The same by the device's stated peak, where that is known.
    pub share_of_peak: Option<f64>,
}

/// Rows of the matrices on a GPU, and on a CPU.
const SIZES: (i64, i64) = (8192, 1024);
const WARMUP: usize = 3;
const PRODUCTS: usize = 20;

/// Times products of square matrices.
pub fn rate(
    device: DeviceChoice,
    threads: Option<usize>,
    precision: Precision,
) -> Result<Rate, TrainError> {
    let Chosen { device, info, .. } = torch::choose(device, threads)?;
    let (dtype, name) = match precision {
        Precision::F32 => (Kind::Float, "f32"),
        Precision::MixedBf16 | Precision::PureBf16 => (Kind::BFloat16, "bf16"),
    };
    let size = if info.is_gpu() { SIZES.0 } else { SIZES.1 };
    let matrix = || Tensor::f_ones([size, size], (dtype, device)).map_err(torch::TorchError::from);
    let (a, b, mut out) = (matrix()?, matrix()?, matrix()?);
    let mut multiply = |times: usize| -> Result<(), TrainError> {
        for _ in 0..times {
            ops::matmul_into(&a, &b, &mut out, ops::Write::Over)?;
        }
        Ok(torch::synchronize(device)?)
    };
    multiply(WARMUP)?;
    let begun = Instant::now();
    multiply(PRODUCTS)?;
    let flops = 2.0 * (size as f64).powi(3) * PRODUCTS as f64 / begun.elapsed().as_secs_f64();
    Ok(Rate {
        device: format!("{} ({})", info.name, info.model),
        dtype: name.into(),
        size,
        flops,
        share_of_peak: info.peak_flops.map(|peak| flops / peak),
    })
}
