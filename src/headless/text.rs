use super::number::{four, short_count, span, three_digits};
use crate::control::{Actor, Command, CommandId, Verdict};
use crate::mixing::{Mixture, Outcome, Threshold};
use crate::telemetry::{
    DataSummary, DeviceInfo, DomainEval, Event, Level, Phase, Record, RunState, StepSample,
};
use crate::unit::{DomainId, Step, grouped};

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
            Event::RunStarted { run, version, domains, strategy, steps, resumed_at, seed } => {
                let resumed = resumed_at.map_or(String::new(), |s| format!("  resumed at {}", s.0));
                let domains = domains.len();
                let text = format!(
                    "{run}  strategy {strategy}  domains {domains}  steps {steps}  seed {seed}  \
                     version {version}{resumed}"
                );
                ("run", text)
            }
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
            Event::Detected { mixture, source } => {
                ("detected", format!("{}  ({source})", shares(state, mixture)))
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
            Event::MixtureUpdated { step, update, old: _, new, potential, forgetting: _ } => {
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
            Event::MicroBatchHalved { step, old, new } => {
                let text = format!("out of memory: micro-batch {} -> {} tokens", old.0, new.0);
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
            Event::Host(_) => return None,
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
        if self.last_progress_ms.is_some_and(|last| now_ms.saturating_sub(last) < PROGRESS_MS) {
            return None;
        }
        self.last_progress_ms = Some(now_ms);
        let of = total.filter(|total| *total > 0).map_or(String::new(), |total| {
            format!("/{}  {:.0}%", total, 100.0 * done as f64 / total as f64)
        });
        Some(("progress", format!("{}  {what}  {done}{of}", phase_word(phase))))
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

/// `  40/300`, as wide for every step of the run.
fn place(state: &RunState, step: Step) -> String {
    let steps = state.steps.to_string();
    format!("{:>width$}/{steps}", step.0, width = steps.len())
}

/// `law=0.2500 medical=0.1250`: one word per domain.
fn each(state: &RunState, values: &[f64], show: impl Fn(f64) -> String) -> String {
    let named = state.domains.iter().zip(values);
    let words: Vec<String> = named.map(|(name, v)| format!("{name}={}", show(*v))).collect();
    words.join(" ")
}

fn shares(state: &RunState, mixture: &Mixture) -> String {
    each(state, mixture.as_slice(), |share| format!("{share:.3}"))
}

fn device_text(device: &DeviceInfo) -> String {
    let DeviceInfo { name, model, why, threads, memory, peak_flops } = device;
    let peak = peak_flops
        .map_or(String::new(), |flops| format!("  peak {} TFLOP/s", three_digits(flops / 1e12)));
    format!("{name}  {model}  threads {threads}  memory {memory}{peak}  ({why})")
}

fn data_text(data: &DataSummary) -> String {
    let mut text = format!(
        "{}  train {} rows, {} tokens  held-out {} rows, {} answer tokens",
        data.domain,
        grouped(data.train_rows),
        data.train_tokens,
        grouped(data.held_out_rows),
        data.held_out_answer_tokens,
    );
    let rare =
        [("cut", data.cut_rows), ("dropped", data.dropped_rows), ("skipped", data.skipped_rows)];
    for (word, count) in rare.into_iter().filter(|(_, count)| *count > 0) {
        text += &format!("  {word} {count}");
    }
    if data.cached {
        text += "  (cached)";
    }
    text
}

fn evaluated(state: &RunState, domains: &[DomainEval], secs: f64) -> String {
    let losses: Vec<f64> = domains.iter().map(|domain| domain.loss).collect();
    let mean = losses.iter().sum::<f64>() / losses.len() as f64;
    let losses = each(state, &losses, four);
    format!("held-out {losses}  mean {}  took {}", four(mean), span(secs))
}

fn tested(state: &RunState, threshold: &Threshold) -> String {
    let Threshold { targets, outcome, target_potential, mean_forgetting, ratio, tau } = threshold;
    let name = |id: &DomainId| state.domains.get(id.0).map_or("?", String::as_str);
    let targets: Vec<&str> = targets.iter().map(name).collect();
    let sign = match outcome {
        Outcome::Expanded => ">",
        Outcome::Held => "<=",
    };
    format!(
        "target {}  gamma {} {sign} tau*phi {}  phi {}  ratio {}  tau {}",
        targets.join(","),
        four(*target_potential),
        four(tau * mean_forgetting),
        four(*mean_forgetting),
        ratio.map_or("none".into(), three_digits),
        three_digits(*tau),
    )
}

fn commanded(
    id: CommandId,
    actor: &Actor,
    command: &Command,
    reason: Option<&str>,
    verdict: &Verdict,
) -> String {
    let outcome = match verdict {
        Verdict::Applied { old: Some(old), new: Some(new) } => format!("applied {old} -> {new}"),
        Verdict::Applied { old: None, new: Some(new) } => format!("applied: {new}"),
        Verdict::Applied { .. } => "applied".into(),
        Verdict::Rejected { why } => format!("rejected: {why}"),
    };
    let reason = reason.map_or(String::new(), |reason| format!("  because \"{reason}\""));
    format!("#{} '{command}' by {actor}: {outcome}{reason}", id.0)
}

fn phase_word(phase: Phase) -> &'static str {
    match phase {
        Phase::Loading => "loading",
        Phase::Tokenising => "tokenising",
        Phase::Detection => "detection",
        Phase::Reference => "reference",
        Phase::Evaluating => "evaluating",
        Phase::Training => "training",
        Phase::Saving => "saving",
        Phase::Paused => "paused",
        Phase::Finished => "finished",
        Phase::Failed => "failed",
    }
}

fn level_word(level: Level) -> &'static str {
    match level {
        Level::Info => "note",
        Level::Warning => "warning",
        Level::Error => "error",
    }
}

fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Expanded => "expanded",
        Outcome::Held => "held",
    }
}
