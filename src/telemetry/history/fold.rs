//! What each event does to the history.

use super::super::marks::{
    AskedMark, CheckpointMark, CommandMark, Curves, DomainLoss, Incident, IncidentMark,
    MeasuringMark, SampleMark, ShadowCurves, ThresholdMark,
};
use super::super::remember::remember;
use super::super::{DomainEval, Event, Pass, Record, Series, ShadowWeights, StepSample};
use super::{History, Pace, SinceUpdate};
use crate::control::{Command, CommandOutcome, EngineCommand, weights_by_id};
use crate::mixing::{self, MOST_SHADOWS, Mixture, Outcome, StrategyState};
use crate::unit::{Step, Tokens};

/// Steps over which rates are averaged.
const WINDOW_STEPS: usize = 32;
/// Threshold tests that are remembered.
const THRESHOLDS: usize = 4096;
/// Times at which texts were written that are remembered.
const SAMPLES: usize = 64;
/// Answers to prompts of operators that are remembered.
const ASKED: usize = 32;
/// Commands, checkpoints and incidents that are remembered.
const MARKS: usize = 512;

impl History {
    /// Whether commands may have been forgotten for newer ones: there are as many as are remembered.
    pub fn forgets_commands(&self) -> bool {
        self.commands.len() >= MARKS
    }

