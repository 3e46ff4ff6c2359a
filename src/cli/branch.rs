use super::find_run::find_run;
use super::train::{PlaceArgs, ShownArgs};
use crate::app::{self, Exit, Resume};
use crate::config::{self, LoadOptions, Loaded};
use crate::control::CheckpointChoice;
use crate::train::BranchPoint;
use anyhow::Context;
use std::path::{Path, PathBuf};

/// `versatune branch`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Name of a run that goes on, or the folder of any
    run: PathBuf,
    /// The checkpoint at which the new run begins: its step, or best
    #[arg(long, value_name = "STEP|best")]
    at: CheckpointChoice,
    /// Override a value that a resume obeys: --set training.lr=1e-5 (repeatable)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    overrides: Vec<String>,
    /// Name of the new run [default: that of the other with `-branch` behind it]
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    shown: ShownArgs,
}

impl Args {
    /// The arguments of the process that a run in the background has.
    fn of_child(&self) -> Vec<String> {
        let run = self.run.display().to_string();
        let mut words = vec!["branch".into(), run, format!("--at={}", self.at)];
        words.extend(self.overrides.iter().flat_map(|set| ["--set".into(), set.clone()]));
        words.extend(self.name.iter().map(|name| format!("--name={name}")));
        words.push("--headless".into());
        words
    }
}

/// Begins a new run at a checkpoint of another one, and trains it.
pub fn run(args: Args) -> anyhow::Result<Exit> {
    if let Some(exit) = args.place.elsewhere(|| args.of_child())? {
        return Ok(exit);
    }
    let signals = app::catch_signals()?;
    let run = find_run(Some(&args.run))?;
    let point = BranchPoint::find(&run, args.at)?;
    let loaded = load(&point, &run, &args)?;
    let folder = point.begin(&loaded.plan)?;
    let words = ["versatune", "train"].map(String::from).into();
    let options = args.shown.options(words, true, Resume::Folder(folder), None);
    app::train(loaded, &options, signals)
}

/// The config of the checkpoint with the overrides.
fn load(point: &BranchPoint, run: &Path, args: &Args) -> anyhow::Result<Loaded> {
    let plan = point.plan();
    let name = args.name.clone().unwrap_or_else(|| format!("{}-branch", plan.name));
    let mut sets = vec![format!("name={name:?}")];
    sets.extend(args.overrides.iter().cloned());
    let text = plan.to_ron()?;
    let file = run.join(format!("the config at step {}", args.at));
    let options = LoadOptions::from_env().context("cannot find the working directory")?;
    Ok(config::load_str(&text, &file, &sets, &options)?)
}
