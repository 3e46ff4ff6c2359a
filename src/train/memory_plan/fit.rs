//! The choice that is fastest, by an estimate, among those that fit a device.

use super::{MemoryChoice, MemoryNeeds, MemoryPlan, PlannedDevice};
use crate::config::{OpenFields, Precision, Recompute};
use crate::train::error::TrainError;
use crate::unit::{Bytes, Tokens};

/// What f32 weights beside products in bf16 may cost against weights in bf16: small updates are not lost in them,
/// and rounding by chance is not needed.
const F32_WEIGHTS: f64 = 1.03;
/// Share of a device that a choice leaves free where one can: plans are within a tenth of what a run takes.
const ROOM: f64 = 0.05;
/// The largest micro-batch on a GPU, unless rows are longer: products are as fast with more tokens.
const LARGE_ON_GPU: u64 = 16_384;

/// What was chosen for a device.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// What it takes.
    pub plan: MemoryPlan,
    /// Why it was chosen, in words.
    pub why: String,
}

/// One choice of precision and micro-batch, of which the recomputation is still to be found.
#[derive(Clone, Copy)]
struct Candidate {
    choice: MemoryChoice,
    score: f64,
}

impl MemoryNeeds {
    /// The fastest choice that fits a device, with a little room where that can be: `given`, with other values of the
    /// open fields. `None` where none fits.
    ///
    /// # Errors
    /// libtorch fails.
    pub fn fastest(
        &self,
        device: &PlannedDevice,
        given: MemoryChoice,
        open: OpenFields,
    ) -> Result<Option<Fitted>, TrainError> {
        let all = device.memory;
        for most in [Bytes((all.0 as f64 * (1.0 - ROOM)) as u64), all] {
            let device = PlannedDevice { memory: most, ..device.clone() };
            if let Some(fitted) = self.fastest_within(&device, given, open)? {
                let plan = MemoryPlan { capacity: all.0, ..fitted.plan };
                return Ok(Some(Fitted { plan, why: fitted.why }));
            }
        }
        Ok(None)
    }

    fn fastest_within(
        &self,
        device: &PlannedDevice,
        given: MemoryChoice,
        open: OpenFields,
    ) -> Result<Option<Fitted>, TrainError> {
        let candidates = self.candidates(device, given, open);
        let mut best: Option<(f64, MemoryPlan)> = None;
        for candidate in &candidates {
            // They are in the order of what they take at least.
            if best.as_ref().is_some_and(|(score, _)| *score <= candidate.score) {
                break;
            }
            let Some(plan) = self.least_repeated(device, candidate.choice, open)? else { continue };
            let score = self.score(plan.choice);
            if best.as_ref().is_none_or(|(least, _)| score < *least) {
                best = Some((score, plan));
            }
        }
        let Some((_, plan)) = best else { return Ok(None) };
        let why = self.reason(device, &plan, candidates.first())?;
        Ok(Some(Fitted { plan, why }))
    }

    /// What takes least memory: what a run begins with that will hardly fit.
    pub fn smallest(
        &self,
        device: &PlannedDevice,
        given: MemoryChoice,
        open: OpenFields,
    ) -> MemoryChoice {
        let candidates = self.candidates(device, given, open).into_iter();
        let bytes = |choice: &MemoryChoice| match choice.precision {
            Precision::PureBf16 => 0,
            Precision::F32 => 1,
            Precision::MixedBf16 => 2,
        };
        let mut choices: Vec<MemoryChoice> = candidates.map(|candidate| candidate.choice).collect();
        choices.sort_by_key(|choice| (bytes(choice), choice.micro_batch));
        let smallest = choices.first().copied().unwrap_or(given);
        let recompute = if open.recompute { Recompute::Full } else { given.recompute };
        MemoryChoice { recompute, ..smallest }
    }

