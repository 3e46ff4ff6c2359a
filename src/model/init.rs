//! Random weights that depend on (seed, name of the tensor, index in it) alone.

use super::ModelError;
use super::tensors::{TensorRole, TensorSpec};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use tch::Tensor;

/// Elements that share a random stream.
const BLOCK: usize = 1 << 16;
/// Elements that are drawn before they go to the device.
const PIECE: usize = 64 * BLOCK;

/// Fills a new parameter: weights normal around 0, norms 1, biases 0.
pub(super) fn fill(
    spec: &TensorSpec,
    tensor: &Tensor,
    seed: u64,
    deviation: f64,
) -> Result<(), ModelError> {
    let flat = tensor.f_view([-1])?;
    match spec.role {
        TensorRole::Norm => drop(flat.shallow_clone().f_fill_(1.0)?),
        TensorRole::Bias => drop(flat.shallow_clone().f_fill_(0.0)?),
        TensorRole::Table | TensorRole::Projection => {
            let elements = spec.elements() as usize;
            let mut values = Vec::new();
            for at in (0..elements).step_by(PIECE) {
                values.resize(PIECE.min(elements - at), 0.0);
                draw(&mut values, at, &spec.name, seed, deviation);
                let length = values.len() as i64;
                flat.f_narrow(0, at as i64, length)?.f_copy_(&Tensor::f_from_slice(&values)?)?;
            }
        }
    }
    Ok(())
}

/// Draws the normal numbers from index `at` (a multiple of [`BLOCK`]) on, two at a time by the
/// Box-Muller transform.
fn draw(values: &mut [f32], at: usize, name: &str, seed: u64, deviation: f64) {
    let key: [u8; 32] = Sha256::new()
        .chain_update(b"initial weights\0")
        .chain_update(seed.to_le_bytes())
        .chain_update(name.as_bytes())
        .finalize()
        .into();
    values.par_chunks_mut(BLOCK).enumerate().for_each(|(index, block)| {
        let mut rng = ChaCha8Rng::from_seed(key);
        rng.set_stream((at / BLOCK + index) as u64);
        for pair in block.chunks_mut(2) {
            let (u, v): (f64, f64) = (rng.random(), rng.random());
            let radius = deviation * (-2.0 * (1.0 - u).ln()).sqrt();
            let (sine, cosine) = (std::f64::consts::TAU * v).sin_cos();
            pair[0] = (radius * cosine) as f32;
            if let Some(second) = pair.get_mut(1) {
                *second = (radius * sine) as f32;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(length: usize, name: &str, seed: u64) -> Vec<f32> {
        let mut values = vec![0.0; length];
        draw(&mut values, 0, name, seed, 0.02);
        values
    }

    #[test]
    fn numbers_are_normal_and_depend_on_seed_name_and_index() {
        let values = drawn(4 * BLOCK + 7, "a", 1);
        let mean = values.iter().map(|x| f64::from(*x)).sum::<f64>() / values.len() as f64;
        let square =
            values.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / values.len() as f64;
        let beyond_two =
            values.iter().filter(|x| x.abs() > 0.04).count() as f64 / values.len() as f64;
        assert!(mean.abs() < 2e-4, "{mean}");
        assert!((square.sqrt() / 0.02 - 1.0).abs() < 0.01, "{square}");
        assert!((beyond_two - 0.0455).abs() < 0.003, "{beyond_two}");
        assert!(values.iter().all(|x| x.is_finite()));

        assert_eq!(values, drawn(4 * BLOCK + 7, "a", 1));
        assert_ne!(values[..8], drawn(8, "a", 2)[..]);
        assert_ne!(values[..8], drawn(8, "b", 1)[..]);
        assert_ne!(values[..8], values[BLOCK..BLOCK + 8]);
    }

    #[test]
    fn pieces_continue_where_the_last_ended() {
        let whole = drawn(3 * BLOCK, "a", 1);
        let mut tail = vec![0.0; BLOCK];
        draw(&mut tail, 2 * BLOCK, "a", 1, 0.02);
        assert_eq!(whole[2 * BLOCK..], tail[..]);
    }
}
