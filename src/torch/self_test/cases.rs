//! Small inputs of each kernel: odd sizes, more than one document, several heads of queries for one of keys.

use super::random;
use crate::torch::kernels::Kernel;
use crate::torch::optim::{self, AdamW, Keys, MomentKind, Moments};
use crate::torch::{TorchError, ops};
use ops::{CrossEntropy, CrossEntropyGradients, Direction, LossScale};
use tch::{Device, Kind, Tensor};

type Results = Result<Vec<Tensor>, TorchError>;

/// Makes inputs on a device in a dtype; the same numbers for the same seed, rounded to bf16 in either dtype, so
/// that inputs themselves do not differ.
struct Inputs {
    device: Device,
    dtype: Kind,
}

impl Inputs {
    fn random(&self, seed: u64, shape: &[i64]) -> Result<Tensor, TorchError> {
        self.of_kind(&random(seed, shape)?.f_to_kind(Kind::BFloat16)?, self.dtype)
    }

    fn of_kind(&self, tensor: &Tensor, dtype: Kind) -> Result<Tensor, TorchError> {
        Ok(tensor.f_to_kind(dtype)?.f_to(self.device)?)
    }
}

/// What a kernel computes there: results, then gradients.
pub(super) fn compute(kernel: Kernel, device: Device, dtype: Kind) -> Results {
    let _no_grad = tch::no_grad_guard();
    let inputs = Inputs { device, dtype };
    match kernel {
        Kernel::RmsNorm => rms_norm(&inputs),
        Kernel::Swiglu => swiglu(&inputs),
        Kernel::Rope => rope(&inputs),
        Kernel::Attention => attention(&inputs),
        Kernel::CrossEntropy => cross_entropy(&inputs),
        Kernel::AdamW => adamw(&inputs),
    }
}

/// Widths that vectors of four fill and one that they do not; a weight in f32 beside bf16, as with f32 master weights;
/// more rows than there are blocks in the backward.
fn rms_norm(inputs: &Inputs) -> Results {
    let mut results = Vec::new();
    for (rows, width, weight_kind) in
        [(37, 192, inputs.dtype), (37, 190, inputs.dtype), (1030, 192, Kind::Float)]
    {
        let [x, grad, residual] = [1, 2, 3].map(|seed| inputs.random(seed, &[rows, width]));
        let (x, grad, residual) = (x?, grad?, residual?);
        let weight = inputs.random(4, &[width])?.f_to_kind(weight_kind)?;
        let (y, rstd) = ops::rms_norm(&x, &weight, 1e-5)?;
        let again = ops::rms_norm_again(&x, &weight, &rstd)?;
        let (grad_x, grad_weight) =
            ops::rms_norm_backward(&x, &weight, &rstd, &grad, Some(&residual), true)?;
        results.extend([y, again, grad_x].into_iter().chain(grad_weight));
    }
    Ok(results)
}

fn swiglu(inputs: &Inputs) -> Results {
    let mut results = Vec::new();
    for shape in [[37, 200], [3, 67]] {
        let [gate, up, grad] = [1, 2, 3].map(|seed| inputs.random(seed, &shape));
        let (gate, up) = (gate?.f_mul_scalar(4.0)?, up?);
        let y = ops::swiglu(&gate, &up)?;
        let back = ops::swiglu_backward(&gate, &up, grad?, true)?;
        results.extend([y, back.gate, back.up].into_iter().chain(back.result));
    }
    Ok(results)
}

fn rope(inputs: &Inputs) -> Results {
    let mut results = Vec::new();
    for half in [32, 15] {
        let angles = random(1, &[37, half])?.f_mul_scalar(3.0)?;
        let angles = Tensor::f_cat(&[&angles, &angles], 1)?;
        let (cos, sin) = (angles.f_cos()?, angles.f_sin()?);
        let [cos, sin] = [&cos, &sin].map(|table| inputs.of_kind(table, Kind::Float));
        let (cos, sin) = (cos?, sin?);
        for (seed, direction) in [(2, Direction::Forward), (3, Direction::Back)] {
            let mut heads = inputs.random(seed, &[37, 3, 2 * half])?;
            ops::rope(&mut heads, &cos, &sin, direction)?;
            results.push(heads);
        }
    }
    Ok(results)
}

