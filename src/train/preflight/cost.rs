//! How long the parts of a run take besides its steps: counted from config and data, and timed on a small
//! part of each. Every number is an estimate.

use super::tried::Tried;
use crate::config::{ModelSource, ReferenceSource, ReferenceTuning, RunPlan};
use crate::data::Example;
use crate::disk::SummedFile;
use crate::model::Architecture;
use crate::telemetry::DataSummary;
use crate::train::cadence::checkpoints;
use crate::train::error::TrainError;
use crate::train::measuring::Measuring;
use crate::train::model_files::describe;
use crate::train::prepare::Prepared;
use crate::train::trainer::Trainer;
use crate::unit::DomainId;
use serde::Serialize;
use std::io::{self, Write};
use std::path::Path;
use std::time::Instant;

/// Seconds of a run by its parts.
#[derive(Clone, Debug, Serialize)]
pub struct RunTime {
    /// Of all optimizer steps.
    pub steps_secs: f64,
    /// Of the mastery ceilings, where the run measures them.
    pub ceilings: Option<CeilingTime>,
    /// Of the held-out measurements.
    pub evaluations: EvaluationTime,
    /// Of the checkpoints.
    pub checkpoints: CheckpointTime,
}

/// The measurement of the ceilings: a reference model is tuned on each domain alone.
#[derive(Clone, Debug, Serialize)]
pub struct CeilingTime {
    /// Optimizer steps of the reference model, all domains together.
    pub steps: u64,
    /// Held-out measurements, each of one domain.
    pub measurements: u64,
    /// Seconds; `None` where they are not known.
    pub secs: Option<f64>,
    /// Where the seconds come from, or why there are none.
    pub basis: String,
}

/// The held-out measurements of the run.
#[derive(Clone, Debug, Serialize)]
pub struct EvaluationTime {
    /// How many there are.
    pub count: u64,
    /// Rows of each.
    pub rows: u64,
    /// Tokens of each.
    pub tokens: u64,
    /// Seconds of all.
    pub secs: f64,
}

/// The checkpoints of the run.
#[derive(Clone, Debug, Serialize)]
pub struct CheckpointTime {
    /// How many are written.
    pub count: u64,
    /// Bytes of each: weights and moments.
    pub bytes: u64,
    /// Seconds that training waits for them, where memory is there for a copy; `None` where nothing could be
    /// written for a try.
    pub secs: Option<f64>,
    /// Where the seconds come from, or why there are none.
    pub basis: String,
}

impl RunTime {
    /// Seconds of all parts that are known.
    pub fn total_secs(&self) -> f64 {
        let ceilings = self.ceilings.as_ref().and_then(|ceilings| ceilings.secs);
        let checkpoints = self.checkpoints.secs;
        self.steps_secs
            + self.evaluations.secs
            + ceilings.unwrap_or(0.0)
            + checkpoints.unwrap_or(0.0)
    }
}

/// Times a small part of everything and counts the rest.
pub(super) fn run_time(
    plan: &RunPlan,
    prepared: &mut Prepared,
    tried: &Tried,
    measuring: &Measuring,
) -> Result<RunTime, TrainError> {
    let steps = prepared.total_steps;
    let secs_per_token = secs_per_measured_token(&mut prepared.trainer, &prepared.held_out)?;
    let evaluations = evaluation_time(measuring, prepared, secs_per_token);
    let bytes = checkpoint_bytes(&prepared.trainer);
    let count = checkpoints(steps, plan.checkpoint.every);
    let between = plan.checkpoint.every.unwrap_or(steps) as f64 * tried.secs_per_step;
    let (secs, basis) = checkpoint_secs(&plan.runs_dir, bytes, count, between);
    Ok(RunTime {
        steps_secs: tried.secs_per_step * steps as f64,
        ceilings: ceiling_time(plan, prepared, tried, secs_per_token)?,
        evaluations,
        checkpoints: CheckpointTime { count, bytes, secs, basis },
    })
}

/// All measurements over the held-out rows that are measured.
fn evaluation_time(
    measuring: &Measuring,
    prepared: &Prepared,
    secs_per_token: f64,
) -> EvaluationTime {
    let count = measuring.measurements;
    let tokens = tokens_of(&prepared.held_out);
    EvaluationTime {
        count,
        rows: prepared.held_out.len() as u64,
        tokens,
        secs: count as f64 * tokens as f64 * secs_per_token,
    }
}

/// Held-out rows that are measured for a try.
const PROBED_ROWS: usize = 32;

