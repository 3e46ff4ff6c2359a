//! The training loop, from the first held-out measurement to the last checkpoint.
//!
//! This file has the order of events; the parts are in the files beside it: `commands`, `rules`, `budget`,
//! `evaluation`, `update`, `gradients`, `standstill`, `checkpoints`, `background`, `sample_texts`, `ask`, `rehearse`,
//! `rollback`. How an engine is set up is in `start`.

mod ask;
mod background;
mod before_edit;
mod budget;
mod checkpoints;
mod commands;
mod evaluation;
mod gradients;
mod lambda;
mod position;
mod rehearse;
mod rollback;
mod rules;
mod sample_texts;
mod standstill;
mod start;
mod update;

use super::ending::RunEnding;
use super::error::TrainError;
use super::examples::draw_examples;
use super::folder::RunFolder;
use super::interrupt::{Break, Halt};
use super::mixer::Mixer;
use super::objective::StepObjective;
use super::prepare::Prepared;
use super::prompts::Prompts;
use super::run_control::RunControl;
use super::trainer::{StepOptions, StepResult};
use super::update_reports::UpdateReports;
use crate::config::RunPlan;
use crate::control::Command;
use crate::data::Sampler;
use crate::lr;
use crate::mixing::{RowLosses, StandstillState};
use crate::telemetry::{Event, Hub, Level, NonFinite, Phase, StepSample};
use crate::torch;
use crate::unit::{Bytes, DomainId, Step};
use background::Saves;
use commands::Carried;
use std::time::{Duration, Instant};

/// A run between its preparation and its end.
pub struct Engine<'a> {
    plan: RunPlan,

    // With several ranks each would have these and compute alike with them, its trainer on its share
    // of a batch.
    prepared: Prepared,
    sampler: Sampler,
    mixer: Mixer,
    progress: Progress,

    // With several ranks only rank 0 would have these: commands, the record, checkpoints, texts.
    control: &'a mut RunControl,
    /// Index of the next command of the config's schedule.
    next_scheduled: usize,
    folder: &'a RunFolder,
    /// The run's record.
    hub: Hub,
    /// Step of the newest checkpoint.
    saved_at: Option<Step>,
    /// Step at which the newest checkpoint was tried, whether it was written or not.
    tried_at: Option<Step>,
    /// The checkpoint that is written while training goes on.
    saves: Saves,
    /// Prompts of the sample texts; made when the first are due.
    prompts: Option<Prompts>,
    /// The edit that was rehearsed and waits for a choice.
    rehearsed: Option<Command>,
    /// Whether what happens is a rehearsal, of which nothing may be saved.
    is_rehearsal: bool,
    /// Completed passes per domain, as last reported.
    passes: Vec<u64>,
    /// Which updates were reported, where they come after every step.
    reports: UpdateReports,
}

/// Where the loop is, besides its step.
#[derive(Default)]
struct Progress {
    /// Whether the update of this step is still to be made.
    update_pending: bool,
    skipped_in_a_row: u64,
    /// What the updates have found to stand still.
    standstill: StandstillState,
    /// The newest held-out measurement of this process: its step, and the mean of its losses, nats.
    evaluated: Option<(Step, f64)>,
    /// The lowest of those means.
    best_loss: Option<f64>,
    /// The budget of measuring that the interval of updates was chosen for.
    budget: Option<f64>,
    /// The newest held-out losses of this process, and their step, until they are written.
    newest: Option<(Step, Vec<RowLosses>)>,
}

impl Progress {
    /// Mean of the held-out losses of this very step, where they were measured.
    fn loss_of(&self, step: Step) -> Option<f64> {
        self.evaluated.filter(|(at, _)| *at == step).map(|(_, loss)| loss)
    }
}

