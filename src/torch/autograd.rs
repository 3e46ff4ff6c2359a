use super::TorchError;
use super::ffi::{check, raws, vt_backward};
use tch::Tensor;

/// Runs the graph of `outputs` backwards from the given gradients (one per output, of its shape),
/// adding into `.grad()` of every leaf, and frees the graph.
///
/// # Errors
/// Counts or shapes that do not match, an output without a graph, lack of memory.
pub fn backward(outputs: &[&Tensor], grads: &[&Tensor]) -> Result<(), TorchError> {
    if outputs.len() != grads.len() {
        return Err(TorchError::Failed(format!(
            "backward: {} outputs but {} gradients",
            outputs.len(),
            grads.len()
        )));
    }
    let (outputs, grads) = (raws(outputs.iter().copied()), raws(grads.iter().copied()));
    // SAFETY: see the module `ffi`; both arrays have the length given.
    check(unsafe { vt_backward(outputs.as_ptr(), grads.as_ptr(), outputs.len() as i64) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradients_are_given_and_add_up() {
        let x = Tensor::from_slice(&[1.0f32, 2.0]).set_requires_grad(true);
        for _ in 0..2 {
            let y = &x * &x;
            backward(&[&y], &[&Tensor::from_slice(&[1.0f32, 10.0])]).unwrap();
        }
        // 2 · 2x · g
        assert_eq!(Vec::<f32>::try_from(x.grad()).unwrap(), [4.0, 80.0]);
    }

    #[test]
    fn misfits_are_errors() {
        let x = Tensor::from_slice(&[1.0f32, 2.0]).set_requires_grad(true);
        let y = &x * 2.0;
        assert!(backward(&[&y], &[]).is_err());
        assert!(backward(&[&y], &[&Tensor::from_slice(&[1.0f32; 3])]).is_err());
        assert!(backward(&[&y.detach()], &[&y.detach()]).is_err());
    }
}
