//! CUDA, found and loaded while the program runs: the driver is asked first, then libtorch's CUDA libraries are
//! loaded, then a first number is computed.

use crate::torch::TorchError;
use crate::torch::ffi::{self, check, taken};
use crate::torch::gpu_kernels::nvrtc_version;
use crate::unit::Bytes;
use std::ffi::{CStr, CString, c_int};
use std::path::{Path, PathBuf};

/// Oldest compute capability that libtorch 2.11 built for CUDA 13 has code for.
const OLDEST: (i32, i32) = (7, 5);

/// How to get CUDA's libraries for the libtorch that `make` has fetched.
const FETCH: &str = "`make libtorch` fetches them where it finds an NVIDIA driver";

/// What the NVIDIA driver tells about a GPU.
#[derive(Debug)]
pub(super) struct Gpu {
    pub name: String,
    pub memory: Bytes,
    pub capability: (i32, i32),
}

/// Why a GPU cannot be used.
#[derive(Debug)]
pub(super) struct Unusable {
    pub reason: String,
    /// Its name, where there is one.
    pub gpu: Option<String>,
}

/// Makes GPU `index` usable, or gives the reason why it is not.
pub(super) fn open(index: usize) -> Result<Gpu, Unusable> {
    let gpu = driver_device(index).map_err(|reason| Unusable { reason, gpu: None })?;
    match make_usable(index, &gpu) {
        Ok(()) => Ok(gpu),
        Err(reason) => Err(Unusable { reason, gpu: Some(gpu.name) }),
    }
}

fn make_usable(index: usize, gpu: &Gpu) -> Result<(), String> {
    let (major, minor) = gpu.capability;
    if gpu.capability < OLDEST {
        let (least, least_minor) = OLDEST;
        return Err(format!(
            "the {} has compute capability {major}.{minor}, this libtorch needs {least}.{least_minor}",
            gpu.name
        ));
    }
    load_libraries()?;
    // SAFETY: see the module `ffi`.
    check(unsafe { ffi::vt_try_cuda(index as i64, major, minor) })
        .map_err(|e| format!("a first computation on the {} failed: {e}", gpu.name))
}

fn driver_device(index: usize) -> Result<Gpu, String> {
    let mut name = [0u8; 256];
    let (mut count, mut major, mut minor) = (0 as c_int, 0 as c_int, 0 as c_int);
    let mut bytes = 0u64;
    let wanted = c_int::try_from(index).map_err(|_| format!("there is no GPU number {index}"))?;
    // SAFETY: see the module `ffi`; the name is cut to the size given.
    check(unsafe {
        ffi::vt_driver_device(
            wanted,
            &mut count,
            name.as_mut_ptr().cast(),
            name.len() as c_int,
            &mut bytes,
            &mut major,
            &mut minor,
        )
    })
    .map_err(|e| format!("no NVIDIA driver works here ({e})"))?;
    match count {
        0 => return Err("the NVIDIA driver shows no GPU (is CUDA_VISIBLE_DEVICES empty?)".into()),
        n if wanted >= n => {
            return Err(format!("there is no GPU number {index}, the driver shows 0 to {}", n - 1));
        }
        _ => {}
    }
    let end = name.iter().position(|&b| b == 0).unwrap_or(name.len());
    Ok(Gpu {
        name: String::from_utf8_lossy(&name[..end]).into_owned(),
        memory: Bytes(bytes),
        capability: (major, minor),
    })
}

/// Versions of what computes on a GPU: the driver, where there is one, libtorch, and the compiler of our kernels.
pub fn versions() -> String {
    let mut driver = 0 as c_int;
    // SAFETY: see the module `ffi`; libtorch's version is a constant of the program.
    let asked = check(unsafe { ffi::vt_driver_version(&mut driver) });
    let libtorch = unsafe { CStr::from_ptr(ffi::vt_libtorch_version()) }.to_string_lossy();
    match asked {
        Ok(()) => {
            let nvrtc = nvrtc_version().map_or("no NVRTC".into(), |found| format!("NVRTC {found}"));
            let (major, minor) = (driver / 1000, driver % 1000 / 10);
            format!("driver for CUDA {major}.{minor}, libtorch {libtorch}, {nvrtc}")
        }
        Err(_) => format!("no driver, libtorch {libtorch}"),
    }
}

/// Loads libtorch_cuda.so from beside libtorch_cpu.so. The linker leaves it out of the program
/// because no symbol of it is named, so that one binary serves machines without CUDA too.
fn load_libraries() -> Result<(), String> {
    let library = libtorch_folder().map_err(|e| e.to_string())?.join("libtorch_cuda.so");
    if !library.exists() {
        return Err(format!(
            "this libtorch has no CUDA ('{}' is missing); {FETCH}",
            library.display()
        ));
    }
    open_library(&library)
        .map_err(|e| format!("CUDA's libraries cannot be loaded ({e}); {FETCH}"))?;
    let mut seen = false;
    // SAFETY: see the module `ffi`.
    check(unsafe { ffi::vt_has_cuda(&mut seen) }).map_err(|e| e.to_string())?;
    match seen {
        true => Ok(()),
        // libtorch looks for CUDA once, at the first need, and keeps the answer.
        false => Err("libtorch has settled on having no CUDA: it computed something in this process before \
                      CUDA's libraries were loaded, or those are of another libtorch; start the program anew"
            .into()),
    }
}

fn open_library(path: &Path) -> Result<(), TorchError> {
    let text = CString::new(path.to_string_lossy().as_bytes())
        .map_err(|e| TorchError::Failed(format!("'{}': {e}", path.display())))?;
    // SAFETY: see the module `ffi`; the string ends with a zero.
    check(unsafe { ffi::vt_open_library(text.as_ptr()) })
}

fn libtorch_folder() -> Result<PathBuf, TorchError> {
    let mut folder = std::ptr::null_mut();
    // SAFETY: see the module `ffi`.
    check(unsafe { ffi::vt_libtorch_folder(&mut folder) })?;
    Ok(PathBuf::from(taken(folder).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_that_does_not_load_says_so() {
        let error = open_library(Path::new("/nowhere/libtorch_cuda.so")).unwrap_err();
        assert!(error.to_string().contains("/nowhere/libtorch_cuda.so"));
        assert!(versions().contains("libtorch 2.11."), "{}", versions());
        assert!(libtorch_folder().unwrap().join("libtorch_cpu.so").exists());
    }
}
