//! The choice of a device, and what it is called and can do.

mod choice;
mod cuda;
mod memory;

use super::TorchError;
use super::ffi::{self, check};
use super::gpu_kernels::nvrtc_version;
use super::warnings;
use crate::limits::Limits;
use crate::unit::Bytes;
pub use choice::{Chosen, DeviceChoice, DeviceInfo};
pub use cuda::versions;
use cuda::{Gpu, Unusable};
pub use memory::{empty_cache, memory_in_use, memory_peak, reset_peak, synchronize};
use tch::Device;

/// First compute capability whose tensor cores multiply bf16, and that flash attention runs on.
const AMPERE: (i32, i32) = (8, 0);

/// Dense bf16 peaks in FLOP/s by a part of the GPU's name; the first that fits counts.
const PEAKS: [(&str, f64); 18] = [
    ("GB200", 2250e12),
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

/// Takes the chosen device, sets the threads that libtorch computes with (`None`: as
/// many as this process may use), and makes it compute the same on every run. To be called once, on the
/// thread that computes and before anything else of libtorch: CUDA's libraries are loaded here, and libtorch's
/// warnings of this thread go to the log from here on.
///
/// # Errors
/// [`TorchError::NoCuda`] when a GPU was chosen by number and cannot be used. `Auto` takes the
/// CPU then, with the reason in [`DeviceInfo::why`], and in [`Chosen::warnings`] too if there is a GPU.
pub fn choose(choice: DeviceChoice, threads: Option<usize>) -> Result<Chosen, TorchError> {
    let allowed = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = threads.unwrap_or(allowed).max(1);
    warnings::to_log();
    // SAFETY: see the module `ffi`.
    check(unsafe { ffi::vt_prepare(threads as i64) })?;
    match choice {
        DeviceChoice::Cpu => Ok(cpu(threads, "as the config asks".into())),
        DeviceChoice::Cuda(index) => match cuda::open(index) {
            Ok(gpu) => Ok(on_gpu(index, gpu, threads, "as the config asks".into())),
            Err(Unusable { reason, .. }) => Err(TorchError::NoCuda { index, reason }),
        },
        DeviceChoice::Auto => Ok(match cuda::open(0) {
            Ok(gpu) => on_gpu(0, gpu, threads, "the first GPU, and CUDA works".into()),
            Err(Unusable { reason, gpu }) => {
                let mut chosen = cpu(threads, format!("no GPU can be used: {reason}"));
                chosen.warnings.extend(gpu.map(|name| {
                    format!("the {name} stays unused, and the CPU computes: {reason}")
                }));
                chosen
            }
        }),
    }
}

/// Lets kernels that have no deterministic form compute, with a warning in the log, in place of an error.
///
/// # Errors
/// libtorch fails.
pub fn allow_nondeterminism() -> Result<(), TorchError> {
    // SAFETY: see the module `ffi`.
    check(unsafe { ffi::vt_allow_nondeterminism() })
}

fn cpu(threads: usize, why: String) -> Chosen {
    let info = DeviceInfo {
        name: "cpu".into(),
        model: cpu_model(&std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default()),
        why,
        threads,
        memory: host_memory(),
        peak_flops: None,
        capability: None,
    };
    Chosen { device: Device::Cpu, info, warnings: Vec::new() }
}

fn on_gpu(index: usize, gpu: Gpu, threads: usize, why: String) -> Chosen {
    let info = DeviceInfo {
        name: format!("cuda:{index}"),
        peak_flops: peak_flops(&gpu.name),
        model: gpu.name,
        why,
        threads,
        memory: gpu.memory,
        capability: Some(gpu.capability),
    };
    let warnings =
        [old_gpu_warning(&info), no_compiler_warning(&info)].into_iter().flatten().collect();
    Chosen { device: Device::Cuda(index), info, warnings }
}

/// Whether a device of this compute capability, `None` for a CPU, multiplies bf16 in units of its own.
pub fn has_bf16_units(capability: Option<(i32, i32)>) -> bool {
    capability.is_some_and(|capability| capability >= AMPERE)
}

/// Whether this processor multiplies bf16 in instructions of its own: AVX512-BF16, which those with AMX have too.
pub fn cpu_multiplies_bf16() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("avx512bf16");
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// What is to be said of a GPU without bf16 units.
fn old_gpu_warning(info: &DeviceInfo) -> Option<String> {
    let (major, minor) = info.capability.filter(|capability| *capability < AMPERE)?;
    Some(format!(
        "the {} has compute capability {major}.{minor}: below 8.0 there are no bf16 units and no flash attention, \
         so that attention is slower and takes memory that grows with the square of a document's length; F32 is \
         the default precision here",
        info.model
    ))
}

/// What is to be said where our kernels cannot be compiled for a GPU.
fn no_compiler_warning(info: &DeviceInfo) -> Option<String> {
    let error = nvrtc_version().err()?;
    Some(format!(
        "on the {} libtorch's operators compute what kernels of this program would, and steps are slower: {error}; \
         `make libtorch` fetches it where it finds an NVIDIA driver",
        info.model
    ))
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
        let Chosen { device, info, warnings } = choose(DeviceChoice::Cpu, Some(2)).unwrap();
        assert_eq!((device, warnings.len()), (Device::Cpu, 0));
        assert_eq!((info.name.as_str(), info.threads), ("cpu", 2));
        assert!(info.memory.0 > 0 && info.model != "unknown CPU");
        assert!(memory_peak(device).is_some_and(|bytes| bytes.0 > 1 << 20));
        synchronize(device).unwrap();
    }

    #[test]
    fn a_gpu_that_is_not_there_is_an_error_and_auto_says_why() {
        match cuda::open(0) {
            Ok(gpu) => println!("skipped: this machine has a {}", gpu.name),
            Err(Unusable { reason, .. }) => {
                let error = choose(DeviceChoice::Cuda(0), None).unwrap_err();
                assert!(matches!(error, TorchError::NoCuda { index: 0, .. }));
                assert!(error.to_string().contains(&reason));
                let Chosen { device, info, .. } = choose(DeviceChoice::Auto, None).unwrap();
                assert_eq!(device, Device::Cpu);
                assert!(info.why.contains(&reason), "{}", info.why);
            }
        }
        assert!(choose(DeviceChoice::Cuda(4321), None).is_err());
    }

    #[test]
    fn a_gpu_without_bf16_units_is_said_to_be_one() {
        let gpu =
            |name: &str, capability| Gpu { name: name.into(), memory: Bytes(16 << 30), capability };
        let turing = on_gpu(0, gpu("Tesla T4", (7, 5)), 1, String::new());
        assert!(!has_bf16_units(turing.info.capability));
        assert!(turing.warnings[0].contains("Tesla T4 has compute capability 7.5"));
        let ampere = on_gpu(0, gpu("NVIDIA A100-SXM4-80GB", (8, 0)), 1, String::new());
        assert!(has_bf16_units(ampere.info.capability));
        let old = |text: &String| text.contains("bf16 units");
        assert!(turing.warnings.iter().any(old) && !ampere.warnings.iter().any(old));
        assert!(!has_bf16_units(cpu(1, String::new()).info.capability));
    }

    #[test]
    fn system_files_are_read() {
        assert_eq!(cpu_model("processor\t: 0\nmodel name\t: AMD EPYC\n"), "AMD EPYC");
        assert_eq!(cpu_model(""), "unknown CPU");
    }
}
