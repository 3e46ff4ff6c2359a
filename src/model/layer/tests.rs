//! The halves of a layer against the plain composition of tch's operations in f64: result and all
//! gradients, on odd sizes, for each dtype.

use super::*;
use crate::model::architecture::*;
use crate::model::params::Params;
use crate::model::sequence::Rotation;
use crate::model::tensors::{TensorRole, TensorSpec};
use crate::torch::testing::*;
use tch::{Device, Kind};

/// Dtypes and how far from the f64 reference they may be.
const KINDS: [(Kind, f64); 3] =
    [(Kind::Float, 1e-5), (Kind::Double, 1e-11), (Kind::BFloat16, 2e-2)];
const EPS: f64 = 1e-6;

/// Random parameters of these names and shapes, with gradients of zeros.
fn params(shapes: &[(&str, &[i64])], kind: Kind) -> Params {
    let spec = |(name, shape): &(&str, &[i64])| TensorSpec {
        name: (*name).into(),
        shape: shape.to_vec(),
        role: TensorRole::Projection,
    };
    let specs: Vec<TensorSpec> = shapes.iter().map(spec).collect();
    let mut seed = 10;
    let params = Params::new(&specs, kind, Device::Cpu, |spec, tensor| {
        seed += 1;
        tensor.shallow_clone().copy_(&random(seed, &spec.shape));
        Ok(())
    });
    let params = params.unwrap();
    params.ensure_grads().unwrap();
    params
}

fn norm(name: &'static str, width: i64) -> NormSpec {
    NormSpec { name, width, eps: EPS }
}

fn linear(name: &'static str, inputs: i64, outputs: i64, bias: bool) -> LinearSpec {
    LinearSpec { name, inputs, outputs, bias }
}

/// Compares a result, the gradient of the input, and those of all parameters with a reference that
/// takes the input and the parameters by position.
#[track_caller]
fn compare(
    (kind, most): (Kind, f64),
    x: &Tensor,
    params: &Params,
    run: impl Fn(&Tensor, &Tensor) -> (Tensor, Tensor),
    reference: impl Fn(&[Tensor]) -> Tensor,
) {
    let _no_grad = tch::no_grad_guard();
    let tensors = params.all().iter().map(|param| param.tensor.detach());
    let inputs: Vec<Tensor> = std::iter::once(x.shallow_clone()).chain(tensors).collect();
    let (wanted, g, wanted_grads) = tch::with_grad(|| reference_of(&inputs, reference));
    let (y, grad_x) = run(x, &g.to_kind(kind));
    assert_eq!(y.kind(), kind);
    assert_close(&format!("result in {kind:?}"), &y, &wanted, most);
    let grads = std::iter::once(grad_x).chain(params.all().iter().map(|p| p.tensor.grad()));
    for (i, (found, wanted)) in grads.zip(&wanted_grads).enumerate() {
        assert_eq!(found.kind(), kind, "gradient {i}");
        assert_close(&format!("gradient {i} in {kind:?}"), &found, wanted, 2.0 * most);
    }
}

fn check_attention(kind: (Kind, f64), bias: bool, norms: bool) {
    let (t, d, heads, kv_heads, e) = (29, 20, 4, 2, 6);
    let (all, kv) = (heads * e, kv_heads * e);
    let mut shapes: Vec<(&str, &[i64])> = Vec::new();
    let (norm_d, q, k, o) = ([d], [all, d], [kv, d], [d, all]);
    let (bias_q, bias_k, bias_o, head) = ([all], [kv], [d], [e]);
    shapes.extend([("n.weight", &norm_d[..]), ("q.weight", &q), ("k.weight", &k)]);
    shapes.extend([("v.weight", &k[..]), ("o.weight", &o)]);
    shapes.extend([("q.bias", &bias_q[..]), ("k.bias", &bias_k), ("v.bias", &bias_k)]);
    shapes.extend([("o.bias", &bias_o[..]), ("qn.weight", &head), ("kn.weight", &head)]);
    shapes.retain(|(name, _)| bias || !name.ends_with("bias"));
    shapes.retain(|(name, _)| norms || !name.ends_with("n.weight") || *name == "n.weight");
    let params = params(&shapes, kind.0);
    let at = |name: &str| 1 + shapes.iter().position(|(have, _)| *have == name).unwrap();

    let spec = AttentionSpec {
        norm: norm("n", d),
        query: linear("q", d, all, bias),
        key: linear("k", d, kv, bias),
        value: linear("v", d, kv, bias),
        output: linear("o", all, d, bias),
        head_norms: norms.then(|| HeadNormSpecs { query: norm("qn", e), key: norm("kn", e) }),
        heads,
        kv_heads,
        head_dim: e,
        scale: 0.4,
    };
    let attention = Attention::new(&spec, &LayerParams::new(&params, String::new())).unwrap();
    let (cos_te, sin_te) = angles(t, e);
    let (cos, sin) = (cos_te.copy(), sin_te.copy());
    let cu_seqlens = vec![0, 1, 12, 29];
    let sequence = DeviceSequence {
        tokens_t: Tensor::zeros([t], (Kind::Int64, Device::Cpu)),
        rotation: Rotation { cos_te, sin_te },
        cu_seqlens: cu_seqlens.clone(),
    };

    let plain = |x: &[Tensor]| {
        let project = |y: &Tensor, part: &str| {
            let y = y.matmul(&x[at(&format!("{part}.weight"))].tr());
            if bias { y + &x[at(&format!("{part}.bias"))] } else { y }
        };
        let rotated = |y: Tensor, heads: i64, norm: &str| {
            let y = y.reshape([t, heads, e]);
            let y = if norms { plain_rms_norm(&y, &x[at(norm)], EPS) } else { y };
            plain_rope(&y, &cos, &sin)
        };
        let n = plain_rms_norm(&x[0], &x[at("n.weight")], EPS);
        let q = rotated(project(&n, "q"), heads, "qn.weight");
        let k = rotated(project(&n, "k"), kv_heads, "kn.weight");
        let v = project(&n, "v").reshape([t, kv_heads, e]);
        let mixed = plain_attention(&q, &k, &v, &cu_seqlens, 0.4).reshape([t, all]);
        &x[0] + project(&mixed, "o")
    };
    let run = |x: &Tensor, g: &Tensor| {
        let (y, kept) = attention.forward(x, &sequence).unwrap();
        (y, attention.backward(g, x, kept, &sequence, true).unwrap().unwrap())
    };
    compare(kind, &random(1, &[t, d]).to_kind(kind.0), &params, run, plain);
}

