//! The memory of a run, before anything is allocated: the code of a step is traced on shapes alone, as if on the
//! device ([`Trace`]), so that only `config.json` is needed, and the figure follows the code.

mod choice;
mod device;
mod fit;
mod planned;
mod speed;

pub use choice::MemoryChoice;
pub use device::PlannedDevice;
pub use planned::PlannedMemory;

use super::error::TrainError;
use super::optimizer::Optimizer;
use crate::config::{Adam, MomentKind, Precision, ReferenceSource, RunPlan};
use crate::data::{Batch, Example, PackedSequence};
use crate::model::{Architecture, Model, PassMemory, PassOptions};
use crate::torch::Trace;
use crate::unit::{Bytes, DomainId, Step};
use serde::Serialize;

/// What CUDA itself takes on a GPU: its context, the code of libtorch's kernels, cuBLAS's workspaces. An
/// assumption, not measured yet.
const CONTEXT: u64 = 900 << 20;
/// What the program takes on a CPU beside its tensors: libtorch's code, its threads, oneDNN's workspaces.
const PROGRAM: u64 = 200 << 20;
/// Most tokens that are traced.
const MOST_TRACED: u64 = 32_768;
/// Share of what comes and goes that the allocator cannot use again at once.
const FRAGMENTS: f64 = 0.03;

/// What the memory of a run depends on, besides its device.
#[derive(Clone, Debug)]
pub struct MemoryNeeds {
    /// The model to tune.
    pub architecture: Architecture,
    /// The reference model that is tuned for the ceilings, where the run measures them.
    pub reference: Option<Architecture>,
    /// Longest document, tokens.
    pub sequence_length: usize,
    /// Most tokens of a step.
    pub step_tokens: usize,
    /// Most tokens of a batch of held-out rows; `None` is as many as a micro-batch has.
    pub evaluation_tokens: Option<usize>,
    /// Tokens whose logits exist at one time.
    pub loss_chunk: usize,
    /// What the optimizer's moments are kept in; `None` is what a precision has.
    pub moments: Option<MomentKind>,
    /// Number of domains.
    pub domains: usize,
    /// Whether a strategy keeps the sum of all gradients beside one.
    pub sums_gradients: bool,
}

/// The memory of a run on a device by its parts, bytes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MemoryPlan {
    /// The device.
    pub device: String,
    /// Its memory.
    pub capacity: u64,
    /// Number formats, recomputation and micro-batch that it is of.
    pub choice: MemoryChoice,
    /// The weights.
    pub weights: u64,
    /// Their copies in bf16, where those are computed with and the weights are f32.
    pub copies: u64,
    /// Their gradients, and the sum of those of all domains where a strategy needs it.
    pub gradients: u64,
    /// AdamW's two moments.
    pub moments: u64,
    /// What the layers keep for the backward of a micro-batch.
    pub activations: u64,
    /// The most that comes and goes beside it.
    pub working: u64,
    /// During what that is.
    pub working_in: &'static str,
    /// The device's own, and what its allocator cannot use.
    pub reserve: u64,
    /// All of it.
    pub total: u64,
    /// The same while the ceilings are measured, where the run measures them.
    pub ceilings: Option<u64>,
}

impl MemoryNeeds {
    /// Those of a run of these models.
    pub fn of(plan: &RunPlan, architecture: Architecture, reference: Option<Architecture>) -> Self {
        let (training, length) = (&plan.training, plan.data.sequence_length);
        MemoryNeeds {
            architecture,
            reference: reference
                .filter(|_| matches!(plan.mixing.reference, ReferenceSource::Tune(_))),
            sequence_length: length,
            step_tokens: training.batch_samples.saturating_mul(length),
            evaluation_tokens: (!plan.fit.open.evaluation_batch)
                .then_some(plan.evaluation.batch.0 as usize),
            loss_chunk: training.loss_chunk,
            moments: training.optimizer_states,
            domains: plan.data.domains.len(),
            sums_gradients: plan.mixing.strategy.spec().needs_gradients,
        }
    }

