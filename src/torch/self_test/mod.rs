//! Whether the kernels of a device compute what they should: each against libtorch's plain operators there and
//! in f32 on the CPU, and twice by bits. What cannot be tested where no such device is tests itself here.

mod cases;
mod numbers;

use super::TorchError;
use super::kernels::{Kernel, with_plain};
use cases::compute;
pub(crate) use numbers::random;
use serde::{Deserialize, Serialize};
use tch::{Device, Kind, Tensor};

/// How much farther from f32 a kernel may be than plain operators of the same dtype: it rounds at other places.
const SLACK: f64 = 2.0;
/// Distance from f32 that is always allowed.
fn always_allowed(kernel: Kernel) -> f64 {
    match kernel {
        // A few of the 8-bit codes that are rounded the other way for the last digit of what is rounded: each is
        // 1e-4 of the distance.
        Kernel::AdamW => 3e-4,
        // Sums in another order.
        Kernel::RmsNorm
        | Kernel::Swiglu
        | Kernel::Rope
        | Kernel::Attention
        | Kernel::CrossEntropy => 1e-5,
    }
}

/// What was found of a kernel in a dtype.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KernelCheck {
    /// The kernel.
    pub kernel: Kernel,
    /// `f32` or `bf16`.
    pub dtype: String,
    /// Relative distance of its results and gradients from f32 on the CPU, by the Euclidean norm.
    pub error: f64,
    /// That of libtorch's plain operators on the device.
    pub plain_error: f64,
    /// Whether it may be used.
    pub verdict: Verdict,
}

impl KernelCheck {
    /// Whether it may be used.
    pub fn passed(&self) -> bool {
        self.verdict == Verdict::Passed
    }
}

/// Whether a kernel may be used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Verdict {
    /// As near to f32 as plain operators, and the same bits twice.
    Passed,
    /// Farther from f32 than rounding explains.
    Wrong,
    /// Other bits for the same numbers.
    NotRepeatable,
    /// It cannot compute: libtorch's message.
    Failed(String),
}

/// Checks every kernel on a device in a dtype. A kernel's plain stand-in counts as right.
///
/// # Errors
/// Plain operators fail, there or on the CPU.
pub fn check_kernels(device: Device, dtype: Kind) -> Result<Vec<KernelCheck>, TorchError> {
    Kernel::ALL.iter().map(|kernel| check_kernel(*kernel, device, dtype)).collect()
}

fn check_kernel(kernel: Kernel, device: Device, dtype: Kind) -> Result<KernelCheck, TorchError> {
    let wanted = with_plain(kernel, || compute(kernel, Device::Cpu, Kind::Float))?;
    let plain = with_plain(kernel, || compute(kernel, device, dtype))?;
    let once = compute(kernel, device, dtype);
    let again = compute(kernel, device, dtype);
    let plain_error = distance(&plain, &wanted)?;
    let (error, verdict) = match (once, again) {
        (Ok(once), Ok(again)) => {
            let error = distance(&once, &wanted)?;
            let allowed = SLACK * plain_error + always_allowed(kernel);
            (error, judge(error, allowed, same_bits(&once, &again)))
        }
        (Err(error), _) | (_, Err(error)) => (f64::INFINITY, Verdict::Failed(error.to_string())),
    };
    let dtype = if dtype == Kind::BFloat16 { "bf16" } else { "f32" };
    Ok(KernelCheck { kernel, dtype: dtype.into(), error, plain_error, verdict })
}

fn judge(error: f64, allowed: f64, repeats: bool) -> Verdict {
    // Written so that an error that is not a number is wrong.
    match error <= allowed {
        false => Verdict::Wrong,
        true if !repeats => Verdict::NotRepeatable,
        true => Verdict::Passed,
    }
}

