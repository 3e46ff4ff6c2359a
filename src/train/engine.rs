//! The training loop, from the first held-out measurement to the last checkpoint.

use super::checkpoint::{self, Found, TrainerState};
use super::desk::{Desk, Halt};
use super::error::{Break, TrainError};
use super::folder::RunFolder;
use super::mixer::Mixer;
use super::prepare::{self, Ground, Prepared};
use super::reference::{draw, say_halvings};
use super::replays::{Replays, Since};
use super::resume;
use super::run::{Ending, names, started, words};
use super::trainer::{StepOptions, StepResult};
use crate::config::{self, RunPlan};
use crate::control::Tunable;
use crate::data::Sampler;
use crate::lr;
use crate::telemetry::{ConfigValue, DomainEval, Event, Level, Phase, Record, StepSample};
use crate::torch;
use crate::unit::{Bytes, DomainId, Step};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// A run between its preparation and its end.
pub(super) struct Engine<'a> {
    pub(super) plan: RunPlan,
    pub(super) folder: &'a RunFolder,
    pub(super) desk: &'a mut Desk,
    pub(super) prepared: Prepared,
    pub(super) mixer: Mixer,
    pub(super) sampler: Sampler,
    /// Completed passes per domain, as last said.
    pub(super) passes: Vec<u64>,
    pub(super) scheduled: usize,
    /// Whether the update of this step is still to be made.
    pub(super) update_pending: bool,
    pub(super) skipped_in_a_row: u64,
    /// Step of the newest held-out measurement of this process.
    pub(super) evaluated_at: Option<Step>,
    /// Mean of the newest held-out losses.
    pub(super) mean_loss: Option<f64>,
    pub(super) saved_at: Option<Step>,
    pub(super) attended: Arc<AtomicBool>,
}

impl<'a> Engine<'a> {
    /// Prepares a new run, or one that goes on from its newest good checkpoint.
    pub(super) fn start(
        plan: RunPlan,
        folder: &'a RunFolder,
        desk: &'a mut Desk,
        history: Option<Vec<Record>>,
        config: Vec<ConfigValue>,
        attended: Arc<AtomicBool>,
    ) -> Result<Self, Break> {
        let (found, skipped) = match history {
            Some(_) => checkpoint::newest(folder)?,
            None => (None, Vec::new()),
        };
        if let Some(found) = &found {
            require_same_domains(found, desk, folder)?;
        }
        desk.emit(started(&plan, folder, found.as_ref()))?;
        for (path, why) in skipped {
            desk.emit(Event::CheckpointSkipped { path, why })?;
        }
        let history = history.unwrap_or_default();
        match found {
            Some(found) => Self::resumed(plan, folder, desk, found, &history, config, attended),
            None => Self::fresh(plan, folder, desk, &history, config, attended),
        }
    }

    fn fresh(
        plan: RunPlan,
        folder: &'a RunFolder,
        desk: &'a mut Desk,
        history: &[Record],
        config: Vec<ConfigValue>,
        attended: Arc<AtomicBool>,
    ) -> Result<Self, Break> {
        desk.emit(configured(&plan, config))?;
        desk.emit(Event::LiveValues(desk.live.clone()))?;
        let scheduled = resume::scheduled(history, &plan.schedule);
        desk.take_replays(Replays::of(history, Since::default(), &scheduled))?;
        if let Some(before) = folder.read_plan()? {
            desk.obey_config(resume::newly_given(&before, &plan, &Tunable::ALL))?;
        }
        desk.hub.sync()?;
        folder.write_plan(&plan)?;
        let ground = prepare::ground(&plan, desk)?;
        let detected = ground.detect(&plan, folder.path(), desk)?;
        let reference_losses = ground.reference_losses(&plan, folder.path(), desk)?;
        let sampler = Sampler::new(plan.seed, rows(&plan, &ground));
        let mut prepared = ground.finish(&plan, desk)?;
        let (first, secs) = measure_first(&mut prepared, desk)?;
        let mixer =
            Mixer::new(&plan.mixing.strategy, detected, reference_losses, &first, &desk.live)
                .map_err(|(domain, value)| TrainError::FirstLoss {
                    domain: desk.domains[domain].clone(),
                    value,
                })?;
        let mut engine = Engine {
            plan,
            folder,
            desk,
            prepared,
            mixer,
            passes: vec![0; sampler.state().drawn.len()],
            sampler,
            scheduled: scheduled.len(),
            update_pending: false,
            skipped_in_a_row: 0,
            evaluated_at: None,
            mean_loss: None,
            saved_at: None,
            attended,
        };
        engine.say_evaluated(first, secs)?;
        engine.say_first_weights()?;
        engine.sample_if_due()?;
        Ok(engine)
    }

