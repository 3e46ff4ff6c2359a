use crate::unit::Bytes;
use serde::{Deserialize, Serialize};

/// The device that a config chooses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeviceChoice {
    /// A GPU where one works, else the CPU; the run shows which and why.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// This GPU, or an error.
    Cuda(usize),
}

/// The device that the run took, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeviceInfo {
    /// `cpu` or `cuda:0`.
    pub name: String,
    /// The model of GPU or CPU.
    pub model: String,
    /// Why this one, in a sentence.
    pub why: String,
    /// Threads that libtorch computes with.
    pub threads: usize,
    /// Memory of the device; on the CPU what this process may have.
    pub memory: Bytes,
    /// Peak of dense bf16 (GPU) matmuls in FLOP/s, where known: what MFU is measured against.
    pub peak_flops: Option<f64>,
}
