//! A trace: the code of a pass on tensors that have shapes and no numbers, as if on a device, with the memory
//! counted that it would take there. It takes milliseconds and no memory, whatever the shapes.

use super::TorchError;
use super::ffi::{self, one, raw};
use std::marker::PhantomData;
use tch::{Device, Kind, Tensor};

/// The device that is traced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TracedDevice {
    /// This machine's CPU.
    Cpu,
    /// A GPU of this compute capability.
    Gpu((i32, i32)),
}

/// A trace of this thread, until the next begins.
#[derive(Debug)]
pub struct Trace {
    /// It counts what this thread does.
    _of_this_thread: PhantomData<*const ()>,
}

/// Bytes that tensors take, each rounded as the device's allocator does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TracedMemory {
    /// Now.
    pub live: u64,
    /// At most, since the last look.
    pub peak: u64,
}

impl Trace {
    /// Begins a trace on this thread.
    pub fn begin(device: TracedDevice) -> Self {
        let (major, minor) = match device {
            TracedDevice::Cpu => (0, 0),
            TracedDevice::Gpu(capability) => capability,
        };
        // SAFETY: see the module `ffi`.
        unsafe { ffi::vt_trace(major, minor) }
        Trace { _of_this_thread: PhantomData }
    }

    /// A tensor of this shape and kind.
    ///
    /// # Errors
    /// A negative size.
    pub fn tensor(&self, size: &[i64], kind: Kind) -> Result<Tensor, TorchError> {
        let (sizes, dims) = (size.as_ptr(), size.len() as i64);
        let of_kind = Tensor::f_empty([0], (kind, Device::Cpu))?;
        // SAFETY: see the module `ffi`; `dims` is the number of sizes.
        one(|out| unsafe { ffi::vt_traced_tensor(out, sizes, dims, raw(&of_kind)) })
    }

    /// What tensors take; the peak counts anew from here.
    pub fn memory(&self) -> TracedMemory {
        let (mut live, mut peak) = (0i64, 0i64);
        // SAFETY: see the module `ffi`.
        unsafe { ffi::vt_traced_memory(&mut live, &mut peak) }
        let bytes = |count: i64| u64::try_from(count).unwrap_or(0);
        TracedMemory { live: bytes(live), peak: bytes(peak) }
    }
}

/// A tensor, copied to where another is: a device, or a trace.
///
/// # Errors
/// Lack of memory there.
pub fn beside(tensor: &Tensor, other: &Tensor) -> Result<Tensor, TorchError> {
    // SAFETY: see the module `ffi`.
    one(|out| unsafe { ffi::vt_beside(out, raw(tensor), raw(other)) })
}

/// A tensor of a shape and kind, filled with a number, where another is: on a device, or in a trace.
///
/// # Errors
/// Lack of memory there, a negative size.
pub fn full_beside(
    size: &[i64],
    value: f64,
    kind: Kind,
    other: &Tensor,
) -> Result<Tensor, TorchError> {
    let (sizes, dims) = (size.as_ptr(), size.len() as i64);
    let of_kind = Tensor::f_empty([0], (kind, Device::Cpu))?;
    // SAFETY: see the module `ffi`; `dims` is the number of sizes.
    one(|out| unsafe { ffi::vt_full_beside(out, sizes, dims, value, raw(&of_kind), raw(other)) })
}

/// Most memory that tensors of this thread take on the CPU during `work`.
#[cfg(test)]
pub(crate) fn measured_peak<T>(work: impl FnOnce() -> T) -> (u64, T) {
    // SAFETY: see the module `ffi`.
    unsafe { ffi::vt_measure_memory() }
    let done = work();
    let peak = unsafe { ffi::vt_measured_peak() };
    (u64::try_from(peak).unwrap_or(0), done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_counted_while_tensors_live() {
        let trace = Trace::begin(TracedDevice::Cpu);
        let one = trace.tensor(&[1000, 100], Kind::Float).unwrap();
        let bytes = trace.memory();
        assert_eq!((bytes.live, bytes.peak), (400_000, 400_000));
        drop(&one + &one);
        assert_eq!(trace.memory(), TracedMemory { live: 400_000, peak: 800_000 });
        drop(one);
        assert_eq!(trace.memory(), TracedMemory { live: 0, peak: 400_000 });
        let gpu = Trace::begin(TracedDevice::Gpu((9, 0)));
        let small = gpu.tensor(&[3], Kind::BFloat16).unwrap();
        assert_eq!(gpu.memory().live, 512);
        let moved = beside(&Tensor::ones([600], (Kind::Float, Device::Cpu)), &small).unwrap();
        assert_eq!((moved.size(), gpu.memory().live), (vec![600], 512 + 2560));
    }

    #[test]
    fn the_peak_of_real_tensors_is_measured() {
        let options = (Kind::Float, Device::Cpu);
        let (peak, kept) = measured_peak(|| {
            let kept = Tensor::zeros([100_000], options);
            drop(Tensor::zeros([50_000], options));
            kept
        });
        assert_eq!((peak, kept.numel()), (600_000, 100_000));
    }
}
