//! The choice of a device, and what it is called and can do.

mod choice;
mod memory;

use super::TorchError;
use super::ffi::{self, check, taken};
use crate::limits::Limits;
use crate::unit::Bytes;
pub use choice::{DeviceChoice, DeviceInfo};
pub use memory::{empty_cache, memory_in_use, memory_peak, reset_peak, synchronize};
use std::ffi::{CString, c_int};
use std::path::{Path, PathBuf};
use tch::Device;

/// Oldest compute capability that libtorch 2.11 built for CUDA 13 has code for.
const OLDEST_CAPABILITY: (i32, i32) = (7, 5);

/// Dense bf16 peaks in FLOP/s by a part of the GPU's name; the first that fits counts.
const PEAKS: [(&str, f64); 17] = [
    ("B200", 2250e12),
    ("GH200", 989.4e12),
    ("H200", 989.4e12),
    ("H100 NVL", 835e12),
    ("H100 PCIe", 756e12),
    ("H100", 989.4e12),
    ("H800", 989.4e12),
    ("H20", 148e12),
    ("A100", 312e12),
    ("A800", 312e12),
    ("L40S", 362e12),
    ("L40", 181e12),
    ("L4", 121e12),
    ("A10", 125e12),
    ("RTX 6000 Ada", 364.2e12),
    ("RTX 5090", 209.5e12),
    ("RTX 4090", 165.2e12),
];

/// What the NVIDIA driver tells about a GPU.
#[derive(Debug)]
struct Gpu {
    name: String,
    memory: Bytes,
    capability: (i32, i32),
}

/// Takes the chosen device, sets the threads that libtorch computes with (`None`: as
/// many as this process may use), and makes it compute the same on every run. To be called once,
/// before anything else of libtorch, since CUDA's libraries are loaded here.
///
/// # Errors
/// [`TorchError::NoCuda`] when a GPU was chosen by number and cannot be used. `Auto` takes the
/// CPU then, with the reason in [`DeviceInfo::why`].
pub fn choose(
    choice: DeviceChoice,
    threads: Option<usize>,
) -> Result<(Device, DeviceInfo), TorchError> {
    let allowed = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = threads.unwrap_or(allowed).max(1);
    // SAFETY: see the module `ffi`.
    check(unsafe { ffi::vt_prepare(threads as i64) })?;
    match choice {
        DeviceChoice::Cpu => Ok(cpu(threads, "as the config asks".into())),
        DeviceChoice::Cuda(index) => open_cuda(index)
            .map(|gpu| cuda(index, gpu, threads, "as the config asks".into()))
            .map_err(|reason| TorchError::NoCuda { index, reason }),
        DeviceChoice::Auto => Ok(match open_cuda(0) {
            Ok(gpu) => cuda(0, gpu, threads, "the first GPU, and CUDA works".into()),
            Err(reason) => cpu(threads, format!("no GPU can be used: {reason}")),
        }),
    }
}

fn cpu(threads: usize, why: String) -> (Device, DeviceInfo) {
    let info = DeviceInfo {
        name: "cpu".into(),
        model: cpu_model(&std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default()),
        why,
        threads,
        memory: host_memory(),
        peak_flops: None,
    };
    (Device::Cpu, info)
}

fn cuda(index: usize, gpu: Gpu, threads: usize, why: String) -> (Device, DeviceInfo) {
    let info = DeviceInfo {
        name: format!("cuda:{index}"),
        peak_flops: peak_flops(&gpu.name),
        model: gpu.name,
        why,
        threads,
        memory: gpu.memory,
    };
    (Device::Cuda(index), info)
}

