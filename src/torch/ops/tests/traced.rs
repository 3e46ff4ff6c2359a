//! Operations as if on a GPU, on shapes alone: they name kernels that there are, and take the memory of what they
//! give and no more.

use super::*;
use crate::torch::ops::{CrossEntropy, CrossEntropyGradients, LossScale, cross_entropy};
use crate::torch::{Trace, TracedDevice};

/// Bytes that an operation takes at most, and that its results take.
fn bytes<T>(trace: &Trace, operation: impl FnOnce() -> T) -> (u64, u64) {
    let before = trace.memory().live;
    let results = operation();
    let memory = trace.memory();
    drop(results);
    (memory.peak - before, memory.live - before)
}

fn traced() -> Trace {
    Trace::begin(TracedDevice::Gpu((9, 0)))
}

/// Kinds of activations and of norms' weights.
const KINDS_OF_RUNS: [(Kind, Kind); 3] =
    [(Kind::Float, Kind::Float), (Kind::BFloat16, Kind::BFloat16), (Kind::BFloat16, Kind::Float)];

#[test]
fn norms_take_no_memory_beside_their_results() {
    for (kind, weight_kind) in KINDS_OF_RUNS {
        let trace = traced();
        let x = trace.tensor(&[700, 256], kind).unwrap();
        let w = trace.tensor(&[256], weight_kind).unwrap();
        let (peak, kept) = bytes(&trace, || rms_norm(&x, &w, 1e-5).unwrap());
        assert_eq!(peak, kept, "{kind:?}");
        let (y, rstd) = rms_norm(&x, &w, 1e-5).unwrap();
        assert_eq!((y.kind(), rstd.kind(), rstd.size()), (kind, Kind::Float, vec![700]));
        let (peak, kept) = bytes(&trace, || rms_norm_again(&x, &w, &rstd).unwrap());
        assert_eq!(peak, kept, "{kind:?}");
        let back = |wanted| rms_norm_backward(&x, &w, &rstd, &y, Some(&x), wanted).unwrap();
        let (peak, kept) = bytes(&trace, || back(false));
        assert_eq!(peak, kept, "{kind:?}");
        // The weight's gradient is added up from 512 parts.
        let (peak, kept) = bytes(&trace, || back(true));
        assert!(peak - kept <= 512 * 256 * 4 + 2048, "{kind:?}: {peak} {kept}");
        assert_eq!(back(true).1.map(|grad| grad.kind()), Some(weight_kind));
    }
}

#[test]
fn swiglu_and_rope_take_no_memory_beside_their_results() {
    for kind in [Kind::Float, Kind::BFloat16] {
        let trace = traced();
        let [gate, up, grad] = [(); 3].map(|()| trace.tensor(&[60, 352], kind).unwrap());
        let (peak, kept) = bytes(&trace, || swiglu(&gate, &up).unwrap());
        assert_eq!(peak, kept);
        let again = grad.shallow_clone();
        // The gradient of `up` lies where that of the result lay.
        let each = gate.numel() as u64 * kind.elt_size_in_bytes() as u64;
        let each = each.div_ceil(512) * 512;
        let (peak, _) = bytes(&trace, || swiglu_backward(&gate, &up, again, false).unwrap());
        assert_eq!(peak, each);
        let (peak, _) = bytes(&trace, || swiglu_backward(&gate, &up, grad, true).unwrap());
        assert_eq!(peak, 2 * each);
        let [cos, sin] = [(); 2].map(|()| trace.tensor(&[60, 32], Kind::Float).unwrap());
        let mut x = trace.tensor(&[60, 11, 32], kind).unwrap();
        for direction in [Direction::Forward, Direction::Back] {
            assert_eq!(bytes(&trace, || rope(&mut x, &cos, &sin, direction).unwrap()), (0, 0));
        }
    }
}

#[test]
fn the_loss_takes_its_logits_in_their_own_dtype_once() {
    let (tokens, width, vocabulary) = (64, 16, 5000);
    for kind in [Kind::Float, Kind::BFloat16] {
        let trace = traced();
        let hidden = trace.tensor(&[tokens, width], kind).unwrap();
        let weight = trace.tensor(&[vocabulary, width], kind).unwrap();
        let labels = Tensor::zeros([tokens], (Kind::Int64, Device::Cpu));
        let scales = Tensor::ones([tokens], (Kind::Double, Device::Cpu));
        let loss = CrossEntropy {
            hidden: &hidden,
            weight: &weight,
            labels: &labels,
            groups: &labels,
            group_count: 1,
            chunk: tokens,
        };
        let logits = (tokens * vocabulary) as u64 * kind.elt_size_in_bytes() as u64;
        for (hidden, scale) in [
            (false, LossScale::Same(1.0)),
            (true, LossScale::Same(0.1)),
            (true, LossScale::Each(&scales)),
        ] {
            let gradients = CrossEntropyGradients { scale, hidden, weight: None };
            let (peak, _) = bytes(&trace, || cross_entropy(&loss, gradients).unwrap());
            assert!((logits..logits + 40_000).contains(&peak), "{kind:?}: {peak}, {logits}");
        }
    }
}