impl Engine<'_> {
    /// Trains until all steps are done or a request ends the run. Before an error ends it, what was
    /// trained is saved.
    pub fn train(&mut self) -> Result<RunEnding, Break> {
        let ended = self.train_to_the_end();
        match &ended {
            Ok(_) => {}
            Err(Break::Error(_)) => self.save_before_failing(),
            Err(Break::Halt(_)) => self.finish_save()?,
        }
        ended
    }

    fn train_to_the_end(&mut self) -> Result<RunEnding, Break> {
        while !self.is_complete() {
            self.report_save_if_done()?;
            if let Some(halt) = self.between_steps()? {
                return Ok(self.halt(&halt)?);
            }
            self.control.events.enter(Phase::Training, None)?;
            self.look_after_memory();
            if self.step()? && !self.is_complete() {
                self.after_step()?;
            }
        }
        self.finish()
    }

    fn is_complete(&self) -> bool {
        self.control.step().0 >= self.total_steps()
    }

    /// Optimizer steps of the run, as it is now.
    fn total_steps(&self) -> u64 {
        self.control.status.live.intervals.length.unwrap_or(self.prepared.total_steps)
    }

    /// Everything that is done while the weights do not change: commands of earlier processes, those
    /// of the schedule and of rules, then requests.
    fn between_steps(&mut self) -> Result<Option<Halt>, Break> {
        loop {
            self.update_if_pending()?;
            // An update that was broken off comes before the commands that were given after it.
            if !self.progress.update_pending {
                self.look_at_rules();
                if self.replay_commands()? {
                    self.give_own_commands();
                }
            }
            match self.carry_out_requests()? {
                Carried::On => break,
                Carried::Back => {}
                Carried::Halt(halt) => return Ok(Some(halt)),
            }
        }
        self.follow_budget()?;
        self.solve_lambda_if_asked()?;
        Ok(None)
    }

    /// One optimizer step. Returns whether it was taken, which it is not if the loss or the gradient
    /// is not finite.
    fn step(&mut self) -> Result<bool, Break> {
        let begun = Instant::now();
        // Whoever lets the run go on has chosen.
        self.rehearsed = None;
        let total_steps = self.total_steps();
        let Prepared { trainer, corpus, .. } = &mut self.prepared;
        let (training, live) = (&self.plan.training, &self.control.status.live);
        let done = self.control.step();
        let lr = live.lr * lr::factor(&training.schedule, done, total_steps);
        let (mixture, wanted) = (self.mixer.mixture(), training.batch_samples);
        let objective = StepObjective::new(training.objective, mixture.as_slice());
        let options = StepOptions { step: done.next(), lr, clip: live.clip, objective };
        let before = self.sampler.state();
        let drawn = draw_examples(corpus, &mut self.sampler, mixture, wanted);
        let waited = begun.elapsed();
        let stepped = drawn.and_then(|examples| trainer.step(&examples, options));
        // A checkpoint of now would lack the examples of a step that failed.
        let result = stepped.inspect_err(|_| self.sampler.go_back(before))?;
        let reductions = trainer.take_budget_reductions();
        if result.skipped.is_none() {
            self.progress.skipped_in_a_row = 0;
            self.control.status.step = done.next();
            self.mixer.saw_training(&result.domain_loss_sum, &result.domain_tokens);
            self.mixer.saw_lr(lr);
        }
        // From here on the step counts, whatever becomes of its events.
        self.control.events.emit_budget_reductions(done, reductions)?;
        if let Some(why) = result.skipped {
            self.skip(why)?;
            return Ok(false);
        }
        let times = StepTimes { whole: begun.elapsed(), waited };
        let sample = self.step_sample(result, lr, times);
        self.control.events.emit(Event::Step(sample))?;
        Ok(true)
    }

    fn after_step(&mut self) -> Result<(), Break> {
        self.emit_passes()?;
        self.update_if_due()?;
        self.evaluate_if_due()?;
        self.generate_if_due()?;
        self.save_if_due()?;
        self.stop_if_due();
        Ok(())
    }

    fn stop_if_due(&mut self) {
        let step = self.control.step();
        if self.control.status.live.intervals.stop_at == Some(step.0) {
            self.control.stop_next(format!("it was told to stop at step {step}"));
        }
    }

    /// Reports that the step was not taken. After too many in a row the run pauses, or fails where no
    /// client could end the pause.
    fn skip(&mut self, why: NonFinite) -> Result<(), Break> {
        self.progress.skipped_in_a_row += 1;
        let in_a_row = self.progress.skipped_in_a_row;
        let step = self.control.step().next();
        self.control.events.emit(Event::StepSkipped { step, why, in_a_row })?;
        if in_a_row < self.plan.training.max_skipped || self.is_rehearsal {
            return Ok(());
        }
        self.progress.skipped_in_a_row = 0;
        if self.hub.clients() > 0 {
            let text = format!("paused: {in_a_row} steps in a row were not taken because {why}");
            self.control.events.notice(Level::Error, text)?;
            self.finish_save()?;
            self.control.pause()?;
            return Ok(());
        }
        Err(TrainError::NotFinite { in_a_row, why }.into())
    }

    fn halt(&mut self, halt: &Halt) -> Result<RunEnding, TrainError> {
        let saved = match halt {
            Halt::Stop(given) => {
                self.save(&given.actor.to_string())?;
                true
            }
            Halt::Abort(_) => {
                self.give_up_save()?;
                self.report_waiting_update()?;
                false
            }
        };
        let (step, why) = (self.control.step(), halt.to_string());
        Ok(RunEnding { step, complete: false, saved, why })
    }

    fn finish(&mut self) -> Result<RunEnding, Break> {
        const WHY: &str = "all steps done";
        self.emit_passes()?;
        if !self.evaluate()? {
            // Stopped in the last measurement: the steps are done, only the closing losses are not.
            let text = "the closing held-out losses were not measured";
            self.control.events.notice(Level::Warning, text)?;
        }
        self.write_newest_losses()?;
        self.generate_at_end()?;
        self.save(WHY)?;
        let step = self.control.step();
        Ok(RunEnding { step, complete: true, saved: true, why: WHY.into() })
    }

    fn emit_passes(&mut self) -> Result<(), Break> {
        let step = self.control.step();
        let completed = completed_passes(&self.sampler);
        let before = std::mem::replace(&mut self.passes, completed);
        for (index, (passes, before)) in self.passes.iter().zip(before).enumerate() {
            if *passes > before {
                let (passes, domain) = (*passes, self.control.status.domains()[index].clone());
                self.control.events.emit(Event::PassCompleted { step, domain, passes })?;
            }
        }
        Ok(())
    }

    fn step_sample(&self, result: StepResult, lr: f64, times: StepTimes) -> StepSample {
        StepSample {
            step: self.control.step(),
            loss: result.loss(),
            objective: result.objective,
            domain_loss_sum: result.domain_loss_sum,
            domain_tokens: result.domain_tokens,
            domain_examples: result.domain_examples,
            lr,
            grad_norm: result.grad_norm,
            tokens: result.tokens,
            micro_batches: result.micro_batches,
            secs: times.whole.as_secs_f64(),
            data_secs: times.waited.as_secs_f64(),
            flops: result.flops,
            memory: torch::memory_peak(self.prepared.trainer.device()).unwrap_or(Bytes(0)),
        }
    }
}

/// How long a step took, and how much of that it waited for its examples.
struct StepTimes {
    whole: Duration,
    waited: Duration,
}

/// Number of completed passes over the training rows of each domain.
fn completed_passes(sampler: &Sampler) -> Vec<u64> {
    (0..sampler.state().drawn.len()).map(|index| sampler.passes(DomainId(index))).collect()
}
