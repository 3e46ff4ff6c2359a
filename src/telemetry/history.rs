use super::marks::{
    CheckpointMark, CommandMark, Curves, DomainLoss, Incident, IncidentMark, SampleMark,
    ThresholdMark,
};
use super::{DomainEval, Event, Pass, Record, Series, StepSample, number};
use crate::control::{Command, CommandOutcome, EngineCommand, LiveField, LiveValues, domain_ids};
use crate::mixing::{self, Mixture, Outcome, StrategyState};
use crate::unit::{Step, Tokens};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// Steps over which rates are averaged.
const WINDOW_STEPS: usize = 32;
/// Threshold tests that are remembered.
const THRESHOLDS: usize = 4096;
/// Times at which texts were written that are remembered.
const SAMPLES: usize = 64;
/// Commands, checkpoints and incidents that are remembered.
const MARKS: usize = 512;

/// Everything that a run has *done* and that a resume from an older checkpoint undoes: its numbers
/// and curves, but not the machine it runs on. Vectors have one entry per domain.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// Steps taken.
    pub step: Step,
    /// w(0), once known.
    pub detected: Option<Mixture>,
    /// The 95 % interval of each of its shares; empty where they were not measured.
    pub detected_intervals: Vec<(f64, f64)>,
    /// The weights that the run began with.
    pub weights_first: Option<Mixture>,
    /// The weights in force.
    pub weights: Option<Mixture>,
    /// Those before the newest change.
    pub weights_before: Option<Mixture>,
    /// Held-out losses.
    pub losses: Vec<DomainLoss>,
    /// The values that an operator may change, as they are now.
    pub live: Option<LiveValues>,
    /// Mastery ceilings r; empty where there are none.
    #[serde(deserialize_with = "number::nans_if_null")]
    pub reference_losses: Vec<f64>,
    /// γ of the newest update.
    #[serde(deserialize_with = "number::nans_if_null")]
    pub potential: Vec<f64>,
    /// φ of the newest update.
    #[serde(deserialize_with = "number::nans_if_null")]
    pub forgetting: Vec<f64>,
    /// What the next update will look at.
    pub since_update: SinceUpdate,
    /// Evaluations done.
    pub evaluations: u64,
    /// Mixture updates done.
    pub updates: u64,
    /// Threshold tests that ended in an expansion.
    pub expanded: u64,
    /// Threshold tests that ended in a hold.
    pub held: u64,
    /// The newest threshold tests, oldest first.
    pub thresholds: VecDeque<ThresholdMark>,
    /// The newest command outcomes, oldest first.
    pub commands: VecDeque<CommandMark>,
    /// Of each live value that a command has changed, the newest such command: it is remembered
    /// however many commands come after it.
    #[serde(with = "changed_by")]
    pub changed_by: BTreeMap<LiveField, CommandMark>,
    /// All tokens that went through the model in training.
    pub tokens: Tokens,
    /// Of them, tokens that the loss counted, per domain.
    pub domain_tokens: Vec<u64>,
    /// Rows drawn, per domain.
    pub domain_examples: Vec<u64>,
    /// Passes completed over a domain's rows.
    pub passes: Vec<u64>,
    /// Steps that were not taken because a number was not finite.
    pub skipped_steps: u64,
    /// Held-out losses that were not used.
    pub rejected_losses: u64,
    /// Tokens of a micro-batch, once it had to be halved.
    pub micro_batch: Option<Tokens>,
    /// The newest step.
    pub sample: Option<StepSample>,
    /// The newest checkpoint.
    pub checkpoint: Option<CheckpointMark>,
    /// Texts that the model wrote, oldest first: the first ones and the newest.
    pub samples: VecDeque<SampleMark>,
    /// What does not happen in every run, oldest first.
    pub incidents: VecDeque<IncidentMark>,
    /// Steps of the newest checkpoints, oldest first.
    pub checkpoints: VecDeque<Step>,
    /// Milliseconds that the run took until now: between the events of each process, not between one
    /// process and the next.
    pub ran_ms: u64,
    /// Seconds spent in optimizer steps.
    #[serde(deserialize_with = "number::nan_if_null")]
    pub step_secs: f64,
    /// Seconds spent in evaluations and checkpoints since the first step.
    #[serde(deserialize_with = "number::nan_if_null")]
    pub overhead_secs: f64,
    /// The curves.
    pub curves: Curves,
    window: VecDeque<Pace>,
}

