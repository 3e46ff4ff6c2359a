//! What tch does not bind: operations of a decoder over packed documents with their backwards, the
//! fused optimizer, a leaf's gradient, devices and their memory.
//!
//! It goes through a C++ shim (`shim/`, compiled by `build.rs`) that calls libtorch. This is the
//! only module with `unsafe` code: here it is confined to the calls of the shim and to the bytes of copies
//! in host memory, behind safe functions that return [`TorchError`] and never panic.
//!
//! The operations compute in f32 on the CPU with loops of our own and oneDNN's matmul, and on CUDA with libtorch's
//! matmul and attention and kernels of our own; any other combination works too, by compositions. Loops and kernels
//! share their arithmetic (`shim/arith`).

mod count;
mod device;
mod environment;
mod error;
mod ffi;
mod gpu_kernels;
mod gradient;
mod host_copy;
mod kernels;
pub mod ops;
pub mod optim;
mod self_test;
#[cfg(test)]
pub(crate) mod testing;
mod trace;
mod warnings;

pub use count::{OperatorCount, count_operators};
pub use device::{
    Chosen, DeviceChoice, DeviceInfo, allow_nondeterminism, choose, cpu_multiplies_bf16,
    free_host_memory, has_bf16_units, host_memory, versions,
};
pub use device::{empty_cache, memory_in_use, memory_peak, reset_peak, synchronize};
pub use environment::set_environment;
pub use error::TorchError;
pub use gpu_kernels::search_nvrtc_in;
pub use gpu_kernels::{ARCHITECTURES, compile_kernels, kernel_failures, nvrtc_version};
pub use gradient::set_grad;
pub use host_copy::{HostCopy, HostMemory};
pub use kernels::{Kernel, is_plain, use_plain};
pub use self_test::{KernelCheck, Verdict, check_kernels, check_out_of_memory};
#[cfg(test)]
pub(crate) use trace::measured_peak;
pub use trace::{Trace, TracedDevice, TracedMemory, beside, full_beside};
