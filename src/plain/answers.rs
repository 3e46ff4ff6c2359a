//! What is answered on request: the run at a glance, its domains, what can be typed.

use super::place::done;
use crate::control::AUTO;
use crate::echo;
use crate::telemetry::words::parts::phase_word;
use crate::telemetry::{Figure, Phase, RunState};
use crate::unit::{DomainId, duration_text, grouped};
use crate::verdict::{Mood, Part, Verdict};

/// The run at a glance: where it is, how it is, the live values.
pub(super) fn status(state: &RunState) -> Vec<String> {
    let mut lines = vec![place(state)];
    lines.extend(Verdict::of(state).parts.iter().map(mood_words));
    lines.extend(live(state));
    lines.iter().map(|line| echo::line(line).into_owned()).collect()
}

/// A line for each domain, the targets first.
pub(super) fn domains(state: &RunState) -> Vec<String> {
    let mut all: Vec<usize> = (0..state.domains.len()).collect();
    all.sort_by_key(|domain| !is_target(state, *domain));
    let lines = all.into_iter().map(|domain| echo::line(&of_domain(state, domain)).into_owned());
    match state.domains.is_empty() {
        true => vec!["The domains are known when the run begins.".into()],
        false => lines.collect(),
    }
}

/// What can be typed.
pub(super) fn help() -> Vec<String> {
    [
        "Type a line and press enter.",
        "status: where the run is and how it is.",
        "domains: a line for each domain.",
        "leave: the run goes on without this, in its own terminal with log lines.",
        "Any command of the run, such as: pause, resume, save, stop, target law, set lambda 0.3, undo.",
        "A reason may follow: pause -- disk is full.",
        "versatune help commands, in another shell, has them all.",
    ]
    .map(String::from)
    .to_vec()
}

/// A sentence of the verdict, with its mood where that is not good.
pub(super) fn mood_words(part: &Part) -> String {
    match part.mood {
        Mood::Good | Mood::Plain => part.text.clone(),
        Mood::Watch | Mood::Trouble => format!("{}: {}", part.mood.word(), part.text),
    }
}

/// `demo: training, step 400 of 1,000, 40 percent, 2 min 48 to go`.
fn place(state: &RunState) -> String {
    let phase = match (&state.ended, state.phase) {
        (Some(ending), _) => ending.why.clone(),
        (None, Some(Phase::Paused)) => "paused".into(),
        (None, Some(phase)) => phase_word(phase).into(),
        (None, None) => "begins".into(),
    };
    let step = state.history.step;
    let percent = done(state, 100);
    let left = state.eta_secs().filter(|secs| *secs > 0.0 && state.ended.is_none());
    let left = left.map_or_else(String::new, |secs| format!(", {} to go", duration_text(secs)));
    let steps = grouped(state.steps);
    format!("{}: {phase}, step {step} of {steps}, {percent} percent{left}", state.run)
}

/// `target law, lambda 0.3, delta 0.05, tau 1, learning rate 0.00002`.
fn live(state: &RunState) -> Option<String> {
    let live = state.history.live.as_ref()?;
    let names = live.params.targets.iter().map(|DomainId(i)| state.domain(*i));
    let target = match names.collect::<Vec<_>>().as_slice() {
        [] => "no target".to_owned(),
        names => format!("target {}", names.join(", ")),
    };
    let held = if live.mixing_held { ", mixture held" } else { "" };
    let lambda = if live.lambda_auto { AUTO.to_owned() } else { live.params.lambda.to_string() };
    let (delta, tau, lr) = (live.params.delta, live.params.tau, live.lr);
    Some(format!("{target}{held}, lambda {lambda}, delta {delta}, tau {tau}, learning rate {lr}"))
}

/// `law, target: weight 34.8 percent, loss 1.180, changed by -21.3 ± 0.4 percent since the start, 16.9 percent to learn`.
fn of_domain(state: &RunState, domain: usize) -> String {
    let standing = state.standing(domain);
    let target = if is_target(state, domain) { ", target" } else { "" };
    let weight = state.history.weights.as_ref();
    let weight = weight.and_then(|weights| weights.as_slice().get(domain));
    let mut parts = Vec::new();
    parts.extend(weight.map(|weight| format!("weight {:.1} percent", 100.0 * weight)));
    let loss = Some(standing.loss.value).filter(|loss| loss.is_finite());
    parts.extend(loss.map(|loss| format!("loss {loss:.3}")));
    let change = percent(standing.since_start, true);
    parts.extend(change.map(|change| format!("changed by {change} since the start")));
    parts.extend(percent(standing.potential, false).map(|gamma| format!("{gamma} to learn")));
    format!("{}{target}: {}", state.domain(domain), parts.join(", "))
}

fn percent(figure: Figure, signed: bool) -> Option<String> {
    let value = Some(100.0 * figure.value).filter(|value| value.is_finite())?;
    let value = if signed { format!("{value:+.1}") } else { format!("{value:.1}") };
    Some(match figure.error.filter(|error| error.is_finite()) {
        Some(error) => format!("{value} ± {:.1} percent", 100.0 * error),
        None => format!("{value} percent"),
    })
}

fn is_target(state: &RunState, domain: usize) -> bool {
    let live = state.history.live.as_ref();
    live.is_some_and(|live| live.params.targets.contains(&DomainId(domain)))
}
