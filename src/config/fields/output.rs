//! What is measured, written and logged besides training.

use super::field::{Field, adopt, at};
use super::limits::or_none;
use super::section::Section;
use super::spec::Spec;
use crate::control::Tunable;
use crate::unit::allowed::{Allowed, COUNT, NOT_NEGATIVE, SIZE, whole};

pub(in crate::config) const EVALUATION_EVERY: Spec<Option<u64>> =
    Spec::within("evaluation.every", || None, or_none!(COUNT));

pub(in crate::config) const BUDGET: Spec<Option<f64>> =
    Spec::live("evaluation.budget", || Some(0.03), Tunable::Budget);

pub(in crate::config) const SAMPLES_EVERY: Spec<Option<u64>> =
    Spec::live("samples.every", || None, Tunable::SamplesEvery);
pub(in crate::config) const PROMPTS: Spec<usize> =
    Spec::within("samples.prompts", || 2, whole!(1 to 10_000));
pub(in crate::config) const MAX_TOKENS: Spec<usize> =
    Spec::within("samples.max_tokens", || 64, whole!(1 to 1_048_576));
pub(in crate::config) const TEMPERATURE: Spec<f64> =
    Spec::within("samples.temperature", || 0.0, NOT_NEGATIVE);

pub(in crate::config) const CHECKPOINT_EVERY: Spec<Option<u64>> =
    Spec::live("checkpoint.every", || Some(500), Tunable::CheckpointEvery);
pub(in crate::config) const KEEP_LAST: Spec<usize> =
    Spec::within("checkpoint.keep_last", || 2, SIZE);
pub(in crate::config) const KEEP_BEST: Spec<bool> = Spec::new("checkpoint.keep_best", || true);
pub(in crate::config) const BEFORE_EDIT: Spec<bool> = Spec::new("checkpoint.before_edit", || false);

pub(in crate::config) const LOGGING_EVERY: Spec<u64> =
    Spec::live("logging.every", || 10, Tunable::LoggingEvery);
pub(in crate::config) const HOST_SECS: Spec<f64> = Spec::within("logging.host_secs", || 1.0, DAY);
pub(in crate::config) const TENSORBOARD: Spec<bool> = Spec::new("logging.tensorboard", || false);

/// Seconds of at most a day.
const DAY: Allowed<f64> =
    Allowed { holds: |x| (0.0..=86_400.0).contains(x), text: "a number from 0 to 86400" };

pub(super) fn evaluation() -> Section {
    Section {
        path: "evaluation",
        help: "When held-out losses are measured, besides the start, the end and the mixture updates of \
               a strategy that needs them.",
        fields: vec![
            Field::new(
                &EVALUATION_EVERY,
                at!(evaluation.every),
                "Optimizer steps between two more measurements. `None` makes no more.",
            )
            .unit("steps")
            .obeyed(adopt!(evaluation.every)),
            Field::new(
                &BUDGET,
                at!(evaluation.budget),
                "The share of the run's work that measuring may take, counted in tokens: one that is measured \
                 is a third of one that is trained on. The rows of a domain that are measured follow from \
                 it, and where it is too small for 32 of them, `mixing.every` where that is left out; but 32 \
                 rows of a domain and 8 mixture updates come before it. `None` measures every held-out row.",
            ),
            Field::derived::<u64>(
                "evaluation.batch",
                "`training.micro_batch`",
                at!(evaluation.batch),
                "Most tokens of an evaluation batch.",
            )
            .unit("tokens")
            .allowed("at least data.sequence_length, at most 2147483648"),
        ],
    }
}

pub(super) fn samples() -> Section {
    Section {
        path: "samples",
        help: "Texts that the model writes for the prompts of held-out rows, for people to read. \
               They change nothing of the run.",
        fields: vec![
            Field::new(
                &SAMPLES_EVERY,
                at!(samples.every),
                "Optimizer steps between two times at which texts are written, the first before \
                 training, the last at its end. `None` writes them on the command `generate` only.",
            )
            .unit("steps")
            .obeyed(adopt!(samples.every)),
            Field::new(
                &PROMPTS,
                at!(samples.prompts),
                "Prompts per domain, of the same rows every time.",
            )
            .unit("prompts")
            .obeyed(adopt!(samples.prompts)),
            Field::new(&MAX_TOKENS, at!(samples.max_tokens), "Most tokens of a text.")
                .unit("tokens")
                .obeyed(adopt!(samples.max_tokens)),
            Field::new(
                &TEMPERATURE,
                at!(samples.temperature),
                "Sampling temperature; 0 takes the likeliest token every time.",
            )
            .obeyed(adopt!(samples.temperature)),
        ],
    }
}

pub(super) fn checkpoint() -> Section {
    Section {
        path: "checkpoint",
        help: "When checkpoints are written, and how many are kept. One is always written at the end.",
        fields: vec![
            Field::new(
                &CHECKPOINT_EVERY,
                at!(checkpoint.every),
                "Optimizer steps between two checkpoints. `None` writes them at the end and on the \
                 command `save` only. Training stands still while a checkpoint's tensors are copied to \
                 host memory, and goes on while they are written; where the memory is too short for \
                 a copy, it waits until they are written, and a warning says so. The last one and \
                 those on command are waited for.",
            )
            .unit("steps")
            .obeyed(adopt!(checkpoint.every)),
            Field::new(&KEEP_LAST, at!(checkpoint.keep_last), "How many of the newest are kept.")
                .obeyed(adopt!(checkpoint.keep_last)),
            Field::new(
                &KEEP_BEST,
                at!(checkpoint.keep_best),
                "Whether the one with the lowest mean held-out loss is kept too. A checkpoint is ranked \
                 by a measurement of its own step, which is made for each one of `checkpoint.every`; \
                 one that is written on command or on a stop has a rank only where its step was \
                 measured anyway. The log names the loss and the step of the best.",
            )
            .obeyed(adopt!(checkpoint.keep_best)),
            Field::new(
                &BEFORE_EDIT,
                at!(checkpoint.before_edit),
                "Whether one is written before a live value or the weights are changed by hand, unless \
                 there is one of that step: `rollback` can go back to before the edit. Where it cannot \
                 be written, the edit is rejected.",
            )
            .obeyed(adopt!(checkpoint.before_edit)),
        ],
    }
}

pub(super) fn logging() -> Section {
    Section {
        path: "logging",
        help: "What the run logs, and how often; see `versatune help logs`.",
        fields: vec![
            Field::new(
                &LOGGING_EVERY,
                at!(logging.every),
                "Optimizer steps between two log lines of training.",
            )
            .unit("steps")
            .obeyed(adopt!(logging.every)),
            Field::new(
                &HOST_SECS,
                at!(logging.host_secs),
                "Time between two readings of processor, memory, disk and GPUs; 0 takes none.",
            )
            .unit("seconds")
            .obeyed(adopt!(logging.host_secs)),
            Field::new(
                &TENSORBOARD,
                at!(logging.tensorboard),
                "Whether TensorBoard's events are written while the run goes, into `tensorboard` in its \
                 folder; see `versatune help export`.",
            )
            .obeyed(adopt!(logging.tensorboard)),
        ],
    }
}
