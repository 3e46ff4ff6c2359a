use crate::config::{Adam, Precision};
use crate::model::{ModelError, Param, TensorFile};
use crate::torch::{TorchError, optim};
use crate::unit::Step;
use tch::{Kind, Tensor, no_grad};

/// AdamW over the trainable parameters of a model. Frozen ones have no moments, do not decay and do
/// not move.
///
/// In `PureBf16` weights and moments are bf16; each update is computed in f32, piece by piece, and
/// rounded stochastically on the way back: nearest rounding would lose updates that are small
/// against the weight.
pub struct Optimizer {
    adam: Adam,
    precision: Precision,
    seed: u64,
    moments: Vec<Moments>,
}

/// The moments of one trainable parameter.
struct Moments {
    /// Its index among all parameters of the model.
    param: usize,
    first: Tensor,
    second: Tensor,
}

/// Elements that `PureBf16` updates at a time: bounds the f32 copies to a few hundred megabytes.
const PIECE: i64 = 1 << 24;

impl Optimizer {
    /// Zero moments for each trainable parameter, on its device. Every later call takes the same
    /// parameters, of which the same are trainable. `seed` keys the stochastic rounding.
    pub fn new(
        params: &[Param],
        adam: Adam,
        precision: Precision,
        seed: u64,
    ) -> Result<Self, TorchError> {
        let zeros = |param: &Param| param.tensor.detach().f_zeros_like();
        let trainable = params.iter().enumerate().filter(|(_, param)| param.is_trainable());
        let moments = trainable.map(|(index, param)| {
            Ok(Moments { param: index, first: zeros(param)?, second: zeros(param)? })
        });
        let moments = moments.collect::<Result<_, TorchError>>()?;
        Ok(Optimizer { adam, precision, seed, moments })
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
        let named = |suffix: &str, moment: fn(&Moments) -> &Tensor| {
            let name = |moments: &Moments| format!("{}.{suffix}", params[moments.param].name);
            self.moments
                .iter()
                .map(|moments| (name(moments), moment(moments).shallow_clone()))
                .collect::<Vec<_>>()
        };
        let mut tensors = named(FIRST, |moments| &moments.first);
        tensors.extend(named(SECOND, |moments| &moments.second));
        tensors
    }

    /// Takes moments back from a checkpoint, in place; those of parameters that are frozen now are left there.
    ///
    /// # Errors
    /// The first tensor that is missing, or has another shape or kind. Some moments may have changed then.
    pub fn restore(&mut self, params: &[Param], stored: &TensorFile) -> Result<(), ModelError> {
        no_grad(|| {
            self.tensors(params)
                .iter()
                .try_for_each(|(name, moment)| stored.read_exactly(name, moment))
        })
    }

    fn step_f32(&self, params: &[Param], step: Step, lr: f64) -> Result<(), TorchError> {
        for decays in [true, false] {
            let chosen: Vec<&Moments> =
                self.moments.iter().filter(|of| params[of.param].decays == decays).collect();
            if chosen.is_empty() {
                continue;
            }
            let weight = |of: &&Moments| params[of.param].tensor.detach();
            let weights: Vec<Tensor> = chosen.iter().map(weight).collect();
            let grad = |of: &&Moments| params[of.param].tensor.f_grad();
            let grads = chosen.iter().map(grad).collect::<Result<Vec<_>, _>>()?;
            let first: Vec<Tensor> = chosen.iter().map(|of| of.first.shallow_clone()).collect();
            let second: Vec<Tensor> = chosen.iter().map(|of| of.second.shallow_clone()).collect();
            optim::fused_adamw(&weights, &grads, &first, &second, self.adam(step, lr, decays))?;
        }
        Ok(())
    }

