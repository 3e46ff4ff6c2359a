//! The training loop, from the first held-out measurement to the last checkpoint.

use super::checkpoint::{self, Found, TrainerState};
use super::desk::{Desk, Halt, rejected};
use super::error::{Break, TrainError};
use super::folder::{RunFolder, write_atomic};
use super::live::Live;
use super::mixer::Mixer;
use super::prepare::{self, Ground, Prepared};
use super::reference::draw;
use super::resume;
use super::schedule::lr_factor;
use super::trainer::{StepOptions, StepResult};
use crate::config::RunPlan;
use crate::control::{Actor, Command, Request, Verdict, domain_ids};
use crate::data::Sampler;
use crate::telemetry::{DomainEval, Event, Hub, Level, Phase, Record, StepSample};
use crate::torch;
use crate::unit::{Bytes, DomainId, Step};
use std::collections::VecDeque;
use std::path::Path;
use std::sync::mpsc::Receiver;
use std::time::Instant;

/// What the engine begins with.
pub struct Setup {
    /// The plan.
    pub plan: RunPlan,
    /// The run's locked folder.
    pub folder: RunFolder,
    /// The way out; its record is open.
    pub hub: Hub,
    /// The way in. Many may send; the engine looks at it between steps and in every phase; the
    /// channel is unbounded; when all senders are gone nothing more comes.
    pub requests: Receiver<Request>,
    /// The record of the run so far, where this process resumes it.
    pub history: Option<Vec<Record>>,
    /// Whether somebody can lift a pause; if not, the run ends where it would have paused.
    pub attended: bool,
}

/// How a run ended that did not fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Optimizer steps done.
    pub step: Step,
    /// Whether all planned steps were done.
    pub complete: bool,
    /// Whether a checkpoint holds the last step.
    pub saved: bool,
    /// In words.
    pub why: String,
}

/// Carries out a run to its end, its stop or its failure; each is said by an event.
pub fn run(setup: Setup) -> Result<Ending, TrainError> {
    let Setup { plan, folder, hub, requests, history, attended } = setup;
    let domains = plan.data.domains.iter().map(|domain| domain.name.clone()).collect();
    let answered = history.iter().flatten().filter(|record| is_outcome(record)).count() as u64;
    let mut desk = Desk::new(hub, Live::new(&plan), domains, requests, answered);
    let ended = begin(plan, &folder, &mut desk, history, attended);
    say_end(&mut desk, ended)
}

/// Says how it ended. An error of the run itself comes before one of saying so.
fn say_end(desk: &mut Desk, ended: Result<Ending, TrainError>) -> Result<Ending, TrainError> {
    let said = match &ended {
        Ok(ending) => say_finished(desk, ending),
        Err(error) => say_failed(desk, error),
    };
    let synced = desk.hub.sync();
    let ending = ended?;
    said?;
    synced?;
    Ok(ending)
}

fn say_finished(desk: &mut Desk, ending: &Ending) -> Result<(), TrainError> {
    desk.close()?;
    let missed = desk.hub.dropped_samples();
    if missed > 0 {
        let text = format!("viewers missed {missed} samples; the record has them all");
        desk.notice(Level::Info, text)?;
    }
    let domains = desk.hub.with_state(|state| state.closing_table());
    let Ending { step, complete, why, .. } = ending.clone();
    desk.enter(Phase::Finished, None)?;
    desk.emit(Event::Finished { step, why, complete, domains })
}

fn say_failed(desk: &mut Desk, error: &TrainError) -> Result<(), TrainError> {
    desk.close()?;
    desk.enter(Phase::Failed, None)?;
    desk.emit(Event::Failed { step: desk.step, error: error.to_string() })
}

/// Measures the mastery ceilings only; `reference.ron` of the run's folder is copied to `out`.
pub fn measure_reference(setup: Setup, out: &Path) -> Result<Ending, TrainError> {
    let Setup { plan, folder, hub, requests, .. } = setup;
    let domains = plan.data.domains.iter().map(|domain| domain.name.clone()).collect();
    let mut desk = Desk::new(hub, Live::new(&plan), domains, requests, 0);
    let ended = ceilings_only(&plan, &folder, out, &mut desk);
    say_end(&mut desk, ended)
}

