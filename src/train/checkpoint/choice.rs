//! Which checkpoint an operator means.

use super::folders::{all, file_name, name_of};
use super::found::{Found, best};
use super::marker::Marker;
use crate::control::CheckpointChoice;
use crate::train::error::TrainError;
use crate::unit::Step;
use std::path::{Path, PathBuf};

/// The checkpoint that is meant, whole and with the right sums, in the folder of a run that has done `done`
/// steps. `Err` inside is why there is none, with the nearest.
pub fn chosen(
    run: &Path,
    choice: CheckpointChoice,
    done: Step,
) -> Result<Result<Found, String>, TrainError> {
    let path = match choice {
        CheckpointChoice::Step(step) => of_step(run, step, done)?,
        CheckpointChoice::Best => of_the_best(run)?,
    };
    let path = match path {
        Ok(path) => path,
        Err(why) => return Ok(Err(why)),
    };
    Ok(Found::open(&path).map_err(|why| format!("{} cannot be used: {why}", file_name(&path))))
}

fn of_step(run: &Path, step: Step, done: Step) -> Result<Result<PathBuf, String>, TrainError> {
    let complete: Vec<PathBuf> = all(run)?.into_iter().filter(|path| Marker::is_in(path)).collect();
    if let Some(path) = complete.iter().find(|path| file_name(path) == name_of(step)) {
        return Ok(if step <= done {
            Ok(path.clone())
        } else {
            Err(format!("the run is at step {done}, before step {step}"))
        });
    }
    let steps: Vec<Step> = complete
        .iter()
        .filter_map(|path| Some(Marker::read(path).ok()?.step))
        .filter(|known| *known <= done)
        .collect();
    Ok(Err(format!("there is no checkpoint of step {step}; {}", nearest(&steps, step))))
}

/// `the nearest are of the steps 20 and 30`, of steps in order.
fn nearest(steps: &[Step], to: Step) -> String {
    let after = steps.partition_point(|step| *step < to);
    let before = after.checked_sub(1).and_then(|at| steps.get(at));
    match (before, steps.get(after)) {
        (Some(before), Some(after)) => format!("the nearest are of the steps {before} and {after}"),
        (Some(one), None) | (None, Some(one)) => format!("the nearest is of step {one}"),
        (None, None) => "the run has none yet, and `save` writes one".into(),
    }
}

fn of_the_best(run: &Path) -> Result<Result<PathBuf, String>, TrainError> {
    let best = best(run)?.map(|best| name_of(best.step));
    let path = all(run)?.into_iter().find(|path| Some(file_name(path)) == best);
    Ok(path.ok_or_else(|| {
        "no checkpoint has held-out losses of its own step, so that none is the best; name a step, \
         or give `evaluate` before the next `save`"
            .into()
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::folder::CHECKPOINTS;
    use std::fs;

    #[test]
    fn a_step_without_a_checkpoint_names_the_nearest() {
        let dir = tempfile::tempdir().unwrap();
        let why = |choice, done| match chosen(dir.path(), choice, Step(done)).unwrap() {
            Ok(_) => panic!("there is none"),
            Err(why) => why,
        };
        let step = |step| CheckpointChoice::Step(Step(step));
        assert!(why(step(5), 9).contains("has none yet"), "{}", why(step(5), 9));
        assert!(why(CheckpointChoice::Best, 9).contains("none is the best"));
        for step in [10, 20, 1000] {
            let path = dir.path().join(CHECKPOINTS).join(name_of(Step(step)));
            fs::create_dir_all(&path).unwrap();
            Marker::write(&path, Step(step), None, Vec::new()).unwrap();
        }
        for (wanted, done, nearest) in [
            (15, 500, "the nearest are of the steps 10 and 20"),
            (5, 500, "the nearest is of step 10"),
            // What is ahead of the run is none of its checkpoints.
            (500, 500, "the nearest is of step 20"),
            (500, 2000, "the nearest are of the steps 20 and 1,000"),
        ] {
            let why = why(step(wanted), done);
            assert_eq!(why, format!("there is no checkpoint of step {wanted}; {nearest}"));
        }
        assert_eq!(why(step(1000), 500), "the run is at step 500, before step 1,000");
        // Whole as a folder, and without the engine's state.
        assert!(why(step(20), 500).starts_with("step-000020 cannot be used: trainer.ron"));
    }
}