/// What has come together since the last mixture update was due. Vectors have one entry per domain.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SinceUpdate {
    /// At which step it was.
    pub step: Step,
    /// Held-out losses that the update used, nats; at the beginning those of the untuned model.
    #[serde(deserialize_with = "number::nans_if_null")]
    pub losses: Vec<f64>,
    /// φ over the interval that ended with it.
    #[serde(deserialize_with = "number::nans_if_null")]
    pub forgetting: Vec<f64>,
    /// Losses that were measured since then, where someone asked for it.
    #[serde(deserialize_with = "number::some_nans_if_null")]
    pub measured: Option<Vec<f64>>,
    /// Sum of training losses since then, nats.
    #[serde(deserialize_with = "number::nans_if_null")]
    pub training_loss_sum: Vec<f64>,
    /// Target tokens since then.
    pub training_tokens: Vec<u64>,
    /// What the strategy carries.
    pub state: StrategyState,
}

/// What one step did in which time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Pace {
    tokens: u64,
    #[serde(deserialize_with = "number::nan_if_null")]
    flops: f64,
    #[serde(deserialize_with = "number::nan_if_null")]
    secs: f64,
}

/// JSON has only text for keys: the entries as a list of pairs.
mod changed_by {
    use super::{BTreeMap, CommandMark, LiveField};
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(
        changed_by: &BTreeMap<LiveField, CommandMark>,
        writer: S,
    ) -> Result<S::Ok, S::Error> {
        writer.collect_seq(changed_by)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        reader: D,
    ) -> Result<BTreeMap<LiveField, CommandMark>, D::Error> {
        Vec::<(LiveField, CommandMark)>::deserialize(reader).map(BTreeMap::from_iter)
    }
}

impl History {
    /// An empty history of this many domains.
    pub(super) fn with_domains(domains: usize) -> Self {
        let unknown = DomainLoss {
            first: f64::NAN,
            last: f64::NAN,
            first_used: f64::NAN,
            used: f64::NAN,
            tokens: Tokens(0),
        };
        let curves = || vec![Series::default(); domains];
        History {
            losses: vec![unknown; domains],
            domain_tokens: vec![0; domains],
            domain_examples: vec![0; domains],
            passes: vec![0; domains],
            since_update: SinceUpdate {
                step: Step(0),
                losses: vec![f64::NAN; domains],
                forgetting: vec![0.0; domains],
                measured: None,
                training_loss_sum: vec![0.0; domains],
                training_tokens: vec![0; domains],
                state: StrategyState::default(),
            },
            curves: Curves {
                weights: curves(),
                losses: curves(),
                potential: curves(),
                forgetting: curves(),
                ..Curves::default()
            },
            ..History::default()
        }
    }

    /// Tokens, FLOP and optimizer steps per second over the last steps, where there are any.
    pub fn pace(&self) -> Option<(f64, f64, f64)> {
        let secs: f64 = self.window.iter().map(|p| p.secs).sum();
        let per_sec = |sum: f64| sum / secs;
        (secs > 0.0 && secs.is_finite()).then(|| {
            (
                per_sec(self.window.iter().map(|p| p.tokens as f64).sum()),
                per_sec(self.window.iter().map(|p| p.flops).sum()),
                per_sec(self.window.len() as f64),
            )
        })
    }

