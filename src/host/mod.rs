//! Readings of the machine: sysinfo for processor and disk, NVML for NVIDIA cards. Memory and load are
//! of what the process may use ([`limits`](crate::limits)).
//!
//! NVML is loaded at run time. That a machine has none is no error: the reason is in
//! [`HostSample::gpu_absent`](crate::telemetry::HostSample).

mod gpu;
mod load;
mod sampler;
mod thread;

pub use sampler::HostSampler;
pub use thread::{HostThread, spawn};