fn attention(inputs: &Inputs) -> Results {
    const CU_SEQLENS: [i64; 4] = [0, 1, 61, 200];
    let (heads, kv_heads, width, scale) = (6, 2, 64, 0.125);
    let query = inputs.random(1, &[200, heads, width])?.f_mul_scalar(3.0)?;
    let key = inputs.random(2, &[200, kv_heads, width])?.f_mul_scalar(3.0)?;
    let value = inputs.random(3, &[200, kv_heads, width])?;
    let grad = inputs.random(4, &[200, heads, width])?;
    let attended = ops::attention(&query, &key, &value, &CU_SEQLENS, scale)?;
    let grads = attended.backward(&grad, [&query, &key, &value], &CU_SEQLENS, scale)?;
    Ok([attended.mixed().shallow_clone()].into_iter().chain(grads).collect())
}

/// A vocabulary of odd size with one scale for all, and one that vectors of four fill with a scale for each token.
fn cross_entropy(inputs: &Inputs) -> Results {
    let mut results = cross_entropy_of(inputs, 501, None)?;
    let scales: Vec<f64> = (0..TOKENS).map(|token| ((token * 5) % 7 - 2) as f64 / 8.0).collect();
    results.extend(cross_entropy_of(inputs, 4104, Some(&Tensor::f_from_slice(&scales)?))?);
    Ok(results)
}

const TOKENS: i64 = 33;

fn cross_entropy_of(inputs: &Inputs, vocabulary: i64, scales: Option<&Tensor>) -> Results {
    let width = 64;
    let hidden = inputs.random(1, &[TOKENS, width])?;
    let weight = inputs.random(2, &[vocabulary, width])?;
    let label = |token: i64| if token % 5 == 0 { -100 } else { token * 97 % vocabulary };
    let labels = Tensor::f_from_slice(&(0..TOKENS).map(label).collect::<Vec<_>>())?;
    let groups = Tensor::f_from_slice(&(0..TOKENS).map(|token| token % 3).collect::<Vec<_>>())?;
    let mut weight_grad = weight.f_zeros_like()?;
    let loss = CrossEntropy {
        hidden: &hidden,
        weight: &weight,
        labels: &labels,
        groups: &groups,
        group_count: 3,
        chunk: 7,
    };
    let gradients = CrossEntropyGradients {
        scale: scales.map_or(LossScale::Same(0.1), LossScale::Each),
        hidden: true,
        weight: Some(&mut weight_grad),
    };
    let losses = ops::cross_entropy(&loss, gradients)?;
    Ok([losses.sums, weight_grad].into_iter().chain(losses.hidden_grad).collect())
}

/// Steps with each kind of moments. So many elements that one which is rounded the other way, for the last digit of
/// what is rounded, counts for little.
fn adamw(inputs: &Inputs) -> Results {
    const ELEMENTS: i64 = (1 << 18) + 77;
    let adam = AdamW { step: 3, lr: 0.1, beta1: 0.9, beta2: 0.99, weight_decay: 0.1, eps: 1e-8 };
    let keys = Keys { weight: 1 << 40 | 5, first: 6, second: 7 };
    let [grad, first, second] = [2, 3, 4].map(|seed| random(seed, &[ELEMENTS]));
    let (grad, first, second) = (grad?, first?, second?.f_square()?);
    let mut results = Vec::new();
    for (kind, weight_kind) in [
        (MomentKind::F32, Kind::Float),
        (MomentKind::F32, Kind::BFloat16),
        (MomentKind::Bf16, inputs.dtype),
        (MomentKind::Int8, inputs.dtype),
    ] {
        let weight = inputs.of_kind(&random(1, &[ELEMENTS])?, weight_kind)?;
        let grad = inputs.of_kind(&grad, weight_kind)?;
        let mut moments = Moments::zeros(&weight, kind)?;
        let [first, second] = [&first, &second].map(|wide| inputs.of_kind(wide, Kind::Float));
        moments.encode(&first?, &second?)?;
        match &moments {
            Moments::Float { first, second }
                if kind == MomentKind::F32 && weight_kind == Kind::Float =>
            {
                let lists = [&weight, &grad, first, second].map(|tensor| [tensor.shallow_clone()]);
                let [weights, grads, firsts, seconds] = &lists;
                optim::fused_adamw(weights, grads, firsts, seconds, adam)?;
            }
            _ => optim::adamw_step(&weight, &grad, &moments, adam, keys)?,
        }
        results.push(weight);
        results.extend(moments.decode()?);
    }
    Ok(results)
}