    /// Folds in what an event did to the run. `domains` are the run's.
    pub(super) fn apply(&mut self, record: &Record, domains: &[String]) {
        match &record.event {
            Event::Detected { mixture, intervals, .. } => {
                self.detected(mixture);
                self.detected_intervals.clone_from(intervals);
            }
            Event::ReferenceLosses { losses, .. } => self.reference_losses.clone_from(losses),
            Event::Step(sample) => self.stepped(sample),
            Event::Evaluated { step, domains, used, secs } => {
                self.evaluated(*step, domains, used, *secs);
            }
            Event::LiveValues(live) => self.live = Some(live.clone()),
            Event::Sampled { step, texts, secs } => {
                self.overhead(*step, *secs);
                self.sampled(SampleMark { step: *step, texts: texts.clone().into() });
            }
            Event::MixtureUpdated { step, update, old, new, potential, forgetting, state } => {
                self.updated(*step, *update, old, new);
                self.begin_interval(*step, state.clone());
                self.potential.clone_from(potential);
                self.forgetting.clone_from(forgetting);
                push_each(&mut self.curves.potential, *step, potential);
                push_each(&mut self.curves.forgetting, *step, forgetting);
            }
            Event::UpdateHeld { step } => {
                let state = std::mem::take(&mut self.since_update.state);
                self.begin_interval(*step, state);
            }
            Event::ThresholdTested { step, update, threshold } => {
                match threshold.outcome {
                    Outcome::Expanded => self.expanded += 1,
                    Outcome::Held => self.held += 1,
                    Outcome::Full => {}
                }
                let threshold = threshold.clone();
                let mark = ThresholdMark { step: *step, update: *update, threshold };
                remember(&mut self.thresholds, mark, THRESHOLDS);
            }
            Event::LossRejected { step, domain, .. } => {
                self.rejected_losses += 1;
                self.incident(*step, Incident::LossRejected(domain.clone()));
            }
            Event::StepSkipped { step, .. } => {
                self.skipped_steps += 1;
                self.incident(*step, Incident::StepSkipped);
            }
            Event::MicroBatchHalved { pass: Pass::Training, new, .. } => {
                self.micro_batch = Some(*new);
            }
            Event::MicroBatchHalved { pass: Pass::Evaluation, .. } => {}
            Event::PassCompleted { domain, passes, .. } => {
                let place = domains.iter().position(|name| name == domain);
                if let Some(counted) = place.and_then(|i| self.passes.get_mut(i)) {
                    *counted = *passes;
                }
            }
            Event::CheckpointSaved { step, path, bytes, secs, why } => {
                self.overhead(*step, *secs);
                remember(&mut self.checkpoints, *step, MARKS);
                self.checkpoint = Some(CheckpointMark {
                    unix_ms: record.unix_ms,
                    step: *step,
                    path: path.clone(),
                    bytes: *bytes,
                    why: why.clone(),
                });
            }
            Event::CommandOutcome(outcome) | Event::CommandReplayed(outcome) => {
                self.commanded(record.unix_ms, outcome, domains);
            }
            Event::RunStarted { .. }
            | Event::Configured { .. }
            | Event::Planned { .. }
            | Event::DeviceChosen(_)
            | Event::PhaseChanged { .. }
            | Event::Progress { .. }
            | Event::Notice { .. }
            | Event::ModelLoaded { .. }
            | Event::DataReady(_)
            | Event::Detecting(_)
            | Event::ReferenceEpoch { .. }
            | Event::CheckpointRemoved { .. }
            | Event::CheckpointSkipped { .. }
            | Event::Resumed { .. }
            | Event::ConfigChanged { .. }
            | Event::Host(_)
            | Event::Finished { .. }
            | Event::Failed { .. } => {}
        }
    }

