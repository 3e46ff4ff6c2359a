//! The kernels of `shim/gpu_kernels`, which NVRTC compiles on the machine that they run on.

use super::TorchError;
use super::ffi::{self, check, taken};
use std::ffi::CString;
use std::path::Path;

/// The architectures that every kernel is known to compile for: Turing, and the generations of data-centre and
/// desktop cards from Ampere on.
pub const ARCHITECTURES: [&str; 9] =
    ["sm_75", "sm_80", "sm_86", "sm_89", "sm_90", "sm_100", "sm_103", "sm_120", "sm_121"];

/// Looks for NVRTC in a folder before the loader's path and NVIDIA's wheels beside libtorch.
pub fn search_nvrtc_in(folder: &Path) {
    if let Ok(text) = CString::new(folder.to_string_lossy().as_bytes()) {
        // SAFETY: see the module `ffi`; the string ends with a zero.
        unsafe { ffi::vt_search_nvrtc(text.as_ptr()) }
    }
}

/// Why kernels of ours could not be compiled or loaded for this thread's GPU, a line for each source that was needed:
/// libtorch's operators compute in their place.
///
/// # Errors
/// Lack of memory.
pub fn kernel_failures() -> Result<Vec<String>, TorchError> {
    let mut lines = std::ptr::null_mut();
    // SAFETY: see the module `ffi`.
    check(unsafe { ffi::vt_kernel_failures(&mut lines) })?;
    Ok(taken(lines).unwrap_or_default().lines().map(str::to_owned).collect())
}

/// NVRTC's version, such as `13.0`.
///
/// # Errors
/// There is none.
pub fn nvrtc_version() -> Result<String, TorchError> {
    let mut version = std::ptr::null_mut();
    // SAFETY: see the module `ffi`.
    check(unsafe { ffi::vt_nvrtc_version(&mut version) })?;
    Ok(taken(version).unwrap_or_default())
}

/// Compiles every kernel for an architecture, as the first use on such a GPU does, without a GPU or a driver; gives
/// their names, each after the file that it is in.
///
/// # Errors
/// There is no NVRTC, or it refuses one: its messages.
pub fn compile_kernels(architecture: &str) -> Result<Vec<String>, TorchError> {
    let architecture = CString::new(architecture)
        .map_err(|error| TorchError::Failed(format!("'{architecture}': {error}")))?;
    let mut names = std::ptr::null_mut();
    // SAFETY: see the module `ffi`; the string ends with a zero.
    check(unsafe { ffi::vt_compile_kernels(architecture.as_ptr(), &mut names) })?;
    Ok(taken(names).unwrap_or_default().lines().map(str::to_owned).collect())
}
