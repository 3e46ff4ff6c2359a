//! Helpers of this room's tests: seeded tensors, and the distance between two of them.

use tch::{Device, Kind, Tensor};

/// Numbers around 0, the same for the same seed and shape (a hash, not libtorch's global generator,
/// which tests on other threads would disturb).
pub fn random(seed: u64, shape: &[i64]) -> Tensor {
    let count: i64 = shape.iter().product();
    let hash = |i: i64| {
        let mut x = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(i as u64 + 1);
        for shift in [31, 27, 33] {
            x = (x ^ (x >> shift)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        }
        (x >> 40) as f32 / (1u64 << 24) as f32 - 0.5
    };
    let values: Vec<f32> = (0..count).map(|i| 2.0 * hash(i)).collect();
    Tensor::from_slice(&values).reshape(shape)
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
