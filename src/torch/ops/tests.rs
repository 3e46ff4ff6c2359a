//! Every operation against the plain composition of tch's operations in f64: result and all
//! gradients, on odd sizes, for each dtype (f32 takes our loops, f64 and bf16 the compositions).

use super::*;
use crate::torch::backward;
use crate::torch::testing::{assert_close, distance, leaf, random};
use proptest::prelude::*;
use tch::{Kind, Tensor};

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
fn plain_attention(q: &Tensor, k: &Tensor, v: &Tensor, bounds: &[i64], scale: f64) -> Tensor {
    let (t, group) = (q.size()[0], q.size()[1] / k.size()[1]);
    let document: Vec<i64> =
        (0..t).map(|i| bounds.iter().filter(|&&b| b <= i).count() as i64).collect();
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
fn rms_norm_as_composed() {
    for kind in KINDS {
        for (t, d) in [(1, 3), (7, 33), (130, 64)] {
            compare(
                kind,
                &[random(1, &[t, d]), random(2, &[d])],
                |x| rms_norm(&x[0], &x[1], 1e-5).unwrap(),
                |x| plain_rms_norm(&x[0], &x[1], 1e-5),
            );
        }
    }
}

#[test]
fn swiglu_as_composed() {
    for kind in KINDS {
        compare(
            kind,
            &[random(1, &[13, 77]) * 20.0, random(2, &[13, 77])],
            |x| swiglu(&x[0], &x[1]).unwrap(),
            |x| x[0].silu() * &x[1],
        );
    }
}

#[test]
fn swiglu_at_the_ends_of_exp() {
    let gate = Tensor::from_slice(&[-1e4f32, -100.0, -88.0, 0.0, 88.0, 1e4, f32::NAN]);
    let y = Vec::<f32>::try_from(swiglu(&gate, &gate.ones_like()).unwrap()).unwrap();
    assert!(y[..3].iter().all(|x| x.abs() < 1e-30) && y[3] == 0.0);
    assert_eq!(y[4..6], [88.0, 1e4]);
    assert!(y[6].is_nan());
}

#[test]
fn rope_as_composed() {
    for kind in KINDS {
        let (cos, sin) = angles(11, 6);
        compare(
            kind,
            &[random(1, &[11, 3, 6])],
            |x| rope(&x[0], &cos, &sin).unwrap(),
            |x| plain_rope(&x[0], &cos, &sin),
        );
    }
}

#[test]
fn linear_as_composed() {
    for kind in KINDS {
        compare(
            kind,
            &[random(1, &[37, 19]), random(2, &[23, 19]), random(3, &[23])],
            |x| linear(&x[0], &x[1], Some(&x[2])).unwrap(),
            |x| x[0].matmul(&x[1].tr()) + &x[2],
        );
    }
}

#[test]
fn linear_with_f32_masters_gives_f32_gradients() {
    let (x, w) = (leaf(&random(1, &[37, 19]).to_kind(Kind::BFloat16)), leaf(&random(2, &[23, 19])));
    let y = linear(&x, &w, None).unwrap();
    assert_eq!(y.kind(), Kind::BFloat16);
    backward(&[&y], &[&y.ones_like()]).unwrap();
    assert_eq!((x.grad().kind(), w.grad().kind()), (Kind::BFloat16, Kind::Float));
    let wanted = x.to_kind(Kind::Float).sum_dim_intlist([0i64].as_slice(), false, None::<Kind>);
    assert_close("gradient", &w.grad().get(3), &wanted, 1e-2);
}

#[test]
fn attention_as_composed() {
    let cases: [(i64, i64, i64, &[i64]); 6] = [
        (1, 1, 4, &[0, 1]),
        (4, 4, 8, &[0, 9]),
        (4, 2, 8, &[0, 1, 2, 40]),
        (8, 2, 16, &[0, 5, 5, 12, 13, 50]),
        (6, 1, 10, &[0, 33, 66]),
        (2, 1, 32, &[0, 130, 300]),
    ];
    for kind in KINDS {
        for (heads, key_heads, d, bounds) in cases {
            let t = *bounds.last().unwrap();
            let inputs = [
                random(1, &[t, heads, d]) * 3.0,
                random(2, &[t, key_heads, d]) * 3.0,
                random(3, &[t, key_heads, d]),
            ];
            compare(
                kind,
                &inputs,
                |x| attention(&x[0], &x[1], &x[2], bounds, 0.3).unwrap(),
                |x| plain_attention(&x[0], &x[1], &x[2], bounds, 0.3),
            );
        }
    }
}

#[test]
fn no_document_sees_another() {
    let bounds = [0, 5, 25, 40];
    let run = |changed: bool| {
        let qkv =
            [random(1, &[40, 4, 8]), random(2, &[40, 2, 8]), random(3, &[40, 2, 8])].map(|x| {
                if changed {
                    let _ = x.narrow(0, 5, 20).copy_(&random(77, &[20, x.size()[1], 8]));
                }
                leaf(&x)
            });
        let y = attention(&qkv[0], &qkv[1], &qkv[2], &bounds, 0.5).unwrap();
        backward(&[&y], &[&random(4, &[40, 4, 8])]).unwrap();
        qkv.iter().map(Tensor::grad).chain([y]).collect::<Vec<_>>()
    };
    for (before, after) in run(false).iter().zip(run(true)) {
        for (from, length) in [(0, 5), (25, 15)] {
            assert!(before.narrow(0, from, length).equal(&after.narrow(0, from, length)));
        }
        assert!(!before.narrow(0, 5, 20).equal(&after.narrow(0, 5, 20)));
    }
}

/// Inputs of an attention block: x, norm, q, k, v, o, then biases of q, k, v, o, then head norms.
fn attention_inputs(t: i64, d: i64, heads: i64, key_heads: i64, width: i64) -> Vec<Tensor> {
    let (all, keys) = (heads * width, key_heads * width);
    let shapes: [&[i64]; 12] = [
        &[t, d],
        &[d],
        &[all, d],
        &[keys, d],
        &[keys, d],
        &[d, all],
        &[all],
        &[keys],
        &[keys],
        &[d],
        &[width],
        &[width],
    ];
    shapes.iter().enumerate().map(|(i, shape)| random(i as u64 + 10, shape)).collect()
}

fn check_attention_block(kind: (Kind, f64), biases: bool, norms: bool) {
    let (t, d, heads, key_heads, width) = (29, 20, 4, 2, 6);
    let bounds = [0, 1, 12, 29];
    let (cos, sin) = angles(t, width);
    let bias = |x: &'_ Tensor| biases.then(|| x.shallow_clone());
    let norm = |x: &'_ Tensor| norms.then(|| x.shallow_clone());
    let ours = |x: &[Tensor]| {
        let (bq, bk, bv, bo) = (bias(&x[6]), bias(&x[7]), bias(&x[8]), bias(&x[9]));
        let block = AttentionBlock {
            norm: &x[1],
            query: Linear { weight: &x[2], bias: bq.as_ref() },
            key: Linear { weight: &x[3], bias: bk.as_ref() },
            value: Linear { weight: &x[4], bias: bv.as_ref() },
            out: Linear { weight: &x[5], bias: bo.as_ref() },
            query_norm: norms.then_some(&x[10]),
            key_norm: norms.then_some(&x[11]),
            heads,
            key_heads,
            eps: 1e-6,
            scale: 0.4,
        };
        attention_block(&x[0], &block, &cos, &sin, &bounds).unwrap()
    };
    let plain = |x: &[Tensor]| {
        let n = plain_rms_norm(&x[0], &x[1], 1e-6);
        let project = |n: &Tensor, w: &Tensor, b: &Tensor| {
            let y = n.matmul(&w.tr());
            bias(b).map_or(y.shallow_clone(), |b| y + b)
        };
        let turned = |y: Tensor, heads: i64, w: &Tensor| {
            let y = y.reshape([t, heads, width]);
            let y = norm(w).map_or(y.shallow_clone(), |w| plain_rms_norm(&y, &w, 1e-6));
            plain_rope(&y, &cos, &sin)
        };
        let q = turned(project(&n, &x[2], &x[6]), heads, &x[10]);
        let k = turned(project(&n, &x[3], &x[7]), key_heads, &x[11]);
        let v = project(&n, &x[4], &x[8]).reshape([t, key_heads, width]);
        let out = plain_attention(&q, &k, &v, &bounds, 0.4).reshape([t, heads * width]);
        &x[0] + project(&out, &x[5], &x[9])
    };
    compare(kind, &attention_inputs(t, d, heads, key_heads, width), ours, plain);
}

#[test]
fn attention_block_as_composed() {
    for kind in KINDS {
        check_attention_block(kind, false, false);
        check_attention_block(kind, true, false);
        check_attention_block(kind, true, true);
        check_attention_block(kind, false, true);
    }
}

#[test]
fn mlp_block_as_composed() {
    let (t, d, f) = (21, 10, 27);
    let shapes: [&[i64]; 8] = [&[t, d], &[d], &[f, d], &[f, d], &[d, f], &[f], &[f], &[d]];
    let inputs: Vec<Tensor> = (0..8).map(|i| random(i as u64 + 30, shapes[i])).collect();
    for (kind, biases) in KINDS.into_iter().flat_map(|kind| [(kind, false), (kind, true)]) {
        compare(
            kind,
            &inputs,
            |x| {
                let linear =
                    |w: usize, b: usize| Linear { weight: &x[w], bias: biases.then_some(&x[b]) };
                let block = MlpBlock {
                    norm: &x[1],
                    gate: linear(2, 5),
                    up: linear(3, 6),
                    down: linear(4, 7),
                    eps: 1e-6,
                };
                mlp_block(&x[0], &block).unwrap()
            },
            |x| {
                let n = plain_rms_norm(&x[0], &x[1], 1e-6);
                let project = |n: &Tensor, w: usize, b: usize| {
                    let y = n.matmul(&x[w].tr());
                    if biases { y + &x[b] } else { y }
                };
                let h = project(&n, 2, 5).silu() * project(&n, 3, 6);
                &x[0] + project(&h, 4, 7)
            },
        );
    }
}

#[test]
fn blocks_with_f32_masters_follow_those_in_f32() {
    let (t, d, f) = (21, 10, 27);
    let weights: Vec<Tensor> =
        [[f, d], [f, d], [d, f]].iter().map(|s| leaf(&random(3, s))).collect();
    let norm = leaf(&random(4, &[d]));
    let run = |x: &Tensor| {
        let linear = |i: usize| Linear { weight: &weights[i], bias: None };
        let block =
            MlpBlock { norm: &norm, gate: linear(0), up: linear(1), down: linear(2), eps: 1e-6 };
        let y = mlp_block(x, &block).unwrap();
        backward(&[&y], &[&random(5, &[t, d]).to_kind(x.kind())]).unwrap();
        let grads: Vec<Tensor> = weights.iter().chain([&norm]).map(|w| w.grad().copy()).collect();
        weights.iter().chain([&norm]).for_each(|w| {
            let _ = w.grad().zero_();
        });
        (y, grads)
    };
    let x = random(6, &[t, d]);
    let (wanted, wanted_grads) = run(&leaf(&x));
    let (y, grads) = run(&leaf(&x.to_kind(Kind::BFloat16)));
    assert_eq!(y.kind(), Kind::BFloat16);
    assert_close("result", &y, &wanted, 2e-2);
    for (a, b) in grads.iter().zip(&wanted_grads) {
        assert_eq!(a.kind(), Kind::Float);
        assert_close("gradient", a, b, 3e-2);
    }
}

/// Hidden states, head, labels (some not counted) and domains of a small case.
fn head_case(t: i64, d: i64, v: i64) -> (Tensor, Tensor, Tensor, Tensor) {
    let labels: Vec<i64> = (0..t).map(|i| if i % 3 == 1 { -100 } else { (i * 7) % v }).collect();
    let domains: Vec<i64> = (0..t).map(|i| (i / 4) % 3).collect();
    let weight = random(2, &[v, d]) * 2.0;
    (random(1, &[t, d]), weight, Tensor::from_slice(&labels), Tensor::from_slice(&domains))
}

/// Sums per domain and both gradients by tch's own operations in f64.
fn plain_cross_entropy(
    (hidden, weight, labels, domains): &(Tensor, Tensor, Tensor, Tensor),
    scale: f64,
) -> (Tensor, Tensor, Tensor) {
    let [hidden, weight] = [hidden, weight].map(|x| leaf(&x.to_kind(Kind::Double)));
    let logits = hidden.matmul(&weight.tr());
    let losses = logits.cross_entropy_loss::<Tensor>(labels, None, tch::Reduction::None, -100, 0.0);
    let sums: Vec<Tensor> = (0..3).map(|k| (&losses * domains.eq(k)).sum(None::<Kind>)).collect();
    (losses.sum(None::<Kind>) * scale).backward();
    (Tensor::stack(&sums, 0), hidden.grad(), weight.grad())
}

fn of<'a>(case: &'a (Tensor, Tensor, Tensor, Tensor), chunk: i64) -> CrossEntropy<'a> {
    let (hidden, weight, labels, domains) = case;
    CrossEntropy { hidden, weight, labels, domains, domain_count: 3, chunk }
}

