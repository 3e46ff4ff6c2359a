use crate::config::{Adam, Precision};
use crate::model::Param;
use crate::torch::{TorchError, optim};
use crate::unit::Step;
use tch::{Kind, Tensor, no_grad};

/// AdamW over all parameters of a model.
///
/// In `PureBf16` weights and moments are bf16; each update is computed in f32, piece by piece, and
/// rounded stochastically on the way back: nearest rounding would lose updates that are small
/// against the weight.
pub struct Optimizer {
    adam: Adam,
    precision: Precision,
    seed: u64,
    first_moments: Vec<Tensor>,
    second_moments: Vec<Tensor>,
}

/// Elements that `PureBf16` updates at a time: bounds the f32 copies to a few hundred megabytes.
const PIECE: i64 = 1 << 24;

impl Optimizer {
    /// Zero moments for each parameter, on its device. `seed` keys the stochastic rounding.
    pub fn new(
        params: &[Param],
        adam: Adam,
        precision: Precision,
        seed: u64,
    ) -> Result<Self, TorchError> {
        let zeros = || {
            params
                .iter()
                .map(|param| param.tensor.detach().f_zeros_like())
                .collect::<Result<Vec<_>, _>>()
        };
        Ok(Optimizer { adam, precision, seed, first_moments: zeros()?, second_moments: zeros()? })
    }

    /// One update with the gradients in `.grad`. `step` is the step that this completes, for the bias
    /// correction.
    pub fn step(&mut self, params: &[Param], step: Step, lr: f64) -> Result<(), TorchError> {
        no_grad(|| match self.precision {
            Precision::F32 | Precision::MixedBf16 => self.step_f32(params, step, lr),
            Precision::PureBf16 => self.step_bf16(params, step, lr),
        })
    }

    /// Moments with their names, for a checkpoint.
    pub fn tensors(&self, params: &[Param]) -> Vec<(String, Tensor)> {
        let named = |suffix: &'static str, moments: &[Tensor]| {
            params
                .iter()
                .zip(moments)
                .map(|(param, moment)| (format!("{}.{suffix}", param.name), moment.shallow_clone()))
                .collect::<Vec<_>>()
        };
        let mut tensors = named(FIRST, &self.first_moments);
        tensors.extend(named(SECOND, &self.second_moments));
        tensors
    }

    /// Takes moments back from a checkpoint. `Err` names the first tensor that is missing or has
    /// another shape or kind.
    pub fn restore(
        &mut self,
        params: &[Param],
        mut tensors: Vec<(String, Tensor)>,
    ) -> Result<(), String> {
        for (suffix, moments) in
            [(FIRST, &mut self.first_moments), (SECOND, &mut self.second_moments)]
        {
            for (param, moment) in params.iter().zip(moments) {
                let name = format!("{}.{suffix}", param.name);
                let index = tensors
                    .iter()
                    .position(|(have, _)| *have == name)
                    .ok_or_else(|| format!("the optimizer state has no tensor {name}"))?;
                let (_, saved) = tensors.swap_remove(index);
                if saved.size() != moment.size() || saved.kind() != moment.kind() {
                    return Err(format!(
                        "the optimizer state has {name} as {:?} {:?}, the model needs {:?} {:?}",
                        saved.kind(),
                        saved.size(),
                        moment.kind(),
                        moment.size()
                    ));
                }
                no_grad(|| moment.f_copy_(&saved)).map_err(|error| format!("{name}: {error}"))?;
            }
        }
        Ok(())
    }

    fn step_f32(&self, params: &[Param], step: Step, lr: f64) -> Result<(), TorchError> {
        for decays in [true, false] {
            let chosen: Vec<usize> =
                (0..params.len()).filter(|&i| params[i].decays == decays).collect();
            if chosen.is_empty() {
                continue;
            }
            let pick =
                |of: &[Tensor]| chosen.iter().map(|&i| of[i].shallow_clone()).collect::<Vec<_>>();
            let weights: Vec<Tensor> = chosen.iter().map(|&i| params[i].tensor.detach()).collect();
            let grads =
                chosen.iter().map(|&i| params[i].tensor.f_grad()).collect::<Result<Vec<_>, _>>()?;
            let (first, second) = (pick(&self.first_moments), pick(&self.second_moments));
            optim::fused_adamw(&weights, &grads, &first, &second, self.adam(step, lr, decays))?;
        }
        Ok(())
    }

    fn step_bf16(&self, params: &[Param], step: Step, lr: f64) -> Result<(), TorchError> {
        for (index, param) in params.iter().enumerate() {
            let flat = |tensor: &Tensor| tensor.f_view([-1]);
            let stored = [
                flat(&param.tensor.detach())?,
                flat(&self.first_moments[index])?,
                flat(&self.second_moments[index])?,
            ];
            let grad = flat(&param.tensor.f_grad()?)?;
            let elements = grad.size()[0];
            for (piece, begin) in (0..elements).step_by(PIECE as usize).enumerate() {
                let length = PIECE.min(elements - begin);
                let mut wide = Vec::with_capacity(3);
                for tensor in &stored {
                    wide.push(tensor.f_narrow(0, begin, length)?.f_to_kind(Kind::Float)?);
                }
                let grad = grad.f_narrow(0, begin, length)?.f_to_kind(Kind::Float)?;
                let [weight, first, second] = [&wide[..1], &wide[1..2], &wide[2..]];
                optim::fused_adamw(
                    weight,
                    &[grad],
                    first,
                    second,
                    self.adam(step, lr, param.decays),
                )?;
                for (which, (tensor, wide)) in stored.iter().zip(&wide).enumerate() {
                    let mut target = tensor.f_narrow(0, begin, length)?;
                    optim::copy_stochastic(&mut target, wide, self.key(step, index, piece, which))?;
                }
            }
        }
        Ok(())
    }

    fn adam(&self, step: Step, lr: f64, decays: bool) -> optim::AdamW {
        let Adam { beta1, beta2, eps, weight_decay } = self.adam;
        let weight_decay = if decays { weight_decay } else { 0.0 };
        optim::AdamW { step: step.0, lr, beta1, beta2, weight_decay, eps }
    }

    /// Key of one rounding: every (run, step, parameter, piece, tensor) has its own.
    fn key(&self, step: Step, param: usize, piece: usize, which: usize) -> u64 {
        [step.0, param as u64, piece as u64, which as u64].into_iter().fold(
            self.seed,
            |key, word| {
                let mixed = (key ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
                mixed ^ (mixed >> 29)
            },
        )
    }
}

const FIRST: &str = "exp_avg";
const SECOND: &str = "exp_avg_sq";
