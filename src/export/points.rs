use crate::control::{Command, CommandOutcome, EngineCommand};
use crate::echo;
use crate::mixing::Change;
use crate::telemetry::words::event_text;
use crate::telemetry::{DomainEval, Event, Record, RunState, StepSample};
use crate::unit::Step;
use std::borrow::Cow;

/// What one record adds to the curves of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Points<'a> {
    /// Optimizer steps done.
    pub step: Step,
    /// When, milliseconds since 1970 UTC.
    pub unix_ms: u64,
    /// Numbers.
    pub values: Vec<Value<'a>>,
    /// A sentence under the name of its kind.
    pub text: Option<(&'static str, String)>,
}

/// A number of a curve.
#[derive(Clone, Debug, PartialEq)]
pub struct Value<'a> {
    /// What it measures; `versatune help export` lists all.
    pub metric: Cow<'a, str>,
    /// The domain that it is of; `None` is the run.
    pub domain: Option<Cow<'a, str>>,
    /// NaN where it was not finite.
    pub value: f64,
    /// Its standard error, where that is known.
    pub error: Option<f64>,
}

/// A number and its standard error.
type Measured = (f64, Option<f64>);

impl<'a> Points<'a> {
    /// The points of a record; `None` where it has none. `state` is the run up to and including it.
    pub fn of(state: &'a RunState, record: &'a Record) -> Option<Self> {
        let at =
            |step: Step| Points { step, unix_ms: record.unix_ms, values: Vec::new(), text: None };
        let points = match &record.event {
            Event::Detected { mixture, .. } => at(Step(0)).weights(state, mixture.as_slice()),
            Event::ReferenceLosses { losses, .. } => {
                at(Step(0)).each(state, "ceiling", without_errors(losses))
            }
            Event::Step(sample) => at(sample.step).stepped(state, sample),
            Event::Evaluated { step, domains, .. } => at(*step).evaluated(state, domains),
            Event::MixtureUpdated {
                step,
                new,
                potential,
                forgetting,
                potential_error,
                forgetting_error,
                ..
            } => at(*step)
                .weights(state, new.as_slice())
                .each(state, "potential", with_errors(potential, potential_error))
                .each(state, "forgetting", with_errors(forgetting, forgetting_error)),
            Event::ShadowsUpdated { step, shadows, .. } => {
                shadows.iter().fold(at(*step), |points, shadow| {
                    let metric = format!("shadow_weight/{}", echo::line(&shadow.strategy));
                    points.each(state, metric, without_errors(shadow.weights.as_slice()))
                })
            }
            Event::ThresholdTested { step, .. } => {
                let told = event_text(state, record);
                at(*step).told("threshold", format!("{}  {}", told.kind, told.text))
            }
            Event::CommandOutcome(outcome) | Event::CommandReplayed(outcome) => {
                let points = at(outcome.step).told("command", event_text(state, record).text);
                match (&state.history.weights, gives_weights(outcome)) {
                    (Some(weights), true) => points.weights(state, weights.as_slice()),
                    (Some(_) | None, _) => points,
                }
            }
            Event::RunStarted { .. }
            | Event::Configured { .. }
            | Event::LiveValues(_)
            | Event::Planned { .. }
            | Event::DeviceChosen(_)
            | Event::PhaseChanged { .. }
            | Event::Progress { .. }
            | Event::Notice { .. }
            | Event::ModelLoaded { .. }
            | Event::DataReady(_)
            | Event::Detecting(_)
            | Event::ReferenceEpoch { .. }
            | Event::CrossLosses(_)
            | Event::Sampled { .. }
            | Event::Asked { .. }
            | Event::Rehearsed { .. }
            | Event::Measuring { .. }
            | Event::LambdaSolved { .. }
            | Event::MixtureProjected { .. }
            | Event::UpdateHeld { .. }
            | Event::LossRejected { .. }
            | Event::StepSkipped { .. }
            | Event::MicroBatchHalved { .. }
            | Event::PassCompleted { .. }
            | Event::CheckpointBegun { .. }
            | Event::CheckpointSaved { .. }
            | Event::CheckpointRemoved { .. }
            | Event::CheckpointSkipped { .. }
            | Event::Resumed { .. }
            | Event::RolledBack { .. }
            | Event::Branched { .. }
            | Event::Repeats { .. }
            | Event::ConfigChanged { .. }
            | Event::Host(_)
            | Event::ClientAttached { .. }
            | Event::ClientLeft { .. }
            | Event::EventsLost { .. }
            | Event::Finished { .. }
            | Event::Failed { .. } => return None,
        };
        (points.count() > 0).then_some(points)
    }

