//! Runs read to be compared, and read again as long as they go on.

use crate::compare::{ComparedRun, Comparison};
use crate::disk;
use crate::report::{self, ReportError};
use crate::telemetry::{Measured, MeasuredRows, RECORD_FILE};
use crate::tui::terminal::NewerRuns;
use anyhow::Result;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

/// How often it is looked whether runs have gone on, at most.
const EVERY: Duration = Duration::from_secs(2);
/// So many times as long as the last look took it is waited for the next: long records are read more seldom.
const REST: u32 = 10;

/// Runs that were read to be compared.
#[derive(Debug)]
pub struct Compared {
    /// What they come to.
    pub comparison: Comparison,
    /// What was wrong with their records, in sentences.
    pub damage: Vec<String>,
    pub(super) readings: Vec<Reading>,
}

/// The newest reading of a run.
#[derive(Debug)]
pub(super) struct Reading {
    folder: PathBuf,
    /// The files as they were just before; `None` where they could not be read.
    files: Option<RunFiles>,
    /// What was wrong with the record, in sentences.
    wrong: Vec<String>,
}

/// What is seen of a run without reading it. It changes as long as the run goes on, and when it ends.
#[derive(Debug, PartialEq, Eq)]
struct RunFiles {
    record: Option<FileMark>,
    rows: Option<FileMark>,
    /// Whether a process works on it.
    is_held: bool,
}

/// When a file was written last, and its bytes.
type FileMark = (SystemTime, u64);

/// Reads the records of these runs, and their newest held-out losses row by row, and compares them with the one of
/// this index.
///
/// # Errors
/// A folder is not that of a run, or its record cannot be used.
pub fn compared(folders: &[PathBuf], baseline: usize) -> Result<Compared> {
    let (mut runs, mut damage, mut readings) = (Vec::new(), Vec::new(), Vec::new());
    for folder in folders {
        let files = Some(RunFiles::of(folder));
        let (run, wrong) = read(folder)?;
        runs.push(run);
        damage.extend(wrong.iter().cloned());
        readings.push(Reading { folder: folder.clone(), files, wrong });
    }
    Ok(Compared { comparison: Comparison::of(runs, baseline), damage, readings })
}

/// Reads runs again whenever they have gone on, until nobody receives.
pub(super) fn follow(mut readings: Vec<Reading>) -> io::Result<NewerRuns> {
    let (sender, newer) = channel();
    let work = move || {
        let mut rest = EVERY;
        loop {
            thread::sleep(rest);
            let begun = Instant::now();
            // Sent where nothing is new as well: else it is not noticed that nobody receives.
            if sender.send(news(&mut readings)).is_err() {
                return;
            }
            rest = EVERY.max(begun.elapsed() * REST);
        }
    };
    thread::Builder::new().name("compared".into()).spawn(work)?;
    Ok(newer)
}

/// The runs that have gone on since they were read, as they are now, and what is newly wrong with records.
fn news(readings: &mut [Reading]) -> (Vec<ComparedRun>, Vec<String>) {
    let (mut runs, mut faults) = (Vec::new(), Vec::new());
    for reading in readings {
        let files = RunFiles::of(&reading.folder);
        if reading.files.as_ref() == Some(&files) {
            continue;
        }
        let wrong = match read(&reading.folder) {
            Ok((run, damage)) => {
                reading.files = Some(files);
                runs.push(run);
                damage
            }
            Err(error) => {
                // It may be for a moment only: the next look tries again.
                reading.files = None;
                vec![no_more(&reading.folder, error)]
            }
        };
        faults.extend(wrong.iter().filter(|text| !reading.wrong.contains(text)).cloned());
        reading.wrong = wrong;
    }
    (runs, faults)
}

/// Reads a run, and what is wrong with its record, in sentences.
fn read(folder: &Path) -> Result<(ComparedRun, Vec<String>), ReportError> {
    // The rows first: of a run that goes on the record is then no older than they are.
    let rows = MeasuredRows::read(folder, Measured::Last).map_err(|error| error.to_string());
    let report = report::load(folder)?;
    let damage = report.damage.iter().map(|text| format!("{}: {text}", folder.display())).collect();
    Ok((ComparedRun::new(folder.into(), report.state, report.goes_on, rows), damage))
}

/// That a run which was read before cannot be read now, and why.
fn no_more(folder: &Path, error: ReportError) -> String {
    let why = match error {
        // That it is the folder of a run is known.
        ReportError::NoRun { source, .. } => source.to_string(),
        error => error.to_string(),
    };
    format!("{} cannot be read any more: {why}; it is shown as it was", folder.display())
}

impl RunFiles {
    fn of(folder: &Path) -> Self {
        let mark = |path: PathBuf| {
            let file = fs::metadata(path).ok()?;
            Some((file.modified().ok()?, file.len()))
        };
        RunFiles {
            record: mark(folder.join(RECORD_FILE)),
            rows: mark(Measured::Last.path(folder)),
            is_held: disk::is_held(folder),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::Record;
    use crate::telemetry::fixture::{records, small_run};
    use crate::unit::Step;

    /// The record of the small run, so many of its events.
    fn write(folder: &Path, events: usize) {
        let line = |record: &Record| serde_json::to_string(record).unwrap() + "\n";
        let text: String = records(small_run()).iter().take(events).map(line).collect();
        fs::write(folder.join(RECORD_FILE), text).unwrap();
    }

    fn steps(runs: &[ComparedRun]) -> Vec<Step> {
        runs.iter().map(|run| run.state.history.step).collect()
    }

    #[test]
    fn only_runs_that_went_on_are_read_again() {
        let (ended, live) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        write(ended.path(), usize::MAX);
        write(live.path(), 12);
        let folders = [ended.path().to_owned(), live.path().to_owned()];
        let Compared { comparison, damage, mut readings } = compared(&folders, 0).unwrap();
        let begun = steps(&comparison.runs)[1];
        assert!(damage.is_empty() && begun < Step(20), "{damage:?} {begun}");
        assert_eq!(steps(&news(&mut readings).0), []);

        write(live.path(), usize::MAX);
        let (runs, faults) = news(&mut readings);
        assert_eq!((steps(&runs), runs[0].folder.as_path()), (vec![Step(40)], live.path()));
        assert!(faults.is_empty() && steps(&news(&mut readings).0).is_empty(), "{faults:?}");
    }

    #[test]
    fn that_a_run_cannot_be_read_any_more_is_said_once_and_it_is_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), 12);
        let mut readings = compared(&[folder.path().to_owned()], 0).unwrap().readings;
        fs::remove_file(folder.path().join(RECORD_FILE)).unwrap();
        let (runs, faults) = news(&mut readings);
        assert!(runs.is_empty() && faults.len() == 1, "{faults:?}");
        assert!(faults[0].contains("cannot be read any more: No such file"), "{faults:?}");
        assert!(news(&mut readings).1.is_empty(), "it was said");
        write(folder.path(), 12);
        assert_eq!(news(&mut readings).0.len(), 1);
    }
}