/// Seconds of a held-out forward per token, from a few rows that lie evenly among all. The first pass pays
/// for memory that later ones reuse, so that the second is timed.
fn secs_per_measured_token(trainer: &mut Trainer, held_out: &[Example]) -> Result<f64, TrainError> {
    let count = held_out.len().min(PROBED_ROWS);
    let rows: Vec<Example> =
        (0..count).map(|i| held_out[i * held_out.len() / count].clone()).collect();
    trainer.evaluate(&rows, &mut || false)?;
    let begun = Instant::now();
    trainer.evaluate(&rows, &mut || false)?;
    Ok(begun.elapsed().as_secs_f64() / tokens_of(&rows).max(1) as f64)
}

fn tokens_of(rows: &[Example]) -> u64 {
    rows.iter().map(|row| row.tokens.len() as u64).sum()
}

/// The ceilings by the steps and measurements that tuning makes, at the pace of the run's own model; a
/// reference model of another shape by the FLOP of a mean row.
fn ceiling_time(
    plan: &RunPlan,
    prepared: &Prepared,
    tried: &Tried,
    secs_per_measured_token: f64,
) -> Result<Option<CeilingTime>, TrainError> {
    let ReferenceSource::Tune(tuning) = &plan.mixing.reference else { return Ok(None) };
    let domains = prepared.corpus.summaries();
    let work = ceiling_work(tuning, domains);
    // Ceilings are measured on every held-out row.
    let all = (0..domains.len()).map(|domain| prepared.corpus.tokens(DomainId(domain)).1);
    let held_out = all.sum::<u64>() as f64;
    let secs = work.trained_tokens * tried.secs_per_token
        + (tuning.epochs + 1) as f64 * held_out * secs_per_measured_token;
    let own = prepared.trainer.model.architecture();
    let (factor, basis) = pace_of_reference(plan, tuning, own, domains)?;
    Ok(Some(CeilingTime {
        steps: work.steps,
        measurements: (tuning.epochs + 1) * domains.len() as u64,
        secs: factor.map(|factor| factor * secs),
        basis,
    }))
}

/// What tuning the reference model on all domains takes.
#[derive(Clone, Copy, Debug, PartialEq)]
struct CeilingWork {
    steps: u64,
    trained_tokens: f64,
}

/// Epochs × steps of an epoch for each domain, with rows of its mean length.
fn ceiling_work(tuning: &ReferenceTuning, domains: &[DataSummary]) -> CeilingWork {
    let mut work = CeilingWork { steps: 0, trained_tokens: 0.0 };
    for domain in domains {
        let all_rows = domain.train_rows.div_ceil(tuning.batch_samples as u64);
        let epoch = tuning.steps_per_epoch.map_or(all_rows, |limit| limit.min(all_rows));
        let steps = epoch * tuning.epochs;
        let row = domain.train_tokens.0 as f64 / domain.train_rows.max(1) as f64;
        work.steps += steps;
        work.trained_tokens += (steps * tuning.batch_samples as u64) as f64 * row;
    }
    work
}

/// How much longer the reference model takes for a token than the run's own, and where that is from.
fn pace_of_reference(
    plan: &RunPlan,
    tuning: &ReferenceTuning,
    own: &Architecture,
    domains: &[DataSummary],
) -> Result<(Option<f64>, String), TrainError> {
    if tuning.model == plan.model.source {
        return Ok((
            Some(1.0),
            "at the pace of the run's own model, which is tuned for them".into(),
        ));
    }
    let name = describe(&tuning.model);
    let reference = match &tuning.model {
        ModelSource::Folder(folder) | ModelSource::Random(folder) => Architecture::read(folder)?,
        ModelSource::Hub { .. } => {
            return Ok((None, format!("{name} is not looked up on the Hub for a check")));
        }
    };
    let (rows, tokens, targets) = domains.iter().fold((0, 0, 0), |(rows, tokens, targets), d| {
        (rows + d.train_rows, tokens + d.train_tokens.0, targets + d.train_target_tokens.0)
    });
    let mean = |count: u64| count / rows.max(1);
    let flops = |a: &Architecture| a.flops(&[0, mean(tokens) as i64], mean(targets));
    let factor = flops(&reference) / flops(own);
    let basis = format!("{name} takes {factor:.2} of the FLOP of the run's own model");
    Ok((Some(factor), basis))
}

fn checkpoint_bytes(trainer: &Trainer) -> u64 {
    let bytes = |tensor: &tch::Tensor| (tensor.numel() * tensor.kind().elt_size_in_bytes()) as u64;
    let params = trainer.model.params();
    let weights: u64 = params.iter().map(|param| bytes(&param.tensor)).sum();
    let moments: u64 = trainer.optimizer.tensors(params).iter().map(|(_, t)| bytes(t)).sum();
    weights + moments
}

