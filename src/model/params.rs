//! A model's parameters by name, each trainable or frozen.

use super::ModelError;
use super::gradients::Gradients;
use super::param::Param;
use super::tensors::TensorSpec;
use crate::torch::{self, TorchError, Trace};
use crate::unit::{Bytes, grouped};
use std::cell::RefCell;
use tch::{Device, Kind, Tensor};

/// Parameters in the order of [`tensors`](super::tensors::tensors), with their gradients.
#[derive(Debug)]
pub(super) struct Params {
    all: Vec<Param>,
    gradients: RefCell<Gradients>,
}

impl Params {
    /// Makes every parameter, trainable, and fills it by `fill`.
    pub fn new(
        specs: &[TensorSpec],
        kind: Kind,
        device: Device,
        mut fill: impl FnMut(&TensorSpec, &Tensor) -> Result<(), ModelError>,
    ) -> Result<Self, ModelError> {
        fits(specs, kind, device)?;
        Self::trainable(specs, |spec| {
            let tensor = Tensor::f_empty(&spec.shape, (kind, device))?;
            fill(spec, &tensor)?;
            Ok(tensor)
        })
    }

    /// Makes every parameter, trainable, with its shape alone.
    pub fn traced(specs: &[TensorSpec], kind: Kind, trace: &Trace) -> Result<Self, ModelError> {
        Self::trainable(specs, |spec| Ok(trace.tensor(&spec.shape, kind)?))
    }

    fn trainable(
        specs: &[TensorSpec],
        mut make: impl FnMut(&TensorSpec) -> Result<Tensor, ModelError>,
    ) -> Result<Self, ModelError> {
        let mut params = Vec::with_capacity(specs.len());
        for spec in specs {
            let tensor = make(spec)?.f_set_requires_grad(true)?;
            let decays = spec.role.is_weight();
            params.push(Param { name: spec.name.clone(), tensor, decays });
        }
        Ok(Params { all: params, gradients: RefCell::default() })
    }

    pub fn all(&self) -> &[Param] {
        &self.all
    }

    /// The tensor of this name.
    pub fn get(&self, name: &str) -> Result<Tensor, ModelError> {
        match self.all.iter().find(|param| param.name == name) {
            Some(param) => Ok(param.tensor.shallow_clone()),
            None => Err(ModelError::Sequence { reason: format!("the model has no {name}") }),
        }
    }

    /// Gives every trainable parameter a gradient of zeros, unless it has one.
    pub fn ensure_grads(&self) -> Result<(), TorchError> {
        self.gradients.borrow_mut().ensure(&self.all)
    }

    /// Zeros the gradients that there are.
    pub fn zero_grads(&self) -> Result<(), TorchError> {
        self.gradients.borrow_mut().zero()
    }

    /// Freezes some and makes the others trainable; what gradients they had are gone.
    pub fn set_trainable(
        &mut self,
        mut trainable: impl FnMut(&Param) -> bool,
    ) -> Result<(), TorchError> {
        self.gradients.get_mut().forget(&self.all)?;
        for param in &self.all {
            let _ = param.tensor.f_set_requires_grad(trainable(param))?;
        }
        Ok(())
    }
}

/// Refuses parameters that the machine's memory cannot hold, before any is allocated: the system would
/// end the process. A GPU answers with an error of its own.
fn fits(specs: &[TensorSpec], kind: Kind, device: Device) -> Result<(), ModelError> {
    let parameters = specs.iter().map(TensorSpec::elements).fold(0, u64::saturating_add);
    let needed = Bytes(parameters.saturating_mul(kind.elt_size_in_bytes() as u64));
    let memory = torch::host_memory();
    if device.is_cuda() || memory.0 == 0 || needed.0 <= memory.0 {
        return Ok(());
    }
    Err(ModelError::TooLarge { parameters: grouped(parameters), needed, memory })
}
