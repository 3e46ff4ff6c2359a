use crate::config::{Adam, MomentKind};
use crate::model::{ModelError, Param, TensorFile};
use crate::torch::TorchError;
use crate::torch::optim::{self, Keys, Moments};
use crate::unit::Step;
use tch::{Kind, Tensor, no_grad};

/// AdamW over the trainable parameters of a model. Frozen ones have no moments, do not decay and do
/// not move.
///
/// Each update is computed in f32. Weights and moments in bf16 are rounded stochastically on the way
/// back: nearest rounding would lose updates that are small against the weight.
pub struct Optimizer {
    adam: Adam,
    seed: u64,
    states: Vec<State>,
}

/// What belongs to a trainable parameter.
struct State {
    /// Its index among all parameters of the model.
    param: usize,
    moments: Moments,
}

impl Optimizer {
    /// Zero moments of a kind for each trainable parameter, on its device. Every later call takes the same
    /// parameters, of which the same are trainable. `seed` keys the stochastic rounding.
    pub fn new(
        params: &[Param],
        adam: Adam,
        kind: MomentKind,
        seed: u64,
    ) -> Result<Self, TorchError> {
        let trainable = params.iter().enumerate().filter(|(_, param)| param.is_trainable());
        let states = trainable.map(|(index, param)| {
            Ok(State { param: index, moments: Moments::zeros(&param.tensor, kind)? })
        });
        let states = states.collect::<Result<_, TorchError>>()?;
        Ok(Optimizer { adam, seed, states })
    }

    /// One update with the gradients in `.grad`. `step` is the step that this completes, for the bias
    /// correction.
    pub fn step(&mut self, params: &[Param], step: Step, lr: f64) -> Result<(), TorchError> {
        no_grad(|| {
            let mut all_f32 = [F32Lists::default(), F32Lists::default()];
            for State { param: index, moments } in &self.states {
                let param = &params[*index];
                let (weight, grad) = (param.tensor.detach(), param.tensor.f_grad()?);
                match moments {
                    Moments::Float { first, second }
                        if [&weight, first].map(Tensor::kind) == [Kind::Float; 2] =>
                    {
                        all_f32[usize::from(param.decays)].push(weight, grad, first, second);
                    }
                    _ => {
                        let adam = self.adam(step, lr, param.decays);
                        optim::adamw_step(&weight, &grad, moments, adam, self.keys(step, *index))?;
                    }
                }
            }
            for (lists, decays) in all_f32.iter().zip([false, true]) {
                lists.step(self.adam(step, lr, decays))?;
            }
            Ok(())
        })
    }

    /// Moments with their names, for a checkpoint.
    pub fn tensors(&self, params: &[Param]) -> Vec<(String, Tensor)> {
        let mut tensors = Vec::new();
        for (which, suffix) in [FIRST, SECOND].into_iter().enumerate() {
            for State { param, moments } in &self.states {
                let (numbers, largest) = moments.parts()[which];
                let name = format!("{}.{suffix}", params[*param].name);
                tensors.extend(largest.map(|x| (format!("{name}.{LARGEST}"), x.shallow_clone())));
                tensors.push((name, numbers.shallow_clone()));
            }
        }
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

    fn adam(&self, step: Step, lr: f64, decays: bool) -> optim::AdamW {
        let Adam { beta1, beta2, eps, weight_decay } = self.adam;
        let weight_decay = if decays { weight_decay } else { 0.0 };
        optim::AdamW { step: step.0, lr, beta1, beta2, weight_decay, eps }
    }

    /// Keys of the roundings of a parameter: every (run, step, parameter, tensor) has its own.
    fn keys(&self, step: Step, param: usize) -> Keys {
        let key = |which: u64| {
            [step.0, param as u64, which].into_iter().fold(self.seed, |key, word| {
                let mixed = (key ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
                mixed ^ (mixed >> 29)
            })
        };
        Keys { weight: key(0), first: key(1), second: key(2) }
    }
}

/// Parameters whose weights and moments are f32: they take a step together.
#[derive(Default)]
struct F32Lists {
    weights: Vec<Tensor>,
    grads: Vec<Tensor>,
    first: Vec<Tensor>,
    second: Vec<Tensor>,
}

impl F32Lists {
    fn push(&mut self, weight: Tensor, grad: Tensor, first: &Tensor, second: &Tensor) {
        self.weights.push(weight);
        self.grads.push(grad);
        self.first.push(first.shallow_clone());
        self.second.push(second.shallow_clone());
    }

    fn step(&self, adam: optim::AdamW) -> Result<(), TorchError> {
        optim::fused_adamw(&self.weights, &self.grads, &self.first, &self.second, adam)
    }
}

const FIRST: &str = "exp_avg";
const SECOND: &str = "exp_avg_sq";
/// After the name of a moment in 8 bits: the largest magnitude of each of its blocks.
const LARGEST: &str = "absmax";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Precision;
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
            let mut optimizer =
                Optimizer::new(model.params(), ADAM, precision.moments(), 1).unwrap();
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
            let mut whole = partly_frozen(precision);
            whole.set_trainable(|_| true).unwrap();
            no_grad(|| whole.grads().unwrap().iter_mut().for_each(|grad| drop(grad.fill_(1.0))));
            for model in [&model, &whole] {
                let mut optimizer =
                    Optimizer::new(model.params(), ADAM, precision.moments(), 1).unwrap();
                optimizer.step(model.params(), Step(1), 0.1).unwrap();
            }
            for (some, all) in model.params().iter().zip(whole.params()) {
                assert_eq!(some.tensor == all.tensor, some.is_trainable(), "{}", some.name);
            }
        }
    }

    #[test]
    fn moments_come_back_for_what_is_trainable() {
        for kind in [MomentKind::F32, MomentKind::Bf16, MomentKind::Int8] {
            come_back(kind);
        }
    }

    fn come_back(kind: MomentKind) {
        let model = partly_frozen(Precision::F32);
        let new = || Optimizer::new(model.params(), ADAM, kind, 1).unwrap();
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
        let (missing, _) = stored.remove(0);
        let error = new().restore(model.params(), &written(&stored)).unwrap_err().to_string();
        assert!(error.contains(&format!("it has no {missing}")), "{error}");
        // With further steps both are the same to the bit.
        let went_on = [optimizer, restored].map(|mut optimizer| {
            let before: Vec<Tensor> = weights(&model);
            optimizer.step(model.params(), Step(2), 0.1).unwrap();
            let after = weights(&model);
            no_grad(|| {
                for (param, old) in model.params().iter().zip(&before) {
                    param.tensor.shallow_clone().copy_(old);
                }
            });
            after
        });
        assert!(went_on[0] == went_on[1], "{kind:?}");
    }
}
