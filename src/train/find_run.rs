//! Which run `--resume` without a folder means.

use super::checkpoint;
use super::error::TrainError;
use super::start_order::{StartOrder, folders};
use crate::telemetry::{Event, Level, RecordReader};
use std::path::{Path, PathBuf};

/// The run to resume, and what is to be said about the choice.
#[derive(Debug, PartialEq, Eq)]
pub struct FoundRun {
    /// Its folder.
    pub path: PathBuf,
    /// Why it and not another, where that may surprise.
    pub notices: Vec<(Level, String)>,
}

/// A run of the wanted name. Later fields decide where earlier ones are equal; the greatest is taken.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    is_unfinished: bool,
    has_checkpoint: bool,
    /// By `order.ron`; `None`, which is less than all, without one.
    start: Option<u64>,
    /// The number behind the folder's name.
    number: u64,
    path: PathBuf,
}

/// The unfinished run of that name in `runs_dir` that was started last and has a checkpoint: a start
/// that failed does not hide a run that got further. If none has one, the one that was started last; if
/// all are finished, the last of them.
///
/// # Errors
/// There is no run of that name.
pub fn find_run(runs_dir: &Path, name: &str) -> Result<FoundRun, TrainError> {
    let mut runs: Vec<_> =
        folders(runs_dir).into_iter().filter_map(|run| Candidate::of(run, name)).collect();
    runs.sort();
    let Some(taken) = runs.pop() else {
        return Err(TrainError::NoRun { path: runs_dir.join(name) });
    };
    let notices = notices(&taken, &runs);
    Ok(FoundRun { path: taken.path, notices })
}

impl Candidate {
    fn of(path: PathBuf, name: &str) -> Option<Self> {
        let order = StartOrder::read(&path);
        let number = number(&path, name);
        let is_of_the_name = match &order {
            Some(order) => order.name == name,
            None => number.is_some() && RecordReader::open(&path).is_ok(),
        };
        is_of_the_name.then(|| Candidate {
            is_unfinished: !order.as_ref().map_or_else(|| ends_complete(&path), |one| one.complete),
            has_checkpoint: checkpoint::exists(&path),
            start: order.map(|order| order.start),
            number: number.unwrap_or(0),
            path,
        })
    }
}

/// The number of the n-th run of a name, by its folder: `my` is the first, `my-2` the second.
fn number(path: &Path, name: &str) -> Option<u64> {
    let rest = path.file_name()?.to_str()?.strip_prefix(name)?;
    if rest.is_empty() { Some(1) } else { rest.strip_prefix('-')?.parse().ok() }
}

/// Whether the newest process in the record of a run did all of its steps.
fn ends_complete(run: &Path) -> bool {
    let records = RecordReader::open(run).into_iter().flatten().flatten();
    records.fold(false, |before, record| match record.event {
        Event::RunStarted { .. } => false,
        Event::Finished { complete, .. } => complete,
        _ => before,
    })
}

