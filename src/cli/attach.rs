use super::find_run::{find_run, is_choice};
use crate::app::{self, Exit};
use crate::config::RUNS_DIR;
use crate::remote::Access;
use std::path::{Path, PathBuf};

/// `versatune attach`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Name of a run that goes on, or the folder of any [default: the only one that goes on, else a list to choose
    /// from]
    run: Option<PathBuf>,
    /// Send no commands
    #[arg(long)]
    read_only: bool,
    /// No bell and no notification of the run's alerts at this terminal
    #[arg(long)]
    quiet: bool,
}

pub fn run(args: Args) -> anyhow::Result<Exit> {
    let access = if args.read_only { Access::ReadOnly } else { Access::Full };
    if args.run.is_none() && is_choice() {
        app::choose(Path::new(RUNS_DIR), access, args.quiet)?;
        return Ok(Exit::Done);
    }
    let folder = find_run(args.run.as_deref())?;
    app::attach(&folder, access, args.quiet)?;
    Ok(Exit::Done)
}
