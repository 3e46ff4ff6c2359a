//! A checkpoint that is written while training goes on, by a thread of its own from a copy in host memory.
//!
//! Training stands still for the copy, whose memory is made before. Whatever needs the checkpoint to be there waits
//! for it: the next one, a rollback, a rehearsal, a pause, the end of the run. When it is done decides nothing that
//! the run computes, only where in the record it is reported.

use super::Engine;
use super::checkpoints::Save;
use crate::sandbox::caught;
use crate::telemetry::{Event, Level, Phase};
use crate::torch::HostMemory;
use crate::train::checkpoint::{BackgroundSave, Contents, SaveConditions, path_of};
use crate::train::error::TrainError;
use crate::unit::Bytes;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tch::Device;

/// Memory that is left free beside a copy: this, and this share of it.
const MARGIN: u64 = 256 << 20;
const MARGIN_SHARE: f64 = 0.05;

/// Steps before a checkpoint is due at which the memory of its copy is made, on a CPU.
const AHEAD: u64 = 8;

/// The checkpoint that is being written, and the memory of its copy.
pub(super) struct Saves {
    conditions: SaveConditions,
    in_flight: Option<InFlight>,
    memory: HostMemory,
    /// The thread that makes the memory.
    making: Option<JoinHandle<bool>>,
    /// How much of it is made, or being made.
    made: Bytes,
    /// Whether it was said that memory is too short.
    is_shortage_said: bool,
}

struct InFlight {
    of: Save,
    written: BackgroundSave,
    /// How long training has stood still for it.
    stopped: Duration,
}

impl Saves {
    pub fn new(conditions: SaveConditions, device: Device) -> Self {
        Saves {
            conditions,
            in_flight: None,
            memory: HostMemory::new(device),
            making: None,
            made: Bytes(0),
            is_shortage_said: false,
        }
    }

    /// Begins to make the memory for copies of tensors of so many bytes each, on a thread of its own. Where it
    /// cannot be made, the copy says so.
    fn make_memory(&mut self, tensors: Vec<u64>) {
        let memory = self.memory.clone();
        let bytes = Bytes(tensors.iter().sum());
        let make = move || caught(|| memory.prepare(&tensors).is_ok()).unwrap_or(false);
        self.making = thread::Builder::new().name("memory".into()).spawn(make).ok();
        self.made = if self.making.is_some() { bytes } else { Bytes(0) };
    }

    /// Waits until the memory is made. What could not be made is tried again, and told, by the copy.
    fn finish_memory(&mut self) {
        if let Some(making) = self.making.take()
            && !making.join().unwrap_or(false)
        {
            self.made = Bytes(0);
        }
    }

    /// Gives the memory back; page-locked memory stays, since libtorch would keep it.
    fn release_memory(&mut self) {
        self.finish_memory();
        if !self.memory.is_page_locked() {
            self.memory.release();
            self.made = Bytes(0);
        }
    }

    /// Why there is no room for a copy of so many bytes, if there is none.
    fn shortage(&self, copy: Bytes) -> Option<String> {
        let free = (self.conditions.free_memory)()?;
        let wanted = copy.0 + MARGIN + (MARGIN_SHARE * copy.0 as f64) as u64;
        (free.0 + self.made.0 < wanted)
            .then(|| format!("a copy and a margin take {}, and {free} are free", Bytes(wanted)))
    }
}

