use crate::app::{Exit, operator};
use crate::config::RUNS_DIR;
use crate::echo;
use crate::print;
use crate::remote::{self, RunStatus, live_runs};
use crate::telemetry::{RECORD_FILE, RecordedRun, RunView, now_ms};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs;
use std::path::{Path, PathBuf};

/// `versatune ls`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder of runs that is listed besides the runs that go on
    #[arg(default_value = RUNS_DIR)]
    runs_dir: PathBuf,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// A run that cannot be read is named on stderr, and the others are listed all the same.
pub fn run(args: Args) -> anyhow::Result<Exit> {
    let runs = all(&args.runs_dir);
    if args.json {
        for run in &runs {
            print::raw(&echo::json(&serde_json::to_string(run)?));
        }
        return Ok(Exit::Done);
    }
    if runs.is_empty() {
        say!(
            "no run goes on on this machine, and {} has none; `versatune train my.ron` begins one",
            args.runs_dir.display()
        );
        return Ok(Exit::Done);
    }
    let rows: Vec<[String; COLUMNS]> =
        std::iter::once(TITLES.map(String::from)).chain(runs.iter().map(row)).collect();
    let width =
        |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..COLUMNS).map(width).collect();
    for row in &rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        say!("{}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
    Ok(Exit::Done)
}

const COLUMNS: usize = 9;
const TITLES: [&str; COLUMNS] =
    ["run", "state", "step", "loss", "best", "began", "pid", "clients", "folder"];

/// The newest first.
fn all(runs_dir: &Path) -> Vec<RunStatus> {
    let mut found = BTreeMap::new();
    for run in live_runs(&|name| std::env::var(name).ok()) {
        match remote::status(&run.folder, &operator()) {
            Ok(status) => drop(found.insert(run.folder, status)),
            Err(error) => {
                complain!("warning: {}: {error}", run.folder.display());
                if let Some(status) = recorded(&run.folder, Some(run.pid)) {
                    found.insert(run.folder, status);
                }
            }
        }
    }
    let entries = fs::read_dir(runs_dir).into_iter().flatten().flatten();
    let folders = entries.map(|entry| entry.path()).filter(|path| path.join(RECORD_FILE).is_file());
    for folder in folders {
        let full = fs::canonicalize(&folder).unwrap_or(folder);
        if let Entry::Vacant(place) = found.entry(full.clone()) {
            // A run that could not be put on the list may be reached all the same.
            let status = remote::status(&full, &operator()).ok();
            if let Some(status) = status.or_else(|| recorded(&full, None)) {
                place.insert(status);
            }
        }
    }
    let mut runs: Vec<RunStatus> = found.into_values().collect();
    runs.sort_by_key(|run| (std::cmp::Reverse(run.began_ms), run.folder.clone()));
    runs
}

fn recorded(folder: &Path, pid: Option<u32>) -> Option<RunStatus> {
    let read = RecordedRun::open(folder).and_then(RunView::open).and_then(RunView::finish);
    match read {
        Ok((_, run)) => Some(RunStatus::of(&run.state, folder.to_owned(), pid)),
        Err(error) => {
            complain!("warning: {}: {error}", folder.display());
            None
        }
    }
}

fn row(run: &RunStatus) -> [String; COLUMNS] {
    let loss = |loss: Option<f64>| loss.map_or_else(String::new, |loss| format!("{loss:.4}"));
    [
        run.run.clone(),
        run.state_word(),
        format!("{}/{}", run.step, run.steps),
        loss(run.loss),
        loss(run.best),
        ago(run.began_ms),
        run.pid.map_or_else(String::new, |pid| pid.to_string()),
        run.clients.join(" "),
        super::shown(&run.folder),
    ]
}

/// `5 min ago`.
fn ago(unix_ms: u64) -> String {
    let secs = now_ms().saturating_sub(unix_ms) / 1000;
    match secs {
        0..60 => format!("{secs} s ago"),
        60..3600 => format!("{} min ago", secs / 60),
        3600..86_400 => format!("{} h ago", secs / 3600),
        _ => format!("{} d ago", secs / 86_400),
    }
}