    fn step_bf16(&self, params: &[Param], step: Step, lr: f64) -> Result<(), TorchError> {
        for Moments { param: index, first, second } in &self.moments {
            let param = &params[*index];
            let flat = |tensor: &Tensor| tensor.f_view([-1]);
            let stored = [flat(&param.tensor.detach())?, flat(first)?, flat(second)?];
            let grad = flat(&param.tensor.f_grad()?)?;
            let adam = self.adam(step, lr, param.decays);
            let elements = grad.size()[0];
            for (piece, begin) in (0..elements).step_by(PIECE as usize).enumerate() {
                let length = PIECE.min(elements - begin);
                let key = |which| self.key(step, *index, piece, which);
                let grad = grad.f_narrow(0, begin, length)?;
                let mut pieces = Vec::with_capacity(stored.len());
                for tensor in &stored {
                    pieces.push(tensor.f_narrow(0, begin, length)?);
                }
                step_piece(&mut pieces, &grad, adam, key)?;
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

/// Updates a piece of a parameter and of its two moments (`stored`, bf16), in f32; `key` keys the
/// rounding of each.
fn step_piece(
    stored: &mut [Tensor],
    grad: &Tensor,
    adam: optim::AdamW,
    key: impl Fn(usize) -> u64,
) -> Result<(), TorchError> {
    let wide = stored.iter().map(|tensor| tensor.f_to_kind(Kind::Float));
    let wide = wide.collect::<Result<Vec<_>, _>>()?;
    let grad = grad.f_to_kind(Kind::Float)?;
    optim::fused_adamw(&wide[..1], &[grad], &wide[1..2], &wide[2..], adam)?;
    for (which, (target, wide)) in stored.iter_mut().zip(&wide).enumerate() {
        optim::copy_stochastic(target, wide, key(which))?;
    }
    Ok(())
}

const FIRST: &str = "exp_avg";
const SECOND: &str = "exp_avg_sq";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Model, StoredTensor, write_tensors};
    use std::path::Path;
    use tch::Device;

    const GOLDEN: &str = "tests/fixtures/golden/llama";
    const ADAM: Adam = Adam { beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.5 };

    /// A model of which every third parameter is frozen, with gradients of ones.
    fn partly_frozen(precision: Precision) -> Model {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(GOLDEN);
        let mut model = Model::open(&folder, Device::Cpu, precision).unwrap();
        let mut index = 0;
        model
            .set_trainable(|_| {
                index += 1;
                index % 3 != 0
            })
            .unwrap();
        no_grad(|| model.grads().unwrap().iter_mut().for_each(|grad| drop(grad.fill_(1.0))));
        model
    }

    fn weights(model: &Model) -> Vec<Tensor> {
        model.params().iter().map(|param| param.tensor.detach().copy()).collect()
    }

    #[test]
    fn frozen_parameters_neither_move_nor_decay_and_have_no_moments() {
        for precision in [Precision::F32, Precision::MixedBf16, Precision::PureBf16] {
            let model = partly_frozen(precision);
            let mut optimizer = Optimizer::new(model.params(), ADAM, precision, 1).unwrap();
            let before = weights(&model);
            optimizer.step(model.params(), Step(1), 0.1).unwrap();
            let names: Vec<String> =
                optimizer.tensors(model.params()).into_iter().map(|(name, _)| name).collect();
            for ((param, old), new) in model.params().iter().zip(&before).zip(weights(&model)) {
                let (name, trainable) = (&param.name, param.is_trainable());
                assert_eq!(*old != new, trainable, "{name}");
                assert_eq!(names.contains(&format!("{name}.{FIRST}")), trainable, "{name}");
                assert_eq!(names.contains(&format!("{name}.{SECOND}")), trainable, "{name}");
            }
        }
    }

    #[test]
    fn freezing_some_changes_no_bit_of_the_others() {
        for precision in [Precision::F32, Precision::PureBf16] {
            let model = partly_frozen(precision);
            let whole = partly_frozen(precision);
            for param in whole.params() {
                let _ = no_grad(|| param.tensor.shallow_clone().set_requires_grad(true));
            }
            no_grad(|| whole.grads().unwrap().iter_mut().for_each(|grad| drop(grad.fill_(1.0))));
            for model in [&model, &whole] {
                let mut optimizer = Optimizer::new(model.params(), ADAM, precision, 1).unwrap();
                optimizer.step(model.params(), Step(1), 0.1).unwrap();
            }
            for (some, all) in model.params().iter().zip(whole.params()) {
                assert_eq!(some.tensor == all.tensor, some.is_trainable(), "{}", some.name);
            }
        }
    }

    #[test]
    fn moments_come_back_for_what_is_trainable() {
        let model = partly_frozen(Precision::F32);
        let new = || Optimizer::new(model.params(), ADAM, Precision::F32, 1).unwrap();
        let mut optimizer = new();
        optimizer.step(model.params(), Step(1), 0.1).unwrap();
        let mut stored = optimizer.tensors(model.params());
        stored.push(("of.a.frozen.one.exp_avg".into(), Tensor::from(1.0f32)));
        let dir = tempfile::tempdir().unwrap();
        let written = |tensors: &[(String, Tensor)]| {
            let path = dir.path().join("optimizer.safetensors");
            let stored = tensors.iter().map(|(name, tensor)| StoredTensor::new(name, tensor));
            write_tensors(&path, &stored.collect::<Vec<_>>(), &mut |_| Ok(())).unwrap();
            TensorFile::open(path).unwrap()
        };
        let mut restored = new();
        restored.restore(model.params(), &written(&stored)).unwrap();
        assert_eq!(optimizer.tensors(model.params()), restored.tensors(model.params()));
        drop(stored.remove(0));
        let error = new().restore(model.params(), &written(&stored)).unwrap_err().to_string();
        assert!(error.contains("it has no model.embed_tokens.weight.exp_avg"), "{error}");
    }
}
