//! The GPU's kernels compile for every generation of cards, by the code that compiles them on a machine with one.
//! NVIDIA's compiler needs no GPU; `make nvrtc` fetches it.

use std::path::PathBuf;
use versatune::torch;

/// Where `make nvrtc` puts it.
fn folder() -> PathBuf {
    let cache = || {
        let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache");
        cache.unwrap_or_else(home).join("versatune/nvrtc-13.0.88")
    };
    let wheel = std::env::var_os("NVRTC").map_or_else(cache, PathBuf::from);
    wheel.join("nvidia/cu13/lib")
}

#[test]
fn every_kernel_compiles_for_every_generation_of_gpus() {
    torch::search_nvrtc_in(&folder());
    let version = torch::nvrtc_version().unwrap_or_else(|error| {
        panic!("{error}; `make nvrtc` fetches it into {}", folder().display())
    });
    assert!(version.starts_with("13."), "{version}");
    for architecture in torch::ARCHITECTURES {
        let kernels = torch::compile_kernels(architecture).unwrap();
        let of = |file: &str| kernels.iter().filter(|name| name.starts_with(file)).count();
        let found = ["adamw.cu ", "elementwise.cu ", "loss.cu ", "norm.cu "].map(of);
        assert_eq!(found, [5, 6, 4, 9], "{architecture}: {kernels:?}");
    }
    // What it refuses it refuses with its reason.
    let error = torch::compile_kernels("sm_1").unwrap_err().to_string();
    let wanted = "adamw.cu does not compile for sm_1: nvrtc: error: invalid value";
    assert!(error.contains(wanted), "{error}");
}
