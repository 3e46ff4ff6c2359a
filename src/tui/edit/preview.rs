//! What an edit would do, computed before it is applied.

use super::intervals;
use crate::control::{
    Command, EngineCommand, LifecycleCommand, LiveChange, LiveField, LiveValues, Tunable,
    weights_by_id,
};
use crate::lr;
use crate::mixing::{Decision, MixingParams, Mixture, Outcome, Outlook, Threshold};
use crate::telemetry::{NextUpdate, RunState};
use crate::unit::Step;

/// So often the part of τ is halved in which the test turns: down to 1e-9.
const HALVINGS: u32 = 50;
/// Points of a previewed learning-rate curve.
const CURVE_POINTS: u64 = 200;

/// What a command would do to the run.
#[derive(Clone, Debug, PartialEq)]
pub enum Preview {
    /// Weights at the next mixture update, at the present losses.
    Weights(WeightsPreview),
    /// The learning rate from here to the end.
    LearningRate(LearningRatePreview),
    /// Sentences.
    Words(Vec<String>),
}

/// Weights, one entry per domain.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightsPreview {
    /// The weights in force.
    pub now: Vec<f64>,
    /// At the next update if nothing is changed.
    pub unchanged: Vec<f64>,
    /// At the next update under the command.
    pub changed: Vec<f64>,
    /// At the end of the run under the command, if every potential stayed as it is; `None` where no update
    /// comes, and of weights that are given.
    pub end: Option<Projection>,
    /// The τ from which on the test holds the target instead of expanding it; `None` without a test, and where no τ
    /// decides it.
    pub turns_at: Option<f64>,
    /// Outcome of Algorithm 3's test without and with the change; `None` without a target.
    pub outcomes: (Option<Outcome>, Option<Outcome>),
    /// Whether nothing was measured since the last update, so that φ is assumed to be what it was
    /// then.
    pub as_last: bool,
    pub at: When,
}

/// How far the mixture would go.
#[derive(Clone, Debug, PartialEq)]
pub struct Projection {
    /// The weights at the end of the run, one entry per domain: an upper bound, as potentials shrink.
    pub weights: Vec<f64>,
    /// λ, where the command leaves it to be solved.
    pub solved_lambda: Option<f64>,
    /// How many of the samples between two updates the next one moves, once a step was taken.
    pub samples: Option<f64>,
}

/// When weights come into force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Between two steps, at once.
    AtOnce,
    /// With the update after this step.
    After(Step),
    /// With no update: none comes before the end.
    Never,
    /// With the first update after the mixture is released.
    Released,
}

/// The learning rate of the steps to come, as `(step, rate)`.
#[derive(Clone, Debug, PartialEq)]
pub struct LearningRatePreview {
    /// As it would go on.
    pub unchanged: Vec<(f64, f64)>,
    /// Under the command.
    pub changed: Vec<(f64, f64)>,
}

/// What `command` would do to the run; `None` where it changes nothing that can be shown.
pub fn preview(run: &RunState, command: &Command) -> Option<Preview> {
    match command {
        Command::Live(change) => preview_change(run, change),
        Command::Engine(EngineCommand::Weights(named)) => given_weights(run, named),
        Command::Lifecycle(LifecycleCommand::Stop) => Some(words(stopping(run))),
        Command::Lifecycle(LifecycleCommand::Abort) => Some(words(aborting(run))),
        Command::Engine(_) | Command::Lifecycle(_) | Command::Note(_) => None,
    }
}

fn words(line: String) -> Preview {
    Preview::Words(vec![line])
}

