//! The runs that there are: those that go on on this machine, and those in a folder.

use super::screens::operator;
use crate::remote::{self, RunStatus, live_runs};
use crate::telemetry::{RECORD_FILE, RecordedRun, RunView};
use crate::tui::RunLine;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, SystemTime};

/// How often a list that is shown is brought up to date.
const EVERY: Duration = Duration::from_secs(2);

/// The runs that go on on this machine, and those in a folder. A record that has not changed is read once.
#[derive(Debug)]
pub struct RunList {
    runs_dir: PathBuf,
    /// Of each folder when its record was written last, and what the record says or why it cannot be read.
    recorded: BTreeMap<PathBuf, (Option<SystemTime>, Result<RunStatus, String>)>,
    /// Runs whose process does not answer.
    silent: BTreeMap<PathBuf, String>,
}

impl RunList {
    /// Those that go on, and those in this folder.
    pub fn of(runs_dir: &Path) -> Self {
        RunList { runs_dir: runs_dir.into(), recorded: BTreeMap::new(), silent: BTreeMap::new() }
    }

    /// The runs as they are now, the one that began last first.
    pub fn look(&mut self) -> Vec<RunStatus> {
        let mut found = self.live();
        for folder in recorded_runs(&self.runs_dir) {
            // Live runs are known by their folders from the root.
            let folder = fs::canonicalize(&folder).unwrap_or(folder);
            if found.iter().all(|run| run.folder != folder) {
                // A run that could not be put among the live ones may be reached all the same.
                let status = remote::status(&folder, &operator()).ok();
                found.extend(status.or_else(|| self.record_of(&folder, None)));
            }
        }
        found.sort_by_key(|run| (std::cmp::Reverse(run.began_ms), run.folder.clone()));
        found
    }

    /// The runs that could not be read as they should be, and why.
    pub fn unreadable(&self) -> impl Iterator<Item = (&Path, &str)> {
        let recorded = self.recorded.iter().filter_map(|(folder, (_, read))| {
            read.as_ref().err().map(|why| (folder.as_path(), why.as_str()))
        });
        let silent = self.silent.iter().map(|(folder, why)| (folder.as_path(), why.as_str()));
        silent.chain(recorded)
    }

    /// The runs that go on; of one that does not answer what its record says.
    fn live(&mut self) -> Vec<RunStatus> {
        self.silent.clear();
        let mut found = Vec::new();
        for run in live_runs(&|name| std::env::var(name).ok()) {
            match remote::status(&run.folder, &operator()) {
                Ok(status) => found.push(RunStatus { folder: run.folder, ..status }),
                Err(error) => {
                    found.extend(self.record_of(&run.folder, Some(run.pid)));
                    self.silent.insert(run.folder, error.to_string());
                }
            }
        }
        found
    }

    fn record_of(&mut self, folder: &Path, pid: Option<u32>) -> Option<RunStatus> {
        let written = fs::metadata(folder.join(RECORD_FILE)).and_then(|file| file.modified()).ok();
        let known = self.recorded.get(folder).filter(|(then, _)| *then == written);
        let read = match known {
            Some((_, read)) => read.clone(),
            None => {
                let read = RecordedRun::open(folder).and_then(RunView::open);
                let read = read.and_then(RunView::finish).map_err(|error| error.to_string());
                let read = read.map(|(_, run)| RunStatus::of(&run.state, folder.into(), None));
                self.recorded.insert(folder.into(), (written, read.clone()));
                read
            }
        };
        read.ok().map(|status| RunStatus { pid, ..status })
    }
}

/// The folders in this one that have a record, by name.
pub fn recorded_runs(runs_dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(runs_dir).into_iter().flatten().flatten();
    let folders = entries.map(|entry| entry.path());
    let mut found: Vec<PathBuf> =
        folders.filter(|folder| folder.join(RECORD_FILE).is_file()).collect();
    found.sort();
    found
}

/// Looks for the runs again and again: what a list shows, and whether nothing is left to be found, until nobody
/// receives. The live ones come first.
pub(super) fn watch(runs_dir: &Path) -> std::io::Result<Receiver<(Vec<RunLine>, bool)>> {
    let (sender, runs) = channel();
    let mut list = RunList::of(runs_dir);
    let work = move || {
        let live = list.live();
        if sender.send((lines(&live, &list), false)).is_err() {
            return;
        }
        loop {
            let found = list.look();
            if sender.send((lines(&found, &list), true)).is_err() {
                return;
            }
            thread::sleep(EVERY);
        }
    };
    thread::Builder::new().name("runs".into()).spawn(work)?;
    Ok(runs)
}

/// Those that go on first, then those that ended, then those that cannot be read.
fn lines(found: &[RunStatus], list: &RunList) -> Vec<RunLine> {
    let (live, ended): (Vec<&RunStatus>, Vec<&RunStatus>) =
        found.iter().partition(|run| run.pid.is_some());
    let known = live.into_iter().chain(ended).map(line);
    let faulty = list.unreadable().filter(|(folder, _)| found.iter().all(|r| r.folder != *folder));
    let faulty = faulty.map(|(folder, why)| RunLine {
        name: folder.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        folder: folder.into(),
        state: format!("cannot be read: {why}"),
        is_faulty: true,
        ..RunLine::default()
    });
    known.chain(faulty).collect()
}

fn line(run: &RunStatus) -> RunLine {
    let commands = run.commanded_by.as_ref().map(|person| format!("newest command: {person}"));
    let who = [Some(run.clients_text()).filter(|text| !text.is_empty()), commands];
    RunLine {
        name: run.run.clone(),
        folder: run.folder.clone(),
        state: run.state_word(),
        is_live: run.pid.is_some(),
        is_faulty: run.has_failed(),
        step: run.step.0,
        steps: run.steps,
        loss: run.loss,
        best: run.best,
        began_ms: run.began_ms,
        who: who.into_iter().flatten().collect::<Vec<_>>().join("; "),
    }
}
