//! The memory of a run as its user is told.

use super::fit::Fitted;
use super::{MemoryChoice, MemoryNeeds, MemoryPlan, PlannedDevice};
use crate::config::{Precision, Recompute, ReferenceSource, RunPlan};
use crate::model::Architecture;
use crate::train::error::TrainError;
use crate::train::interrupt::{Break, Supervisor};
use crate::train::model_files;
use crate::unit::{Bytes, grouped};
use serde::Serialize;
use std::path::Path;

/// The memory of a run on a device, and what would fit where this does not.
#[derive(Clone, Debug, Serialize)]
pub struct PlannedMemory {
    /// As the config asks; of what it leaves open, the fastest that fits.
    pub plan: MemoryPlan,
    /// Why that was chosen; `None` where nothing was.
    pub why: Option<String>,
    /// Whether the device has that much.
    pub fits: bool,
    /// The nearest choice that fits, where this does not; `None` where nothing does.
    pub instead: Option<MemoryPlan>,
    /// What weights, gradients and moments alone take in the fewest bytes, where nothing fits.
    pub least_bytes: Option<u64>,
    /// Bytes of a checkpoint on disk.
    pub checkpoint_bytes: u64,
    /// Bytes of the copy in host memory from which a checkpoint is written while training goes on; 0 where none is.
    pub checkpoint_copy_bytes: u64,
    /// Whether the copy is in the memory that the plan is of, as on a CPU. Where it is not free, training waits for
    /// checkpoints, so that a run fits without it.
    pub copy_is_in_it: bool,
    /// Checkpoints that lie beside each other at most: those that are kept, the best, and the one that is written.
    pub checkpoints: u64,
}

impl PlannedMemory {
    /// That of a run on a device. Nothing of the models but their configs is read, or fetched.
    ///
    /// # Errors
    /// A model's config cannot be had or used.
    pub fn of(
        plan: &RunPlan,
        device: &PlannedDevice,
        supervisor: &mut dyn Supervisor,
    ) -> Result<Self, Break> {
        let own = model_files::architecture(&plan.model.source, supervisor)?;
        let reference = match &plan.mixing.reference {
            ReferenceSource::Tune(tuning) => {
                Some(model_files::architecture(&tuning.model, supervisor)?)
            }
            _ => None,
        };
        let needs = MemoryNeeds::of(plan, own, reference);
        Ok(Self::with(plan, &needs, device)?)
    }

    /// That of the training alone, of a model whose files are here.
    ///
    /// # Errors
    /// The model's config cannot be used.
    pub fn of_training(
        plan: &RunPlan,
        device: &PlannedDevice,
        folder: &Path,
    ) -> Result<Self, TrainError> {
        let needs = MemoryNeeds::of(plan, Architecture::read(folder)?, None);
        Self::with(plan, &needs, device)
    }

    fn with(
        plan: &RunPlan,
        needs: &MemoryNeeds,
        device: &PlannedDevice,
    ) -> Result<Self, TrainError> {
        let given = MemoryChoice {
            precision: plan.model.precision.unwrap_or(device.precision()),
            recompute: plan.model.recompute,
            micro_batch: plan.training.micro_batch,
        };
        let open = plan.fit.open;
        let fitted = if open.any() { needs.fastest(device, given, open)? } else { None };
        let (planned, why) = match fitted {
            Some(Fitted { plan, why }) => (plan, Some(why)),
            None => {
                let smallest = needs.plan(device, needs.smallest(device, given, open))?;
                (smallest, open.any().then(|| "nothing fits, and nothing takes less".to_owned()))
            }
        };
        let choice = planned.choice;
        let fits = planned.fits();
        let instead = if fits { None } else { needs.nearest(device, choice)? };
        let nothing = !fits && instead.is_none();
        let fewest = || -> Result<u64, TrainError> {
            let choice = MemoryChoice { precision: Precision::PureBf16, ..choice };
            Ok(needs.plan(device, choice)?.states())
        };
        let best = u64::from(plan.checkpoint.keep_best);
        Ok(PlannedMemory {
            checkpoint_bytes: planned.checkpoint().0,
            checkpoint_copy_bytes: plan.checkpoint.every.map_or(0, |_| planned.checkpoint().0),
            copy_is_in_it: !device.is_gpu(),
            checkpoints: plan.checkpoint.keep_last as u64 + best + 1,
            least_bytes: nothing.then(fewest).transpose()?,
            plan: planned,
            why,
            fits,
            instead,
        })
    }