fn ceilings_only(
    plan: &RunPlan,
    folder: &RunFolder,
    out: &Path,
    desk: &mut Desk,
) -> Result<Ending, TrainError> {
    folder.write_plan(plan)?;
    desk.emit(started(plan, folder, None))?;
    let ending = |complete, why| Ending { step: Step(0), complete, saved: false, why };
    match prepare::ground(plan, desk).and_then(|ground| ground.ceilings(plan, folder.path(), desk))
    {
        Err(Break::Halt(halt)) => return Ok(ending(false, words(&halt))),
        Err(Break::Error(error)) => return Err(error),
        Ok(_) => {}
    }
    let stored = folder.path().join("reference.ron");
    let content = std::fs::read(&stored).map_err(|error| TrainError::io("read", &stored, error))?;
    write_atomic(out, &content)?;
    Ok(ending(true, format!("ceilings stored in {}", out.display())))
}

fn begin(
    plan: RunPlan,
    folder: &RunFolder,
    desk: &mut Desk,
    history: Option<Vec<Record>>,
    attended: bool,
) -> Result<Ending, TrainError> {
    match Engine::start(plan, folder, desk, history, attended).and_then(|mut engine| engine.train())
    {
        Ok(ending) => Ok(ending),
        Err(Break::Error(error)) => Err(error),
        Err(Break::Halt(halt)) => {
            Ok(Ending { step: desk.step, complete: false, saved: false, why: words(&halt) })
        }
    }
}

struct Engine<'a> {
    plan: RunPlan,
    folder: &'a RunFolder,
    desk: &'a mut Desk,
    prepared: Prepared,
    mixer: Mixer,
    sampler: Sampler,
    /// Completed passes per domain, as last said.
    passes: Vec<u64>,
    replays: VecDeque<(Step, Event)>,
    scheduled: usize,
    skipped_in_a_row: u64,
    last_eval: Option<(Step, Vec<DomainEval>)>,
    saved_at: Option<Step>,
    attended: bool,
}

impl<'a> Engine<'a> {
    fn start(
        plan: RunPlan,
        folder: &'a RunFolder,
        desk: &'a mut Desk,
        history: Option<Vec<Record>>,
        attended: bool,
    ) -> Result<Self, Break> {
        let (found, passed_over) = match history {
            Some(_) => checkpoint::newest(folder)?,
            None => (None, Vec::new()),
        };
        desk.emit(started(&plan, folder, found.as_ref()))?;
        for (path, why) in passed_over {
            desk.emit(Event::CheckpointPassedOver { path, why })?;
        }
        match found {
            Some(found) => {
                Self::resumed(plan, folder, desk, found, &history.unwrap_or_default(), attended)
            }
            None => Self::fresh(plan, folder, desk, attended),
        }
    }