    fn resumed(
        now: RunPlan,
        folder: &'a RunFolder,
        desk: &'a mut Desk,
        found: Found,
        history: &[Record],
        config: Vec<ConfigValue>,
        attended: Arc<AtomicBool>,
    ) -> Result<Self, Break> {
        let Found { path, mut state } = found;
        desk.live = state.live.clone();
        desk.step = state.step;
        let (plan, changes) = resume::merge(&state.plan, &now);
        for change in changes {
            desk.emit(change)?;
        }
        desk.emit(configured(&plan, config))?;
        // From here on commands are answered: what they change must not be changed back.
        desk.emit(Event::Resumed {
            step: state.step,
            path: checkpoint::relative(&path),
            replayed_from_seq: state.seq,
        })?;
        desk.emit(Event::LiveValues(desk.live.clone()))?;
        let scheduled = resume::scheduled(history, &plan.schedule);
        let since =
            Since { seq: state.seq, step: state.step, pending: std::mem::take(&mut state.pending) };
        desk.take_replays(Replays::of(history, since, &scheduled))?;
        let before = folder.read_plan()?.unwrap_or_else(|| state.plan.clone());
        let obeyed = config::obeyed_tunables();
        desk.obey_config(resume::newly_given(&before, &plan, &obeyed))?;
        // The next process finds nothing new in the plan: what it gave must be in the record.
        desk.hub.sync()?;
        folder.write_plan(&plan)?;
        let ground = prepare::ground(&plan, desk)?;
        require_same_data(&ground, &state, &path)?;
        let sampler = Sampler::restore(plan.seed, rows(&plan, &ground), state.sampler.clone())?;
        let mut prepared = ground.finish(&plan, desk)?;
        checkpoint::restore(&path, &mut prepared.trainer)?;
        prepared.trainer.budgets = state.budgets;
        Ok(Engine {
            mixer: Mixer::restore(&plan.mixing.strategy, state.mixer),
            plan,
            folder,
            desk,
            prepared,
            passes: completed_passes(&sampler),
            sampler,
            scheduled: scheduled.len(),
            update_pending: state.update_pending,
            skipped_in_a_row: state.skipped_in_a_row,
            evaluated_at: None,
            mean_loss: state.mean_loss,
            saved_at: Some(state.step),
            attended,
        })
    }

    /// The loop. Between two steps: replayed, scheduled and given commands; then one step; then
    /// whatever is due after it.
    pub(super) fn train(&mut self) -> Result<Ending, Break> {
        while self.desk.step.0 < self.prepared.total_steps {
            if let Some(halt) = self.between_steps()? {
                return Ok(self.halt(halt)?);
            }
            self.desk.enter(Phase::Training, None)?;
            if self.step()? && self.desk.step.0 < self.prepared.total_steps {
                self.after_step()?;
            }
        }
        self.finish()
    }

    /// Everything that is done while the model stands still.
    fn between_steps(&mut self) -> Result<Option<Halt>, Break> {
        self.update_if_pending()?;
        if !self.update_pending {
            // An update that someone broke off comes before what was asked for after it.
            self.replay()?;
            self.follow_schedule();
        }
        while let Some(request) = self.desk.next_request()? {
            if let Some(halt) = self.carry_out(&request)? {
                return Ok(Some(halt));
            }
        }
        Ok(None)
    }

    /// One optimizer step; whether it was taken: it is not where a quantity is not finite.
    fn step(&mut self) -> Result<bool, Break> {
        let begun = Instant::now();
        let samples = draw(
            &self.prepared.corpus,
            &mut self.sampler,
            self.mixer.mixture(),
            self.plan.training.batch_samples,
        )?;
        let done = self.desk.step;
        let lr = self.desk.live.lr
            * lr::factor(&self.plan.training.schedule, done, self.prepared.total_steps);
        let options = StepOptions { step: done.next(), lr, clip: self.desk.live.clip };
        let result = self.prepared.trainer.step(&samples, options)?;
        say_halvings(&mut self.prepared.trainer, self.desk)?;
        match &result.skipped {
            Some(why) => self.skip(why.clone()).map(|()| false),
            None => {
                self.skipped_in_a_row = 0;
                self.desk.step = done.next();
                self.mixer.saw_training(&result.domain_loss_sum, &result.domain_tokens);
                let secs = begun.elapsed().as_secs_f64();
                self.desk.emit(Event::Step(self.sample(result, lr, secs)))?;
                Ok(true)
            }
        }
    }