/// What a change of a live value would do.
fn preview_change(run: &RunState, change: &LiveChange) -> Option<Preview> {
    let live = run.history.live.as_ref()?;
    let field = live.field_of(change)?;
    change.check_at(run.history.step).ok()?;
    let mut changed = live.clone();
    changed.apply(change, &run.domains).ok()?;
    match field {
        LiveField::Set(Tunable::Lr | Tunable::Length) => learning_rate(run, live, &changed),
        LiveField::Set(Tunable::Every) => Some(words(next_update(run, live, &changed))),
        LiveField::Set(Tunable::Smoothing) => Some(words(smoothing(changed.smoothing))),
        LiveField::Set(Tunable::Clip) => Some(words(clip(run, changed.clip))),
        LiveField::Set(
            Tunable::StopAt
            | Tunable::CheckpointEvery
            | Tunable::SamplesEvery
            | Tunable::LoggingEvery
            | Tunable::Budget,
        ) => Some(words(intervals::words(run, &live.intervals, &changed.intervals, field))),
        LiveField::Set(
            Tunable::Lambda
            | Tunable::Delta
            | Tunable::Tau
            | Tunable::Confidence
            | Tunable::Floor
            | Tunable::Anchor,
        )
        | LiveField::Limits
        | LiveField::Target => weights(run, live, &changed),
        LiveField::Mixing => Some(words(holding(changed.mixing_held))),
        LiveField::Rules | LiveField::Alerts => None,
    }
}

fn weights(run: &RunState, live: &LiveValues, changed: &LiveValues) -> Option<Preview> {
    let (mut outlook, at) = (run.outlook()?, when(run, live));
    if let When::After(step) = at {
        outlook.progress = step.0 as f64 / run.steps.max(1) as f64;
    }
    let solved = solved_lambda(run, &outlook, changed);
    let mut params = changed.params.clone();
    params.lambda = solved.unwrap_or(params.lambda);
    let (one, other) = (outlook.decide(&live.params), outlook.decide(&params));
    let as_last = run.measures_at_updates() && run.history.since_update.measured.is_none();
    let moved = other.mixture.total_variation(&outlook.current);
    let end = (at != When::Never).then(|| Projection {
        weights: outlook.projected(&params, updates_left(run, changed)).as_slice().into(),
        solved_lambda: solved,
        samples: batch(run).map(|batch| moved * batch as f64 * changed.every as f64),
    });
    let turns_at = other.threshold.as_ref().and_then(|test| turning_tau(&outlook, &params, test));
    let compared = compared(&outlook, &one, &other, at);
    Some(Preview::Weights(WeightsPreview { as_last, end, turns_at, ..compared }))
}

/// The τ at which the test turns, between the least and the most that is allowed: found by halving, as the margin
/// depends on τ too.
fn turning_tau(outlook: &Outlook, params: &MixingParams, test: &Threshold) -> Option<f64> {
    if test.mean_forgetting <= 0.0 {
        return None;
    }
    let passes = |tau: f64| {
        let params = MixingParams { tau, ..params.clone() };
        outlook.decide(&params).threshold.is_some_and(|test| test.passes())
    };
    let (mut low, mut high) = (0.0, Tunable::MOST_TAU);
    if !passes(low) || passes(high) {
        return None;
    }
    for _ in 0..HALVINGS {
        let middle = (low + high) / 2.0;
        if passes(middle) { low = middle } else { high = middle }
    }
    Some(high)
}

/// λ as it would be solved, where it is left to be.
fn solved_lambda(run: &RunState, outlook: &Outlook, live: &LiveValues) -> Option<f64> {
    let updates = updates_left(run, live);
    let solved = live.lambda_auto.then(|| outlook.auto_lambda(live.lambda_span, updates))?;
    Some(solved?.lambda)
}

/// Updates until the end of the run, at least 1.
fn updates_left(run: &RunState, live: &LiveValues) -> u64 {
    live.updates_in(run.steps.saturating_sub(run.history.step.0))
}

/// Samples of a step.
fn batch(run: &RunState) -> Option<u64> {
    Some(run.history.sample.as_ref()?.domain_examples.iter().sum())
}

fn compared(
    outlook: &Outlook,
    unchanged: &Decision,
    changed: &Decision,
    at: When,
) -> WeightsPreview {
    let outcome = |decision: &Decision| decision.threshold.as_ref().map(|test| test.outcome);
    WeightsPreview {
        now: outlook.current.as_slice().into(),
        unchanged: unchanged.mixture.as_slice().into(),
        changed: changed.mixture.as_slice().into(),
        end: None,
        turns_at: None,
        outcomes: (outcome(unchanged), outcome(changed)),
        as_last: false,
        at,
    }
}

