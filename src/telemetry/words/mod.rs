//! Events as text for log lines and screens, each event by itself.
//!
//! Text that needs more than the event and the state (the mean loss over several steps, say) is made by
//! the front end that shows it.

mod kind;
pub(crate) mod number;
pub(crate) mod parts;

pub use kind::{KINDS, kind};

use super::event::events_lost;
use super::{BothWays, Event, GpuSample, HostSample, Record, RunState, ShadowWeights, StepSample};
use crate::control::{AUTO, LiveValues};
use crate::mixing::SolvedLambda;
use crate::unit::Step;
use number::{four, short_count, span, three_digits};
use parts::{
    agreed, batch_word, commanded, crossed, data_text, detected, detecting, device_text, each,
    evaluated, phase_word, progress, ranked, shares, tested,
};

/// An event as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventText {
    /// The kind of event in one word, one of [`KINDS`].
    pub kind: &'static str,
    /// Optimizer steps done when it happened, for events of training.
    pub step: Option<Step>,
    /// The rest; may contain line breaks and control characters, which come from data or errors.
    pub text: String,
}

/// A record as text. `state` gives the names of the domains.
pub fn event_text(state: &RunState, record: &Record) -> EventText {
    let (step, text) = match &record.event {
        Event::RunStarted { run, version, domains, strategy, resumed_at, seed } => {
            let resumed = resumed_at.map_or(String::new(), |s| format!("  resumed at {}", s.0));
            let domains = domains.len();
            let text = format!(
                "{run}  strategy {strategy}  domains {domains}  seed {seed}  \
                 version {version}{resumed}"
            );
            (None, text)
        }
        Event::Configured { values, strategy, schedule: _ } => {
            (None, format!("{} values  strategy {}", values.len(), strategy.name()))
        }
        Event::LiveValues(live) => (None, live_text(state, live)),
        Event::Planned { steps } => (None, format!("{steps} optimizer steps")),
        Event::DeviceChosen(device) => (None, device_text(device)),
        Event::PhaseChanged { phase, detail } => {
            let detail = detail.as_ref().map_or(String::new(), |detail| format!("  {detail}"));
            (None, format!("{}{detail}", phase_word(*phase)))
        }
        Event::Progress { phase, what, done, total } => {
            (None, progress(*phase, what, *done, *total))
        }
        Event::Notice { level: _, text } => (None, text.clone()),
        Event::ModelLoaded { source, family, parameters, precision } => {
            let parameters = short_count(*parameters);
            let words = format!("family {family}  parameters {parameters}  precision {precision}");
            (None, format!("{source}  {words}"))
        }
        Event::DataReady(data) => (None, data_text(data)),
        Event::Detecting(sample) => (None, detecting(state, sample)),
        Event::Detected { mixture, source, intervals, agreement } => {
            (None, detected(state, mixture, source, intervals) + &agreed(*agreement))
        }
        Event::ReferenceEpoch { domain, epoch, loss } => {
            (None, format!("{domain}  epoch {epoch}  loss {}", four(*loss)))
        }
        Event::CrossLosses(table) => (None, crossed(state, table)),
        Event::ReferenceLosses { losses, source } => {
            (None, format!("{}  ({source})", each(state, losses, four)))
        }
        Event::Step(sample) => (Some(sample.step), step_text(sample)),
        Event::Evaluated { step, domains, used: _, secs } => {
            (Some(*step), evaluated(state, domains, *secs))
        }
        Event::Sampled { step, texts, secs } => {
            (Some(*step), format!("{} texts  took {}", texts.len(), span(*secs)))
        }
        Event::MixtureUpdated {
            step,
            update,
            new,
            potential,
            forgetting,
            potential_error,
            forgetting_error,
            gradient_products,
            ..
        } => {
            let numbers = [
                ("gamma", potential),
                ("se", potential_error),
                ("phi", forgetting),
                ("se", forgetting_error),
            ];
            let known = numbers.into_iter().filter(|(_, values)| !values.is_empty());
            let words =
                known.map(|(name, values)| format!("  {name} {}", each(state, values, four)));
            let mut words: String = words.collect();
            if !gradient_products.is_empty() {
                let products = each(state, gradient_products, three_digits);
                words += &format!("  gradient products {products}");
            }
            (Some(*step), format!("update {update}  {}{words}", shares(state, new)))
        }
        Event::Measuring { rows, tokens, measurements, share, budget } => {
            let percent = |share: f64| format!("{:.1} %", 100.0 * share);
            let budget =
                budget.map_or("no budget".into(), |budget| format!("budget {}", percent(budget)));
            let text = format!(
                "at most {rows} held-out rows of a domain, {tokens} tokens, {measurements} times: {} of the \
                 work  {budget}",
                percent(*share)
            );
            (None, text)
        }
        Event::LambdaSolved { step, solved } => (Some(*step), solved_text(solved)),
        Event::MixtureProjected { step, updates, mixture, samples } => {
            let end = shares(state, mixture);
            let moved = three_digits(*samples);
            let text = format!(
                "if potentials stayed, after {updates} updates: {end}  (upper bound)  next update {moved} samples"
            );
            (Some(*step), text)
        }
        Event::ShadowsUpdated { step, update, shadows: all } => {
            let one = |shadow: &ShadowWeights| {
                format!("  {} {}", shadow.strategy, shares(state, &shadow.weights))
            };
            let all: String = all.iter().map(one).collect();
            (Some(*step), format!("update {update}{all}"))
        }
        Event::UpdateHeld { step } => (Some(*step), "held: the weights stay".into()),
        Event::ThresholdTested { step, update, threshold } => {
            (Some(*step), format!("update {update}  {}", tested(state, threshold)))
        }
        Event::LossRejected { step, domain, value } => {
            let text = "not used, the last good loss is kept";
            (Some(*step), format!("held-out loss of {domain} is {value}: {text}"))
        }
        Event::StepSkipped { step, why, in_a_row } => {
            (Some(*step), format!("step not taken: {why}  in a row {in_a_row}"))
        }
        Event::MicroBatchHalved { step, pass, old, new } => {
            let what = batch_word(*pass);
            (Some(*step), format!("out of memory: {what} {} -> {} tokens", old.0, new.0))
        }
        Event::PassCompleted { step, domain, passes } => {
            (Some(*step), format!("{domain}  passes {passes}"))
        }
        Event::CheckpointBegun { step, path, bytes, secs } => {
            let copied = format!("{bytes} copied in {}", span(*secs));
            (Some(*step), format!("{path}  {copied}, written while training goes on"))
        }
        Event::CheckpointSaved { step, path, bytes, secs, stopped_secs, why, loss, best } => {
            let rank = ranked(*step, *loss, *best);
            let stop = stopped_secs.map_or(String::new(), |secs| {
                format!(", of which training stood still for {}", span(secs))
            });
            (Some(*step), format!("{path}  {bytes} in {}{stop}  ({why}){rank}", span(*secs)))
        }
        Event::ClientAttached { client, read_only } => {
            let how = if *read_only { "  read-only" } else { "" };
            (None, format!("{client} looks{how}"))
        }
        Event::ClientLeft { client } => (None, format!("{client} has left")),
        Event::EventsLost { first, why } => (None, events_lost(*first, record.seq, why)),
        Event::CheckpointRemoved { path } => (None, path.clone()),
        Event::CheckpointSkipped { path, why } => (None, format!("{path} skipped: {why}")),
        Event::Resumed { step, path, replayed_from_seq: _ } => {
            (Some(*step), format!("from {path}"))
        }
        Event::Asked { step, prompt, answer, base, secs } => {
            let base = match base {
                Ok(base) => format!("the base: {}", quoted(base)),
                Err(why) => format!("no base: {why}"),
            };
            let (prompt, answer) = (quoted(prompt), quoted(answer));
            (Some(*step), format!("{prompt}: {answer}  {base}  took {}", span(*secs)))
        }
        Event::Rehearsed { step, steps, edit, losses, secs } => {
            let text = rehearsed(state, losses);
            (Some(*step), format!("{steps} steps of `{edit}`: {text}  took {}", span(*secs)))
        }
        Event::RolledBack { from, step, path, to_seq: _, actor } => {
            (Some(*step), format!("from step {from} back to {path} by {actor}"))
        }
        Event::Branched { from, step, to_seq: _ } => {
            (Some(*step), format!("from step {step} of {from}"))
        }
        Event::Repeats { run, early, later } => {
            (None, format!("{} commands of {run} at their steps", early.len() + later.len()))
        }
        Event::ConfigChanged { field, old, new, obeyed } => {
            let obeyed = if *obeyed { "obeyed" } else { "not obeyed" };
            (None, format!("{field}  {old} -> {new}  {obeyed}"))
        }
        Event::CommandOutcome(outcome) | Event::CommandReplayed(outcome) => {
            (Some(outcome.step), commanded(outcome))
        }
        Event::Host(sample) => (None, host_text(sample)),
        Event::Finished { step, why, complete: _, domains: _ } => (Some(*step), why.clone()),
        Event::Failed { step, error } => (Some(*step), error.clone()),
    };
    EventText { kind: kind(&record.event), step, text }
}

