//! Readings of the machine: sysinfo for processor, memory and disk, NVML for NVIDIA cards.
//!
//! NVML is loaded at run time. That a machine has none is no error: the reason is in
//! [`HostSample::gpu_absent`](crate::telemetry::HostSample).

mod gpu;
mod sampler;
mod thread;

pub use sampler::HostSampler;
pub use thread::{HostThread, spawn};