fn given_weights(run: &RunState, named: &[(String, f64)]) -> Option<Preview> {
    let pairs = weights_by_id(named, &run.domains).ok()?;
    let now = run.history.weights.as_ref()?;
    let given: Mixture = now.with_weights(&pairs).ok()?;
    Some(Preview::Weights(WeightsPreview {
        now: now.as_slice().into(),
        unchanged: now.as_slice().into(),
        changed: given.as_slice().into(),
        end: None,
        turns_at: None,
        outcomes: (None, None),
        as_last: false,
        at: When::AtOnce,
    }))
}

/// The curves of the peak and the length as they are and as they would be: the schedule spans the whole run.
fn learning_rate(run: &RunState, live: &LiveValues, changed: &LiveValues) -> Option<Preview> {
    let schedule = run.config.as_ref()?.schedule;
    let first = run.history.step.0;
    let curve = |live: &LiveValues| -> Vec<(f64, f64)> {
        let steps = live.intervals.length.unwrap_or(run.steps);
        let last = steps.saturating_sub(1);
        let stride = (last.saturating_sub(first) / CURVE_POINTS).max(1) as usize;
        let mut shown: Vec<u64> = (first..=last.max(first)).step_by(stride).collect();
        shown.extend(shown.last().filter(|shown| **shown < last).map(|_| last));
        let rate = |&done: &u64| live.lr * lr::factor(&schedule, Step(done), steps);
        shown.iter().map(|done| (*done as f64 + 1.0, rate(done))).collect()
    };
    let (unchanged, changed) = (curve(live), curve(changed));
    Some(Preview::LearningRate(LearningRatePreview { unchanged, changed }))
}

/// When the next update comes.
fn when(run: &RunState, live: &LiveValues) -> When {
    match run.next_update(live) {
        NextUpdate::After(step) => When::After(step),
        NextUpdate::None => When::Never,
        NextUpdate::Held => When::Released,
    }
}

fn next_update(run: &RunState, live: &LiveValues, changed: &LiveValues) -> String {
    let at = |live| match when(run, live) {
        When::After(step) => format!("after step {step}"),
        When::AtOnce | When::Never => "not before the end".into(),
        When::Released => "not before `mixing release`".into(),
    };
    let (old, new) = (at(live), at(changed));
    match old == new {
        true => format!("next mixture update: {new}, as it would be without"),
        false => format!("next mixture update: {new} instead of {old}"),
    }
}

fn smoothing(weight: f64) -> String {
    let (past, new) = (100.0 * weight, 100.0 * (1.0 - weight));
    format!("a held-out loss counts {new:.0} %, the average before it {past:.0} %")
}

fn clip(run: &RunState, norm: Option<f64>) -> String {
    let last = run.history.sample.as_ref().map(|sample| sample.grad_norm);
    match (norm, last) {
        (None, _) => "no gradient is scaled down, however large".into(),
        (Some(norm), Some(last)) if last > norm => {
            format!("the last step's norm, {last:.3}, would have been scaled down to {norm}")
        }
        (Some(_), Some(last)) => {
            format!("the last step's norm, {last:.3}, would have stayed as it was")
        }
        (Some(_), None) => "no step was taken yet".into(),
    }
}

fn holding(hold: bool) -> String {
    match hold {
        true => "the weights stay as they are until `mixing release`".into(),
        false => "the strategy moves the weights again, from the next update on".into(),
    }
}

fn stopping(run: &RunState) -> String {
    let done = run.history.step;
    match run.trains {
        true => format!("saves a checkpoint of step {done} and ends the run; `--resume` goes on"),
        false => "ends the run; there is nothing new to save yet".into(),
    }
}

fn aborting(run: &RunState) -> String {
    match &run.history.checkpoint {
        Some(mark) => format!(
            "ends the run now; {} steps since the checkpoint of step {} are lost",
            run.history.step.0.saturating_sub(mark.step.0),
            mark.step
        ),
        None => "ends the run now; there is no checkpoint, all steps are lost".into(),
    }
}
