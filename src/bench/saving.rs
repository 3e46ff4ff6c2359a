//! A checkpoint that is written while training goes on: how long it takes, and how long training stands still.

use super::{BenchPlan, trainer};
use crate::torch::{self, Chosen, HostMemory};
use crate::train::Trainer;
use crate::train::{BackgroundSave, Contents, OnBlock, StepObjective, StepOptions, TrainError};
use crate::unit::{Bytes, Step};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Where to save, and how fast.
#[derive(Clone, Debug)]
pub struct SavePlan {
    /// A folder; what is written there is removed.
    pub into: PathBuf,
    /// Bytes a second that the disk is slowed to.
    pub disk_rate: Option<f64>,
}

/// What was measured.
#[derive(Clone, Debug, Serialize)]
pub struct SaveResult {
    /// Device and its model.
    pub device: String,
    /// Parameters, tied ones once.
    pub parameters: u64,
    /// Bytes of the checkpoint.
    pub checkpoint_bytes: u64,
    /// Seconds of a mean step while nothing is written.
    pub step_secs: f64,
    /// The first save of a process, and the one after it.
    pub saves: [SaveTime; 2],
    /// Peak memory: the allocator's on CUDA, the process's on CPU.
    pub peak_memory_bytes: u64,
}

/// One save.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct SaveTime {
    /// Seconds from the beginning of the copy until everything is on disk.
    pub save_secs: f64,
    /// Seconds of them that training stood still.
    pub stop_secs: f64,
    /// Steps that were finished meanwhile.
    pub steps: u64,
    /// Seconds of a mean one of them, from the first to the last.
    pub step_secs: f64,
}

/// Times it.
pub fn saving(plan: &BenchPlan, save: &SavePlan) -> Result<SaveResult, TrainError> {
    let Chosen { device, info, .. } = torch::choose(plan.device, plan.threads)?;
    let mut steps = Steps { trainer: trainer(plan, device)?, plan, done: 0 };
    for _ in 0..plan.warmup.max(1) {
        steps.step()?;
    }
    let begun = Instant::now();
    for _ in 0..plan.steps.max(1) {
        steps.step()?;
    }
    let step_secs = begun.elapsed().as_secs_f64() / plan.steps.max(1) as f64;
    let folder = tempfile::tempdir_in(&save.into)
        .map_err(|error| TrainError::io("write to the folder", &save.into, error))?;
    let checkpoint_bytes = Contents::of_trainer(&steps.trainer, Step(0)).bytes().0;
    let memory = HostMemory::new(device);
    let mut timed = || save_once(&mut steps, &memory, folder.path(), save.disk_rate);
    let saves = [timed()?, timed()?];
    Ok(SaveResult {
        device: format!("{} ({})", info.name, info.model),
        parameters: steps.trainer.model.parameter_count(),
        checkpoint_bytes,
        step_secs,
        saves,
        peak_memory_bytes: torch::memory_peak(device).unwrap_or(Bytes(0)).0,
    })
}

/// The memory of the copy is made ahead, as in a run.
fn save_once(
    steps: &mut Steps<'_>,
    memory: &HostMemory,
    folder: &Path,
    disk_rate: Option<f64>,
) -> Result<SaveTime, TrainError> {
    memory.prepare(&Contents::of_trainer(&steps.trainer, Step(steps.done)).tensor_bytes())?;
    torch::synchronize(steps.trainer.device())?;
    let begun = Instant::now();
    let copy = Contents::of_trainer(&steps.trainer, Step(steps.done)).copied(memory)?;
    let written = BackgroundSave::start(copy, folder, slowed(disk_rate), begun)?;
    let stop_secs = begun.elapsed().as_secs_f64();
    let (first, trained) = (steps.done, Instant::now());
    while !written.is_done() {
        steps.step()?;
    }
    let (done, secs) = (steps.done - first, trained.elapsed().as_secs_f64());
    let (saved, took) = written.wait();
    saved?;
    Ok(SaveTime {
        save_secs: took.as_secs_f64(),
        stop_secs,
        steps: done,
        step_secs: secs / done.max(1) as f64,
    })
}

/// Waits after each block until a disk of that rate would have it.
fn slowed(disk_rate: Option<f64>) -> OnBlock {
    let Some(rate) = disk_rate else { return Arc::new(|_| Ok(())) };
    let (begun, written) = (Instant::now(), AtomicU64::new(0));
    Arc::new(move |bytes| {
        let all = written.fetch_add(bytes, Ordering::Relaxed) + bytes;
        let due = Duration::from_secs_f64(all as f64 / rate);
        std::thread::sleep(due.saturating_sub(begun.elapsed()));
        Ok(())
    })
}

/// A training that goes on.
struct Steps<'a> {
    trainer: Trainer,
    plan: &'a BenchPlan,
    done: u64,
}

impl Steps<'_> {
    fn step(&mut self) -> Result<(), TrainError> {
        let vocabulary = self.trainer.model.architecture().vocabulary as u32;
        let examples = self.plan.workload.examples(self.done, vocabulary);
        self.done += 1;
        let (step, lr, objective) = (Step(self.done), self.plan.lr, StepObjective::Tokens);
        let options = StepOptions { step, lr, clip: Some(1.0), objective };
        self.trainer.step(&examples, options)?;
        torch::synchronize(self.trainer.device())?;
        Ok(())
    }
}
