//! An edit is tried beside the run without it: both ways begin at this step, draw the same rows as far as the
//! mixture lets them, and are measured on the same held-out rows. Then the run is where it was, to the bit, and
//! waits for a choice.

use super::Engine;
use super::position::Position;
use crate::control::{
    Actor, CheckpointChoice, Command, EngineCommand, LifecycleCommand, Request, Verdict,
};
use crate::mixing::RowLosses;
use crate::telemetry::{BothWays, Event, Phase};
use crate::train::checkpoint::{self, Found};
use crate::train::events::EventSink;
use crate::train::interrupt::{Break, Supervisor};
use crate::train::run_control::{done, rejected};
use std::time::Instant;

/// The losses at the end of a way, or why it was not gone to its end.
type Way = Result<Vec<RowLosses>, String>;

impl Engine<'_> {
    /// Tries an edit for so many steps, beside as many without it.
    pub(super) fn rehearse(&mut self, steps: u64, edit: &Command) -> Result<Verdict, Break> {
        if let Err(why) = self.can_rehearse(steps, edit) {
            return Ok(rejected(&why));
        }
        let begun = Instant::now();
        let found = match self.saved_for_rehearsal(edit)? {
            Ok(found) => found,
            Err(why) => return Ok(rejected(&why)),
        };
        let text = format!("rehearsing {steps} steps with and without `{edit}`");
        self.control.events.enter(Phase::Evaluating, Some(text))?;
        let both = self.go_both_ways(steps, edit, &found)?;
        let losses = match both {
            (Ok(without), Ok(with)) => both_ways(&without, &with),
            (Err(why), _) | (_, Err(why)) => return Ok(rejected(&why)),
        };
        let (without, with, error) = BothWays::means(&losses);
        let error = error.map_or(String::new(), |error| format!(" (difference ± {error:.4})"));
        let verdict = Verdict::Applied {
            old: Some(format!("without it a mean held-out loss of {without:.4}")),
            new: Some(format!("with it {with:.4}{error}; `keep` or `drop`")),
        };
        let (step, secs) = (self.control.step(), begun.elapsed().as_secs_f64());
        let event = Event::Rehearsed { step, steps, edit: edit.clone(), losses, secs };
        self.control.events.emit(event)?;
        self.rehearsed = Some(edit.clone());
        if !self.control.is_paused() {
            self.control.events.enter(Phase::Training, None)?;
            self.control.pause()?;
        }
        Ok(verdict)
    }

    /// Makes the edit that was rehearsed, or does not, and goes on.
    pub(super) fn choose(&mut self, keep: bool, actor: &Actor) -> Result<Verdict, Break> {
        let Some(edit) = self.rehearsed.take() else {
            return Ok(rejected("no rehearsed edit waits for a choice"));
        };
        if keep {
            self.carry_out(&Request::new(actor.clone(), edit))?;
        }
        self.carry_out(&Request::new(actor.clone(), LifecycleCommand::Resume))?;
        Ok(done())
    }

    fn can_rehearse(&self, steps: u64, edit: &Command) -> Result<(), String> {
        let left = self.total_steps().saturating_sub(self.control.step().0);
        if steps > left {
            return Err(format!("{steps} steps are more than the {left} that the run has left"));
        }
        match edit {
            Command::Live(change) => self.control.status.allows(change),
            Command::Engine(EngineCommand::Weights(named)) => self.weights_with(named).map(drop),
            Command::Engine(_) | Command::Lifecycle(_) | Command::Note(_) => {
                Err(format!("`{edit}` cannot be rehearsed"))
            }
        }
    }

    /// A checkpoint of the run as it is now. What was changed since one of this step is not in that.
    fn saved_for_rehearsal(&mut self, edit: &Command) -> Result<Result<Found, String>, Break> {
        self.finish_save()?;
        self.saved_at = None;
        if let Err(error) = self.save(&format!("before `{edit}` is rehearsed")) {
            return Ok(Err(format!("no checkpoint was written to come back to: {error}")));
        }
        let step = self.control.step();
        Ok(checkpoint::chosen(self.folder.path(), CheckpointChoice::Step(step), step)?)
    }

    /// Without a word to anybody. An error in the middle leaves the run elsewhere, and nothing of that may be
    /// saved.
    fn go_both_ways(
        &mut self,
        steps: u64,
        edit: &Command,
        found: &Found,
    ) -> Result<(Way, Way), Break> {
        let events = std::mem::replace(&mut self.control.events, EventSink::discarding());
        self.is_rehearsal = true;
        let both = self.both_ways_and_back(steps, edit, found);
        self.control.events = events;
        let both = both?;
        self.is_rehearsal = false;
        Ok(both)
    }

    fn both_ways_and_back(
        &mut self,
        steps: u64,
        edit: &Command,
        found: &Found,
    ) -> Result<(Way, Way), Break> {
        let without = self.go(steps)?;
        self.come_back(found)?;
        if without.is_err() {
            return Ok((without, Ok(Vec::new())));
        }
        match edit {
            Command::Live(change) => drop(self.control.status.apply(change)),
            Command::Engine(EngineCommand::Weights(named)) => drop(self.set_weights(named)),
            Command::Engine(_) | Command::Lifecycle(_) | Command::Note(_) => {}
        }
        self.solve_lambda_if_asked()?;
        let with = self.go(steps)?;
        self.come_back(found)?;
        Ok((without, with))
    }

    /// Trains for so many steps, with the mixture updates that are due, and measures.
    fn go(&mut self, steps: u64) -> Result<Way, Break> {
        let stopped = || Ok(Err("the run was stopped meanwhile".to_owned()));
        for _ in 0..steps {
            self.update_if_pending()?;
            if self.progress.update_pending || self.control.is_urgent() {
                return stopped();
            }
            if !self.step()? {
                let step = self.control.step().next();
                return Ok(Err(format!("step {step} of it could not be taken: no finite loss")));
            }
            if !self.is_complete() {
                self.update_if_due()?;
            }
        }
        match self.measure_held_out()? {
            Some((losses, _)) => Ok(Ok(losses)),
            None => stopped(),
        }
    }

    fn come_back(&mut self, found: &Found) -> Result<(), Break> {
        let Found { path, state } = found;
        let trainer = &mut self.prepared.trainer;
        trainer.replaced(|trainer| checkpoint::restore(path, trainer))?;
        trainer.budgets = state.budgets;
        self.control.status.step = state.step;
        self.control.status.live = state.live.clone();
        let position = Position::new(state.clone(), &self.plan, &self.prepared, self.control)?;
        self.stand_at(position);
        Ok(())
    }
}

fn both_ways(without: &[RowLosses], with: &[RowLosses]) -> Vec<BothWays> {
    let one = |(without, with): (&RowLosses, &RowLosses)| BothWays {
        without: without.loss(),
        without_error: without.error(),
        with: with.loss(),
        with_error: with.error(),
        change: with.change_since(without),
    };
    without.iter().zip(with).map(one).collect()
}