/// Most bytes that are written for a try.
const PROBED_BYTES: u64 = 16 << 20;

/// Seconds that training waits for `count` checkpoints of `bytes` each in the folder of runs, where the steps
/// between two of them take `between` seconds, and where that is from. It waits for all of the last one, and for
/// what of the others is not done when the next is due.
fn checkpoint_secs(runs_dir: &Path, bytes: u64, count: u64, between: f64) -> (Option<f64>, String) {
    let probed = bytes.clamp(1, PROBED_BYTES);
    let Some(folder) = runs_dir.ancestors().find(|folder| folder.is_dir()) else {
        return (None, format!("no part of {} exists", runs_dir.display()));
    };
    match try_to_save(folder, probed) {
        Ok(secs) => {
            let each = secs * bytes as f64 / probed as f64;
            (Some(waited_for(count, each, between)), BASIS.into())
        }
        Err(error) => (None, format!("nothing can be written in {}: {error}", folder.display())),
    }
}

const BASIS: &str =
    "by a small file that was written there; training goes on while they are written";

/// Seconds that training waits for checkpoints of `each` seconds.
fn waited_for(count: u64, each: f64, between: f64) -> f64 {
    let others = count.saturating_sub(1) as f64 * (each - between).max(0.0);
    others + if count > 0 { each } else { 0.0 }
}

/// What saving does to each file: it is written, hashed on its way, and forced to disk. The file has no name, and
/// is gone at once.
fn try_to_save(folder: &Path, bytes: u64) -> io::Result<f64> {
    let block: Vec<u8> =
        (0..1u32 << 20).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let mut on_block = |_| Ok(());
    let mut file = SummedFile::new(tempfile::tempfile_in(folder)?, &mut on_block);
    let begun = Instant::now();
    let mut left = bytes;
    while left > 0 {
        let part = left.min(block.len() as u64);
        file.write_all(&block[..part as usize])?;
        left -= part;
    }
    file.finish()?;
    Ok(begun.elapsed().as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::CrossTableChoice;
    use crate::telemetry::Event;
    use crate::telemetry::fixture::small_run;
    use crate::unit::Tokens;

    fn tuning(batch_samples: usize, epochs: u64, steps_per_epoch: Option<u64>) -> ReferenceTuning {
        let model = ModelSource::Random("model".into());
        ReferenceTuning {
            model,
            epochs,
            steps_per_epoch,
            batch_samples,
            lr: 1e-4,
            table: CrossTableChoice::Off,
        }
    }

    #[test]
    fn ceilings_cost_epochs_times_the_steps_of_each_domain() {
        let summary = small_run().into_iter().find_map(|event| match event {
            Event::DataReady(summary) => Some(summary),
            _ => None,
        });
        let domain = |rows, tokens| DataSummary {
            train_rows: rows,
            train_tokens: Tokens(tokens),
            ..summary.clone().unwrap()
        };
        let domains = [domain(100, 5000), domain(33, 330)];
        // ⌈100/16⌉ + ⌈33/16⌉ = 7 + 3 steps in each of 4 epochs, with rows of 50 and of 10 tokens.
        let work = ceiling_work(&tuning(16, 4, None), &domains);
        let tokens = (4 * 16 * (7 * 50 + 3 * 10)) as f64;
        assert_eq!(work, CeilingWork { steps: 40, trained_tokens: tokens });
        // A limit is one for the larger domain only.
        assert_eq!(ceiling_work(&tuning(16, 4, Some(5)), &domains).steps, 4 * (5 + 3));
    }

    #[test]
    fn training_waits_for_the_last_checkpoint_and_for_what_the_steps_do_not_cover() {
        assert_eq!(waited_for(0, 3.0, 1.0), 0.0);
        assert_eq!(waited_for(1, 3.0, 1.0), 3.0);
        assert_eq!(waited_for(5, 3.0, 10.0), 3.0);
        assert_eq!(waited_for(5, 3.0, 1.0), 4.0 * 2.0 + 3.0);
    }

    #[test]
    fn a_try_leaves_nothing_and_says_where_it_cannot_write() {
        let dir = tempfile::tempdir().unwrap();
        let (secs, basis) = checkpoint_secs(&dir.path().join("runs/of/mine"), 1000, 3, 1.0);
        assert!(secs.unwrap() > 0.0 && basis.contains("small file"), "{basis}");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
        let (none, why) = checkpoint_secs(Path::new("/proc/nothing"), 1000, 3, 1.0);
        assert!(none.is_none() && why.contains("nothing can be written in /proc"), "{why}");
    }
}