impl Engine<'_> {
    /// Copies what a checkpoint of this step holds, unless there is one, and has it written while training goes on;
    /// where memory is too short for a copy, it is written before training goes on.
    pub(super) fn save_meanwhile(&mut self, why: &str) -> Result<(), TrainError> {
        self.finish_save()?;
        if self.saved_at == Some(self.control.step()) {
            return Ok(());
        }
        let begun = Instant::now();
        self.prepare_to_save()?;
        let save = self.save_of_now(why);
        match self.copied()? {
            Ok(copy) => self.begin_to_write(save, copy, begun),
            Err(why) => {
                self.saves.release_memory();
                self.say_shortage(&why)?;
                // The checkpoint refers to the event of that.
                self.hub.sync()?;
                self.write_now(save, begun)
            }
        }
    }

    /// Makes the memory of the next copy while training goes on, where it is needed soon, and gives it back where
    /// it is not. That of a GPU's copies, which takes long to make, is made at once, and stays.
    pub(super) fn look_after_memory(&mut self) {
        if self.saves.in_flight.is_some() {
            return;
        }
        match (self.copies_soon(), self.saves.made.0 > 0) {
            (true, false) => {
                let contents = Contents::of_trainer(&self.prepared.trainer, self.control.step());
                if self.saves.shortage(contents.bytes()).is_none() {
                    self.saves.make_memory(contents.tensor_bytes());
                }
            }
            (false, true) => self.saves.release_memory(),
            _ => {}
        }
    }

    /// Whether a checkpoint that training does not wait for is due soon.
    fn copies_soon(&self) -> bool {
        let step = self.control.step().0;
        let every = self.control.status.live.intervals.checkpoint_every;
        let next = every.map(|every| (step / every + 1) * every);
        let next = next.filter(|next| *next < self.total_steps());
        let is_gpu = self.prepared.trainer.device().is_cuda();
        next.is_some_and(|next| is_gpu || next - step <= AHEAD)
    }

    /// A copy of what a checkpoint of now holds; `Err` inside is why there is none.
    fn copied(&mut self) -> Result<Result<Contents, String>, TrainError> {
        self.saves.finish_memory();
        let contents = self.contents()?;
        Ok(match self.saves.shortage(contents.bytes()) {
            Some(why) => Err(why),
            None => contents.copied(&self.saves.memory).map_err(|error| error.to_string()),
        })
    }

    fn begin_to_write(
        &mut self,
        of: Save,
        copy: Contents,
        begun: Instant,
    ) -> Result<(), TrainError> {
        let (step, bytes) = (of.step, copy.bytes());
        self.saves.made = bytes;
        let on_block = Arc::clone(&self.saves.conditions.on_block);
        let written = BackgroundSave::start(copy, &self.folder.checkpoints(), on_block, begun)?;
        let stopped = begun.elapsed();
        self.saves.in_flight = Some(InFlight { of, written, stopped });
        let (path, secs) = (path_of(step), stopped.as_secs_f64());
        self.control.events.emit(Event::CheckpointBegun { step, path, bytes, secs })
    }

    fn say_shortage(&mut self, why: &str) -> Result<(), TrainError> {
        if std::mem::replace(&mut self.saves.is_shortage_said, true) {
            return Ok(());
        }
        let text = format!(
            "too little memory to write checkpoints while training goes on, so that it waits for them: {why}"
        );
        self.control.events.notice(Level::Warning, text)
    }

    /// Reports the checkpoint that was being written, if it is done.
    pub(super) fn report_save_if_done(&mut self) -> Result<(), TrainError> {
        match &self.saves.in_flight {
            Some(in_flight) if in_flight.written.is_done() => self.finish_save(),
            _ => Ok(()),
        }
    }

    /// Waits for the checkpoint that is being written, if one is, and reports it, or why it was not.
    pub(super) fn finish_save(&mut self) -> Result<(), TrainError> {
        let Some(InFlight { of, written, stopped }) = self.saves.in_flight.take() else {
            return Ok(());
        };
        if !written.is_done() {
            let detail = format!("waiting for {}", path_of(of.step));
            self.control.events.enter(Phase::Saving, Some(detail))?;
        }
        let waited = Instant::now();
        let (saved, took) = written.wait();
        let (step, stopped) = (of.step, stopped + waited.elapsed());
        let reported = saved.and_then(|saved| self.report_saved(of, saved, took, Some(stopped)));
        self.warn_of_no_checkpoint(step, reported)
    }

    /// Gives up the checkpoint that is being written; nothing of it stays, unless all of it was there before that.
    pub(super) fn give_up_save(&mut self) -> Result<(), TrainError> {
        let Some(InFlight { of, written, stopped }) = self.saves.in_flight.take() else {
            return Ok(());
        };
        written.give_up();
        if let (Ok(saved), took) = written.wait() {
            return self.report_saved(of, saved, took, Some(stopped));
        }
        let text = format!("{} was given up before it was written", path_of(of.step));
        self.control.events.notice(Level::Warning, text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_needs_its_size_and_a_margin_beside_what_is_made_of_it() {
        const GIB: u64 = 1 << 30;
        const COPY: Bytes = Bytes(5 * GIB);
        let least = 5 * GIB + GIB / 4 + GIB / 4;
        let saves = |free_memory: fn() -> Option<Bytes>, made| {
            let conditions = SaveConditions { free_memory, ..SaveConditions::default() };
            Saves { made: Bytes(made), ..Saves::new(conditions, Device::Cpu) }
        };
        assert_eq!(saves(|| None, 0).shortage(COPY), None, "the system does not tell");
        assert_eq!(saves(|| Some(Bytes(1 << 40)), 0).shortage(COPY), None);
        let short = || Some(Bytes(GIB));
        let why = saves(short, 0).shortage(COPY).unwrap();
        assert_eq!(why, "a copy and a margin take 5.5 GiB, and 1.0 GiB are free");
        // The memory that is there already.
        assert_eq!(saves(short, least - GIB).shortage(COPY), None);
        assert!(saves(short, least - GIB - 1).shortage(COPY).is_some());
    }
}
