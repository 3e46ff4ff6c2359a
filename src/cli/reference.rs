use super::ConfigArgs;
use crate::app::{self, Exit};
use crate::headless::LogFormat;
use std::path::PathBuf;

/// `versatune reference`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    config: ConfigArgs,
    /// Where the ceilings go; a config takes them by `reference: File("…")`
    #[arg(long, default_value = "reference.ron")]
    out: PathBuf,
    /// Form of the log lines on stdout
    #[arg(long, value_enum, default_value = "text")]
    log_format: LogFormat,
}

/// Runs it.
pub fn run(args: Args) -> anyhow::Result<Exit> {
    let plan = args.config.load()?.plan;
    app::reference(plan, &args.out, args.log_format)
}
