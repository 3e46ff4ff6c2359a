//! Going back to an earlier checkpoint within the run, and another way from there.
//!
//! It is what a resume from that checkpoint would be, without a new process: model, moments, data
//! cursors, mixture and live values are those of the checkpoint, to the bit. Commands that were given
//! after it are void; the config's schedule after it is given again, and what the config has changed
//! since holds.

use super::Engine;
use super::position::Position;
use crate::config;
use crate::control::{Actor, CheckpointChoice, Verdict};
use crate::telemetry::{Event, Level, Phase};
use crate::train::checkpoint::{self, EngineState, Found};
use crate::train::command_replay::CommandReplay;
use crate::train::interrupt::Break;
use crate::train::resume;
use crate::train::rule_book::RuleBook;
use crate::train::run_control::rejected;

impl Engine<'_> {
    /// Goes back to a checkpoint, or says why it cannot; nothing has changed then. An error in the
    /// middle of it ends the run.
    pub(super) fn roll_back(
        &mut self,
        to: CheckpointChoice,
        actor: &Actor,
    ) -> Result<Verdict, Break> {
        self.finish_save()?;
        let from = self.control.step();
        let found = match checkpoint::chosen(self.folder.path(), to, from)? {
            Ok(found) => found,
            Err(why) => return Ok(rejected(&why)),
        };
        let Found { path, state } = found;
        let step = state.step;
        self.control.events.enter(Phase::Loading, Some(checkpoint::relative(&path)))?;
        let trainer = &mut self.prepared.trainer;
        trainer.replaced(|trainer| checkpoint::restore(&path, trainer))?;
        self.control.events.emit(Event::RolledBack {
            from,
            step,
            path: checkpoint::relative(&path),
            to_seq: state.seq,
            actor: actor.clone(),
        })?;
        self.take(state)?;
        self.set_aside_what_is_left()?;
        let words = |step| Some(format!("step {step}"));
        Ok(Verdict::Applied { old: words(from), new: words(step) })
    }

    /// Is from now on where the checkpoint was.
    fn take(&mut self, mut state: EngineState) -> Result<(), Break> {
        let (step, budgets, scheduled) = (state.step, state.budgets, state.scheduled);
        let changed = resume::newly_given(&state.plan, &self.plan, &config::obeyed_tunables());
        self.control.go_back_to(
            step,
            state.live.clone(),
            scheduled,
            CommandReplay::of_schedule(std::mem::take(&mut state.pending)),
        );
        // From here on the rules look anew: those of the way that was left are void with it.
        self.control.rules = RuleBook::new(std::mem::take(&mut state.rules), step);
        self.next_scheduled = scheduled;
        self.control.events.emit(Event::LiveValues(self.control.status.live.clone()))?;
        self.control.obey_config(changed)?;
        let position = Position::new(state, &self.plan, &self.prepared, self.control)?;
        self.stand_at(position);
        self.prepared.trainer.budgets = budgets;
        (self.saved_at, self.tried_at) = (Some(step), Some(step));
        Ok(())
    }

    /// Takes over what follows from a checkpoint's state.
    pub(super) fn stand_at(&mut self, position: Position) {
        let Position { sampler, mixer, progress, passes, reports } = position;
        self.sampler = sampler;
        self.mixer = mixer;
        self.progress = progress;
        self.passes = passes;
        self.reports = reports;
    }

    /// Where it fails, the next process tries again before it chooses a checkpoint: the record says what
    /// is left.
    fn set_aside_what_is_left(&mut self) -> Result<(), Break> {
        let step = self.control.step();
        let done = checkpoint::set_aside(self.folder, Some(step), |state| state.step > step);
        let (level, text) = match done {
            Ok(None) => return Ok(()),
            Ok(Some(text)) => (Level::Info, text),
            Err(error) => (Level::Error, format!("later checkpoints stay where they are: {error}")),
        };
        Ok(self.control.events.notice(level, text)?)
    }
}