    /// Puts what was chosen into the plan of the run, where its config leaves it open.
    pub fn decide(&self, plan: &mut RunPlan) {
        let (open, choice) = (std::mem::take(&mut plan.fit.open), self.plan.choice);
        if open.precision {
            plan.model.precision = Some(choice.precision);
        }
        if open.recompute {
            plan.model.recompute = choice.recompute;
        }
        if open.micro_batch {
            plan.training.micro_batch = choice.micro_batch;
        }
        if open.evaluation_batch {
            plan.evaluation.batch = choice.micro_batch;
        }
    }

    /// What is to be said before the run loads its model: where its micro-batches do not fit they are halved when
    /// memory runs out.
    ///
    /// # Errors
    /// Weights, gradients and moments alone do not fit.
    pub fn before_loading(&self) -> Result<Option<String>, TrainError> {
        let capacity = self.plan.capacity;
        if self.plan.states() > capacity {
            self.require_fit()?;
        }
        Ok((!self.fits).then(|| {
            format!(
                "this run would take about {} of the {} of {}, so that memory will run out and micro-batches will be \
                 halved; {}",
                Bytes(self.plan.total),
                Bytes(capacity),
                self.plan.device,
                self.what_fits()
            )
        }))
    }

    /// # Errors
    /// It does not fit.
    pub fn require_fit(&self) -> Result<(), TrainError> {
        match self.fits {
            true => Ok(()),
            false => Err(TrainError::DoesNotFit {
                needed: Bytes(self.plan.peak()),
                device: self.plan.device.clone(),
                memory: Bytes(self.plan.capacity),
                instead: self.what_fits(),
            }),
        }
    }

    /// What would fit, as fields of the config.
    pub fn what_fits(&self) -> String {
        let Some(other) = &self.instead else {
            let least = self.least_bytes.unwrap_or(self.plan.states());
            if least <= self.plan.capacity {
                return "nothing fits with rows of this length: shorten data.sequence_length, or take a device with \
                        more memory"
                    .into();
            }
            return format!(
                "nothing fits, since weights, gradients and moments take {} even in PureBf16: take a smaller model or a \
                 device with more memory",
                Bytes(least)
            );
        };
        let (wanted, other_choice) = (self.plan.choice, other.choice);
        let mut fields = Vec::new();
        if other_choice.precision != wanted.precision {
            fields.push(format!("model.precision: {:?}", other_choice.precision));
        }
        if other_choice.recompute != wanted.recompute {
            fields.push(format!("model.recompute: {:?}", other_choice.recompute));
        }
        if other_choice.micro_batch != wanted.micro_batch {
            fields.push(format!("training.micro_batch: {}", other_choice.micro_batch.0));
        }
        format!("about {} would do, with {}", Bytes(other.peak()), fields.join(", "))
    }
}

impl MemoryChoice {
    /// In words.
    pub fn words(&self) -> String {
        let recompute = match self.recompute {
            Recompute::None => "nothing recomputed".into(),
            Recompute::Selective => "gate and up recomputed".into(),
            Recompute::Full => "all activations recomputed".into(),
            Recompute::Layers { full: 0, selective } => {
                format!("gate and up of {selective} layers recomputed")
            }
            Recompute::Layers { full, selective: 0 } => format!("{full} layers recomputed"),
            Recompute::Layers { full, selective } => {
                format!("{full} layers recomputed, of {selective} gate and up")
            }
        };
        format!(
            "{:?}, {recompute}, micro-batches of {} tokens",
            self.precision,
            grouped(self.micro_batch.0)
        )
    }
}
