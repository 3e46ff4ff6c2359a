//! What layers are built from: norms and projections, forward and backward, and the choice of the
//! kernels that multiply.

use crate::model::ModelError;
use crate::model::architecture::{LinearSpec, NormSpec};
use crate::model::params::Params;
use crate::model::weight::Weight;
use crate::torch::{TorchError, ops};
use ops::Write;
use tch::Tensor;

/// Which kernels compute projections and what surrounds them. Their results differ in the last
/// digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::model) enum Kernels {
    /// For the many tokens of a packed sequence, and with the memory that a backward saves.
    Training,
    /// libtorch's own, which are faster for the few rows of a generation step.
    Generation,
}

/// Looks up the tensors of one layer.
pub(in crate::model) struct LayerParams<'a> {
    params: &'a Params,
    /// What the names of the layer's tensors begin with.
    prefix: String,
}

impl<'a> LayerParams<'a> {
    pub fn new(params: &'a Params, prefix: String) -> Self {
        LayerParams { params, prefix }
    }

    pub fn norm(&self, spec: &NormSpec) -> Result<Norm, ModelError> {
        Ok(Norm::new(spec, self.params.get(&spec.weight_name(&self.prefix))?))
    }

    pub fn linear(&self, spec: &LinearSpec) -> Result<Linear, ModelError> {
        let weight_oi = Weight::new(self.params.get(&spec.weight_name(&self.prefix))?);
        let bias = || self.params.get(&spec.bias_name(&self.prefix));
        Ok(Linear { weight_oi, bias_o: spec.bias.then(bias).transpose()? })
    }
}

/// An RMS norm. Its weight is the model's parameter itself, not a copy.
#[derive(Debug)]
pub(in crate::model) struct Norm {
    weight_d: Tensor,
    eps: f64,
}

/// A projection x · weightᵀ + bias. Its tensors are the model's parameters themselves, not copies.
#[derive(Debug)]
pub(in crate::model) struct Linear {
    weight_oi: Weight,
    bias_o: Option<Tensor>,
}

impl Norm {
    pub fn new(spec: &NormSpec, weight_d: Tensor) -> Self {
        Norm { weight_d, eps: spec.eps }
    }

    pub fn is_trainable(&self) -> bool {
        self.weight_d.requires_grad()
    }

    /// The normalized rows, and a number for each that the backward needs.
    pub fn forward(&self, x_td: &Tensor) -> Result<(Tensor, Tensor), TorchError> {
        ops::rms_norm(x_td, &self.weight_d, self.eps)
    }

    /// The normalized rows once more.
    pub fn again(&self, x_td: &Tensor, rstd_t: &Tensor) -> Result<Tensor, TorchError> {
        ops::rms_norm_again(x_td, &self.weight_d, rstd_t)
    }

    /// Adds the gradient of the weight, if it is trainable, and gives that of the input, with
    /// `residual_td` added.
    pub fn backward(
        &self,
        x_td: &Tensor,
        rstd_t: &Tensor,
        grad_td: &Tensor,
        residual_td: Option<&Tensor>,
    ) -> Result<Tensor, TorchError> {
        let weight = &self.weight_d;
        let (grad_x_td, grad_weight_d) = ops::rms_norm_backward(
            x_td,
            weight,
            rstd_t,
            grad_td,
            residual_td,
            self.is_trainable(),
        )?;
        if let Some(grad_weight_d) = grad_weight_d {
            add_to_grad(weight, &grad_weight_d)?;
        }
        Ok(grad_x_td)
    }
}

impl Linear {
    pub fn is_trainable(&self) -> bool {
        self.trains_weight() || self.bias_o.as_ref().is_some_and(Tensor::requires_grad)
    }

    /// Whether its weight is trainable: whether a backward needs the input once more.
    pub fn trains_weight(&self) -> bool {
        self.weight_oi.is_trainable()
    }

