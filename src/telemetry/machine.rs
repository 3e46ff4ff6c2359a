use super::number;
use crate::unit::Bytes;
use serde::{Deserialize, Serialize};

/// Readings of a GPU at one moment; what the GPU does not report is `None`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GpuSample {
    /// NVML index.
    pub index: u32,
    /// Model name.
    pub name: String,
    /// Busy share, percent.
    pub utilisation_percent: Option<u32>,
    /// Memory in use on the card.
    pub memory_used: Option<Bytes>,
    /// Memory of the card.
    pub memory_total: Option<Bytes>,
    /// Memory of the card in use by this process.
    pub memory_process: Option<Bytes>,
    /// Power draw, watts.
    pub power_watts: Option<f64>,
    /// Enforced power limit, watts.
    pub power_limit_watts: Option<f64>,
    /// Degrees Celsius.
    pub temperature_celsius: Option<u32>,
    /// SM clock, MHz.
    pub sm_clock_mhz: Option<u32>,
    /// Memory clock, MHz.
    pub memory_clock_mhz: Option<u32>,
    /// Why the clocks are reduced, in words; empty when they are not.
    pub throttling: Vec<String>,
    /// PCIe receive, bytes/s.
    pub pcie_rx_bytes_per_sec: Option<u64>,
    /// PCIe transmit, bytes/s.
    pub pcie_tx_bytes_per_sec: Option<u64>,
}

/// The machine at one moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HostSample {
    /// Busy share of the processor time that this process may use, percent.
    #[serde(deserialize_with = "number::nan_if_null")]
    pub cpu_percent: f64,
    /// Busy share of each of the CPUs that this process may run on, whole percent, in the order of their
    /// numbers; empty where they are not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub core_percents: Vec<u8>,
    /// Number of cores that this process may use.
    pub cores: usize,
    /// Memory in use, of `memory_total`.
    pub memory_used: Bytes,
    /// Memory that this process may have: the machine's, or the least of a control group around it.
    pub memory_total: Bytes,
    /// Resident memory of this process.
    pub process_memory: Bytes,
    /// Busy share of this process, percent of one core.
    #[serde(deserialize_with = "number::nan_if_null")]
    pub process_cpu_percent: f64,
    /// Free space on the file system of the run.
    pub disk_free: Bytes,
    /// One entry per GPU; empty where there is none.
    pub gpus: Vec<GpuSample>,
    /// Why there are no GPU readings, where there are none.
    pub gpu_absent: Option<String>,
}

/// The part of a [`HostSample`] that curves need.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HostPoint {
    /// Time of the reading, milliseconds since 1970 UTC.
    pub unix_ms: u64,
    /// Busy share of all cores, percent; 0 where it was not finite.
    pub cpu_percent: f64,
    /// Memory in use.
    pub memory_used: Bytes,
    /// One entry per GPU.
    pub gpus: Vec<GpuPoint>,
}

/// The part of a [`GpuSample`] that curves need.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GpuPoint {
    /// NVML index.
    pub index: u32,
    /// Busy share, percent.
    pub utilisation_percent: Option<u32>,
    /// Memory in use on the card.
    pub memory_used: Option<Bytes>,
    /// Power draw, watts.
    pub power_watts: Option<f64>,
    /// Degrees Celsius.
    pub temperature_celsius: Option<u32>,
}

impl HostPoint {
    /// The part of a sample that curves need.
    pub(super) fn new(unix_ms: u64, sample: &HostSample) -> Self {
        let gpu = |gpu: &GpuSample| GpuPoint {
            index: gpu.index,
            utilisation_percent: gpu.utilisation_percent,
            memory_used: gpu.memory_used,
            power_watts: gpu.power_watts.filter(|watts| watts.is_finite()),
            temperature_celsius: gpu.temperature_celsius,
        };
        HostPoint {
            unix_ms,
            cpu_percent: if sample.cpu_percent.is_finite() { sample.cpu_percent } else { 0.0 },
            memory_used: sample.memory_used,
            gpus: sample.gpus.iter().map(gpu).collect(),
        }
    }
}