#[test]
fn cross_entropy_as_composed_for_every_chunk() {
    for (kind, most) in KINDS {
        for (t, v) in [(1, 5), (41, 30), (50, 1500)] {
            let (hidden, weight, labels, domains) = head_case(t, 12, v);
            let case = (hidden.to_kind(kind), weight.to_kind(kind), labels, domains);
            let (wanted, wanted_hidden, wanted_weight) = plain_cross_entropy(&case, 0.25);
            for chunk in [1, 7, 16, 1000] {
                let mut weight_grad = case.1.ones_like();
                let (sums, hidden_grad) =
                    cross_entropy(&of(&case, chunk), &mut weight_grad, 0.25).unwrap();
                assert_eq!((sums.kind(), hidden_grad.kind()), (Kind::Double, kind));
                assert_close("sums", &sums, &wanted, most);
                assert_close("hidden", &hidden_grad, &wanted_hidden, most);
                assert_close("weight", &weight_grad, &(&wanted_weight + 1.0), most);
                assert_close(
                    "evaluation",
                    &cross_entropy_sums(&of(&case, chunk)).unwrap(),
                    &sums,
                    1e-6,
                );
            }
        }
    }
}

#[test]
fn cross_entropy_without_answers_is_zero() {
    let (hidden, weight, _, domains) = head_case(9, 4, 11);
    let case = (hidden, weight, Tensor::full([9], -100, (Kind::Int64, tch::Device::Cpu)), domains);
    let mut weight_grad = case.1.zeros_like();
    let (sums, hidden_grad) = cross_entropy(&of(&case, 4), &mut weight_grad, 1.0).unwrap();
    for zero in [sums, hidden_grad, weight_grad] {
        assert_eq!(zero.abs().max().double_value(&[]), 0.0);
    }
}

