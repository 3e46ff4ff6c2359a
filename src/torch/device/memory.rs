//! Memory of a device, and waiting for it.

use super::field;
use crate::torch::TorchError;
use crate::torch::ffi::{self, check};
use crate::unit::Bytes;
use tch::Device;

/// Most memory so far: what tensors took on a GPU since the start or [`reset_peak`]; on the CPU the
/// resident memory of this process.
pub fn memory_peak(device: Device) -> Option<Bytes> {
    match device {
        Device::Cpu => process_peak(),
        _ => statistic(device, ffi::vt_memory_peak),
    }
}

fn process_peak() -> Option<Bytes> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kibibytes: u64 = field(&status, "VmHWM")?.trim_end_matches("kB").trim().parse().ok()?;
    Some(Bytes(kibibytes * 1024))
}

/// Bytes that tensors take on a GPU now; `None` on the CPU.
pub fn memory_in_use(device: Device) -> Option<Bytes> {
    statistic(device, ffi::vt_memory_in_use)
}

fn statistic(
    device: Device,
    read: unsafe extern "C" fn(i64, *mut i64) -> *mut std::ffi::c_char,
) -> Option<Bytes> {
    let Device::Cuda(index) = device else { return None };
    let mut bytes = 0i64;
    // SAFETY: see the module `ffi`.
    check(unsafe { read(index as i64, &mut bytes) }).ok()?;
    u64::try_from(bytes).ok().map(Bytes)
}

/// Starts the count of [`memory_peak`] anew.
///
/// # Errors
/// A GPU that does not respond.
pub fn reset_peak(device: Device) -> Result<(), TorchError> {
    on_cuda(device, |index| unsafe { ffi::vt_reset_peak(index) })
}

/// Gives unused memory of libtorch's cache back to the GPU.
///
/// # Errors
/// A GPU that does not respond.
pub fn empty_cache(device: Device) -> Result<(), TorchError> {
    on_cuda(device, |_| unsafe { ffi::vt_empty_cache() })
}

/// Waits until the device has done all that it was given.
///
/// # Errors
/// An error of a computation that was under way.
pub fn synchronize(device: Device) -> Result<(), TorchError> {
    on_cuda(device, |index| unsafe { ffi::vt_synchronize(index) })
}

fn on_cuda(
    device: Device,
    call: impl FnOnce(i64) -> *mut std::ffi::c_char,
) -> Result<(), TorchError> {
    match device {
        Device::Cuda(index) => check(call(index as i64)),
        _ => Ok(()),
    }
}
