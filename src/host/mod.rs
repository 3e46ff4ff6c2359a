//! Readings of the machine: sysinfo for processor, memory and disk, NVML for NVIDIA cards.
//!
//! NVML is looked for at run time. A machine without it is no error: the reason is in
//! [`HostSample::gpu_absent`](crate::telemetry::HostSample).

mod gpu;
mod sampler;
mod thread;

pub use sampler::HostSampler;
pub use thread::{HostThread, spawn};
