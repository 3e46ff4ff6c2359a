//! Every operation against the plain composition of tch's operations in f64: result and all
//! gradients, on odd sizes, for each dtype (f32 takes our loops, f64 and bf16 the compositions).

use super::*;
use crate::torch::TorchError;
use crate::torch::backward;
use crate::torch::testing::{assert_close, leaf, random};
use tch::{Kind, Tensor};

mod attend;
mod blocks;
mod loss;
mod singles;

/// Dtypes and how far from the f64 reference they may be.
const KINDS: [(Kind, f64); 3] =
    [(Kind::Float, 1e-5), (Kind::Double, 1e-11), (Kind::BFloat16, 2e-2)];

/// Compares an operation's result and gradients with a reference, for inputs of a dtype.
#[track_caller]
fn compare(
    kind: (Kind, f64),
    inputs: &[Tensor],
    op: impl Fn(&[Tensor]) -> Tensor,
    reference: impl Fn(&[Tensor]) -> Tensor,
) {
    let (kind, most) = kind;
    let ours: Vec<Tensor> = inputs.iter().map(|x| leaf(&x.to_kind(kind))).collect();
    let theirs: Vec<Tensor> = ours.iter().map(|x| leaf(&x.to_kind(Kind::Double))).collect();
    let (y, wanted) = (op(&ours), reference(&theirs));
    assert_eq!(y.kind(), kind);
    assert_close(&format!("result in {kind:?}"), &y, &wanted, most);
    let g = random(99, &y.size()).to_kind(kind);
    backward(&[&y], &[&g]).unwrap();
    backward(&[&wanted], &[&g.to_kind(Kind::Double)]).unwrap();
    for (i, (a, b)) in ours.iter().zip(&theirs).enumerate() {
        let (a, b) = (a.grad(), b.grad());
        assert_eq!(a.defined(), b.defined(), "gradient {i}");
        if b.defined() {
            assert_eq!(a.kind(), kind, "gradient {i}");
            assert_close(&format!("gradient {i} in {kind:?}"), &a, &b, 2.0 * most);
        }
    }
}

fn plain_rms_norm(x: &Tensor, w: &Tensor, eps: f64) -> Tensor {
    let mean = (x * x).mean_dim([-1i64].as_slice(), true, None::<Kind>);
    w * (x * (mean + eps).rsqrt())
}

fn plain_rope(x: &Tensor, cos: &Tensor, sin: &Tensor) -> Tensor {
    let half = x.size()[2] / 2;
    let turned = Tensor::cat(&[-x.narrow(2, half, half), x.narrow(2, 0, half)], 2);
    let wide = |t: &Tensor| t.to_kind(x.kind()).unsqueeze(1);
    x * wide(cos) + turned * wide(sin)
}

/// One big masked softmax over the whole row: slow, and plainly right.
fn plain_attention(q: &Tensor, k: &Tensor, v: &Tensor, cu_seqlens: &[i64], scale: f64) -> Tensor {
    let (t, group) = (q.size()[0], q.size()[1] / k.size()[1]);
    let document: Vec<i64> =
        (0..t).map(|i| cu_seqlens.iter().filter(|&&b| b <= i).count() as i64).collect();
    let document = Tensor::from_slice(&document);
    let same = document.unsqueeze(0).eq_tensor(&document.unsqueeze(1));
    let seen = same.logical_and(&Tensor::ones([t, t], (Kind::Bool, q.device())).tril(0));
    let by_head = |x: &Tensor| x.transpose(0, 1);
    let repeat = |x: &Tensor| by_head(x).repeat_interleave_self_int(group, 0, None);
    let scores = by_head(q).matmul(&repeat(k).transpose(1, 2)) * scale;
    let weights =
        scores.masked_fill(&seen.logical_not(), f64::NEG_INFINITY).softmax(-1, None::<Kind>);
    weights.matmul(&repeat(v)).transpose(0, 1)
}

fn angles(t: i64, d: i64) -> (Tensor, Tensor) {
    let half = random(5, &[t, d / 2]) * 3.0;
    let both = Tensor::cat(&[&half, &half], 1);
    (both.cos(), both.sin())
}

#[test]
fn misfits_are_errors_that_say_what_does_not_fit() {
    let x = random(1, &[4, 6]);
    let text = |r: Result<Tensor, TorchError>| r.unwrap_err().to_string();
    assert!(text(rms_norm(&x, &random(2, &[5]), 1e-5)).contains("rms_norm: input [4, 6]"));
    assert!(text(swiglu(&x, &random(2, &[4, 5]))).contains("[4, 5]"));
    assert!(text(linear(&x, &random(2, &[3, 5]), None)).contains("linear"));
    let q = random(3, &[4, 2, 3]);
    assert!(text(rope(&q, &random(4, &[4, 3]), &random(4, &[4, 3]))).contains("even D"));
    for cu_seqlens in [&[0, 3][..], &[0, 5], &[1, 4], &[0], &[0, 3, 2, 4]] {
        assert!(text(attention(&q, &q, &q, cu_seqlens, 1.0)).contains("cu_seqlens"));
    }
    assert!(text(attention(&q, &random(3, &[4, 3, 3]), &q, &[0, 4], 1.0)).contains("multiple"));
    let case = loss::head_case(9, 4, 11);
    let outside = Tensor::full([9], 11, (Kind::Int64, tch::Device::Cpu));
    let wrong = CrossEntropy { labels: &outside, ..loss::of(&case, 4) };
    assert!(text(cross_entropy_sums(&wrong)).contains("vocabulary of 11"));
    assert!(text(cross_entropy_sums(&loss::of(&case, 0))).contains("chunk"));
}
