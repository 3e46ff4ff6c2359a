//! The run that a word on the command line means.

use crate::app::recorded_runs;
use crate::config::RUNS_DIR;
use crate::remote::{LiveRun, live_runs};
use crate::telemetry::RECORD_FILE;
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};

/// The folder of the run that is meant: a folder, the name of a run that goes on on this machine, or of one in
/// `runs`. Without a word it is the only run that goes on.
///
/// # Errors
/// There is none, or there are several; those that there are.
pub fn find_run(word: Option<&Path>) -> Result<PathBuf> {
    let live = live_runs(&|name| std::env::var(name).ok());
    let Some(word) = word else { return only(&live) };
    let has_record = |folder: &Path| folder.join(RECORD_FILE).is_file();
    if has_record(word) {
        return Ok(word.to_owned());
    }
    let named: Vec<&LiveRun> =
        live.iter().filter(|run| word.to_str() == Some(run.name.as_str())).collect();
    match &named[..] {
        [] => {}
        [run] => return Ok(run.folder.clone()),
        several => bail!(
            "{} runs of that name go on; name the folder of one:{}",
            several.len(),
            listed(several)
        ),
    }
    let below = Path::new(RUNS_DIR).join(word);
    if has_record(&below) {
        return Ok(below);
    }
    let word = word.display();
    let others: Vec<&LiveRun> = live.iter().collect();
    match live.is_empty() {
        true => bail!(
            "there is no run '{word}': no folder of that name has a record ({RECORD_FILE}), nor has {}, and no run \
             goes on on this machine; `versatune ls` lists runs",
            below.display()
        ),
        false => {
            bail!("there is no run '{word}'; those that go on on this machine:{}", listed(&others))
        }
    }
}

/// Whether there are runs of which one is to be chosen: several that go on on this machine, or none of them but
/// such that have ended.
pub fn is_choice() -> bool {
    match live_runs(&|name| std::env::var(name).ok()).len() {
        0 => !recorded_runs(Path::new(RUNS_DIR)).is_empty(),
        count => count > 1,
    }
}

fn only(live: &[LiveRun]) -> Result<PathBuf> {
    match live {
        [run] => Ok(run.folder.clone()),
        [] => match &recorded_runs(Path::new(RUNS_DIR))[..] {
            [] => bail!(
                "no run goes on on this machine, and {RUNS_DIR} has none; name the folder of one that has ended"
            ),
            folders => bail!(
                "no run goes on on this machine; name one that has ended:\n  {}",
                folders
                    .iter()
                    .map(|folder| folder.display().to_string())
                    .collect::<Vec<_>>()
                    .join("\n  ")
            ),
        },
        several => bail!(
            "{} runs go on on this machine; name one:{}",
            several.len(),
            listed(&several.iter().collect::<Vec<_>>())
        ),
    }
}

fn listed(runs: &[&LiveRun]) -> String {
    let line = |run: &&LiveRun| format!("\n  {}  {}", run.name, run.folder.display());
    runs.iter().map(line).collect()
}