fn step_text(sample: &StepSample) -> String {
    let objective =
        sample.objective.map_or(String::new(), |value| format!("  objective {}", four(value)));
    format!(
        "loss {}{objective}  lr {}  grad {}  took {}  mem {}",
        four(sample.loss),
        three_digits(sample.lr),
        three_digits(sample.grad_norm),
        span(sample.secs),
        sample.memory,
    )
}

fn solved_text(solved: &SolvedLambda) -> String {
    let SolvedLambda { lambda, span, updates, spread, spread_error, is_capped } = solved;
    let error = spread_error.map_or(String::new(), |error| format!(" se {}", four(error)));
    let capped = if *is_capped { "  capped" } else { "" };
    format!(
        "lambda {}  for a span of {span} in {updates} updates  potentials differ by {}{error}{capped}",
        three_digits(*lambda),
        four(*spread),
    )
}

/// A text of any length in one line.
fn quoted(text: &str) -> String {
    const LONGEST: usize = 200;
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.chars().count() > LONGEST {
        true => format!("'{}…'", line.chars().take(LONGEST).collect::<String>()),
        false => format!("'{line}'"),
    }
}

/// `law 1.7421 -> 1.7310 (-0.64 % se 0.12)  mean 2.1034 -> 2.0991`.
fn rehearsed(state: &RunState, losses: &[BothWays]) -> String {
    let one = |(name, both): (&String, &BothWays)| {
        let change = both.change.map_or(String::new(), |change| {
            format!(" ({:+.2} % se {:.2})", 100.0 * change.relative, 100.0 * change.error)
        });
        format!("{name} {} -> {}{change}  ", four(both.without), four(both.with))
    };
    let all: String = state.domains.iter().zip(losses).map(one).collect();
    let (without, with, _) = BothWays::means(losses);
    format!("{all}mean {} -> {}", four(without), four(with))
}