    /// Goes back to `step` as far as that can be told without the state of that moment: curves and
    /// marks behind it are dropped, sums stay but for tokens and time, whose curves tell them.
    pub(super) fn rewind(&mut self, step: Step) {
        self.step = step;
        self.thresholds.retain(|mark| mark.step <= step);
        self.commands.retain(|mark| mark.outcome.step <= step);
        self.checkpoints.retain(|saved| *saved <= step);
        self.incidents.retain(|mark| mark.step <= step);
        self.samples.retain(|mark| mark.step <= step);
        self.changed_by.retain(|_, mark| mark.outcome.step <= step);
        for mark in self.commands.clone() {
            self.changed(&mark);
        }
        self.window.clear();
        self.curves.each(|series| series.truncate(step.0));
        let last = |series: &Series| series.last().unwrap_or(0.0);
        self.tokens = Tokens(last(&self.curves.tokens) as u64);
        self.ran_ms = (1000.0 * last(&self.curves.secs)).round() as u64;
    }

    fn commanded(&mut self, unix_ms: u64, outcome: &CommandOutcome, domains: &[String]) {
        if let (Command::Engine(EngineCommand::Weights(named)), true) =
            (&outcome.command, outcome.is_applied())
        {
            self.weights_given(outcome.step, named, domains);
        }
        if let (Some(live), true) = (&mut self.live, outcome.is_applied()) {
            // The engine found the change valid; a record that says otherwise changes nothing here.
            let _ = outcome.repeat(live, domains);
        }
        let mark = CommandMark { unix_ms, outcome: outcome.clone() };
        self.changed(&mark);
        remember(&mut self.commands, mark, MARKS);
    }

    fn changed(&mut self, mark: &CommandMark) {
        if let Some(field) = mark.outcome.changes() {
            self.changed_by.insert(field, mark.clone());
        }
    }

    fn detected(&mut self, mixture: &Mixture) {
        self.detected = Some(mixture.clone());
        if self.weights_first.is_none() {
            self.weights = Some(mixture.clone());
            self.weights_first = Some(mixture.clone());
            push_each(&mut self.curves.weights, Step(0), mixture.as_slice());
        }
    }

    fn updated(&mut self, step: Step, update: u64, old: &Mixture, new: &Mixture) {
        let first = match update {
            0 => Some(new),
            _ => self.weights_first.is_none().then_some(old),
        };
        if let Some(first) = first {
            self.weights_first = Some(first.clone());
            push_each(&mut self.curves.weights, Step(0), first.as_slice());
        }
        self.updates = self.updates.max(update);
        self.weights_before = (update > 0).then(|| old.clone());
        self.weights = Some(new.clone());
        push_each(&mut self.curves.weights, step, new.as_slice());
    }

    /// Weights that an operator put in force.
    fn weights_given(&mut self, step: Step, named: &[(String, f64)], domains: &[String]) {
        let names: Vec<&str> = named.iter().map(|(name, _)| name.as_str()).collect();
        let (Some(weights), Ok(ids)) = (&self.weights, domain_ids(&names, domains)) else { return };
        let named: Vec<_> = ids.into_iter().zip(named.iter().map(|(_, w)| *w)).collect();
        // An engine that applied the command found it valid; a record that says otherwise changes
        // nothing here, and the next update names the weights that were in force.
        if let Ok(weights) = weights.with_weights(&named) {
            push_each(&mut self.curves.weights, step, weights.as_slice());
            self.weights_before = self.weights.replace(weights);
        }
    }

    /// What an update looked at lies behind.
    fn begin_interval(&mut self, step: Step, state: StrategyState) {
        let before = self.previous_losses();
        let forgotten = |(loss, before): (&DomainLoss, f64)| {
            let phi = mixing::forgetting(loss.used, before);
            if phi.is_finite() { phi } else { 0.0 }
        };
        self.since_update = SinceUpdate {
            step,
            losses: self.losses.iter().map(|loss| loss.used).collect(),
            forgetting: self.losses.iter().zip(before).map(forgotten).collect(),
            measured: None,
            training_loss_sum: vec![0.0; self.losses.len()],
            training_tokens: vec![0; self.losses.len()],
            state,
        };
    }