    fn after_step(&mut self) -> Result<(), Break> {
        let step = self.desk.step;
        self.say_passes()?;
        self.update_pending = self.mixer.is_due(step, self.desk.live.every);
        self.update_if_pending()?;
        if self.plan.evaluation.every.is_some_and(|every| step.is_multiple_of(every)) {
            self.evaluate()?;
        }
        self.sample_if_due()?;
        if let Some(every) = self.plan.checkpoint.every.filter(|&every| step.is_multiple_of(every))
        {
            self.save_or_warn(&format!("every {every} steps"))?;
        }
        Ok(())
    }

    /// The heart of the method: held-out losses, potential and forgetting, new weights. Someone who
    /// asks to stop in the middle of the measurement leaves the update for the resume.
    fn update_if_pending(&mut self) -> Result<(), Break> {
        let step = self.desk.step;
        if !self.update_pending {
            return Ok(());
        }
        let Some((evals, secs)) = self.measure()? else { return Ok(()) };
        for (domain, value) in self.mixer.saw_held_out(&evals, self.desk.live.smoothing) {
            let domain = self.desk.domains[domain].clone();
            self.desk.emit(Event::LossRejected { step, domain, value: value.to_string() })?;
        }
        self.say_evaluated(evals, secs)?;
        let old = self.mixer.mixture().clone();
        let progress = step.0 as f64 / self.prepared.total_steps as f64;
        self.update_pending = false;
        let Some(decision) = self.mixer.update(step, progress, &self.desk.live) else {
            return Ok(self.desk.emit(Event::UpdateHeld { step })?);
        };
        let update = self.mixer.updates();
        self.desk.emit(Event::MixtureUpdated {
            step,
            update,
            old,
            new: decision.mixture,
            potential: decision.potential,
            forgetting: decision.forgetting,
            state: self.mixer.state().strategy,
        })?;
        if let Some(threshold) = decision.threshold {
            self.desk.emit(Event::ThresholdTested { step, update, threshold })?;
        }
        Ok(())
    }

    /// Measures and says the held-out losses of this step, once; whether they are known now.
    pub(super) fn evaluate(&mut self) -> Result<bool, Break> {
        if self.evaluated_at == Some(self.desk.step) {
            return Ok(true);
        }
        match self.measure()? {
            Some((evals, secs)) => self.say_evaluated(evals, secs).map(|()| true),
            None => Ok(false),
        }
    }

    /// Held-out losses and the seconds that they took; `None` if someone asked to stop.
    fn measure(&mut self) -> Result<Option<(Vec<DomainEval>, f64)>, Break> {
        self.desk.enter(Phase::Evaluating, None)?;
        let begun = Instant::now();
        let Prepared { trainer, held_out, .. } = &mut self.prepared;
        let desk = &mut *self.desk;
        let evals = trainer.evaluate(held_out, &mut || desk.is_urgent())?;
        say_halvings(trainer, desk)?;
        Ok(evals.map(|evals| (evals, begun.elapsed().as_secs_f64())))
    }

    fn say_evaluated(&mut self, evals: Vec<DomainEval>, secs: f64) -> Result<(), Break> {
        let step = self.desk.step;
        self.evaluated_at = Some(step);
        self.mean_loss = Some(evals.iter().map(|eval| eval.loss).sum::<f64>() / evals.len() as f64);
        let used = self.mixer.used_loss().to_vec();
        self.desk.emit(Event::Evaluated { step, domains: evals, used, secs })?;
        Ok(())
    }

    /// The weights that the strategy begins with, where they are not the detected ones.
    fn say_first_weights(&mut self) -> Result<(), Break> {
        let state = self.mixer.state();
        if state.mixture != state.detected {
            let zeros = vec![0.0; state.detected.len()];
            self.desk.emit(Event::MixtureUpdated {
                step: Step(0),
                update: 0,
                old: state.detected,
                new: state.mixture,
                potential: zeros.clone(),
                forgetting: zeros,
                state: state.strategy,
            })?;
        }
        Ok(())
    }

    fn say_passes(&mut self) -> Result<(), Break> {
        for index in 0..self.passes.len() {
            let passes = self.sampler.passes(DomainId(index));
            if std::mem::replace(&mut self.passes[index], passes) < passes {
                let domain = self.desk.domains[index].clone();
                self.desk.emit(Event::PassCompleted { step: self.desk.step, domain, passes })?;
            }
        }
        Ok(())
    }

