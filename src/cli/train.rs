use super::ConfigArgs;
use crate::app::{self, Exit, Resume, TrainOptions};
use crate::headless::LogFormat;
use std::path::PathBuf;

/// `versatune train`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    config: ConfigArgs,
    /// Go on with the newest run of this name, or with the run in the given folder
    #[arg(long, value_name = "RUN", num_args = 0..=1, require_equals = true)]
    resume: Option<Option<PathBuf>>,
    /// Log lines instead of screens, as without a terminal
    #[arg(long)]
    headless: bool,
    /// Form of the log lines on stdout
    #[arg(long, value_enum, default_value = "text")]
    log_format: LogFormat,
}

pub fn run(args: Args) -> anyhow::Result<Exit> {
    let loaded = args.config.load()?;
    let resume = Resume::from_arg(args.resume);
    let screens = !args.headless && args.log_format == LogFormat::Text;
    app::train(loaded, &TrainOptions { resume, log_format: args.log_format, screens })
}
