//! A weight and its copy in the number format that is computed in.

use crate::torch::TorchError;
use std::cell::RefCell;
use tch::{Kind, Tensor};

/// A parameter that is multiplied, and where that is done in fewer digits a copy in those, made once and again
/// after the parameter has changed. The parameter is the model's itself, not a copy.
#[derive(Debug)]
pub(super) struct Weight {
    param: Tensor,
    copy: RefCell<Option<Copied>>,
}

#[derive(Debug)]
struct Copied {
    tensor: Tensor,
    /// libtorch's count of the parameter's changes when it was copied.
    version: i64,
}

impl Weight {
    pub fn new(param: Tensor) -> Self {
        Weight { param, copy: RefCell::default() }
    }

    /// The parameter.
    pub fn param(&self) -> &Tensor {
        &self.param
    }

    /// Whether training changes it.
    pub fn is_trainable(&self) -> bool {
        self.param.requires_grad()
    }

    /// Its values in `kind`.
    pub fn in_kind(&self, kind: Kind) -> Result<Tensor, TorchError> {
        if self.param.kind() == kind {
            return Ok(self.param.shallow_clone());
        }
        let version = self.param.f_internal_version()?;
        let values = self.param.f_detach()?;
        let mut copy = self.copy.borrow_mut();
        let copied = match copy.take().filter(|copied| copied.tensor.kind() == kind) {
            Some(copied) if copied.version == version => copied,
            Some(mut copied) => {
                copied.tensor.f_copy_(&values)?;
                Copied { version, ..copied }
            }
            None => Copied { tensor: values.f_to_kind(kind)?, version },
        };
        let tensor = copied.tensor.shallow_clone();
        *copy = Some(copied);
        Ok(tensor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Adam;
    use crate::torch::optim::{AdamW, fused_adamw};
    use tch::Device;

    fn weight() -> Weight {
        let values = Tensor::linspace(-1.0, 1.0, 12, (Kind::Float, Device::Cpu)).view([3, 4]);
        Weight::new(values.set_requires_grad(true))
    }

    #[test]
    fn the_copy_is_kept_while_the_parameter_stays() {
        let weight = weight();
        let once = weight.in_kind(Kind::BFloat16).unwrap();
        let again = weight.in_kind(Kind::BFloat16).unwrap();
        assert_eq!(once.data_ptr(), again.data_ptr());
        assert_eq!(weight.in_kind(Kind::Float).unwrap().data_ptr(), weight.param().data_ptr());
    }

    /// Every way in which this program changes a parameter.
    #[test]
    fn the_copy_follows_the_parameter() {
        let weight = weight();
        let is_current = |what: &str| {
            let copy = weight.in_kind(Kind::BFloat16).unwrap();
            assert!(copy.equal(&weight.param().detach().to_kind(Kind::BFloat16)), "{what}");
        };
        is_current("at first");
        let values = weight.param().detach();
        let moments = || [values.zeros_like()];
        let Adam { beta1, beta2, eps, weight_decay } =
            Adam { beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.1 };
        let adam = AdamW { step: 1, lr: 0.5, beta1, beta2, weight_decay, eps };
        tch::no_grad(|| {
            fused_adamw(
                &[values.shallow_clone()],
                &[values.ones_like()],
                &moments(),
                &moments(),
                adam,
            )
        })
        .unwrap();
        is_current("after a step of the optimizer");
        let piece = Tensor::ones([5], (Kind::Float, Device::Cpu));
        tch::no_grad(|| values.view([-1]).narrow(0, 3, 5).copy_(&piece));
        is_current("after a piece was read from a file");
    }
}
