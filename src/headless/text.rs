use super::number::{four, short_count, span, three_digits};
use super::words::{
    batch_word, commanded, data_text, detected, detecting, device_text, each, evaluated,
    level_word, outcome_word, phase_word, place, shares, tested,
};
use crate::telemetry::{DetectionSample, Event, Phase, Record, RunState, StepSample};
use crate::unit::Step;

/// Progress of a long phase makes a line at most this often.
const PROGRESS_MS: u64 = 5000;

/// Events as lines for people, at most one a line. A function of the events and their times alone.
#[derive(Debug)]
pub struct TextLines {
    every: u64,
    last_progress_ms: Option<u64>,
    loss_sum: f64,
    loss_tokens: u64,
}

impl TextLines {
    /// A line of training every so many steps (≥ 1), besides the first and the last.
    pub fn every(steps: u64) -> Self {
        TextLines { every: steps.max(1), last_progress_ms: None, loss_sum: 0.0, loss_tokens: 0 }
    }

    /// The line for a record, without its time stamp; `None` where there is nothing to say.
    /// `state` is the fold up to and including the record.
    pub fn line(&mut self, state: &RunState, record: &Record) -> Option<String> {
        let (kind, text) = self.words(state, record)?;
        let line = format!("{kind:<9} {text}");
        Some(line.trim_end().replace(char::is_control, " "))
    }