    /// Numbers and sentences.
    pub fn count(&self) -> u64 {
        self.values.len() as u64 + u64::from(self.text.is_some())
    }

    fn stepped(self, state: &'a RunState, sample: &StepSample) -> Self {
        let points = self.one("loss/train", sample.loss);
        let points = match sample.objective {
            Some(objective) => points.one("loss/objective", objective),
            None => points,
        };
        let drawn = sample.domain_loss_sum.iter().zip(&sample.domain_tokens);
        let mean =
            |(sum, tokens): (&f64, &u64)| (*tokens > 0).then(|| (sum / *tokens as f64, None));
        points
            .one("lr", sample.lr)
            .one("grad_norm", sample.grad_norm)
            .one("tokens_per_sec", sample.tokens.0 as f64 / sample.secs)
            .one("memory_bytes", sample.memory.0 as f64)
            .each(state, "train_loss", drawn.map(mean))
    }

    fn evaluated(self, state: &'a RunState, domains: &[DomainEval]) -> Self {
        let loss = |eval: &DomainEval| Some((eval.loss, eval.error));
        let forgotten = |eval: &DomainEval| eval.since_start.map(forgotten);
        self.each(state, "held_out_loss", domains.iter().map(loss)).each(
            state,
            "forgotten",
            domains.iter().map(forgotten),
        )
    }

    fn weights(self, state: &'a RunState, weights: &[f64]) -> Self {
        self.each(state, "weight", without_errors(weights))
    }

    fn one(mut self, metric: &'static str, value: f64) -> Self {
        let value = finite(value).unwrap_or(f64::NAN);
        self.values.push(Value { metric: metric.into(), domain: None, value, error: None });
        self
    }

    /// A number of each domain, with its error; `None` where there is none of it.
    fn each(
        mut self,
        state: &'a RunState,
        metric: impl Into<Cow<'a, str>>,
        numbers: impl Iterator<Item = Option<Measured>>,
    ) -> Self {
        let metric = metric.into();
        let of_domain = |(name, number): (&'a String, Option<Measured>)| {
            let (value, error) = number?;
            Some(Value {
                metric: metric.clone(),
                domain: Some(echo::line(name)),
                value: finite(value).unwrap_or(f64::NAN),
                error: error.and_then(finite),
            })
        };
        self.values.extend(state.domains.iter().zip(numbers).filter_map(of_domain));
        self
    }

    fn told(mut self, kind: &'static str, text: String) -> Self {
        self.text = Some((kind, echo::line(&text).into_owned()));
        self
    }
}

fn finite(number: f64) -> Option<f64> {
    number.is_finite().then_some(number)
}

fn without_errors(values: &[f64]) -> impl Iterator<Item = Option<Measured>> {
    values.iter().map(|value| Some((*value, None)))
}

/// Older records, and strategies without them, have no errors.
fn with_errors(values: &[f64], errors: &[f64]) -> impl Iterator<Item = Option<Measured>> {
    values.iter().enumerate().map(|(i, value)| Some((*value, errors.get(i).copied())))
}

/// The part of a loss that is above that of the untuned model.
fn forgotten(since_start: Change) -> Measured {
    let Change { relative, error } = since_start;
    (if relative < 0.0 { 0.0 } else { relative }, Some(error))
}

fn gives_weights(outcome: &CommandOutcome) -> bool {
    matches!(outcome.command, Command::Engine(EngineCommand::Weights(_))) && outcome.is_applied()
}