    /// The memory of a run that computes so on a device.
    ///
    /// # Errors
    /// libtorch fails.
    pub fn plan(
        &self,
        device: &PlannedDevice,
        choice: MemoryChoice,
    ) -> Result<MemoryPlan, TrainError> {
        let own = self.phase(&self.architecture, device, choice)?;
        let ceilings =
            self.reference.as_ref().map(|reference| self.phase(reference, device, choice));
        let ceilings = ceilings.transpose()?.map(|phase| phase.total(0, device));
        let sum = if self.sums_gradients { own.gradients } else { 0 };
        let total = own.total(sum, device);
        let (working_in, working) = own.working();
        Ok(MemoryPlan {
            device: device.name.clone(),
            capacity: device.memory.0,
            choice,
            weights: own.weights,
            copies: own.copies,
            gradients: own.gradients + sum,
            moments: own.moments,
            activations: own.pass.kept,
            working,
            working_in,
            reserve: total - own.states() - sum - own.pass.kept - working,
            total,
            ceilings,
        })
    }

    /// Traced up to a number of tokens; beyond that each takes as much as the one before.
    fn phase(
        &self,
        architecture: &Architecture,
        device: &PlannedDevice,
        choice: MemoryChoice,
    ) -> Result<Phase, TrainError> {
        let training = (self.step_tokens as u64).min(choice.micro_batch.0).max(2);
        let measured = self.evaluation_tokens.map_or(choice.micro_batch.0, |tokens| tokens as u64);
        let measured = measured.max(2);
        let at = |most: u64| {
            let sizes = Sizes { training: training.min(most), measured: measured.min(most) };
            self.traced(architecture, device, choice, sizes)
        };
        let most = at(MOST_TRACED)?;
        if training.max(measured) <= MOST_TRACED {
            return Ok(most);
        }
        let half = at(MOST_TRACED / 2)?;
        Ok(most.extended(&half, training, measured))
    }

    fn traced(
        &self,
        architecture: &Architecture,
        device: &PlannedDevice,
        choice: MemoryChoice,
        sizes: Sizes,
    ) -> Result<Phase, TrainError> {
        let trace = Trace::begin(device.traced);
        let model = Model::traced(architecture, choice.precision, &trace)?;
        let weights = trace.memory().live;
        model.grads()?;
        let gradients = trace.memory().live - weights;
        // The constants of AdamW change no memory.
        let adam = Adam { beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.0 };
        let moments = self.moments.unwrap_or(choice.precision.moments());
        let mut optimizer = Optimizer::new(model.params(), adam, moments, 0)?;
        let states = trace.memory().live;
        let options = PassOptions { recompute: choice.recompute, loss_chunk: self.loss_chunk };
        let longest = self.sequence_length.min(architecture.window.unwrap_or(usize::MAX));
        let pass_of = |tokens: u64| {
            let sequence = Self::documents_of(longest, tokens as usize, self.domains);
            model.trace_sequence(&sequence, self.domains, options, &trace)
        };
        // The copies are made by the first pass, and stay.
        let _ = pass_of(2)?;
        let copies = match choice.precision {
            Precision::MixedBf16 => trace.memory().live - states,
            Precision::F32 | Precision::PureBf16 => 0,
        };
        let pass = pass_of(sizes.training)?;
        let there = states + copies;
        optimizer.step(model.params(), Step(1), 0.0)?;
        let optimizer_step = trace.memory().peak.saturating_sub(there);
        let measured = Self::documents_of(longest, sizes.measured as usize, self.domains);
        drop(model.document_losses(&measured, self.domains, self.loss_chunk)?);
        let measuring = trace.memory().peak.saturating_sub(there);
        Ok(Phase {
            weights,
            copies,
            gradients,
            moments: states - weights - gradients,
            pass,
            optimizer_step,
            measuring,
        })
    }

