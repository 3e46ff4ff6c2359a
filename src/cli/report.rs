use crate::app::Exit;
use crate::report;
use std::path::PathBuf;

/// `versatune report`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder of the run, such as runs/demo
    run: PathBuf,
    /// One JSON object instead of the table
    #[arg(long)]
    json: bool,
    /// Folder for the plots weights.svg and losses.svg [default: the run's]
    #[arg(long, value_name = "FOLDER")]
    plots: Option<PathBuf>,
}

pub fn run(args: Args) -> anyhow::Result<Exit> {
    let report = report::load(&args.run)?;
    let plots = args.plots.as_deref().unwrap_or(&args.run);
    report.write_plots(plots)?;
    if args.json {
        say!("{}", report.json()?);
    } else {
        say!("{}", report.table_text());
        say!("plots    {}", super::shown(&plots.join("{weights,losses}.svg")));
    }
    Ok(Exit::Done)
}
