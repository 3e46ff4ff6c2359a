use crate::echo;
use crate::telemetry::words::number::{four, span, three_digits};
use crate::telemetry::words::parts::{padded_step, shares};
use crate::telemetry::words::{EventText, event_text};
use crate::telemetry::{Event, Phase, Record, RunState, StepSample};
use crate::unit::Step;

/// Progress of a long phase makes a line at most this often.
const PROGRESS_MS: u64 = 5000;

/// Makes log lines of records, at most one of each. The lines depend on the records alone.
#[derive(Debug)]
pub struct TextLines {
    every: u64,
    last_progress_ms: Option<u64>,
    loss_sum: f64,
    loss_tokens: u64,
}

impl TextLines {
    /// A line of training every `steps` steps (≥ 1), besides the first and the last.
    pub fn every(steps: u64) -> Self {
        TextLines { every: steps.max(1), last_progress_ms: None, loss_sum: 0.0, loss_tokens: 0 }
    }

    /// The line for a record, without its time stamp; `None` where the record makes no line. `state` is
    /// the run up to and including the record.
    pub fn line(&mut self, state: &RunState, record: &Record) -> Option<String> {
        let (kind, text) = self.words(state, record)?;
        let line = format!("{kind:<9} {text}");
        Some(echo::line(line.trim_end()).into_owned())
    }

    fn words(&mut self, state: &RunState, record: &Record) -> Option<(&'static str, String)> {
        if let Event::Step(sample) = &record.event {
            return self.step(state, sample);
        }
        if let Event::RolledBack { .. } = &record.event {
            // The steps that were left are none of the next line's.
            (self.loss_sum, self.loss_tokens) = (0.0, 0);
        }
        if !self.is_shown(state, record) {
            return None;
        }
        let EventText { kind, step, text } = event_text(state, record);
        let at = step.map_or(String::new(), |step| format!("{}  ", padded_step(state, step)));
        Some((kind, format!("{at}{text}")))
    }

    /// Whether a record makes a line. By default one does: a new kind of event is not lost here.
    fn is_shown(&mut self, state: &RunState, record: &Record) -> bool {
        match &record.event {
            Event::PhaseChanged { phase, .. } => {
                self.last_progress_ms = None;
                !is_implied(state, *phase)
            }
            Event::Progress { .. } | Event::Detecting(_) => self.is_progress_due(record.unix_ms),
            Event::Host(_) | Event::Configured { .. } | Event::LiveValues(_) => false,
            _ => true,
        }
    }

    /// Whether a line of progress is due; the next one is then due [`PROGRESS_MS`] later.
    fn is_progress_due(&mut self, now_ms: u64) -> bool {
        let due =
            self.last_progress_ms.is_none_or(|last| now_ms.saturating_sub(last) >= PROGRESS_MS);
        if due {
            self.last_progress_ms = Some(now_ms);
        }
        due
    }

    /// The loss of a line is the token mean over the steps since the line before: sum, then divide.
    fn step(&mut self, state: &RunState, sample: &StepSample) -> Option<(&'static str, String)> {
        self.loss_sum += sample.domain_loss_sum.iter().sum::<f64>();
        self.loss_tokens += sample.domain_tokens.iter().sum::<u64>();
        let step = sample.step;
        let live = state.history.live.as_ref().and_then(|live| live.intervals.logging_every);
        let every = live.unwrap_or(self.every);
        if step.0 != 1 && step.0 != state.steps && !step.is_multiple_of(every) {
            return None;
        }
        let loss = self.loss_sum / self.loss_tokens as f64;
        (self.loss_sum, self.loss_tokens) = (0.0, 0);
        let speed =
            state.tokens_per_sec().map_or(String::new(), |rate| format!("  tok/s {rate:.0}"));
        let mfu = state.mfu().map_or(String::new(), |mfu| format!("  mfu {:.1}%", 100.0 * mfu));
        let eta = state.eta_secs().map_or(String::new(), |secs| format!("  eta {}", span(secs)));
        let weights = state
            .history
            .weights
            .as_ref()
            .map_or(String::new(), |mixture| format!("  {}", shares(state, mixture)));
        let text = format!(
            "{}  loss {}  lr {}  grad {}{speed}{mfu}  mem {}{eta}{weights}",
            padded_step(state, step),
            four(loss),
            three_digits(sample.lr),
            three_digits(sample.grad_norm),
            sample.memory,
        );
        Some(("step", text))
    }
}

/// Whether a phase needs no line of its own: the engine enters and leaves some between steps, and the
/// lines of their results are enough.
fn is_implied(state: &RunState, phase: Phase) -> bool {
    match phase {
        Phase::Evaluating | Phase::Saving | Phase::Training => state.history.step > Step(0),
        Phase::Finished | Phase::Failed => true,
        Phase::Loading
        | Phase::Tokenizing
        | Phase::Detection
        | Phase::Reference
        | Phase::Paused => false,
    }
}
