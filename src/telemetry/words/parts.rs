//! Parts of events as text.

use super::number::{four, span, three_digits};
use crate::control::{CommandOutcome, Verdict};
use crate::mixing::{Mixture, Outcome, Threshold};
use crate::telemetry::{
    BestCheckpoint, CrossTable, DataSummary, DetectionSample, DeviceInfo, DomainEval, JudgeUsage,
    Lengths, Level, Pass, Phase, RunState, ShareEstimate,
};
use crate::unit::{DomainId, Step, grouped};

/// `  40/300`, as wide for every step of the run.
pub(crate) fn padded_step(state: &RunState, step: Step) -> String {
    if state.steps == 0 {
        return step.0.to_string(); // not planned yet
    }
    let steps = state.steps.to_string();
    format!("{:>width$}/{steps}", step.0, width = steps.len())
}

/// `law=0.2500 medical=0.1250`: one word per domain.
pub(crate) fn each(state: &RunState, values: &[f64], show: impl Fn(f64) -> String) -> String {
    let mut words = String::with_capacity(16 * values.len());
    for (name, value) in state.domains.iter().zip(values) {
        let space = if words.is_empty() { "" } else { " " };
        words.extend([space, name, "=", &show(*value)]);
    }
    words
}

pub(crate) fn shares(state: &RunState, mixture: &Mixture) -> String {
    each(state, mixture.as_slice(), |share| format!("{share:.3}"))
}

pub(crate) fn device_text(device: &DeviceInfo) -> String {
    let DeviceInfo { name, model, why, threads, memory, peak_flops, capability: _ } = device;
    let peak = peak_flops
        .map_or(String::new(), |flops| format!("  peak {} TFLOP/s", three_digits(flops / 1e12)));
    format!("{name}  {model}  threads {threads}  memory {memory}{peak}  ({why})")
}

/// How far a long phase has come: `tokenizing  law  300/1200  25%`.
pub(crate) fn progress(phase: Phase, what: &str, done: u64, total: Option<u64>) -> String {
    let of = total.filter(|total| *total > 0).map_or(String::new(), |total| {
        format!("/{}  {:.0}%", total, 100.0 * done as f64 / total as f64)
    });
    format!("{}  {what}  {done}{of}", phase_word(phase))
}

pub(crate) fn data_text(data: &DataSummary) -> String {
    let mut text = format!(
        "{}  train {} rows, {} tokens  held-out {} rows, {} target tokens",
        data.domain,
        grouped(data.train_rows),
        data.train_tokens,
        grouped(data.held_out_rows),
        data.held_out_target_tokens,
    );
    let rare =
        [("cut", data.cut_rows), ("dropped", data.dropped_rows), ("skipped", data.skipped_rows)];
    for (word, count) in rare.into_iter().filter(|(_, count)| *count > 0) {
        text += &format!("  {word} {count}");
    }
    if let Some(Lengths { median, p95, longest }) = data.lengths {
        text += &format!("  tokens of a row: median {median}, 95 % {p95}, longest {longest}");
    }
    let unused = data.unused_fields();
    if !unused.is_empty() {
        text += &format!("  not used: {}", unused.join(", "));
    }
    if data.cached {
        text += "  (cached)";
    }
    text
}

pub(crate) fn detecting(state: &RunState, sample: &DetectionSample) -> String {
    let DetectionSample { iteration, iterations, drawn, planned, judged, unjudged, .. } = sample;
    let mut text = format!(
        "iteration {iteration}/{iterations}  drawn {drawn}/{planned}  judged {judged}  \
         unjudged {unjudged}"
    );
    let JudgeUsage { requests, retries, tokens } = sample.usage;
    if requests > 0 {
        text += &format!("  requests {requests}  retries {retries}  tokens {}", tokens.0);
    }
    let middle = |estimate: &ShareEstimate| estimate.share;
    let shares: Vec<f64> = sample.estimate.iter().map(middle).collect();
    if !shares.is_empty() {
        text += &format!("  {}", each(state, &shares, |share| format!("{share:.3}")));
    }
    text
}

pub(crate) fn detected(
    state: &RunState,
    mixture: &Mixture,
    source: &str,
    intervals: &[(f64, f64)],
) -> String {
    let words = match intervals.len() == mixture.len() {
        true => {
            let named = state.domains.iter().zip(mixture.as_slice()).zip(intervals);
            let words: Vec<String> = named
                .map(|((name, share), (low, high))| {
                    format!("{name}={share:.3} [{low:.3} {high:.3}]")
                })
                .collect();
            words.join(" ")
        }
        false => shares(state, mixture),
    };
    format!("{words}  ({source})")
}

/// How near the shares are to those that the model was trained on, where that is known.
pub(crate) fn agreed(agreement: Option<f64>) -> String {
    agreement.map_or(String::new(), |agreement| {
        format!("  {agreement:.3} of the truth (1 − total variation)")
    })
}