    fn words(&mut self, state: &RunState, record: &Record) -> Option<(&'static str, String)> {
        let at = |step: &Step| place(state, *step);
        let line = match &record.event {
            Event::RunStarted { run, version, domains, strategy, resumed_at, seed } => {
                let resumed = resumed_at.map_or(String::new(), |s| format!("  resumed at {}", s.0));
                let domains = domains.len();
                let text = format!(
                    "{run}  strategy {strategy}  domains {domains}  seed {seed}  \
                     version {version}{resumed}"
                );
                ("run", text)
            }
            Event::Planned { steps } => ("plan", format!("{steps} optimizer steps")),
            Event::DeviceChosen(device) => ("device", device_text(device)),
            Event::PhaseChanged { phase, detail } => {
                self.last_progress_ms = None;
                let detail = detail.as_deref().unwrap_or_default();
                match phase {
                    // The engine goes in and out of these between steps; their results say it.
                    Phase::Evaluating | Phase::Saving | Phase::Training
                        if state.history.step > Step(0) =>
                    {
                        return None;
                    }
                    Phase::Finished | Phase::Failed => return None,
                    phase => ("phase", format!("{}  {detail}", phase_word(*phase))),
                }
            }
            Event::Progress { phase, what, done, total } => {
                return self.progress(record.unix_ms, *phase, what, *done, *total);
            }
            Event::Notice { level, text } => (level_word(*level), text.clone()),
            Event::ModelLoaded { source, family, parameters, precision } => {
                let parameters = short_count(*parameters);
                let words =
                    format!("family {family}  parameters {parameters}  precision {precision}");
                ("model", format!("{source}  {words}"))
            }
            Event::DataReady(data) => ("data", data_text(data)),
            Event::Detecting(sample) => return self.detecting(state, record.unix_ms, sample),
            Event::Detected { mixture, source, intervals } => {
                ("detected", detected(state, mixture, source, intervals))
            }
            Event::ReferenceEpoch { domain, epoch, loss } => {
                ("reference", format!("{domain}  epoch {epoch}  loss {}", four(*loss)))
            }
            Event::Ceilings { losses, source } => {
                ("ceilings", format!("{}  ({source})", each(state, losses, four)))
            }
            Event::Step(sample) => return self.step(state, sample),
            Event::Evaluated { step, domains, used: _, secs } => {
                ("eval", format!("{}  {}", at(step), evaluated(state, domains, *secs)))
            }
            Event::MixtureUpdated {
                step,
                update,
                old: _,
                new,
                potential,
                forgetting: _,
                state: _,
            } => {
                let (shares, gamma) = (shares(state, new), each(state, potential, four));
                ("mixture", format!("{}  update {update}  {shares}  gamma {gamma}", at(step)))
            }
            Event::ThresholdTested { step, update, threshold } => {
                (outcome_word(threshold.outcome), {
                    format!("{}  update {update}  {}", at(step), tested(state, threshold))
                })
            }
            Event::LossRejected { step, domain, value } => {
                let text = "not used, the last good loss stands in";
                ("warning", format!("{}  held-out loss of {domain} is {value}: {text}", at(step)))
            }
            Event::StepSkipped { step, why, in_a_row } => {
                let text = format!("step not taken: {why} is not finite  in a row {in_a_row}");
                ("warning", format!("{}  {text}", at(step)))
            }
            Event::MicroBatchHalved { step, pass, old, new } => {
                let what = batch_word(*pass);
                let text = format!("out of memory: {what} {} -> {} tokens", old.0, new.0);
                ("warning", format!("{}  {text}", at(step)))
            }
            Event::PassCompleted { step, domain, passes } => {
                ("pass", format!("{}  {domain}  passes {passes}", at(step)))
            }
            Event::CheckpointSaved { step, path, bytes, secs, why } => {
                let took = span(*secs);
                ("saved", format!("{}  {path}  {bytes} in {took}  ({why})", at(step)))
            }
            Event::CheckpointRemoved { path } => ("removed", path.clone()),
            Event::CheckpointPassedOver { path, why } => {
                ("warning", format!("{path} passed over: {why}"))
            }
            Event::Resumed { step, path, replayed_from_seq: _ } => {
                ("resumed", format!("{}  from {path}", at(step)))
            }
            Event::ConfigChanged { field, old, new, obeyed } => {
                let obeyed = if *obeyed { "obeyed" } else { "not obeyed" };
                ("config", format!("{field}  {old} -> {new}  {obeyed}"))
            }
            Event::CommandOutcome { id, step, actor, command, reason, verdict } => {
                let text = commanded(*id, actor, command, reason.as_deref(), verdict);
                ("command", format!("{}  {text}", at(step)))
            }
            Event::CommandReplayed { id, step, actor, command, reason, verdict } => {
                let text = commanded(*id, actor, command, reason.as_deref(), verdict);
                ("replayed", format!("{}  {text}", at(step)))
            }
            Event::Host(_) | Event::Configured { .. } | Event::LiveValues(_) => return None,
            Event::Finished { step, why, complete: _, domains: _ } => {
                ("finished", format!("{}  {why}", at(step)))
            }
            Event::Failed { step, error } => ("failed", format!("{}  {error}", at(step))),
        };
        Some(line)
    }

    fn progress(
        &mut self,
        now_ms: u64,
        phase: Phase,
        what: &str,
        done: u64,
        total: Option<u64>,
    ) -> Option<(&'static str, String)> {
        if !self.is_time(now_ms) {
            return None;
        }
        let of = total.filter(|total| *total > 0).map_or(String::new(), |total| {
            format!("/{}  {:.0}%", total, 100.0 * done as f64 / total as f64)
        });
        Some(("progress", format!("{}  {what}  {done}{of}", phase_word(phase))))
    }

    fn detecting(
        &mut self,
        state: &RunState,
        now_ms: u64,
        sample: &DetectionSample,
    ) -> Option<(&'static str, String)> {
        self.is_time(now_ms).then(|| ("detecting", detecting(state, sample)))
    }

    /// Whether a line of progress is due; the next one is then due some time later.
    fn is_time(&mut self, now_ms: u64) -> bool {
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
        if step.0 != 1 && step.0 != state.steps && !step.is_multiple_of(self.every) {
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
            place(state, step),
            four(loss),
            three_digits(sample.lr),
            three_digits(sample.grad_norm),
            sample.memory,
        );
        Some(("step", text))
    }
}
