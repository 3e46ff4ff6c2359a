//! How the weights move.

use super::super::plan::{Length, Shape};
use super::field::{Field, adopt, at};
use super::section::Section;
use super::spec::Spec;
use crate::control::Tunable;
use crate::unit::allowed::{ABOVE_ZERO, BELOW_ONE, COUNT, NOT_NEGATIVE, SHARE, SIZE};

pub(in crate::config) const LENGTH: Spec<Length> =
    Spec::new("training.length", || Length::Epochs(4.0));
/// What a length may be.
pub(in crate::config) const LENGTH_ALLOWED: &str =
    "Steps(n) with n ≥ 1, or Epochs(x) with x above 0";
pub(in crate::config) const BATCH_SAMPLES: Spec<usize> =
    Spec::within("training.batch_samples", || 128, SIZE);
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
pub(in crate::config) const CLIP: Spec<Option<f64>> =
    Spec::live("training.clip", || Some(1.0), Tunable::Clip);
pub(in crate::config) const LOSS_CHUNK: Spec<usize> =
    Spec::within("training.loss_chunk", || 1024, SIZE);
pub(in crate::config) const MAX_SKIPPED: Spec<u64> =
    Spec::within("training.max_skipped", || 5, COUNT);

pub(super) fn training() -> Section {
    Section {
        path: "training",
        help: "How the weights move. Defaults are the paper's where it gives one.",
        fields: vec![
            Field::of(
                &LENGTH,
                at!(training.length),
                "Length of the run: optimizer steps, or times the number of all training rows.",
            )
            .allowed(LENGTH_ALLOWED)
            .obeyed(adopt!(training.length)),
            Field::of(&BATCH_SAMPLES, at!(training.batch_samples), "B, rows per optimizer step.")
                .unit("rows"),
            Field::derived::<u64>(
                "training.micro_batch",
                "four times `data.sequence_length`",
                at!(training.micro_batch),
                "Most tokens that go through the model at once. It is halved by itself where \
                 memory does not suffice; it changes no result but last bits.",
            )
            .unit("tokens")
            .allowed("at least data.sequence_length"),
            Field::of(&LR, at!(training.lr), "Peak learning rate.").obeyed(adopt!(training.lr)),
            Field::of(
                &WARMUP,
                at!(training.schedule.warmup),
                "Share of the steps in which the learning rate climbs to its peak.",
            )
            .obeyed(adopt!(training.schedule.warmup)),
            Field::of(
                &SHAPE,
                at!(training.schedule.shape),
                "How the learning rate goes on after the warm-up.",
            )
            .obeyed(adopt!(training.schedule.shape)),
            Field::of(
                &LAST,
                at!(training.schedule.last),
                "Learning rate at the end, as a share of the peak.",
            )
            .obeyed(adopt!(training.schedule.last)),
            Field::of(&BETA1, at!(training.adam.beta1), "AdamW's decay of the first moment."),
            Field::of(&BETA2, at!(training.adam.beta2), "AdamW's decay of the second moment."),
            Field::of(&EPS, at!(training.adam.eps), "Added to the root of AdamW's second moment."),
            Field::of(
                &WEIGHT_DECAY,
                at!(training.adam.weight_decay),
                "Decoupled weight decay; not of norms and biases.",
            ),
            Field::of(
                &CLIP,
                at!(training.clip),
                "Largest gradient norm; larger ones are scaled down to it. `None` does not clip.",
            ),
            Field::of(
                &LOSS_CHUNK,
                at!(training.loss_chunk),
                "Tokens whose logits exist at one time: fewer take less memory.",
            )
            .unit("tokens"),
            Field::of(
                &MAX_SKIPPED,
                at!(training.max_skipped),
                "Skipped steps in a row (the loss or its gradient was not finite) after which the \
                 run pauses, or stops where nobody watches.",
            )
            .unit("steps")
            .obeyed(adopt!(training.max_skipped)),
        ],
    }
}
