//! What operators on traced tensors would do on the device: their calls, the FLOP of products, the bytes moved.

use super::TorchError;
use super::ffi::{self, check, taken};
use serde::Serialize;
use std::ptr;

/// What all calls of an operator do.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OperatorCount {
    /// Its name, as libtorch has it; `upload` is a copy from the host.
    pub operator: String,
    /// Kernels, where each call is one.
    pub calls: u64,
    /// Of products; 0 for all others, attention too.
    pub flops: f64,
    /// Read and written, each tensor once a call.
    pub bytes: f64,
}

/// Does `work` on traced tensors ([`Trace`](super::Trace)) and counts what it would do on the device. Of operators
/// that call others only these are counted.
///
/// # Errors
/// That of `work`, or libtorch fails.
pub fn count_operators<E: From<TorchError>>(
    work: impl FnOnce() -> Result<(), E>,
) -> Result<Vec<OperatorCount>, E> {
    // SAFETY: see the module `ffi`.
    check(unsafe { ffi::vt_count_operators() })?;
    let done = work();
    let mut lines = ptr::null_mut();
    // SAFETY: see the module `ffi`.
    check(unsafe { ffi::vt_take_counts(&mut lines) })?;
    let lines = taken(lines).unwrap_or_default();
    done.map(|()| lines.lines().filter_map(parsed).collect())
}

fn parsed(line: &str) -> Option<OperatorCount> {
    let mut words = line.split(' ');
    Some(OperatorCount {
        operator: words.next()?.to_owned(),
        calls: words.next()?.parse().ok()?,
        flops: words.next()?.parse().ok()?,
        bytes: words.next()?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Trace, TracedDevice};
    use super::*;
    use tch::{Kind, no_grad};

    #[test]
    fn leaves_are_counted_and_views_and_allocations_are_not() {
        let trace = Trace::begin(TracedDevice::Gpu((9, 0)));
        let a = trace.tensor(&[3, 4], Kind::BFloat16).unwrap();
        let b = trace.tensor(&[4, 5], Kind::BFloat16).unwrap();
        let counts = count_operators(|| -> Result<(), TorchError> {
            // A product in a composite, a view, a sum with an expanded row, one in place, a fill and an upload.
            let product = a.f_matmul(&b)?.f_tr()?;
            let row = product.f_narrow(1, 0, 1)?.f_expand([5, 3], true)?;
            let mut sum = product.f_add(&row)?;
            let _ = no_grad(|| sum.f_add_(&product))?;
            let _ = sum.f_zero_()?;
            drop(super::super::beside(&tch::Tensor::from_slice(&[1i64, 2]), &a)?);
            Ok(())
        })
        .unwrap();
        let of = |operator: &str| counts.iter().find(|count| count.operator == operator).cloned();
        let (mm, add) = (of("aten::mm").unwrap(), of("aten::add").unwrap());
        assert_eq!((mm.calls, mm.flops, mm.bytes), (1, 120.0, 2.0 * (12.0 + 20.0 + 15.0)));
        assert_eq!((add.calls, add.bytes), (1, 2.0 * (15.0 + 5.0 + 15.0)));
        assert_eq!(of("aten::add_").unwrap().bytes, 2.0 * 3.0 * 15.0);
        assert_eq!(of("aten::zero_").unwrap().bytes, 2.0 * 15.0);
        assert_eq!(of("upload").unwrap().calls, 1);
        assert_eq!(counts.len(), 5, "{counts:?}");
    }
}
