use super::find_run::find_run;
use crate::app::{self, Exit};
use crate::remote::Access;
use std::path::PathBuf;

/// `versatune attach`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Name of a run that goes on, or the folder of any [default: the only one that goes on]
    run: Option<PathBuf>,
    /// Send no commands
    #[arg(long)]
    read_only: bool,
}

pub fn run(args: Args) -> anyhow::Result<Exit> {
    let folder = find_run(args.run.as_deref())?;
    let access = if args.read_only { Access::ReadOnly } else { Access::Full };
    app::attach(&folder, access)?;
    Ok(Exit::Done)
}
