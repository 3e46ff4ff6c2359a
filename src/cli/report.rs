use crate::app::Exit;
use crate::disk;
use crate::echo;
use crate::print;
use crate::report;
use crate::tui::look::in_locale;
use std::path::PathBuf;

/// `versatune report`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder of the run, such as runs/demo
    run: PathBuf,
    /// One JSON object instead of the table
    #[arg(long)]
    json: bool,
    /// Folder for the plots weights.svg and losses.svg [default: the run's; with --json none are
    /// drawn]
    #[arg(long, value_name = "FOLDER")]
    plots: Option<PathBuf>,
}

pub fn run(args: Args) -> anyhow::Result<Exit> {
    if let Some(folder) = &args.plots {
        disk::try_to_write(&folder.join("weights.svg"))?;
    }
    let report = report::load(&args.run)?;
    super::warn_of(&report.damage);
    if args.json {
        if let Some(folder) = &args.plots {
            report.write_plots(folder)?;
        }
        print::raw(&echo::json(&report.json()?.to_string()));
        return Ok(Exit::Done);
    }
    say!("{}", report.table_text(in_locale));
    let plots = args.plots.as_deref().unwrap_or(&args.run);
    match report.write_plots(plots) {
        Ok(()) => say!("plots    {}", super::shown(&plots.join("{weights,losses}.svg"))),
        // A run may be another's, or on a read-only disk: its table is shown all the same.
        Err(error) if args.plots.is_none() => {
            complain!("warning: there are no plots: {error}; --plots names another folder");
        }
        Err(error) => return Err(error.into()),
    }
    Ok(Exit::Done)
}
