//! How the weights move, when they are measured, saved and logged.

use super::super::plan::{
    Adam, CheckpointPlan, EvaluationPlan, Length, LoggingPlan, SamplesPlan, Schedule, ScreenPlan,
    Shape, TrainingPlan,
};
use super::super::written::{self, Checkpoint, Evaluation, Logging, Samples, Screen, Training};
use super::{ABOVE_ZERO, BELOW_ONE, COUNT, Checker, NOT_NEGATIVE, RATE, Range, SHARE, SIZE};
use crate::unit::Tokens;

const REFRESH: Range<f64> =
    Range { holds: |x| (0.05..=60.0).contains(x), said: "seconds, 0.05 to 60" };

const PATIENCE: Range<f64> =
    Range { holds: |x| (1.0..=86_400.0).contains(x), said: "seconds, 1 to 86400" };

impl Checker<'_> {
    pub(super) fn training(&mut self, training: Training, sequence_length: usize) -> TrainingPlan {
        let length = self.length(training.length.or(Length::Epochs(4.0)));
        let row = sequence_length as u64;
        let micro_batch = training.micro_batch.or(row.saturating_mul(4));
        self.holds_a_row("training.micro_batch", micro_batch, row);
        let batch = training.batch_samples;
        TrainingPlan {
            length,
            batch_samples: self.ranged("training.batch_samples", batch, 128, &SIZE),
            micro_batch: Tokens(micro_batch),
            lr: self.ranged("training.lr", training.lr, 2e-5, &RATE),
            schedule: self.schedule_of_rate(training.schedule),
            adam: self.adam(training.adam),
            clip: self.optional("training.clip", training.clip, Some(1.0), &ABOVE_ZERO),
            loss_chunk: self.ranged("training.loss_chunk", training.loss_chunk, 1024, &SIZE),
            max_skipped: self.ranged("training.max_skipped", training.max_skipped, 5, &COUNT),
        }
    }

    fn length(&mut self, length: Length) -> Length {
        let good = match length {
            Length::Steps(steps) => steps >= 1,
            Length::Epochs(epochs) => epochs > 0.0 && epochs.is_finite(),
        };
        if !good {
            self.fault("training.length", "Steps(n) with n ≥ 1, or Epochs(x) with x above 0", "");
        }
        length
    }

    fn holds_a_row(&mut self, path: &str, tokens: u64, row: u64) {
        if tokens < row {
            let allowed = format!("at least data.sequence_length, {row} tokens");
            let fix = "raise it, or shorten data.sequence_length";
            self.fault_found(path, format!("{tokens} tokens"), allowed, fix);
        }
    }

    fn schedule_of_rate(&mut self, schedule: written::Schedule) -> Schedule {
        let (warmup, last) = (schedule.warmup, schedule.last);
        Schedule {
            warmup: self.ranged("training.schedule.warmup", warmup, 0.03, &BELOW_ONE),
            shape: schedule.shape.or(Shape::Cosine),
            last: self.ranged("training.schedule.last", last, 0.0, &SHARE),
        }
    }

    fn adam(&mut self, adam: written::Adam) -> Adam {
        let decay = adam.weight_decay;
        Adam {
            beta1: self.ranged("training.adam.beta1", adam.beta1, 0.9, &BELOW_ONE),
            beta2: self.ranged("training.adam.beta2", adam.beta2, 0.999, &BELOW_ONE),
            eps: self.ranged("training.adam.eps", adam.eps, 1e-8, &ABOVE_ZERO),
            weight_decay: self.ranged("training.adam.weight_decay", decay, 0.0, &NOT_NEGATIVE),
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
            every: self.optional("evaluation.every", evaluation.every, None, &COUNT),
            batch: Tokens(batch),
        }
    }

    pub(super) fn samples(&mut self, samples: Samples) -> SamplesPlan {
        let usual = SamplesPlan::default();
        let Samples { every, prompts, max_tokens, temperature } = samples;
        SamplesPlan {
            every: self.optional("samples.every", every, usual.every, &COUNT),
            prompts: self.ranged("samples.prompts", prompts, usual.prompts, &SIZE),
            max_tokens: self.ranged("samples.max_tokens", max_tokens, usual.max_tokens, &SIZE),
            temperature: self.ranged(
                "samples.temperature",
                temperature,
                usual.temperature,
                &NOT_NEGATIVE,
            ),
        }
    }

    pub(super) fn checkpoint(&mut self, checkpoint: Checkpoint) -> CheckpointPlan {
        let keep = checkpoint.keep_last;
        CheckpointPlan {
            every: self.optional("checkpoint.every", checkpoint.every, Some(500), &COUNT),
            keep_last: self.ranged("checkpoint.keep_last", keep, 2, &SIZE),
            keep_best: checkpoint.keep_best.or(true),
        }
    }

    pub(super) fn logging(&mut self, logging: Logging) -> LoggingPlan {
        let host = logging.host_secs;
        LoggingPlan {
            every: self.ranged("logging.every", logging.every, 10, &COUNT),
            host_secs: self.ranged("logging.host_secs", host, 1.0, &NOT_NEGATIVE),
        }
    }

    pub(super) fn screen(&mut self, screen: Screen) -> ScreenPlan {
        let usual = ScreenPlan::default();
        let refresh = if screen.low_bandwidth.or(false) { 2.0 } else { usual.refresh_secs };
        let given = screen.refresh_secs;
        ScreenPlan {
            theme: screen.theme.or(usual.theme),
            colours: screen.colours.or(usual.colours),
            marks: screen.marks.or(usual.marks),
            refresh_secs: self.ranged("screen.refresh_secs", given, refresh, &REFRESH),
            mouse: screen.mouse.or(usual.mouse),
            close_at_end: screen.close_at_end.or(usual.close_at_end),
            patience_secs: self.ranged(
                "screen.patience_secs",
                screen.patience_secs,
                usual.patience_secs,
                &PATIENCE,
            ),
            keys: screen.keys.or(usual.keys),
        }
    }
}
