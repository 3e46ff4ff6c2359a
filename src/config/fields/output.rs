//! What is measured, written and logged besides training.

use super::field::{Field, adopt, at};
use super::limits::or_none;
use super::section::Section;
use super::spec::Spec;
use crate::unit::allowed::{COUNT, NOT_NEGATIVE, SIZE};

pub(in crate::config) const EVALUATION_EVERY: Spec<Option<u64>> =
    Spec::within("evaluation.every", || None, or_none!(COUNT));

pub(in crate::config) const SAMPLES_EVERY: Spec<Option<u64>> =
    Spec::within("samples.every", || None, or_none!(COUNT));
pub(in crate::config) const PROMPTS: Spec<usize> = Spec::within("samples.prompts", || 2, SIZE);
pub(in crate::config) const MAX_TOKENS: Spec<usize> =
    Spec::within("samples.max_tokens", || 64, SIZE);
pub(in crate::config) const TEMPERATURE: Spec<f64> =
    Spec::within("samples.temperature", || 0.0, NOT_NEGATIVE);

pub(in crate::config) const CHECKPOINT_EVERY: Spec<Option<u64>> =
    Spec::within("checkpoint.every", || Some(500), or_none!(COUNT));
pub(in crate::config) const KEEP_LAST: Spec<usize> =
    Spec::within("checkpoint.keep_last", || 2, SIZE);
pub(in crate::config) const KEEP_BEST: Spec<bool> = Spec::new("checkpoint.keep_best", || true);

pub(in crate::config) const LOGGING_EVERY: Spec<u64> = Spec::within("logging.every", || 10, COUNT);
pub(in crate::config) const HOST_SECS: Spec<f64> =
    Spec::within("logging.host_secs", || 1.0, NOT_NEGATIVE);

pub(super) fn evaluation() -> Section {
    Section {
        path: "evaluation",
        help: "When held-out losses are measured, besides start, end and every mixture update.",
        fields: vec![
            Field::of(
                &EVALUATION_EVERY,
                at!(evaluation.every),
                "Optimizer steps between two measurements. `None` is at mixture updates only.",
            )
            .unit("steps"),
            Field::derived::<u64>(
                "evaluation.batch",
                "`training.micro_batch`",
                at!(evaluation.batch),
                "Most tokens of one batch.",
            )
            .unit("tokens")
            .allowed("at least data.sequence_length"),
        ],
    }
}

pub(super) fn samples() -> Section {
    Section {
        path: "samples",
        help: "Texts that the model writes for the prompts of held-out rows, for people to read. \
               Nothing of the run depends on them.",
        fields: vec![
            Field::of(
                &SAMPLES_EVERY,
                at!(samples.every),
                "Optimizer steps between two times, the first of them before training. `None` is \
                 on request only.",
            )
            .unit("steps")
            .obeyed(adopt!(samples.every)),
            Field::of(&PROMPTS, at!(samples.prompts), "Prompts per domain.")
                .unit("prompts")
                .obeyed(adopt!(samples.prompts)),
            Field::of(&MAX_TOKENS, at!(samples.max_tokens), "Most tokens of a text.")
                .unit("tokens")
                .obeyed(adopt!(samples.max_tokens)),
            Field::of(
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
        help: "When checkpoints are written, and how many stay.",
        fields: vec![
            Field::of(
                &CHECKPOINT_EVERY,
                at!(checkpoint.every),
                "Optimizer steps between two. `None` is at the end and on request only.",
            )
            .unit("steps")
            .obeyed(adopt!(checkpoint.every)),
            Field::of(&KEEP_LAST, at!(checkpoint.keep_last), "How many of the newest stay.")
                .obeyed(adopt!(checkpoint.keep_last)),
            Field::of(
                &KEEP_BEST,
                at!(checkpoint.keep_best),
                "Whether the one of the lowest mean held-out loss stays too.",
            )
            .obeyed(adopt!(checkpoint.keep_best)),
        ],
    }
}

pub(super) fn logging() -> Section {
    Section {
        path: "logging",
        help: "What is logged.",
        fields: vec![
            Field::of(&LOGGING_EVERY, at!(logging.every), "Optimizer steps between two log lines.")
                .unit("steps")
                .obeyed(adopt!(logging.every)),
            Field::of(
                &HOST_SECS,
                at!(logging.host_secs),
                "Time between two readings of processor, memory, disk and GPUs; 0 takes none.",
            )
            .unit("seconds")
            .obeyed(adopt!(logging.host_secs)),
        ],
    }
}