    fn sample(&self, result: StepResult, lr: f64, secs: f64) -> StepSample {
        StepSample {
            step: self.desk.step,
            loss: result.loss(),
            domain_loss_sum: result.domain_loss_sum,
            domain_tokens: result.domain_tokens,
            domain_examples: result.domain_examples,
            lr,
            grad_norm: result.grad_norm,
            tokens: result.tokens,
            micro_batches: result.micro_batches,
            secs,
            flops: result.flops,
            memory: torch::memory_peak(self.prepared.trainer.device()).unwrap_or(Bytes(0)),
        }
    }

    /// The step was not taken. After too many in a row the run waits for its operator, or fails
    /// where there is none.
    fn skip(&mut self, why: String) -> Result<(), Break> {
        self.skipped_in_a_row += 1;
        let in_a_row = self.skipped_in_a_row;
        self.desk.emit(Event::StepSkipped {
            step: self.desk.step.next(),
            why: why.clone(),
            in_a_row,
        })?;
        if in_a_row < self.plan.training.max_skipped {
            return Ok(());
        }
        self.skipped_in_a_row = 0;
        if self.attended.load(Ordering::Relaxed) {
            self.desk.notice(
                Level::Error,
                format!("paused: {in_a_row} steps in a row were not taken because {why}"),
            )?;
            self.desk.pause()?;
            return Ok(());
        }
        self.save_or_warn("before giving up")?;
        Err(TrainError::NotFinite { in_a_row, why }.into())
    }

    fn halt(&mut self, halt: Halt) -> Result<Ending, TrainError> {
        let saved = match &halt {
            Halt::Stop(actor) => {
                self.save(&actor.to_string())?;
                true
            }
            Halt::Abort(_) => false,
        };
        Ok(Ending { step: self.desk.step, complete: false, saved, why: words(&halt) })
    }

    fn finish(&mut self) -> Result<Ending, Break> {
        self.say_passes()?;
        if !self.evaluate()? {
            // Stopped in the last measurement: the steps are done, only the closing losses are not.
            self.desk.notice(Level::Warning, "the closing held-out losses were not measured")?;
        }
        self.sample_at_end()?;
        self.save("all steps done")?;
        Ok(Ending {
            step: self.desk.step,
            complete: true,
            saved: true,
            why: "all steps done".into(),
        })
    }
}

/// ℓ(0) of the untuned model, and the seconds that it took.
fn measure_first(
    prepared: &mut Prepared,
    desk: &mut Desk,
) -> Result<(Vec<DomainEval>, f64), Break> {
    loop {
        desk.enter(Phase::Evaluating, Some("the untuned model".into()))?;
        let begun = Instant::now();
        let Prepared { trainer, held_out, .. } = &mut *prepared;
        let measured = trainer.evaluate(held_out, &mut || desk.is_urgent())?;
        say_halvings(trainer, desk)?;
        match (desk.attend()?, measured) {
            (Some(halt), _) => return Err(Break::Halt(halt)),
            (None, Some(evals)) => return Ok((evals, begun.elapsed().as_secs_f64())),
            (None, None) => {}
        }
    }
}

fn configured(plan: &RunPlan, values: Vec<ConfigValue>) -> Event {
    let (strategy, schedule) = (plan.mixing.strategy.clone(), plan.training.schedule);
    Event::Configured { values, strategy, schedule }
}

fn require_same_domains(found: &Found, desk: &Desk, folder: &RunFolder) -> Result<(), TrainError> {
    let then = names(&found.state.plan);
    if then == desk.domains {
        return Ok(());
    }
    let path = folder.path().to_path_buf();
    Err(TrainError::OtherDomains { path, then: then.join(", "), now: desk.domains.join(", ") })
}

fn require_same_data(ground: &Ground, state: &TrainerState, path: &Path) -> Result<(), TrainError> {
    if ground.corpus.fingerprint() == state.data {
        return Ok(());
    }
    let why = "its data are no longer what they were when it was written (files, tokenizer or template \
               changed), so that the run cannot be continued exactly; restore them, or start a new run \
               with this checkpoint as its model";
    Err(TrainError::stored(path, why))
}

fn rows(plan: &RunPlan, ground: &Ground) -> Vec<usize> {
    (0..plan.data.domains.len()).map(|index| ground.corpus.train_count(DomainId(index))).collect()
}

fn completed_passes(sampler: &Sampler) -> Vec<u64> {
    (0..sampler.state().drawn.len()).map(|index| sampler.passes(DomainId(index))).collect()
}