#[test]
fn attention_with_its_gradients_as_composed() {
    for kind in KINDS {
        for (bias, norms) in [(false, false), (true, false), (true, true), (false, true)] {
            check_attention(kind, bias, norms);
        }
    }
}

/// The feed-forward half of width 10 and 27 with these parameters.
fn feed_forward(params: &Params, bias: bool) -> FeedForward {
    let (d, f) = (10, 27);
    let spec = FeedForwardSpec {
        norm: norm("n", d),
        gate: linear("gate", d, f, bias),
        up: linear("up", d, f, bias),
        down: linear("down", f, d, bias),
    };
    FeedForward::new(&spec, &LayerParams::new(params, String::new())).unwrap()
}

const FEED_FORWARD: [(&str, &[i64]); 7] = [
    ("n.weight", &[10]),
    ("gate.weight", &[27, 10]),
    ("up.weight", &[27, 10]),
    ("down.weight", &[10, 27]),
    ("gate.bias", &[27]),
    ("up.bias", &[27]),
    ("down.bias", &[10]),
];

#[test]
fn feed_forward_with_its_gradients_as_composed() {
    for (kind, bias) in KINDS.into_iter().flat_map(|kind| [(kind, false), (kind, true)]) {
        let params = params(if bias { &FEED_FORWARD } else { &FEED_FORWARD[..4] }, kind.0);
        let half = feed_forward(&params, bias);
        let run = |x: &Tensor, g: &Tensor| {
            let (y, kept) = half.forward(x).unwrap();
            (y, half.backward(g, x, kept, true).unwrap().unwrap())
        };
        let plain = |x: &[Tensor]| {
            let project = |n: &Tensor, weight: usize| {
                let y = n.matmul(&x[weight].tr());
                if bias { y + &x[weight + 3] } else { y }
            };
            let n = plain_rms_norm(&x[0], &x[1], EPS);
            let h = project(&n, 2).silu() * project(&n, 3);
            &x[0] + project(&h, 4)
        };
        compare(kind, &random(1, &[21, 10]).to_kind(kind.0), &params, run, plain);
    }
}

#[test]
fn halves_with_f32_masters_follow_those_in_f32() {
    let run = |kind: Kind| {
        let params = params(&FEED_FORWARD[..4], Kind::Float);
        let half = feed_forward(&params, false);
        let x = random(6, &[21, 10]).to_kind(kind);
        let (y, kept) = half.forward(&x).unwrap();
        half.backward(&random(5, &[21, 10]).to_kind(kind), &x, kept, true).unwrap();
        (y, params.all().iter().map(|param| param.tensor.grad()).collect::<Vec<_>>())
    };
    let _no_grad = tch::no_grad_guard();
    let ((wanted, wanted_grads), (y, grads)) = (run(Kind::Float), run(Kind::BFloat16));
    assert_eq!(y.kind(), Kind::BFloat16);
    assert_close("result", &y, &wanted, 2e-2);
    for (a, b) in grads.iter().zip(&wanted_grads) {
        assert_eq!(a.kind(), Kind::Float);
        assert_close("gradient", a, b, 3e-2);
    }
}