fn live_text(state: &RunState, live: &LiveValues) -> String {
    let targets = live.params.targets.iter();
    let targets: Vec<&str> = targets.map(|id| state.domain(id.0)).collect();
    let targets = if targets.is_empty() { "none".into() } else { targets.join(",") };
    format!(
        "target {targets}  lambda {}  delta {}  tau {}  lr {}  every {}",
        if live.lambda_auto { AUTO.into() } else { live.params.lambda.to_string() },
        live.params.delta,
        live.params.tau,
        three_digits(live.lr),
        live.every,
    )
}

fn host_text(sample: &HostSample) -> String {
    let HostSample { cpu_percent, cores, memory_used, memory_total, .. } = sample;
    let mut text =
        format!("cpu {cpu_percent:.0}% of {cores} cores  mem {memory_used}/{memory_total}");
    for GpuSample { index, utilisation_percent, memory_used, power_watts, .. } in &sample.gpus {
        text += &format!("  gpu{index}");
        text += &utilisation_percent.map_or(String::new(), |percent| format!(" {percent}%"));
        text += &memory_used.map_or(String::new(), |bytes| format!(" {bytes}"));
        text += &power_watts.map_or(String::new(), |watts| format!(" {watts:.0}W"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::any::any_event;
    use crate::telemetry::fixture::{fold, records, small_run};
    use proptest::prelude::*;

    #[test]
    fn readings_of_a_machine_are_one_line() {
        let gpu = GpuSample {
            index: 1,
            utilisation_percent: Some(97),
            power_watts: Some(688.4),
            ..GpuSample::default()
        };
        let host =
            HostSample { cpu_percent: 24.4, cores: 16, gpus: vec![gpu], ..Default::default() };
        assert_eq!(host_text(&host), "cpu 24% of 16 cores  mem 0 B/0 B  gpu1 97% 688W");
    }

    #[test]
    fn the_step_is_apart_from_the_text() {
        let records = records(small_run());
        let state = fold(&records);
        let of =
            |word: &str| records.iter().map(|r| event_text(&state, r)).find(|s| s.kind == word);
        let command = of("command").unwrap();
        assert_eq!(command.step, Some(Step(20)));
        assert!(command.text.starts_with("#1 'set lambda 0.5' by ada@pts/3"), "{}", command.text);
        assert_eq!(of("detected").unwrap().step, None);
    }

    proptest! {
        #[test]
        fn every_event_has_words_and_a_known_kind(event in any_event()) {
            let record = Record { seq: 1, unix_ms: 0, event };
            let state = fold([&record]);
            prop_assert!(KINDS.contains(&event_text(&state, &record).kind));
        }
    }
}