    /// x · weightᵀ + bias in x's kind.
    pub fn forward(&self, x_ti: &Tensor, kernels: Kernels) -> Result<Tensor, TorchError> {
        let (weight_oi, bias_o) = (self.weight_oi.in_kind(x_ti.kind())?, self.bias_o.as_ref());
        match kernels {
            Kernels::Training => ops::linear(x_ti, &weight_oi, bias_o),
            Kernels::Generation => library_linear(x_ti, &weight_oi, bias_o),
        }
    }

    /// The residual stream with the projection of x added.
    pub fn add_to(
        &self,
        residual_to: &Tensor,
        x_ti: &Tensor,
        kernels: Kernels,
    ) -> Result<Tensor, TorchError> {
        match kernels {
            Kernels::Training => {
                let mut sum_to = residual_to.f_empty_like()?;
                sum_to.f_copy_(residual_to)?;
                let weight_io = self.weight_oi.in_kind(x_ti.kind())?.f_tr()?;
                ops::matmul_into(x_ti, &weight_io, &mut sum_to, Write::Add)?;
                if let Some(bias_o) = &self.bias_o {
                    let _ = sum_to.f_add_(&bias_o.f_to_kind(x_ti.kind())?)?;
                }
                Ok(sum_to)
            }
            Kernels::Generation => Ok(self.forward(x_ti, kernels)?.f_add_(residual_to)?),
        }
    }

    /// Adds the gradient of the weight, if it is trainable, for that of the result. `x_ti` is the
    /// forward's input.
    pub fn add_weight_grad(&self, grad_to: &Tensor, x_ti: &Tensor) -> Result<(), TorchError> {
        if !self.trains_weight() {
            return Ok(());
        }
        ops::add_weight_grad(grad_to, x_ti, &mut self.weight_oi.param().f_grad()?)
    }

    /// Adds the gradient of the bias, if there is one and it is trainable, for that of the result.
    pub fn add_bias_grad(&self, grad_to: &Tensor) -> Result<(), TorchError> {
        match &self.bias_o {
            Some(bias_o) if bias_o.requires_grad() => {
                add_to_grad(bias_o, &ops::bias_grad(grad_to, bias_o)?)
            }
            _ => Ok(()),
        }
    }

    /// Gradient `[t, i]` of the input.
    pub fn input_grad(&self, grad_to: &Tensor) -> Result<Tensor, TorchError> {
        ops::matmul(grad_to, &self.weight_oi.in_kind(grad_to.kind())?)
    }

    /// As [`Linear::input_grad`], into memory that is there: several projections may share an input.
    pub fn input_grad_into(
        &self,
        grad_to: &Tensor,
        sum_ti: &mut Tensor,
        write: Write,
    ) -> Result<(), TorchError> {
        let weight_oi = self.weight_oi.in_kind(grad_to.kind())?;
        ops::matmul_into(grad_to, &weight_oi, sum_ti, write)
    }
}

/// silu(gate) · up. The memory of `gate` may be used again in generation.
pub(super) fn swiglu(
    mut gate_tf: Tensor,
    up_tf: &Tensor,
    kernels: Kernels,
) -> Result<Tensor, TorchError> {
    match kernels {
        Kernels::Training => ops::swiglu(&gate_tf, up_tf),
        Kernels::Generation => Ok(gate_tf.f_silu_()?.f_mul_(up_tf)?),
    }
}

/// x · weightᵀ + bias in x's kind, by libtorch's own kernels.
pub(in crate::model) fn library_linear(
    x_ti: &Tensor,
    weight_oi: &Tensor,
    bias_o: Option<&Tensor>,
) -> Result<Tensor, TorchError> {
    let kind = x_ti.kind();
    let bias_o = bias_o.map(|bias_o| bias_o.f_to_kind(kind)).transpose()?;
    Ok(x_ti.f_linear(&weight_oi.f_to_kind(kind)?, bias_o)?)
}

/// Adds to the gradient of a trainable parameter, which it has: see
/// [`Model::train_sequence`](crate::model::Model::train_sequence).
fn add_to_grad(param: &Tensor, grad: &Tensor) -> Result<(), TorchError> {
    let _ = param.f_grad()?.f_add_(grad)?;
    Ok(())
}