    /// The longest documents that fill so many tokens, each of which counts: what takes most.
    pub fn documents_of(longest: usize, tokens: usize, domains: usize) -> PackedSequence {
        let longest = longest.max(2);
        let (whole, rest) = (tokens / longest, tokens % longest);
        let lengths = std::iter::repeat_n(longest, whole).chain((rest > 1).then_some(rest));
        let example = |length: usize| Example {
            domain: DomainId(0),
            tokens: vec![0; length],
            counted: (0..length).map(|token| token > 0).collect(),
        };
        let examples: Vec<Example> = lengths.map(example).collect();
        let mut batch = Batch::assemble(&examples, usize::MAX, domains);
        batch.sequences.pop().unwrap_or_default()
    }
}

/// Tokens of a micro-batch, and of a batch that is measured.
#[derive(Clone, Copy)]
struct Sizes {
    training: u64,
    measured: u64,
}

/// One model that is trained and measured.
struct Phase {
    weights: u64,
    copies: u64,
    gradients: u64,
    moments: u64,
    pass: PassMemory,
    optimizer_step: u64,
    measuring: u64,
}

impl Phase {
    /// That of more tokens, from this one, of the most that are traced, and another of half as many.
    fn extended(self, half: &Phase, training: u64, measured: u64) -> Phase {
        let beyond =
            |tokens: u64| tokens.saturating_sub(MOST_TRACED) as f64 / (MOST_TRACED / 2) as f64;
        let extend = |here: u64, half: u64, tokens: u64| {
            here + (here.saturating_sub(half) as f64 * beyond(tokens)) as u64
        };
        let (here, there) = (self.pass, half.pass);
        let pass = PassMemory {
            kept: extend(here.kept, there.kept, training),
            forward: extend(here.forward, there.forward, training),
            head: extend(here.head, there.head, training),
            backward: extend(here.backward, there.backward, training),
        };
        Phase { pass, measuring: extend(self.measuring, half.measuring, measured), ..self }
    }

    /// What is there all the time.
    fn states(&self) -> u64 {
        self.weights + self.copies + self.gradients + self.moments
    }

    /// What takes most beside states and kept activations, and how much.
    fn working(&self) -> (&'static str, u64) {
        let PassMemory { kept, forward, head, backward } = self.pass;
        // Without a micro-batch there are no activations.
        let without = |bytes: u64| bytes.saturating_sub(kept);
        let parts = [
            ("a layer's forward", forward),
            ("the loss", head),
            ("a layer's backward", backward),
            ("the optimizer's step", without(self.optimizer_step)),
            ("a measurement", without(self.measuring)),
        ];
        parts.into_iter().max_by_key(|(_, bytes)| *bytes).unwrap_or(("nothing", 0))
    }

    fn total(&self, more_states: u64, device: &PlannedDevice) -> u64 {
        let comes_and_goes = self.pass.kept + self.working().1;
        let own = if device.is_gpu() { CONTEXT } else { PROGRAM };
        let fragments = (FRAGMENTS * comes_and_goes as f64) as u64;
        self.states() + more_states + comes_and_goes + own + fragments
    }
}

impl MemoryPlan {
    /// What is there all the time.
    pub fn states(&self) -> u64 {
        self.weights + self.copies + self.gradients + self.moments
    }

    /// The most that the run takes at any time.
    pub fn peak(&self) -> u64 {
        self.total.max(self.ceilings.unwrap_or(0))
    }

    /// Whether the device has that much.
    pub fn fits(&self) -> bool {
        self.peak() <= self.capacity
    }

    /// Bytes of a checkpoint: weights and moments.
    pub fn checkpoint(&self) -> Bytes {
        Bytes(self.weights + self.moments)
    }
}

#[cfg(test)]
mod tests;
