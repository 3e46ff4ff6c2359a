//! What tch does not bind: differentiable operations of a decoder over packed documents with
//! small memory, the fused optimizer, backward from given gradients, devices and their memory.
//!
//! It goes through a C++ shim (`shim/`, compiled by `build.rs`) that calls libtorch. This is the
//! only room with `unsafe` code: here it is confined to the calls of the shim, behind safe
//! functions that return [`TorchError`] and never panic.
//!
//! The operations compute in f32 on the CPU with loops of our own and oneDNN's products, and in
//! bf16 on CUDA with libtorch's kernels; any other combination works too, by compositions.

mod autograd;
mod device;
mod environment;
mod error;
mod ffi;
pub mod ops;
pub mod optim;
#[cfg(test)]
mod testing;

pub use autograd::backward;
pub use device::{DeviceChoice, DeviceInfo, choose};
pub use device::{empty_cache, memory_in_use, memory_peak, reset_peak, synchronize};
pub use environment::set_environment;
pub use error::TorchError;