/// What tuning on another domain did most to each: `law: code -3.1% general +0.4%`, where that is more than
/// twice its standard error.
pub(crate) fn crossed(state: &RunState, table: &CrossTable) -> String {
    let domains = state.domains.len();
    let of = |i: usize| {
        let by_others = (0..domains).filter(|j| *j != i).map(|j| (j, table.change(j, i)));
        let mut clear: Vec<_> = by_others.filter(|(_, change)| change.is_clear()).collect();
        clear.sort_by(|(_, a), (_, b)| a.relative.total_cmp(&b.relative));
        let ends = clear.first().into_iter().chain(clear.last().filter(|_| clear.len() > 1));
        let words = ends
            .map(|(j, change)| format!(" {} {:+.1}%", state.domains[*j], 100.0 * change.relative));
        let words: String = words.collect();
        (!words.is_empty()).then(|| format!("{}:{words}", state.domains[i]))
    };
    let told: Vec<String> = (0..domains).filter_map(of).collect();
    match told.is_empty() {
        true => "tuned on another: no loss changes clearly".into(),
        false => format!("tuned on another  {}", told.join("  ")),
    }
}

pub(crate) fn evaluated(state: &RunState, domains: &[DomainEval], secs: f64) -> String {
    let losses: Vec<f64> = domains.iter().map(|domain| domain.loss).collect();
    let mean = losses.iter().sum::<f64>() / losses.len() as f64;
    let errors: Vec<Option<f64>> = domains.iter().map(|domain| domain.error).collect();
    let losses = each(state, &losses, four);
    let losses = match errors.iter().copied().collect::<Option<Vec<f64>>>() {
        Some(errors) => format!("{losses}  se {}", each(state, &errors, four)),
        None => losses,
    };
    format!("held-out {losses}  mean {}  took {}", four(mean), span(secs))
}

/// Which checkpoint is the best, and by what: `  held-out mean 1.2345, the best so far`. Empty where the
/// best is not kept and nothing was measured.
pub(crate) fn ranked(step: Step, loss: Option<f64>, best: Option<BestCheckpoint>) -> String {
    let own = loss.map(|loss| format!("  held-out mean {}", four(loss)));
    let Some(best) = best else { return own.unwrap_or_default() };
    if best.step == step {
        return own.unwrap_or_default() + ", the best so far";
    }
    let own = own.unwrap_or_else(|| "  no rank: held-out losses were not measured here".into());
    format!("{own}; the best is that of step {}, {}", best.step, four(best.loss))
}

pub(crate) fn tested(state: &RunState, threshold: &Threshold) -> String {
    let Threshold { targets, target_potential, mean_forgetting, ratio, tau, .. } = threshold;
    let name = |id: &DomainId| state.domain(id.0);
    let targets: Vec<&str> = targets.iter().map(name).collect();
    let sign = if threshold.statistic() > 0.0 { ">" } else { "<=" };
    let noise = match threshold.error {
        Some(error) if threshold.is_within_noise() => format!("  se {}  within noise", four(error)),
        Some(error) => format!("  se {}", four(error)),
        None => String::new(),
    };
    let confidence = match threshold.confidence {
        z if z > 0.0 => format!("  confidence {}", three_digits(z)),
        _ => String::new(),
    };
    let beyond: Vec<&str> = threshold.beyond_limit.iter().map(name).collect();
    let beyond = match beyond.is_empty() {
        true => String::new(),
        false => format!("  beyond its forgetting limit: {}", beyond.join(",")),
    };
    format!(
        "target {}  gamma {} {sign} tau*phi {}  phi {}  ratio {}  tau {}{noise}{confidence}{beyond}",
        targets.join(","),
        four(*target_potential),
        four(tau * mean_forgetting),
        four(*mean_forgetting),
        ratio.map_or("none".into(), three_digits),
        three_digits(*tau),
    )
}

pub(crate) fn commanded(outcome: &CommandOutcome) -> String {
    let CommandOutcome { id, actor, command, reason, verdict, .. } = outcome;
    let became = match verdict {
        Verdict::Applied { old: Some(old), new: Some(new) } => format!("applied {old} -> {new}"),
        Verdict::Applied { old: None, new: Some(new) } => format!("applied: {new}"),
        Verdict::Applied { .. } => "applied".into(),
        Verdict::Rejected { why } => format!("rejected: {why}"),
    };
    let reason = reason.as_ref().map_or(String::new(), |reason| format!("  because \"{reason}\""));
    format!("#{} '{command}' by {actor}: {became}{reason}", id.0)
}

/// Names of those who look at a run, each with `(looks)` where it is one of those that send no commands.
pub(crate) fn who_looks(clients: &[String], watching: &[String]) -> Vec<String> {
    let mut watching: Vec<&String> = watching.iter().collect();
    let name = |client: &String| match watching.iter().position(|looks| *looks == client) {
        Some(at) => {
            watching.remove(at);
            format!("{client} (looks)")
        }
        None => client.clone(),
    };
    clients.iter().map(name).collect()
}

pub(crate) fn phase_word(phase: Phase) -> &'static str {
    match phase {
        Phase::Loading => "loading",
        Phase::Tokenizing => "tokenizing",
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

pub(crate) fn batch_word(pass: Pass) -> &'static str {
    match pass {
        Pass::Training => "micro-batch",
        Pass::Evaluation => "evaluation batch",
    }
}

pub(crate) fn level_word(level: Level) -> &'static str {
    match level {
        Level::Info => "note",
        Level::Warning => "warning",
        Level::Error => "error",
    }
}

pub(crate) fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Expanded => "expanded",
        Outcome::Held => "held",
        Outcome::Full => "full",
        Outcome::Limited => "limited",
    }
}
