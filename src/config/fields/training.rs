//! How the weights move.

use super::super::plan::{Length, MomentKind, Objective, Shape};
use super::field::{Field, adopt, at};
use super::section::Section;
use super::spec::Spec;
use crate::control::{LiveField, Tunable};
use crate::unit::allowed::{ABOVE_ZERO, Allowed, BELOW_ONE, COUNT, NOT_NEGATIVE, SHARE, whole};

/// Examples of a step, whose tokens are in memory together.
pub(super) const BATCH_SIZE: Allowed<usize> = whole!(1 to 1_000_000);
/// Most tokens of a batch that one number of ours counts.
pub(in crate::config) const MOST_TOKENS: u64 = 1 << 31;
pub(in crate::config) const LENGTH: Spec<Length> =
    Spec::new("training.length", || Length::Epochs(4.0));
/// What a length may be.
pub(in crate::config) const LENGTH_ALLOWED: &str =
    "Steps(n) with n from 1 to 1e12, or Epochs(x) with x above 0, at most 1000000";
pub(in crate::config) const OBJECTIVE: Spec<Objective> =
    Spec::new("training.objective", || Objective::Tokens);
pub(in crate::config) const BATCH_SAMPLES: Spec<usize> =
    Spec::within("training.batch_samples", || 128, BATCH_SIZE);
pub(in crate::config) const LR: Spec<f64> = Spec::live("training.lr", || 2e-5, Tunable::Lr);
pub(in crate::config) const WARMUP: Spec<f64> =
    Spec::within("training.schedule.warmup", || 0.03, BELOW_ONE);
pub(in crate::config) const SHAPE: Spec<Shape> =
    Spec::new("training.schedule.shape", || Shape::Cosine);
pub(in crate::config) const LAST: Spec<f64> = Spec::within("training.schedule.last", || 0.0, SHARE);
pub(in crate::config) const BETA1: Spec<f64> =
    Spec::within("training.adam.beta1", || 0.9, BELOW_ONE);
pub(in crate::config) const BETA2: Spec<f64> =
    Spec::within("training.adam.beta2", || 0.999, BELOW_ONE);
pub(in crate::config) const EPS: Spec<f64> = Spec::within("training.adam.eps", || 1e-8, ABOVE_ZERO);
pub(in crate::config) const WEIGHT_DECAY: Spec<f64> =
    Spec::within("training.adam.weight_decay", || 0.0, NOT_NEGATIVE);
pub(in crate::config) const OPTIMIZER_STATES: Spec<Option<MomentKind>> =
    Spec::new("training.optimizer_states", || None);
pub(in crate::config) const CLIP: Spec<Option<f64>> =
    Spec::live("training.clip", || Some(1.0), Tunable::Clip);
pub(in crate::config) const LOSS_CHUNK: Spec<usize> =
    Spec::within("training.loss_chunk", || 1024, whole!(1 to 16_777_216));
pub(in crate::config) const MAX_SKIPPED: Spec<u64> =
    Spec::within("training.max_skipped", || 5, COUNT);

pub(super) fn training() -> Section {
    Section {
        path: "training",
        help: "How the weights move. The defaults of `length`, `batch_samples`, `lr`, `schedule` and \
               `adam.weight_decay` are the paper's.",
        fields: vec![
            Field::new(
                &LENGTH,
                at!(training.length),
                "Length of the run: so many optimizer steps, or so many times the number of all \
                 training rows.",
            )
            .allowed(LENGTH_ALLOWED)
            .obeyed(adopt!(training.length))
            .live(LiveField::Set(Tunable::Length)),
            Field::new(
                &OBJECTIVE,
                at!(training.objective),
                "What a step minimizes: the mean over its target tokens (as `transformers`; a domain \
                 of long answers counts for more than its weight), the mean over its samples of each \
                 one's token mean, or the mean over its domains of each one's token mean by the \
                 weights (of the domains that the step holds, divided by their sum). The training loss \
                 that is reported is the token mean with all three; the record has what was minimized \
                 beside it.",
            ),
            Field::new(&BATCH_SAMPLES, at!(training.batch_samples), "B, examples per optimizer step.")
                .unit("examples"),
            Field::derived::<u64>(
                "training.micro_batch",
                "chosen by `fit`",
                at!(training.micro_batch),
                "Most tokens that go through the model at once. Where memory does not suffice it is \
                 halved and the same batch tried again. It changes results in their last bits only. With `fit: Off` the \
                 default is four times `data.sequence_length`.",
            )
            .unit("tokens")
            .allowed("at least data.sequence_length, at most 2147483648"),
            Field::new(&LR, at!(training.lr), "Peak learning rate.").obeyed(adopt!(training.lr)),
            Field::new(
                &WARMUP,
                at!(training.schedule.warmup),
                "Share of the steps in which the learning rate climbs linearly to its peak, rounded up \
                 as in `transformers`. Step 1 of W has 1/W of the peak there (in `transformers` 0, \
                 which trains nothing), step W all of it.",
            )
            .obeyed(adopt!(training.schedule.warmup)),
            Field::new(
                &SHAPE,
                at!(training.schedule.shape),
                "How the learning rate falls after the warm-up, step by step as in `transformers`; \
                 `Constant` keeps it at its peak.",
            )
            .obeyed(adopt!(training.schedule.shape)),
            Field::new(
                &LAST,
                at!(training.schedule.last),
                "Share of the peak that the learning rate falls to. It would reach it one step after \
                 the final one, so that no step has a rate of 0.",
            )
            .obeyed(adopt!(training.schedule.last)),
            Field::new(&BETA1, at!(training.adam.beta1), "AdamW's β₁, decay of the first moment."),
            Field::new(&BETA2, at!(training.adam.beta2), "AdamW's β₂, decay of the second moment."),
            Field::new(&EPS, at!(training.adam.eps), "AdamW's ε, added to the root of the second moment."),
            Field::new(
                &WEIGHT_DECAY,
                at!(training.adam.weight_decay),
                "Decoupled weight decay; not applied to norms and biases.",
            ),
            Field::new(
                &OPTIMIZER_STATES,
                at!(training.optimizer_states),
                "What AdamW's two moments are kept in. `F32`: 8 bytes a parameter. `Bf16`: 4, rounded \
                 stochastically. `Int8`: 2, in blocks of 256 numbers that share a largest magnitude. `None` is \
                 `Bf16` with `PureBf16` and else `F32`.",
            ),
            Field::new(
                &CLIP,
                at!(training.clip),
                "Largest gradient norm: a larger gradient is scaled down to it. `None` does not clip.",
            ),
            Field::new(
                &LOSS_CHUNK,
                at!(training.loss_chunk),
                "Number of tokens whose logits are in memory at one time: fewer take less memory.",
            )
            .unit("tokens"),
            Field::new(
                &MAX_SKIPPED,
                at!(training.max_skipped),
                "Steps in a row that could not be taken, because the loss or the gradient norm was \
                 not finite, after which the run pauses; without screens it ends with an error.",
            )
            .unit("steps")
            .obeyed(adopt!(training.max_skipped)),
        ],
    }
}
