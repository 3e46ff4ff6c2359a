use crate::unit::Bytes;
use serde::{Deserialize, Serialize};
use tch::Device;

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
    /// Compute capability of a GPU, `(9, 0)` for an H100; `None` for a CPU, and in older records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capability: Option<(i32, i32)>,
}

impl DeviceInfo {
    /// Whether it is a GPU.
    pub fn is_gpu(&self) -> bool {
        self.capability.is_some()
    }
}

/// A device that was taken.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// Where tensors live.
    pub device: Device,
    /// What it is.
    pub info: DeviceInfo,
    /// What the user should know of it, as sentences.
    pub warnings: Vec<String>,
}