/// Makes GPU `index` usable, or gives the reason why it is not.
fn open_cuda(index: usize) -> Result<Gpu, String> {
    let gpu = driver_device(index)?;
    if gpu.capability < OLDEST_CAPABILITY {
        let (major, minor) = gpu.capability;
        let (least, least_minor) = OLDEST_CAPABILITY;
        return Err(format!(
            "the {} has compute capability {major}.{minor}, this libtorch needs {least}.{least_minor}",
            gpu.name
        ));
    }
    load_cuda_libraries()?;
    // SAFETY: see the module `ffi`.
    check(unsafe { ffi::vt_try_cuda(index as i64) })
        .map_err(|e| format!("a first computation on the {} failed: {e}", gpu.name))?;
    Ok(gpu)
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

/// Loads libtorch_cuda.so from beside libtorch_cpu.so. The linker leaves it out of the program
/// because no symbol of it is named, so that one binary serves machines without CUDA too.
fn load_cuda_libraries() -> Result<(), String> {
    let library = libtorch_folder().map_err(|e| e.to_string())?.join("libtorch_cuda.so");
    if !library.exists() {
        return Err(format!("this libtorch has no CUDA ('{}' is missing)", library.display()));
    }
    open_library(&library).map_err(|e| format!("CUDA's libraries cannot be loaded ({e})"))
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

fn peak_flops(name: &str) -> Option<f64> {
    PEAKS.iter().find(|(part, _)| contains_word(name, part)).map(|(_, peak)| *peak)
}

/// Whether `name` contains `part` with no letter or digit beside it: "L4" is not "L40".
fn contains_word(name: &str, part: &str) -> bool {
    name.match_indices(part).any(|(at, _)| {
        let before = name[..at].chars().next_back();
        let after = name[at + part.len()..].chars().next();
        [before, after].iter().all(|c| c.is_none_or(|c| !c.is_ascii_alphanumeric()))
    })
}

fn cpu_model(cpuinfo: &str) -> String {
    field(cpuinfo, "model name").unwrap_or("unknown CPU").to_owned()
}

/// The memory that this process may use; 0 where the system does not say.
pub fn host_memory() -> Bytes {
    Limits::default().memory().map_or(Bytes(0), |memory| memory.total)
}

/// What of it can still be had; `None` where the system does not say.
pub fn free_host_memory() -> Option<Bytes> {
    let memory = Limits::default().memory()?;
    Some(Bytes(memory.total.0.saturating_sub(memory.used.0)))
}

fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let lines = text.lines().filter_map(|line| line.split_once(':'));
    lines.into_iter().find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peaks_are_found_by_whole_names() {
        assert_eq!(peak_flops("NVIDIA H100 80GB HBM3"), Some(989.4e12));
        assert_eq!(peak_flops("NVIDIA H100 PCIe"), Some(756e12));
        assert_eq!(peak_flops("NVIDIA A100-SXM4-80GB"), Some(312e12));
        assert_eq!(peak_flops("NVIDIA L40S"), Some(362e12));
        assert_eq!(peak_flops("NVIDIA L4"), Some(121e12));
        assert_eq!(peak_flops("NVIDIA GeForce RTX 4090"), Some(165.2e12));
        assert_eq!(peak_flops("Quadro K2200"), None);
    }

    #[test]
    fn the_cpu_is_described() {
        let (device, info) = choose(DeviceChoice::Cpu, Some(2)).unwrap();
        assert_eq!(device, Device::Cpu);
        assert_eq!((info.name.as_str(), info.threads), ("cpu", 2));
        assert!(info.memory.0 > 0 && info.model != "unknown CPU");
        assert!(memory_peak(device).is_some_and(|bytes| bytes.0 > 1 << 20));
        synchronize(device).unwrap();
    }

    #[test]
    fn a_gpu_that_is_not_there_is_an_error_and_auto_says_why() {
        match open_cuda(0) {
            Ok(gpu) => println!("skipped: this machine has a {}", gpu.name),
            Err(reason) => {
                let error = choose(DeviceChoice::Cuda(0), None).unwrap_err();
                assert!(matches!(error, TorchError::NoCuda { index: 0, .. }));
                assert!(error.to_string().contains(&reason));
                let (device, info) = choose(DeviceChoice::Auto, None).unwrap();
                assert_eq!(device, Device::Cpu);
                assert!(info.why.contains(&reason), "{}", info.why);
            }
        }
        assert!(choose(DeviceChoice::Cuda(4321), None).is_err());
    }

    #[test]
    fn a_library_that_does_not_load_says_so() {
        let error = open_library(Path::new("/nowhere/libtorch_cuda.so")).unwrap_err();
        assert!(error.to_string().contains("/nowhere/libtorch_cuda.so"));
        assert!(libtorch_folder().unwrap().join("libtorch_cpu.so").exists());
    }

    #[test]
    fn system_files_are_read() {
        assert_eq!(cpu_model("processor\t: 0\nmodel name\t: AMD EPYC\n"), "AMD EPYC");
        assert_eq!(cpu_model(""), "unknown CPU");
    }
}