    /// Folds in what an event did to the run. `domains` are the names of its domains.
    pub(in crate::telemetry) fn apply(&mut self, record: &Record, domains: &[String]) {
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
            Event::Asked { step, prompt, answer, base, secs } => {
                self.overhead(*step, *secs);
                let (prompt, answer, base) = (prompt.clone(), answer.clone(), base.clone());
                remember(&mut self.asked, AskedMark { step: *step, prompt, answer, base }, ASKED);
            }
            Event::Rehearsed { step, secs, .. } => self.overhead(*step, *secs),
            Event::MixtureUpdated {
                step,
                update,
                old,
                new,
                potential,
                forgetting,
                potential_error,
                forgetting_error,
                gradient_products,
                state,
            } => {
                self.potential_error.clone_from(potential_error);
                self.forgetting_error.clone_from(forgetting_error);
                self.updated(*step, *update, old, new);
                self.begin_interval(*step, state.clone());
                self.potential.clone_from(potential);
                self.forgetting.clone_from(forgetting);
                self.gradient_products.clone_from(gradient_products);
                push_each(&mut self.curves.potential, *step, potential.iter().copied());
                push_each(&mut self.curves.forgetting, *step, forgetting.iter().copied());
            }
            Event::Measuring { rows, share, .. } => {
                self.measuring = Some(MeasuringMark { rows: *rows, share: *share });
            }
            Event::LambdaSolved { solved, .. } => {
                if let Some(live) = &mut self.live {
                    live.solved_lambda(solved.lambda);
                }
                self.solved_lambda = Some(*solved);
            }
            Event::MixtureProjected { mixture, .. } => self.projected = Some(mixture.clone()),
            Event::ShadowsUpdated { step, update: _, shadows } => self.shadowed(*step, shadows),
            Event::UpdateHeld { step } => {
                let state = std::mem::take(&mut self.since_update.state);
                self.begin_interval(*step, state);
            }
            Event::ThresholdTested { step, update, threshold } => {
                let threshold = threshold.clone();
                self.tested(ThresholdMark { step: *step, update: *update, threshold });
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
                let index = domains.iter().position(|name| name == domain);
                if let Some(counted) = index.and_then(|i| self.passes.get_mut(i)) {
                    *counted = *passes;
                }
            }
            Event::CheckpointSaved {
                step,
                path,
                bytes,
                secs,
                stopped_secs,
                why,
                loss: _,
                best,
            } => {
                let stopped = stopped_secs.unwrap_or(*secs);
                self.overhead(*step, stopped);
                self.saving_secs += stopped;
                remember(&mut self.checkpoints, *step, MARKS);
                self.checkpoint = Some(CheckpointMark {
                    unix_ms: record.unix_ms,
                    step: *step,
                    path: path.clone(),
                    bytes: *bytes,
                    why: why.clone(),
                    best: *best,
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
            | Event::CrossLosses(_)
            | Event::CheckpointBegun { .. }
            | Event::CheckpointRemoved { .. }
            | Event::CheckpointSkipped { .. }
            | Event::Resumed { .. }
            | Event::RolledBack { .. }
            | Event::Branched { .. }
            | Event::Repeats { .. }
            | Event::ConfigChanged { .. }
            | Event::EventsLost { .. }
            | Event::ClientAttached { .. }
            | Event::ClientLeft { .. }
            | Event::Host(_)
            | Event::Finished { .. }
            | Event::Failed { .. } => {}
        }
    }

    /// Goes back to `step` as far as is possible without the history of that step: curves and marks
    /// after it are dropped; sums stay, except tokens and time, which are read from their curves, as are
    /// weights and losses.
    pub(in crate::telemetry) fn rewind(&mut self, step: Step) {
        self.step = step;
        self.thresholds.retain(|mark| mark.step <= step);
        self.commands.retain(|mark| mark.outcome.step <= step);
        self.checkpoints.retain(|saved| *saved <= step);
        self.incidents.retain(|mark| mark.step <= step);
        self.samples.retain(|mark| mark.step <= step);
        self.asked.retain(|mark| mark.step <= step);
        self.changed_by.retain(|_, mark| mark.outcome.step <= step);
        for mark in self.commands.clone() {
            self.changed(&mark);
        }
        self.window.clear();
        self.curves.each(|series| series.truncate(step.0));
        let weights = self.curves.weights.iter().map(Series::last).collect::<Option<Vec<f64>>>();
        if let Some(Ok(weights)) = weights.map(Mixture::new) {
            self.weights = Some(weights);
        }
        for (loss, curve) in self.losses.iter_mut().zip(&self.curves.losses) {
            let last = curve.last().unwrap_or(f64::NAN);
            (loss.last, loss.used) = (last, last);
        }
        let last = |series: &Series| series.last().unwrap_or(0.0);
        self.tokens = Tokens(last(&self.curves.tokens) as u64);
        self.ran_ms = (1000.0 * last(&self.curves.secs)).round() as u64;
    }

    fn tested(&mut self, mark: ThresholdMark) {
        match mark.threshold.outcome {
            Outcome::Expanded => self.expanded += 1,
            Outcome::Held => self.held += 1,
            Outcome::Limited => self.limited += 1,
            Outcome::Full => {}
        }
        remember(&mut self.thresholds, mark, THRESHOLDS);
    }

    fn commanded(&mut self, unix_ms: u64, outcome: &CommandOutcome, domains: &[String]) {
        if let (Command::Engine(EngineCommand::Weights(named)), true) =
            (&outcome.command, outcome.is_applied())
        {
            self.weights_given(outcome.step, named, domains);
        }
        if let (Some(live), true) = (&mut self.live, outcome.is_applied()) {
            // The engine found the change valid; a record in which it is not changes nothing here.
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
            push_each(&mut self.curves.weights, Step(0), mixture.as_slice().iter().copied());
        }
    }

    fn updated(&mut self, step: Step, update: u64, old: &Mixture, new: &Mixture) {
        let first = match update {
            0 => Some(new),
            _ => self.weights_first.is_none().then_some(old),
        };
        if let Some(first) = first {
            self.weights_first = Some(first.clone());
            push_each(&mut self.curves.weights, Step(0), first.as_slice().iter().copied());
        }
        self.updates = self.updates.max(update);
        self.weights_before = (update > 0).then(|| old.clone());
        self.weights = Some(new.clone());
        push_each(&mut self.curves.weights, step, new.as_slice().iter().copied());
    }

    /// Of shadows that the event no longer has, the curves are dropped.
    fn shadowed(&mut self, step: Step, shadows: &[ShadowWeights]) {
        self.shadows = shadows.iter().take(MOST_SHADOWS).cloned().collect();
        let curves = &mut self.curves.shadows;
        curves.retain(|curve| self.shadows.iter().any(|known| known.strategy == curve.strategy));
        for ShadowWeights { strategy, weights } in &self.shadows {
            let known = curves.iter().position(|curve| curve.strategy == *strategy);
            let at = known.unwrap_or_else(|| {
                let weights = vec![Series::default(); weights.len()];
                curves.push(ShadowCurves { strategy: strategy.clone(), weights });
                curves.len() - 1
            });
            push_each(&mut curves[at].weights, step, weights.as_slice().iter().copied());
        }
    }

    /// Weights that an operator put in force.
    fn weights_given(&mut self, step: Step, named: &[(String, f64)], domains: &[String]) {
        let named = weights_by_id(named, domains);
        let (Some(weights), Ok(named)) = (&self.weights, named) else { return };
        // The engine found the command valid; a record in which it is not changes nothing here, and
        // the next update names the weights that were in force.
        if let Ok(weights) = weights.with_weights(&named) {
            push_each(&mut self.curves.weights, step, weights.as_slice().iter().copied());
            self.weights_before = self.weights.replace(weights);
        }
    }

    /// Begins the interval that the next update will look at.
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
    pub(in crate::telemetry) fn previous_losses(&self) -> Vec<f64> {
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
        self.data_secs += sample.data_secs;
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

    pub(in crate::telemetry) fn incident(&mut self, step: Step, incident: Incident) {
        remember(&mut self.incidents, IncidentMark { step, incident }, MARKS);
    }

    /// Texts that were written again at a step replace the earlier ones.
    fn sampled(&mut self, mark: SampleMark) {
        self.samples.retain(|earlier| earlier.step != mark.step);
        if self.samples.len() >= SAMPLES {
            self.samples.remove(1);
        }
        self.samples.push_back(mark);
    }

    /// What is done before the first step is done once, and is no measure of the steps to come.
    fn overhead(&mut self, step: Step, secs: f64) {
        if step > Step(0) {
            self.overhead_secs += secs;
        }
    }

    fn evaluated(&mut self, step: Step, measured: &[DomainEval], used: &[f64], secs: f64) {
        self.evaluations += 1;
        self.measuring_secs += secs;
        self.overhead(step, secs);
        for (i, (loss, now)) in self.losses.iter_mut().zip(measured).enumerate() {
            if now.loss.is_finite() {
                loss.last = now.loss;
                loss.first = if loss.first.is_nan() { now.loss } else { loss.first };
            }
            loss.used = used.get(i).copied().unwrap_or(now.loss);
            loss.first_used = if loss.first_used.is_nan() { loss.used } else { loss.first_used };
            loss.tokens = now.tokens;
            loss.error = now.error;
            loss.potential_error = now.potential_error;
            loss.since_update = now.since_update;
            loss.since_start = now.since_start;
        }
        if let Some(mean) = self.mean_loss() {
            self.best_mean_loss = Some(self.best_mean_loss.map_or(mean, |best| best.min(mean)));
        }
        self.curves.measured(step, measured);
        let measured: Vec<f64> = measured.iter().map(|domain| domain.loss).collect();
        if step > self.since_update.step {
            self.since_update.measured = Some(measured);
        }
        if step == Step(0) {
            // So that measurements before the first step have a time too.
            self.curves.secs.push(0, self.ran_ms as f64 / 1000.0);
        }
    }
}

impl Curves {
    /// Takes in a measurement of all domains. Of a history that was written without some of these curves, they
    /// begin here.
    fn measured(&mut self, step: Step, domains: &[DomainEval]) {
        let Curves { losses, loss_errors, changes, change_errors, .. } = self;
        push_each(losses, step, domains.iter().map(|domain| domain.loss));
        for curves in [&mut *loss_errors, changes, change_errors] {
            curves.resize_with(losses.len(), Series::default);
        }
        for (i, domain) in domains.iter().enumerate().take(losses.len()) {
            let known = |value: f64| value.is_finite();
            if let Some(error) = domain.error.filter(|error| known(*error)) {
                loss_errors[i].push(step.0, error);
            }
            if let Some(change) = domain.since_start.filter(|change| known(change.relative)) {
                changes[i].push(step.0, change.relative);
                change_errors[i].push(step.0, change.error);
            }
        }
    }
}

fn push_each(curves: &mut [Series], step: Step, values: impl IntoIterator<Item = f64>) {
    for (series, value) in curves.iter_mut().zip(values) {
        series.push(step.0, value);
    }
}

fn add_each(sums: &mut [u64], counts: &[u64]) {
    for (sum, count) in sums.iter_mut().zip(counts) {
        *sum = sum.saturating_add(*count);
    }
}