#[test]
fn cross_entropy_shows_what_is_not_finite() {
    let case = head_case(9, 4, 11);
    let _ = case.0.get(3).fill_(f64::NAN);
    let mut weight_grad = case.1.zeros_like();
    let (sums, _) = cross_entropy(&of(&case, 4), &mut weight_grad, 1.0).unwrap();
    assert!(sums.get(0).isfinite().int64_value(&[]) == 0, "{sums:?}");
    assert!(sums.get(2).isfinite().int64_value(&[]) == 1);
}

#[test]
fn cross_entropy_with_f32_gradient_beside_bf16() {
    let (hidden, weight, labels, domains) = head_case(41, 12, 30);
    let case = (hidden.to_kind(Kind::BFloat16), weight, labels, domains);
    let (wanted, _, wanted_weight) = plain_cross_entropy(&case, 1.0);
    let mut weight_grad = case.1.zeros_like();
    let (sums, hidden_grad) = cross_entropy(&of(&case, 8), &mut weight_grad, 1.0).unwrap();
    assert_eq!((hidden_grad.kind(), weight_grad.kind()), (Kind::BFloat16, Kind::Float));
    assert_close("sums", &sums, &wanted, 1e-2);
    assert_close("weight", &weight_grad, &wanted_weight, 2e-2);
}

