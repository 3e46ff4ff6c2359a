//! Readings of NVIDIA GPUs by NVML.

use crate::telemetry::GpuSample;
use crate::unit::Bytes;
use nvml_wrapper::bitmasks::device::ThrottleReasons;
use nvml_wrapper::enum_wrappers::device::{Clock, PcieUtilCounter, TemperatureSensor};
use nvml_wrapper::enums::device::UsedGpuMemory;
use nvml_wrapper::error::NvmlError;
use nvml_wrapper::{Device, Nvml};

/// NVML, or the reason in words why there are no readings of GPUs.
pub(super) struct Gpus {
    nvml: Result<Nvml, String>,
}

impl Gpus {
    pub(super) fn new() -> Self {
        Gpus { nvml: Nvml::init().map_err(|e| absence(&e)) }
    }

    /// Readings of every card that answers.
    ///
    /// # Errors
    /// Why there are none: no driver, no card, or no card that answers.
    pub(super) fn sample(&self) -> Result<Vec<GpuSample>, String> {
        let nvml = self.nvml.as_ref().map_err(String::clone)?;
        let count = nvml.device_count().map_err(|e| absence(&e))?;
        let devices =
            (0..count).filter_map(|index| Some((index, nvml.device_by_index(index).ok()?)));
        let gpus: Vec<GpuSample> = devices.map(|(index, device)| read(index, &device)).collect();
        match (count, gpus.is_empty()) {
            (0, _) => Err("the NVIDIA driver knows no card".into()),
            (_, true) => Err("no NVIDIA card answers".into()),
            _ => Ok(gpus),
        }
    }
}

fn absence(error: &NvmlError) -> String {
    match error {
        NvmlError::LibloadingError(_) => "no NVIDIA driver (libnvidia-ml.so.1) was found".into(),
        error => format!("NVML does not answer: {error}"),
    }
}

/// All readings of a card. Each may be missing by itself: no card has all of them.
fn read(index: u32, device: &Device<'_>) -> GpuSample {
    let memory = device.memory_info().ok();
    let watts = |milliwatts: Result<u32, NvmlError>| milliwatts.ok().map(|mw| f64::from(mw) / 1e3);
    // NVML measures PCIe traffic in KB/s.
    let pcie = |counter| device.pcie_throughput(counter).ok().map(|kb| u64::from(kb) * 1000);
    GpuSample {
        index,
        name: device.name().unwrap_or_else(|_| "NVIDIA card".into()),
        utilisation_percent: device.utilization_rates().ok().map(|rates| rates.gpu),
        memory_used: memory.as_ref().map(|memory| Bytes(memory.used)),
        memory_total: memory.as_ref().map(|memory| Bytes(memory.total)),
        memory_process: memory_of_this_process(device),
        power_watts: watts(device.power_usage()),
        power_limit_watts: watts(device.enforced_power_limit()),
        temperature_celsius: device.temperature(TemperatureSensor::Gpu).ok(),
        sm_clock_mhz: device.clock_info(Clock::SM).ok(),
        memory_clock_mhz: device.clock_info(Clock::Memory).ok(),
        throttling: device.current_throttle_reasons().map(throttling_words).unwrap_or_default(),
        pcie_rx_bytes_per_sec: pcie(PcieUtilCounter::Receive),
        pcie_tx_bytes_per_sec: pcie(PcieUtilCounter::Send),
    }
}

/// `None` also where the driver knows the process by another number (in a container).
fn memory_of_this_process(device: &Device<'_>) -> Option<Bytes> {
    let processes = device.running_compute_processes().ok()?;
    let own = processes.iter().find(|process| process.pid == std::process::id())?;
    match own.used_gpu_memory {
        UsedGpuMemory::Used(bytes) => Some(Bytes(bytes)),
        UsedGpuMemory::Unavailable => None,
    }
}

/// The reasons in words. The low clocks of an idle GPU are not one of them.
fn throttling_words(reasons: ThrottleReasons) -> Vec<String> {
    let words = [
        (ThrottleReasons::SW_POWER_CAP, "power cap"),
        (ThrottleReasons::HW_POWER_BRAKE_SLOWDOWN, "power brake"),
        (ThrottleReasons::SW_THERMAL_SLOWDOWN, "heat"),
        (ThrottleReasons::HW_THERMAL_SLOWDOWN, "heat (hardware)"),
        (ThrottleReasons::HW_SLOWDOWN, "hardware slowdown"),
        (ThrottleReasons::SYNC_BOOST, "sync boost"),
        (ThrottleReasons::APPLICATIONS_CLOCKS_SETTING, "application clocks setting"),
        (ThrottleReasons::DISPLAY_CLOCK_SETTING, "display clock setting"),
    ];
    let held = words.iter().filter(|(reason, _)| reasons.contains(*reason));
    held.map(|(_, word)| (*word).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn throttling_is_named_except_for_an_idle_card() {
        let hot = ThrottleReasons::SW_POWER_CAP
            | ThrottleReasons::HW_THERMAL_SLOWDOWN
            | ThrottleReasons::HW_SLOWDOWN;
        assert_eq!(throttling_words(hot), ["power cap", "heat (hardware)", "hardware slowdown"]);
        assert!(throttling_words(ThrottleReasons::GPU_IDLE).is_empty());
        assert!(throttling_words(ThrottleReasons::NONE).is_empty());
    }

    #[test]
    fn a_missing_driver_is_named() {
        let missing = Nvml::builder().lib_path("libno-such-thing.so".as_ref()).init();
        let gpus = Gpus { nvml: missing.map_err(|e| absence(&e)) };
        let reason = gpus.sample().unwrap_err();
        assert_eq!(reason, "no NVIDIA driver (libnvidia-ml.so.1) was found");
    }
}
