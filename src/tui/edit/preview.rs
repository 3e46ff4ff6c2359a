//! What an edit would do, computed before it is applied.

use crate::control::{Command, Live, Setting, domain_ids};
use crate::lr;
use crate::mixing::{Decision, Mixture, Outcome, Outlook};
use crate::telemetry::RunState;
use crate::unit::Step;

/// Points of a previewed learning-rate curve.
const CURVE_POINTS: u64 = 200;

/// What becomes of the run under a command.
#[derive(Clone, Debug, PartialEq)]
pub enum Preview {
    /// Weights at the next mixture update, at the losses of now.
    Weights(WeightsPreview),
    /// The learning rate from here to the end.
    LearningRate(LearningRatePreview),
    /// In words.
    Words(Vec<String>),
}

/// Weights, one entry per domain.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightsPreview {
    /// In force.
    pub now: Vec<f64>,
    /// At the next update if nothing is changed.
    pub unchanged: Vec<f64>,
    /// At the next update under the command.
    pub changed: Vec<f64>,
    /// What Algorithm 3's test would say without and with the change; `None` without a target.
    pub outcomes: (Option<Outcome>, Option<Outcome>),
    /// When that is: the step of the next update, where it can be told.
    pub at: Option<Step>,
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
    let live = run.history.live.as_ref();
    match command {
        Command::Set(Setting::Lr, peak) => learning_rate(run, live?, *peak),
        Command::Set(Setting::Every, every) => Some(words(next_update(run, live?, *every as u64))),
        Command::Set(Setting::Smoothing, weight) => Some(words(smoothing(*weight))),
        Command::Set(Setting::Clip, norm) => Some(words(clip(run, *norm))),
        Command::Set(..) | Command::Target(_) => weights(run, live?, command),
        Command::Weights(named) => given_weights(run, named),
        Command::HoldMixing(hold) => Some(words(holding(*hold))),
        Command::Stop => Some(words(stopping(run))),
        Command::Abort => Some(words(aborting(run))),
        Command::Undo => preview(run, &live?.undone(&run.domains)?),
        Command::Pause
        | Command::Resume
        | Command::Save
        | Command::Evaluate
        | Command::Sample
        | Command::Note(_) => None,
    }
}

fn words(line: String) -> Preview {
    Preview::Words(vec![line])
}

fn weights(run: &RunState, live: &Live, command: &Command) -> Option<Preview> {
    let mut changed = live.clone();
    changed.apply(command, &run.domains)?.ok()?;
    let outlook = run.outlook()?;
    let (one, other) = (outlook.decide(&live.knobs), outlook.decide(&changed.knobs));
    Some(Preview::Weights(compared(run, live, &outlook, &one, &other)))
}

fn compared(
    run: &RunState,
    live: &Live,
    outlook: &Outlook,
    unchanged: &Decision,
    changed: &Decision,
) -> WeightsPreview {
    let outcome = |decision: &Decision| decision.threshold.as_ref().map(|test| test.outcome);
    WeightsPreview {
        now: outlook.current.as_slice().into(),
        unchanged: unchanged.mixture.as_slice().into(),
        changed: changed.mixture.as_slice().into(),
        outcomes: (outcome(unchanged), outcome(changed)),
        at: next_step(run, live.every),
    }
}

fn given_weights(run: &RunState, named: &[(String, f64)]) -> Option<Preview> {
    let names: Vec<&str> = named.iter().map(|(name, _)| name.as_str()).collect();
    let ids = domain_ids(&names, &run.domains).ok()?;
    let pairs: Vec<_> = ids.into_iter().zip(named.iter().map(|(_, weight)| *weight)).collect();
    let now = run.history.weights.as_ref()?;
    let given: Mixture = now.with_weights(&pairs).ok()?;
    Some(Preview::Weights(WeightsPreview {
        now: now.as_slice().into(),
        unchanged: now.as_slice().into(),
        changed: given.as_slice().into(),
        outcomes: (None, None),
        at: None,
    }))
}

fn learning_rate(run: &RunState, live: &Live, peak: f64) -> Option<Preview> {
    let schedule = run.asked.as_ref()?.schedule;
    let (first, last) = (run.history.step.0, run.steps.saturating_sub(1));
    let stride = (last.saturating_sub(first) / CURVE_POINTS).max(1) as usize;
    let steps: Vec<u64> = (first..=last.max(first)).step_by(stride).collect();
    let curve = |peak: f64| -> Vec<(f64, f64)> {
        let rate = |&done: &u64| peak * lr::factor(&schedule, Step(done), run.steps);
        steps.iter().map(|done| (*done as f64 + 1.0, rate(done))).collect()
    };
    Some(Preview::LearningRate(LearningRatePreview {
        unchanged: curve(live.lr),
        changed: curve(peak),
    }))
}

/// The step after which the next update comes, counted from the last one.
fn next_step(run: &RunState, every: u64) -> Option<Step> {
    let last = run.history.curves.weights.first().and_then(|s| s.lasts().last()).map(|p| p.step);
    let due = last.unwrap_or(0).saturating_add(every);
    let next = due.max(run.history.step.0.saturating_add(1));
    (next < run.steps).then_some(Step(next))
}

fn next_update(run: &RunState, live: &Live, every: u64) -> String {
    let at = |every| match next_step(run, every) {
        Some(step) => format!("after step {step}"),
        None => "not before the end".into(),
    };
    format!("next mixture update: {} instead of {}", at(every), at(live.every))
}

fn smoothing(weight: f64) -> String {
    let (past, new) = (100.0 * weight, 100.0 * (1.0 - weight));
    format!("a held-out loss counts {new:.0} %, the average before it {past:.0} %")
}

fn clip(run: &RunState, norm: f64) -> String {
    match run.history.sample.as_ref().map(|sample| sample.grad_norm) {
        Some(last) if last > norm => {
            format!("the last step's norm, {last:.3}, would have been scaled down to {norm}")
        }
        Some(last) => format!("the last step's norm, {last:.3}, would have stayed as it was"),
        None => "no step was taken yet".into(),
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
    format!("saves a checkpoint of step {done} and ends the run; `--resume` goes on")
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
