//! Helpers of tests: seeded tensors, the distance between two of them, and the operations composed of
//! tch's own, slow and plainly right, with autograd's gradients.

use tch::{Device, Kind, Tensor};

/// Numbers around 0, the same for the same seed and shape.
pub fn random(seed: u64, shape: &[i64]) -> Tensor {
    super::self_test::random(seed, shape).unwrap()
}

/// A leaf that wants a gradient.
pub fn leaf(tensor: &Tensor) -> Tensor {
    tensor.detach().copy().set_requires_grad(true)
}

/// |a − b| / |b| over all elements.
pub fn distance(a: &Tensor, b: &Tensor) -> f64 {
    assert_eq!(a.size(), b.size());
    let [a, b] = [a, b].map(|t| t.detach().to_kind(Kind::Double).to_device(Device::Cpu));
    let norm = |t: Tensor| t.norm().double_value(&[]);
    norm(&a - &b) / norm(b).max(1e-30)
}

/// Asserts that two tensors agree to `most`, with both names in the message.
#[track_caller]
pub fn assert_close(what: &str, a: &Tensor, b: &Tensor, most: f64) {
    let found = distance(a, b);
    assert!(found <= most, "{what}: relative distance {found:.2e}, allowed {most:.0e}");
}

/// A reference in f64 for these inputs: its result, a gradient of that, and the inputs' gradients.
pub fn reference_of(
    inputs: &[Tensor],
    reference: impl Fn(&[Tensor]) -> Tensor,
) -> (Tensor, Tensor, Vec<Tensor>) {
    let leaves: Vec<Tensor> = inputs.iter().map(|x| leaf(&x.to_kind(Kind::Double))).collect();
    let y = reference(&leaves);
    let kind = inputs.first().map_or(Kind::Double, Tensor::kind);
    let g = random(99, &y.size()).to_kind(kind).to_kind(Kind::Double);
    (&y * &g).sum(Kind::Double).backward();
    (y.detach(), g, leaves.iter().map(Tensor::grad).collect())
}

/// [`rms_norm`](super::ops::rms_norm), composed.
pub fn plain_rms_norm(x: &Tensor, w: &Tensor, eps: f64) -> Tensor {
    let mean = (x * x).mean_dim([-1i64].as_slice(), true, None::<Kind>);
    w * (x * (mean + eps).rsqrt())
}

/// [`rope`](super::ops::rope), composed.
pub fn plain_rope(x: &Tensor, cos: &Tensor, sin: &Tensor) -> Tensor {
    let half = x.size()[2] / 2;
    let rotated = Tensor::cat(&[-x.narrow(2, half, half), x.narrow(2, 0, half)], 2);
    let wide = |t: &Tensor| t.to_kind(x.kind()).unsqueeze(1);
    x * wide(cos) + rotated * wide(sin)
}

/// One big masked softmax over the whole sequence: slow, and plainly right.
pub fn plain_attention(
    q: &Tensor,
    k: &Tensor,
    v: &Tensor,
    cu_seqlens: &[i64],
    scale: f64,
) -> Tensor {
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

/// Cosines and sines of some angles, `[t,e]`.
pub fn angles(t: i64, e: i64) -> (Tensor, Tensor) {
    let half = random(5, &[t, e / 2]) * 3.0;
    let both = Tensor::cat(&[&half, &half], 1);
    (both.cos(), both.sin())
}