    fn fresh(
        plan: RunPlan,
        folder: &'a RunFolder,
        desk: &'a mut Desk,
        attended: bool,
    ) -> Result<Self, Break> {
        folder.write_plan(&plan)?;
        let ground = prepare::ground(&plan, desk)?;
        let detected = ground.detect(&plan, folder.path(), desk)?;
        let ceilings = ground.ceilings(&plan, folder.path(), desk)?;
        let sampler = Sampler::new(plan.seed, rows(&plan, &ground));
        let mut prepared = ground.finish(&plan, desk)?;
        let (first, secs) = measure_first(&plan, &mut prepared, desk)?;
        let mixer = Mixer::new(&plan.mixing.strategy, detected, ceilings, &first, &desk.live)
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
            replays: VecDeque::new(),
            scheduled: 0,
            skipped_in_a_row: 0,
            last_eval: None,
            saved_at: None,
            attended,
        };
        engine.say_evaluated(first, secs)?;
        engine.say_first_weights()?;
        Ok(engine)
    }

    fn resumed(
        now: RunPlan,
        folder: &'a RunFolder,
        desk: &'a mut Desk,
        found: Found,
        history: &[Record],
        attended: bool,
    ) -> Result<Self, Break> {
        let Found { path, state } = found;
        desk.live = state.live.clone();
        desk.step = state.step;
        let (plan, changes) = resume::merge(&state.plan, &now, &mut desk.live)?;
        for change in changes {
            desk.emit(change)?;
        }
        folder.write_plan(&plan)?;
        let ground = prepare::ground(&plan, desk)?;
        require_same_data(&ground, &state, &path)?;
        let sampler = Sampler::restore(plan.seed, rows(&plan, &ground), state.sampler.clone())?;
        let mut prepared = ground.finish(&plan, desk)?;
        checkpoint::restore(&path, &mut prepared.trainer)?;
        prepared.trainer.micro_batch = state.micro_batch;
        desk.emit(Event::Resumed {
            step: state.step,
            path: checkpoint::relative(&path),
            replayed_from_seq: state.seq,
        })?;
        Ok(Engine {
            mixer: Mixer::restore(&plan.mixing.strategy, state.mixer),
            plan,
            folder,
            desk,
            prepared,
            passes: completed_passes(&sampler),
            sampler,
            replays: resume::replays(history, state.seq),
            scheduled: state.scheduled,
            skipped_in_a_row: state.skipped_in_a_row,
            last_eval: None,
            saved_at: Some(state.step),
            attended,
        })
    }

    /// The loop. Between two steps: replayed, scheduled and given commands; then one step; then
    /// whatever is due after it.
    fn train(&mut self) -> Result<Ending, Break> {
        while self.desk.step.0 < self.prepared.total_steps {
            if let Some(halt) = self.between_steps()? {
                return Ok(self.halt(halt)?);
            }
            self.desk.enter(Phase::Training, None)?;
            self.step()?;
            if self.desk.step.0 < self.prepared.total_steps {
                self.after_step()?;
            }
        }
        self.finish()
    }

    /// Everything that is done while the model stands still.
    fn between_steps(&mut self) -> Result<Option<Halt>, Break> {
        self.update_if_due()?;
        self.replay()?;
        self.follow_schedule();
        while let Some(request) = self.desk.next_request() {
            if let Some(halt) = self.carry_out(&request)? {
                return Ok(Some(halt));
            }
        }
        Ok(None)
    }

    /// One optimizer step, or one that is not taken because a quantity is not finite.
    fn step(&mut self) -> Result<(), Break> {
        let begun = Instant::now();
        let samples = draw(
            &self.prepared.corpus,
            &mut self.sampler,
            self.mixer.mixture(),
            self.plan.training.batch_samples,
        )?;
        let done = self.desk.step;
        let lr = self.desk.live.lr
            * lr_factor(&self.plan.training.schedule, done, self.prepared.total_steps);
        let options = StepOptions { step: done.next(), lr, clip: self.desk.live.clip };
        let result = self.prepared.trainer.step(&samples, options)?;
        self.say_halved(&result)?;
        match &result.skipped {
            Some(why) => self.skip(why.clone()),
            None => {
                self.skipped_in_a_row = 0;
                self.desk.step = done.next();
                self.mixer.saw_training(&result.domain_loss_sum, &result.domain_tokens);
                let secs = begun.elapsed().as_secs_f64();
                self.desk.emit(Event::Step(self.sample(result, lr, secs)))?;
                Ok(())
            }
        }
    }

    fn after_step(&mut self) -> Result<(), Break> {
        let step = self.desk.step;
        self.say_passes()?;
        self.update_if_due()?;
        if self.plan.evaluation.every.is_some_and(|every| step.is_multiple_of(every)) {
            self.evaluate()?;
        }
        if let Some(every) = self.plan.checkpoint.every.filter(|&every| step.is_multiple_of(every))
        {
            self.save_or_warn(&format!("every {every} steps"))?;
        }
        Ok(())
    }

    /// The heart of the method: held-out losses, potential and forgetting, new weights. Someone who
    /// asks to stop in the middle of the measurement leaves the update for the resume.
    fn update_if_due(&mut self) -> Result<(), Break> {
        let step = self.desk.step;
        if !self.mixer.is_due(step, self.desk.live.every) {
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
        let Some(decision) = self.mixer.update(step, progress, &self.desk.live) else {
            return Ok(());
        };
        let update = self.mixer.updates();
        self.desk.emit(Event::MixtureUpdated {
            step,
            update,
            old,
            new: decision.mixture,
            potential: decision.potential,
            forgetting: decision.forgetting,
        })?;
        if let Some(threshold) = decision.threshold {
            self.desk.emit(Event::ThresholdTested { step, update, threshold })?;
        }
        Ok(())
    }

    /// Measures and says the held-out losses of this step, once; whether they are known now.
    fn evaluate(&mut self) -> Result<bool, Break> {
        if self.last_eval.as_ref().is_some_and(|(step, _)| *step == self.desk.step) {
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
        let evals =
            trainer.evaluate(held_out, self.plan.evaluation.batch, &mut || desk.is_urgent())?;
        Ok(evals.map(|evals| (evals, begun.elapsed().as_secs_f64())))
    }

    fn say_evaluated(&mut self, evals: Vec<DomainEval>, secs: f64) -> Result<(), Break> {
        let step = self.desk.step;
        self.last_eval = Some((step, evals.clone()));
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
            })?;
        }
        Ok(())
    }

    fn say_halved(&mut self, result: &StepResult) -> Result<(), Break> {
        let after =
            result.halved.iter().skip(1).copied().chain([self.prepared.trainer.micro_batch]);
        for (old, new) in result.halved.iter().copied().zip(after) {
            self.desk.emit(Event::MicroBatchHalved { step: self.desk.step, old, new })?;
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
            domain_rows: result.domain_rows,
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
        if self.attended {
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

    /// Gives the commands again that took effect at this step before the run was interrupted.
    fn replay(&mut self) -> Result<(), Break> {
        while self.replays.front().is_some_and(|(step, _)| *step <= self.desk.step) {
            let Some((_, event)) = self.replays.pop_front() else { break };
            let Event::CommandReplayed { command, .. } = &event else { continue };
            let done = match command {
                Command::Weights(named) => self.set_weights(named),
                command => match self.desk.live.apply(command, &self.desk.domains) {
                    Some(Err(why)) => Err(why),
                    Some(Ok(_)) | None => Ok(()),
                },
            };
            match done {
                Ok(()) => self.desk.emit(event)?,
                Err(why) => {
                    let text = format!("`{command}` was not carried out again: {why}");
                    self.desk.notice(Level::Warning, text)?;
                }
            }
        }
        Ok(())
    }

    fn follow_schedule(&mut self) {
        let due = self.plan.schedule[self.scheduled..]
            .iter()
            .take_while(|scheduled| scheduled.at <= self.desk.step)
            .map(|scheduled| scheduled.command.clone())
            .collect::<Vec<_>>();
        self.scheduled += due.len();
        for command in due.into_iter().rev() {
            self.desk.ask_first(Request { actor: Actor::Schedule, command, reason: None });
        }
    }

    fn carry_out(&mut self, request: &Request) -> Result<Option<Halt>, Break> {
        let done = Verdict::Applied { old: None, new: None };
        let verdict = match &request.command {
            Command::Save => match self.save(&request.actor.to_string()) {
                Ok(()) => done,
                Err(error) => rejected(&error.to_string()),
            },
            Command::Evaluate => {
                self.last_eval = None;
                if self.evaluate()? { done } else { rejected("the run was stopped meanwhile") }
            }
            Command::Weights(named) => self.weigh(named),
            _ => return Ok(self.desk.answer_simple(request)?),
        };
        self.desk.answer(request, verdict)?;
        Ok(None)
    }

    fn weigh(&mut self, named: &[(String, f64)]) -> Verdict {
        let old = shown(self.mixer.mixture().as_slice(), &self.desk.domains);
        match self.set_weights(named) {
            Ok(()) => {
                let new = shown(self.mixer.mixture().as_slice(), &self.desk.domains);
                Verdict::Applied { old: Some(old), new: Some(new) }
            }
            Err(why) => Verdict::Rejected { why },
        }
    }

    fn set_weights(&mut self, named: &[(String, f64)]) -> Result<(), String> {
        let names: Vec<String> = named.iter().map(|(name, _)| name.clone()).collect();
        let ids = domain_ids(&names, &self.desk.domains).map_err(|error| error.to_string())?;
        let named: Vec<_> = ids.into_iter().zip(named.iter().map(|(_, weight)| *weight)).collect();
        self.mixer.set_weights(&named).map_err(|error| error.to_string())
    }

    /// Writes a checkpoint of this step, unless there is one: commands given since then are in the
    /// record, and a resume gives them again.
    fn save(&mut self, why: &str) -> Result<(), TrainError> {
        if self.saved_at == Some(self.desk.step) {
            return Ok(());
        }
        self.desk.enter(Phase::Saving, None)?;
        let begun = Instant::now();
        let mean_loss = self
            .last_eval
            .as_ref()
            .map(|(_, evals)| evals.iter().map(|eval| eval.loss).sum::<f64>() / evals.len() as f64);
        let state = self.state();
        self.desk.hub.sync()?;
        let saved = checkpoint::save(self.folder, &self.prepared.trainer, &state, mean_loss)?;
        self.saved_at = Some(self.desk.step);
        self.desk.emit(Event::CheckpointSaved {
            step: self.desk.step,
            path: saved.path,
            bytes: saved.bytes,
            secs: begun.elapsed().as_secs_f64(),
            why: why.into(),
        })?;
        let keep = &self.plan.checkpoint;
        for path in checkpoint::prune(self.folder, keep.keep_last, keep.keep_best)? {
            self.desk.emit(Event::CheckpointRemoved { path })?;
        }
        Ok(())
    }

    /// A checkpoint that fails in the middle of a run (a full disk, say) must not end it.
    fn save_or_warn(&mut self, why: &str) -> Result<(), Break> {
        if let Err(error) = self.save(why) {
            self.desk.notice(
                Level::Error,
                format!("no checkpoint was written: {error}; training goes on"),
            )?;
        }
        Ok(())
    }

    fn state(&self) -> TrainerState {
        TrainerState {
            step: self.desk.step,
            seq: self.desk.hub.last_seq(),
            answered: self.desk.answered(),
            plan: self.plan.clone(),
            data: self.prepared.corpus.fingerprint(),
            live: self.desk.live.clone(),
            mixer: self.mixer.state(),
            sampler: self.sampler.state(),
            scheduled: self.scheduled,
            skipped_in_a_row: self.skipped_in_a_row,
            micro_batch: self.prepared.trainer.micro_batch,
        }
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
        self.save("all steps done")?;
        Ok(Ending {
            step: self.desk.step,
            complete: true,
            saved: true,
            why: "all steps done".into(),
        })
    }
}

fn started(plan: &RunPlan, folder: &RunFolder, found: Option<&Found>) -> Event {
    Event::RunStarted {
        run: folder.name(),
        version: env!("CARGO_PKG_VERSION").into(),
        domains: plan.data.domains.iter().map(|domain| domain.name.clone()).collect(),
        strategy: plan.mixing.strategy.name().into(),
        resumed_at: found.map(|found| found.state.step),
        seed: plan.seed,
    }
}

/// ℓ(0) of the untuned model, and the seconds that it took.
fn measure_first(
    plan: &RunPlan,
    prepared: &mut Prepared,
    desk: &mut Desk,
) -> Result<(Vec<DomainEval>, f64), Break> {
    loop {
        desk.enter(Phase::Evaluating, Some("the untuned model".into()))?;
        let begun = Instant::now();
        let measured =
            prepared
                .trainer
                .evaluate(&prepared.held_out, plan.evaluation.batch, &mut || desk.is_urgent())?;
        match (desk.attend()?, measured) {
            (Some(halt), _) => return Err(Break::Halt(halt)),
            (None, Some(evals)) => return Ok((evals, begun.elapsed().as_secs_f64())),
            (None, None) => {}
        }
    }
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
    (0..plan.data.domains.len()).map(|index| ground.corpus.train_rows(DomainId(index))).collect()
}

fn completed_passes(sampler: &Sampler) -> Vec<u64> {
    (0..sampler.state().drawn.len()).map(|index| sampler.passes(DomainId(index))).collect()
}

fn is_outcome(record: &Record) -> bool {
    matches!(record.event, Event::CommandOutcome { .. })
}

fn shown(weights: &[f64], domains: &[String]) -> String {
    let parts: Vec<_> = domains
        .iter()
        .zip(weights)
        .map(|(name, weight)| format!("{name} {:.1} %", weight * 100.0))
        .collect();
    parts.join(", ")
}

fn words(halt: &Halt) -> String {
    match halt {
        Halt::Stop(actor) => format!("stopped by {actor}"),
        Halt::Abort(actor) => format!("aborted by {actor}"),
    }
}