    /// Every open precision with every open micro-batch, the fastest first; nothing is recomputed where that is open.
    fn candidates(
        &self,
        device: &PlannedDevice,
        given: MemoryChoice,
        open: OpenFields,
    ) -> Vec<Candidate> {
        let precisions = match (open.precision, device.precision()) {
            (false, _) => vec![given.precision],
            (true, Precision::MixedBf16) => vec![Precision::MixedBf16, Precision::PureBf16],
            (true, only) => vec![only],
        };
        let sizes = match open.micro_batch {
            false => vec![given.micro_batch],
            true => self.micro_batches(device, given.micro_batch),
        };
        let recompute = if open.recompute { Recompute::None } else { given.recompute };
        let with = |precision, micro_batch| {
            let choice = MemoryChoice { precision, recompute, micro_batch };
            Candidate { choice, score: self.score(choice) }
        };
        let mut candidates: Vec<Candidate> = precisions
            .iter()
            .flat_map(|precision| sizes.iter().map(|size| with(*precision, *size)))
            .collect();
        candidates.sort_by(|a, b| a.score.total_cmp(&b.score));
        candidates
    }

    /// Micro-batches from the largest that is worth it down to the longest row.
    fn micro_batches(&self, device: &PlannedDevice, usual: Tokens) -> Vec<Tokens> {
        let least = self.sequence_length as u64;
        let most = if device.is_gpu() { usual.0.max(LARGE_ON_GPU) } else { usual.0 };
        let next = |tokens: &u64| (*tokens > least).then(|| (tokens / 2).max(least));
        std::iter::successors(Some(most.max(least)), next).map(Tokens).collect()
    }

    fn score(&self, choice: MemoryChoice) -> f64 {
        let factor = if choice.precision == Precision::PureBf16 { F32_WEIGHTS } else { 1.0 };
        factor * self.work(choice)
    }

    /// The plan of a choice that fits, with as few layers recomputed as that takes where recomputation is open.
    fn least_repeated(
        &self,
        device: &PlannedDevice,
        choice: MemoryChoice,
        open: OpenFields,
    ) -> Result<Option<MemoryPlan>, TrainError> {
        let with = |recompute| self.plan(device, MemoryChoice { recompute, ..choice });
        let nothing = with(choice.recompute)?;
        if nothing.fits() || !open.recompute || nothing.states() > nothing.capacity {
            return Ok(Some(nothing).filter(MemoryPlan::fits));
        }
        let layers = self.architecture.layer_count();
        let selective = with(Recompute::Selective)?;
        if selective.fits() {
            return self.fewest(&nothing, &selective, |count| {
                with(Recompute::Layers { full: 0, selective: count })
            });
        }
        let full = with(Recompute::Full)?;
        if !full.fits() {
            return Ok(None);
        }
        self.fewest(&selective, &full, |count| {
            with(Recompute::Layers { full: count, selective: layers - count })
        })
    }

    /// Between a plan that does not fit and one that does, where every layer is like the others: the first that fits
    /// from the number of layers on that their difference tells.
    fn fewest(
        &self,
        more: &MemoryPlan,
        less: &MemoryPlan,
        with: impl Fn(usize) -> Result<MemoryPlan, TrainError>,
    ) -> Result<Option<MemoryPlan>, TrainError> {
        let layers = self.architecture.layer_count();
        let (excess, gain) = (more.peak() - more.capacity, more.peak() - less.peak());
        let first = (excess as f64 / gain as f64 * layers as f64).ceil() as usize;
        for count in first.max(1)..layers {
            let plan = with(count)?;
            if plan.fits() {
                return Ok(Some(plan));
            }
        }
        Ok(Some(less.clone()))
    }

    fn reason(
        &self,
        device: &PlannedDevice,
        chosen: &MemoryPlan,
        first: Option<&Candidate>,
    ) -> Result<String, TrainError> {
        let Some(first) = first.filter(|first| first.choice != chosen.choice) else {
            return Ok("nothing is faster".into());
        };
        let faster = self.plan(device, first.choice)?;
        Ok(format!(
            "the fastest that fits; {} would take {}",
            first.choice.words(),
            Bytes(faster.peak())
        ))
    }
}
