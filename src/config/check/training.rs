//! The sections `training`, `evaluation`, `samples`, `checkpoint`, `logging` and `screen`.

use super::super::fields::{output, screen, training as fields};
use super::super::given::Given;
use super::super::plan::{
    Adam, CheckpointPlan, EvaluationPlan, Length, LoggingPlan, SamplesPlan, Schedule, ScreenPlan,
    TrainingPlan,
};
use super::super::written::{self, Checkpoint, Evaluation, Logging, Samples, Screen, Training};
use super::checker::Checker;
use crate::unit::Tokens;
use crate::unit::allowed::{ABOVE_ZERO, COUNT};

/// Seconds between two frames with `screen.low_bandwidth`.
const LOW_BANDWIDTH_SECS: f64 = 2.0;

impl Checker<'_> {
    pub(super) fn training(&mut self, training: Training, sequence_length: usize) -> TrainingPlan {
        let length = self.length(training.length);
        let row = sequence_length as u64;
        let micro_batch = training.micro_batch.or(row.saturating_mul(4));
        self.holds_a_row("training.micro_batch", micro_batch, row);
        TrainingPlan {
            length,
            objective: self.value(&fields::OBJECTIVE, training.objective),
            batch_samples: self.value(&fields::BATCH_SAMPLES, training.batch_samples),
            micro_batch: Tokens(micro_batch),
            lr: self.value(&fields::LR, training.lr),
            schedule: self.schedule_of_rate(training.schedule),
            adam: self.adam(training.adam),
            optimizer_states: self.value(&fields::OPTIMIZER_STATES, training.optimizer_states),
            clip: self.value(&fields::CLIP, training.clip),
            loss_chunk: self.value(&fields::LOSS_CHUNK, training.loss_chunk),
            max_skipped: self.value(&fields::MAX_SKIPPED, training.max_skipped),
        }
    }

    fn length(&mut self, given: Given<Length>) -> Length {
        let length = self.value(&fields::LENGTH, given);
        let good = match length {
            Length::Steps(steps) => (COUNT.holds)(&steps),
            Length::Epochs(epochs) => (ABOVE_ZERO.holds)(&epochs),
        };
        if !good {
            self.error(fields::LENGTH.path, fields::LENGTH_ALLOWED, "");
        }
        length
    }

    fn holds_a_row(&mut self, path: &str, tokens: u64, row: u64) {
        let most = fields::MOST_TOKENS;
        if tokens > most {
            let allowed =
                format!("at least data.sequence_length, {row}, and at most {most} tokens");
            self.error_found(path, format!("{tokens} tokens"), allowed, "");
        } else if tokens < row {
            let allowed = format!("at least data.sequence_length, {row} tokens");
            let fix = "raise it, or shorten data.sequence_length";
            self.error_found(path, format!("{tokens} tokens"), allowed, fix);
        }
    }

    fn schedule_of_rate(&mut self, schedule: written::Schedule) -> Schedule {
        Schedule {
            warmup: self.value(&fields::WARMUP, schedule.warmup),
            shape: self.value(&fields::SHAPE, schedule.shape),
            last: self.value(&fields::LAST, schedule.last),
        }
    }

    fn adam(&mut self, adam: written::Adam) -> Adam {
        Adam {
            beta1: self.value(&fields::BETA1, adam.beta1),
            beta2: self.value(&fields::BETA2, adam.beta2),
            eps: self.value(&fields::EPS, adam.eps),
            weight_decay: self.value(&fields::WEIGHT_DECAY, adam.weight_decay),
        }
    }

    pub(super) fn evaluation(
        &mut self,
        evaluation: Evaluation,
        sequence_length: usize,
        micro_batch: Tokens,
    ) -> EvaluationPlan {
        let given = evaluation.batch.0.is_some();
        let batch = evaluation.batch.or(micro_batch.0);
        if given {
            self.holds_a_row("evaluation.batch", batch, sequence_length as u64);
        }
        EvaluationPlan {
            every: self.value(&output::EVALUATION_EVERY, evaluation.every),
            budget: self.value(&output::BUDGET, evaluation.budget),
            batch: Tokens(batch),
        }
    }

    pub(super) fn samples(&mut self, samples: Samples) -> SamplesPlan {
        SamplesPlan {
            every: self.value(&output::SAMPLES_EVERY, samples.every),
            prompts: self.value(&output::PROMPTS, samples.prompts),
            max_tokens: self.value(&output::MAX_TOKENS, samples.max_tokens),
            temperature: self.value(&output::TEMPERATURE, samples.temperature),
        }
    }

    pub(super) fn checkpoint(&mut self, checkpoint: Checkpoint) -> CheckpointPlan {
        CheckpointPlan {
            every: self.value(&output::CHECKPOINT_EVERY, checkpoint.every),
            keep_last: self.value(&output::KEEP_LAST, checkpoint.keep_last),
            keep_best: self.value(&output::KEEP_BEST, checkpoint.keep_best),
            before_edit: self.value(&output::BEFORE_EDIT, checkpoint.before_edit),
        }
    }

    pub(super) fn logging(&mut self, logging: Logging) -> LoggingPlan {
        LoggingPlan {
            every: self.value(&output::LOGGING_EVERY, logging.every),
            host_secs: self.value(&output::HOST_SECS, logging.host_secs),
            tensorboard: self.value(&output::TENSORBOARD, logging.tensorboard),
        }
    }

    pub(super) fn screen(&mut self, given: Screen) -> ScreenPlan {
        let mut refresh_secs = given.refresh_secs;
        if self.value(&screen::LOW_BANDWIDTH, given.low_bandwidth) {
            refresh_secs = Given(Some(refresh_secs.or(LOW_BANDWIDTH_SECS)));
        }
        ScreenPlan {
            theme: self.theme(given.theme),
            colours: self.value(&screen::COLOURS, given.colours),
            marks: self.value(&screen::MARKS, given.marks),
            refresh_secs: self.value(&screen::REFRESH_SECS, refresh_secs),
            mouse: self.value(&screen::MOUSE, given.mouse),
            plain: self.value(&screen::PLAIN, given.plain),
            close_at_end: self.value(&screen::CLOSE_AT_END, given.close_at_end),
            patience_secs: self.value(&screen::PATIENCE_SECS, given.patience_secs),
            keys: self.value(&screen::KEYS, given.keys),
        }
    }

    /// A shipped theme by its name, a file by its absolute path, so that the plan does not depend on
    /// the working directory.
    fn theme(&mut self, given: Given<String>) -> String {
        let theme = self.value(&screen::THEME, given);
        let full = self.options.cwd.join(&theme);
        match full.to_str() {
            Some(full) if theme.ends_with(".ron") => full.to_owned(),
            _ => theme,
        }
    }
}