    /// The losses that the last update used, or those of the untuned model.
    pub(super) fn previous_losses(&self) -> Vec<f64> {
        let known = |(before, loss): (&f64, &DomainLoss)| {
            if before.is_nan() { loss.first_used } else { *before }
        };
        self.since_update.losses.iter().zip(&self.losses).map(known).collect()
    }

    fn stepped(&mut self, sample: &StepSample) {
        let step = sample.step;
        let since = &mut self.since_update;
        add_each(&mut since.training_tokens, &sample.domain_tokens);
        for (sum, add) in since.training_loss_sum.iter_mut().zip(&sample.domain_loss_sum) {
            *sum += add;
        }
        self.step = step;
        self.tokens.0 = self.tokens.0.saturating_add(sample.tokens.0);
        add_each(&mut self.domain_tokens, &sample.domain_tokens);
        add_each(&mut self.domain_examples, &sample.domain_examples);
        self.step_secs += sample.secs;
        let pace = Pace { tokens: sample.tokens.0, flops: sample.flops, secs: sample.secs };
        remember(&mut self.window, pace, WINDOW_STEPS);
        let curves = &mut self.curves;
        curves.training_loss.push(step.0, sample.loss);
        curves.lr.push(step.0, sample.lr);
        curves.grad_norm.push(step.0, sample.grad_norm);
        curves.tokens_per_sec.push(step.0, sample.tokens.0 as f64 / sample.secs);
        curves.memory_bytes.push(step.0, sample.memory.0 as f64);
        curves.tokens.push(step.0, self.tokens.0 as f64);
        curves.secs.push(step.0, self.ran_ms as f64 / 1000.0);
        self.sample = Some(sample.clone());
    }

    pub(super) fn incident(&mut self, step: Step, incident: Incident) {
        remember(&mut self.incidents, IncidentMark { step, incident }, MARKS);
    }

    /// Those of a step that were written again replace the earlier ones.
    fn sampled(&mut self, mark: SampleMark) {
        self.samples.retain(|earlier| earlier.step != mark.step);
        if self.samples.len() >= SAMPLES {
            self.samples.remove(1);
        }
        self.samples.push_back(mark);
    }

    /// What comes before the first step comes once and says nothing of the steps to come.
    fn overhead(&mut self, step: Step, secs: f64) {
        if step > Step(0) {
            self.overhead_secs += secs;
        }
    }

    fn evaluated(&mut self, step: Step, measured: &[DomainEval], used: &[f64], secs: f64) {
        self.evaluations += 1;
        self.overhead(step, secs);
        for (i, (loss, now)) in self.losses.iter_mut().zip(measured).enumerate() {
            if now.loss.is_finite() {
                loss.last = now.loss;
                loss.first = if loss.first.is_nan() { now.loss } else { loss.first };
            }
            loss.used = used.get(i).copied().unwrap_or(now.loss);
            loss.first_used = if loss.first_used.is_nan() { loss.used } else { loss.first_used };
            loss.tokens = now.tokens;
        }
        let measured: Vec<f64> = measured.iter().map(|domain| domain.loss).collect();
        push_each(&mut self.curves.losses, step, &measured);
        if step > self.since_update.step {
            self.since_update.measured = Some(measured);
        }
        if step == Step(0) {
            // So that what is measured before the first step has a place in time.
            self.curves.secs.push(0, self.ran_ms as f64 / 1000.0);
        }
    }
}

/// Appends to a list that forgets its oldest entries.
pub(super) fn remember<T>(list: &mut VecDeque<T>, item: T, most: usize) {
    if list.len() >= most {
        list.pop_front();
    }
    list.push_back(item);
}

fn push_each(curves: &mut [Series], step: Step, values: &[f64]) {
    for (series, value) in curves.iter_mut().zip(values) {
        series.push(step.0, *value);
    }
}

fn add_each(sums: &mut [u64], counts: &[u64]) {
    for (sum, count) in sums.iter_mut().zip(counts) {
        *sum = sum.saturating_add(*count);
    }
}