fn notices(taken: &Candidate, others: &[Candidate]) -> Vec<(Level, String)> {
    let path = taken.path.display();
    let mut notices = Vec::new();
    if !taken.is_unfinished {
        notices.push(format!("{path} had finished, and no run of its name is unfinished"));
    }
    for other in others.iter().filter(|other| other.start > taken.start) {
        let why = if other.is_unfinished { "has no checkpoint yet" } else { "had finished" };
        let other = other.path.display();
        notices.push(format!(
            "{other} was started after {path}, but it {why}; --resume={other} would take it"
        ));
    }
    let is_recorded = |run: &&Candidate| run.start.is_some();
    if !others.is_empty() && !others.iter().chain([taken]).all(|run| is_recorded(&run)) {
        notices.push(format!(
            "took {path}: not every run of its name has an order.ron, so that those without one \
             count as the older ones, in the order of the numbers in their names"
        ));
    }
    notices.into_iter().map(|text| (Level::Warning, text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::fixture::{records, small_run};
    use crate::telemetry::{RECORD_FILE, RecordWriter};
    use std::fs;

    /// A started run, with a checkpoint or without.
    fn run(runs: &Path, folder: &str, has_checkpoint: bool) -> PathBuf {
        let path = runs.join(folder);
        fs::create_dir(&path).unwrap();
        drop(RecordWriter::create(&path).unwrap());
        StartOrder::record_start(&path, "my").unwrap();
        let checkpoints = path.join("checkpoints");
        fs::create_dir(&checkpoints).unwrap();
        if has_checkpoint {
            fs::create_dir(checkpoints.join("step-000010")).unwrap();
            fs::write(checkpoints.join("step-000010/complete.json"), "{}").unwrap();
        }
        path
    }

    fn found(runs: &Path) -> (String, String) {
        let FoundRun { path, notices } = find_run(runs, "my").unwrap();
        let notices: Vec<_> = notices.into_iter().map(|(_, text)| text).collect();
        (path.file_name().unwrap().to_string_lossy().into_owned(), notices.join("; "))
    }

    /// Runs `my`, `my-2`; `my` is removed and begun anew; what was interrupted is resumed.
    #[test]
    fn a_run_begun_anew_under_an_old_name_comes_before_an_old_finished_one() {
        let runs = tempfile::tempdir().unwrap();
        let first = run(runs.path(), "my", true);
        let second = run(runs.path(), "my-2", true);
        StartOrder::record_end(&second).unwrap();
        fs::remove_dir_all(first).unwrap();
        let (taken, said) = found(runs.path());
        assert_eq!(taken, "my-2");
        assert!(said.contains("my-2 had finished"), "{said}");
        run(runs.path(), "my", false);
        assert_eq!(found(runs.path()), ("my".into(), String::new()));
    }

    #[test]
    fn the_run_that_was_started_last_is_taken_whatever_its_number_and_wherever_it_was_moved() {
        let runs = tempfile::tempdir().unwrap();
        run(runs.path(), "my-3", true);
        let resumed = run(runs.path(), "my-2", true);
        run(runs.path(), "my", true);
        fs::create_dir(runs.path().join("my-data")).unwrap();
        assert_eq!(found(runs.path()).0, "my");
        StartOrder::record_start(&resumed, "my").unwrap();
        fs::rename(resumed, runs.path().join("the good one")).unwrap();
        assert_eq!(found(runs.path()), ("the good one".into(), String::new()));
    }

    /// An empty `checkpoints/` is not a checkpoint.
    #[test]
    fn a_start_without_a_checkpoint_is_passed_over_with_a_notice() {
        let runs = tempfile::tempdir().unwrap();
        run(runs.path(), "my", true);
        run(runs.path(), "my-2", false);
        let (taken, said) = found(runs.path());
        assert_eq!(taken, "my");
        assert!(said.contains("my-2 was started after"), "{said}");
        assert!(said.contains("has no checkpoint yet; --resume="), "{said}");
    }

    /// By the record, where an older version of the program left no `order.ron`.
    #[test]
    fn runs_without_a_recorded_order_go_by_number_and_a_notice_says_so() {
        let runs = tempfile::tempdir().unwrap();
        for folder in ["my", "my-2", "my-10"] {
            fs::remove_file(run(runs.path(), folder, true).join("order.ron")).unwrap();
        }
        let (taken, said) = found(runs.path());
        assert_eq!(taken, "my-10");
        assert!(said.contains("not every run of its name has an order.ron"), "{said}");
        let finished = runs.path().join("my-10");
        fs::remove_file(finished.join(RECORD_FILE)).unwrap();
        let mut writer = RecordWriter::create(&finished).unwrap();
        records(small_run()).iter().for_each(|record| writer.write(record).unwrap());
        drop(writer);
        assert_eq!(found(runs.path()).0, "my-2");
    }

    #[test]
    fn without_a_run_of_the_name_the_folder_is_named_that_would_be_one() {
        let runs = tempfile::tempdir().unwrap();
        let error = find_run(runs.path(), "my").unwrap_err().to_string();
        assert!(
            error.contains("there is no run to resume in ") && error.contains("/my;"),
            "{error}"
        );
    }
}