#[test]
fn misfits_are_errors_that_say_what_does_not_fit() {
    let x = random(1, &[4, 6]);
    let text = |r: Result<Tensor, crate::torch::TorchError>| r.unwrap_err().to_string();
    assert!(text(rms_norm(&x, &random(2, &[5]), 1e-5)).contains("rms_norm: input [4, 6]"));
    assert!(text(swiglu(&x, &random(2, &[4, 5]))).contains("[4, 5]"));
    assert!(text(linear(&x, &random(2, &[3, 5]), None)).contains("linear"));
    let q = random(3, &[4, 2, 3]);
    assert!(text(rope(&q, &random(4, &[4, 3]), &random(4, &[4, 3]))).contains("even D"));
    for bounds in [&[0, 3][..], &[0, 5], &[1, 4], &[0], &[0, 3, 2, 4]] {
        assert!(text(attention(&q, &q, &q, bounds, 1.0)).contains("bounds"));
    }
    assert!(text(attention(&q, &random(3, &[4, 3, 3]), &q, &[0, 4], 1.0)).contains("multiple"));
    let case = head_case(9, 4, 11);
    let outside = Tensor::full([9], 11, (Kind::Int64, tch::Device::Cpu));
    let wrong = CrossEntropy { labels: &outside, ..of(&case, 4) };
    assert!(text(cross_entropy_sums(&wrong)).contains("vocabulary of 11"));
    assert!(text(cross_entropy_sums(&of(&case, 0))).contains("chunk"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever the documents: packed together as alone.
    #[test]
    fn documents_attend_alone(lengths in prop::collection::vec(1i64..40, 1..6), seed in 0u64..1000) {
        let mut bounds = vec![0];
        lengths.iter().for_each(|l| bounds.push(bounds[bounds.len() - 1] + l));
        let t = bounds[lengths.len()];
        let [q, k, v] = [(1, 4), (2, 2), (3, 2)].map(|(i, heads)| random(seed + i, &[t, heads, 8]));
        let packed = attention(&q, &k, &v, &bounds, 0.3).unwrap();
        for (i, length) in lengths.iter().enumerate() {
            let part = |x: &Tensor| x.narrow(0, bounds[i], *length).contiguous();
            let alone = attention(&part(&q), &part(&k), &part(&v), &[0, *length], 0.3).unwrap();
            prop_assert!(distance(&part(&packed), &alone) < 1e-6);
        }
    }
}
