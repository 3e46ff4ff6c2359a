use crate::torch::TorchError;
use tch::Tensor;

/// Numbers around 0 in f32 on the CPU, the same for the same seed and shape: a hash, not libtorch's global
/// generator, which other threads would disturb.
///
/// # Errors
/// A shape with a negative size.
pub(crate) fn random(seed: u64, shape: &[i64]) -> Result<Tensor, TorchError> {
    let count: i64 = shape.iter().product();
    let hash = |i: i64| {
        let mut x = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(i as u64 + 1);
        for shift in [31, 27, 33] {
            x = (x ^ (x >> shift)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        }
        (x >> 40) as f32 / (1u64 << 24) as f32 - 0.5
    };
    let values: Vec<f32> = (0..count).map(|i| 2.0 * hash(i)).collect();
    Ok(Tensor::f_from_slice(&values)?.f_reshape(shape)?)
}
