//! Gradients of the domains, measured without a step: for the strategies that compare them.

use super::error::TrainError;
use super::objective::StepObjective;
use super::trainer::{Trainer, read_back};
use crate::data::Example;
use crate::telemetry::Pass;
use tch::{Kind, Tensor};

impl Trainer {
    /// ⟨g_j, Σ_i g_i⟩ for each domain j, where g_j is the gradient of the mean loss over the target
    /// tokens of `examples[j]`, under the present parameters; 0 for a domain without examples.
    /// Everything goes through the model twice, so that besides the gradient there is one tensor of its
    /// size, their sum. Parameters and moments stay, and the gradients are zero afterwards.
    ///
    /// `give_up` is called before each domain; if it returns `true` the result is `None`. Out of
    /// memory as in [`Trainer::step`].
    pub fn gradient_products(
        &mut self,
        examples: &[Vec<Example>],
        give_up: &mut dyn FnMut() -> bool,
    ) -> Result<Option<Vec<f64>>, TrainError> {
        let mut sum: Vec<Tensor> = Vec::new();
        for examples in examples.iter().filter(|examples| !examples.is_empty()) {
            if give_up() {
                return Ok(None);
            }
            self.leave_gradient(examples)?;
            add(&mut sum, &self.model.grads()?)?;
            self.model.zero_grads()?;
        }
        let mut products = Vec::with_capacity(examples.len());
        for examples in examples {
            if examples.is_empty() {
                products.push(Tensor::f_zeros([1], (Kind::Double, self.device()))?);
                continue;
            }
            if give_up() {
                return Ok(None);
            }
            self.leave_gradient(examples)?;
            products.push(inner_product(&self.model.grads()?, &sum)?.f_view([1])?);
            self.model.zero_grads()?;
        }
        Ok(Some(read_back(&Tensor::f_cat(&products, 0)?)?))
    }

    fn leave_gradient(&mut self, examples: &[Example]) -> Result<(), TrainError> {
        self.within_memory(Pass::Training, examples, |trainer, batch| {
            trainer.accumulate(batch, StepObjective::Tokens).map(drop)
        })?;
        Ok(())
    }
}

/// sum ← sum + gradient; an empty sum is 0.
fn add(sum: &mut Vec<Tensor>, gradient: &[Tensor]) -> Result<(), TrainError> {
    tch::no_grad(|| {
        if sum.is_empty() {
            *sum = gradient.iter().map(Tensor::f_zeros_like).collect::<Result<_, _>>()?;
        }
        for (total, tensor) in sum.iter_mut().zip(gradient) {
            let _ = total.f_add_(tensor)?;
        }
        Ok(())
    })
}

/// Σ a·b over all elements of all tensors: a scalar (f64, on their device), not yet read back.
fn inner_product(one: &[Tensor], other: &[Tensor]) -> Result<Tensor, TrainError> {
    tch::no_grad(|| {
        let device = one.first().map_or(tch::Device::Cpu, Tensor::device);
        let mut total = Tensor::f_zeros([], (Kind::Double, device))?;
        for (a, b) in one.iter().zip(other) {
            // bf16 has too few digits for the products; the sum has those of f64.
            let product = a.f_to_kind(Kind::Float)?.f_mul(&b.f_to_kind(Kind::Float)?)?;
            total = total.f_add(&product.f_sum(Kind::Double)?)?;
        }
        Ok(total)
    })
}