/// The largest |a − b| / |b| of the tensors.
fn distance(found: &[Tensor], wanted: &[Tensor]) -> Result<f64, TorchError> {
    let mut largest = 0f64;
    for (found, wanted) in found.iter().zip(wanted) {
        let found = found.f_to(Device::Cpu)?.f_to_kind(Kind::Double)?;
        let wanted = wanted.f_to_kind(Kind::Double)?;
        let norm = |tensor: &Tensor| tensor.f_norm().and_then(|norm| norm.f_double_value(&[]));
        let relative = norm(&found.f_sub(&wanted)?)? / norm(&wanted)?.max(1e-30);
        if relative.is_nan() {
            return Ok(f64::NAN);
        }
        largest = largest.max(relative);
    }
    Ok(largest)
}

fn same_bits(one: &[Tensor], other: &[Tensor]) -> bool {
    one.iter().zip(other).all(|(one, other)| one.equal(other))
}

/// Whether a device that is asked for more than its memory says so, and computes on afterwards.
///
/// # Errors
/// It does not: what it answered.
pub fn check_out_of_memory(device: Device, memory: u64) -> Result<(), TorchError> {
    let elements = i64::try_from(memory / 2).unwrap_or(i64::MAX / 8);
    match Tensor::f_zeros([elements], (Kind::Float, device)).map_err(TorchError::from) {
        Err(error) if error.is_out_of_memory() => {}
        Err(error) => return Err(error),
        Ok(_) => {
            return Err(TorchError::Failed("twice the device's memory could be allocated".into()));
        }
    }
    super::empty_cache(device)?;
    let sum = Tensor::f_ones([2], (Kind::Float, device))?.f_sum(Kind::Float)?.f_double_value(&[])?;
    match sum {
        2.0 => Ok(()),
        _ => Err(TorchError::Failed(format!("1 + 1 is {sum} after it"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::torch::use_plain;

    #[test]
    fn the_kernels_of_the_cpu_pass() {
        for dtype in [Kind::Float, Kind::BFloat16] {
            for check in check_kernels(Device::Cpu, dtype).unwrap() {
                assert_eq!(check.verdict, Verdict::Passed, "{check:?}");
                assert!(check.error < 2e-2, "{check:?}");
            }
        }
        // The two ways differ, or nothing was compared: the loops sum in another order.
        let checks = check_kernels(Device::Cpu, Kind::Float).unwrap();
        let differ = checks.iter().filter(|check| check.error != check.plain_error).count();
        assert!(differ >= 5, "{checks:?}");
    }

    #[test]
    fn what_is_wrong_or_differs_does_not_pass() {
        assert_eq!(judge(3e-3, 4e-3, true), Verdict::Passed);
        assert_eq!(judge(5e-3, 4e-3, true), Verdict::Wrong);
        assert_eq!(judge(f64::NAN, 4e-3, true), Verdict::Wrong);
        assert_eq!(judge(0.0, 1e-5, false), Verdict::NotRepeatable);
        let of = |values: &[f32]| [Tensor::from_slice(values)];
        assert!(distance(&of(&[1.0, f32::NAN]), &of(&[1.0, 2.0])).unwrap().is_nan());
        assert_eq!(distance(&of(&[3.0, 0.0]), &of(&[0.0, 0.0])).unwrap(), 3e30);
        assert!(same_bits(&of(&[1.0]), &of(&[1.0])) && !same_bits(&of(&[1.0]), &of(&[1.1])));
    }

    #[test]
    fn a_stand_in_is_of_one_thread_and_can_be_taken_back() {
        use_plain(Kernel::Rope, true);
        let elsewhere = std::thread::spawn(|| crate::torch::kernels::is_plain(Kernel::Rope));
        assert!(!elsewhere.join().unwrap());
        let check = check_kernel(Kernel::Rope, Device::Cpu, Kind::Float).unwrap();
        assert_eq!(check.error, check.plain_error, "plain operators computed twice");
        use_plain(Kernel::Rope, false);
        assert!(!crate::torch::kernels::is_plain(Kernel::Rope));
    }

    #[test]
    fn memory_that_is_not_there_is_an_error_that_is_known() {
        check_out_of_memory(Device::Cpu, 1 << 50).unwrap();
        let error = check_out_of_memory(Device::Cpu, 64).unwrap_err().to_string();
        assert!(error.contains("could be allocated"), "{error}");
    }
}
