//! Every operation against the plain composition of tch's operations in f64: result and all
//! gradients, on odd sizes, for each dtype (f32 takes our loops, f64 and bf16 the compositions).

use super::*;
use crate::torch::TorchError;
use crate::torch::testing::*;
use tch::{Device, Kind, Tensor};

mod attend;
mod elementwise;
mod loss;
mod matmul;
mod traced;

/// Dtypes and how far from the f64 reference they may be.
const KINDS: [(Kind, f64); 3] =
    [(Kind::Float, 1e-5), (Kind::Double, 1e-11), (Kind::BFloat16, 2e-2)];

/// Compares an operation's result and the gradients of all its inputs with a reference, for inputs of
/// a dtype. `op` takes the inputs and the gradient of its result.
#[track_caller]
fn compare(
    kind: (Kind, f64),
    inputs: &[Tensor],
    op: impl Fn(&[Tensor], &Tensor) -> (Tensor, Vec<Tensor>),
    reference: impl Fn(&[Tensor]) -> Tensor,
) {
    let (kind, most) = kind;
    let ours: Vec<Tensor> = inputs.iter().map(|x| x.to_kind(kind).copy()).collect();
    let (wanted, g, wanted_grads) = reference_of(&ours, reference);
    let (y, grads) = op(&ours, &g.to_kind(kind));
    assert_eq!(y.kind(), kind);
    assert_close(&format!("result in {kind:?}"), &y, &wanted, most);
    assert_eq!(grads.len(), wanted_grads.len());
    for (i, (a, b)) in grads.iter().zip(&wanted_grads).enumerate() {
        assert_eq!(a.kind(), kind, "gradient {i}");
        assert_close(&format!("gradient {i} in {kind:?}"), a, b, 2.0 * most);
    }
}

#[test]
fn misfits_are_errors_that_say_what_does_not_fit() {
    let x = random(1, &[4, 6]);
    fn text<T: std::fmt::Debug>(result: Result<T, TorchError>) -> String {
        result.unwrap_err().to_string()
    }
    assert!(text(rms_norm(&x, &random(2, &[5]), 1e-5)).contains("rms_norm: input [4, 6]"));
    assert!(text(swiglu(&x, &random(2, &[4, 5]))).contains("[4, 5]"));
    assert!(text(linear(&x, &random(2, &[3, 5]), None)).contains("matmul: [4, 6] times [5, 3]"));
    let q = random(3, &[4, 2, 3]);
    let (cos, sin) = (random(4, &[4, 3]), random(4, &[4, 3]));
    assert!(text(rope(&mut q.copy(), &cos, &sin, Direction::Forward)).contains("even E"));
    for cu_seqlens in [&[0, 3][..], &[0, 5], &[1, 4], &[0], &[0, 3, 2, 4]] {
        assert!(text(attention(&q, &q, &q, cu_seqlens, 1.0)).contains("cu_seqlens"));
    }
    assert!(text(attention(&q, &random(3, &[4, 3, 3]), &q, &[0, 4], 1.0)).contains("multiple"));
    let case = loss::head_case(9, 4, 11);
    let outside = Tensor::full([9], 11, (Kind::Int64, tch::Device::Cpu));
    let wrong = CrossEntropy { labels: &outside, ..loss::loss_of(&case, 4) };
    assert!(text(cross_entropy_sums(&wrong)).contains("vocabulary of 11"));
    assert!(text(cross_entropy_sums(&loss::loss_of(&case, 0))).contains("chunk"));
}
