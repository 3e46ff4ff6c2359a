use super::ConfigArgs;
use crate::app::{self, Exit, Resume, ResumeCommand, TrainOptions};
use crate::headless::LogFormat;
use std::path::PathBuf;

/// `versatune train`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    config: ConfigArgs,
    /// Go on with the newest unfinished run of this name, or with the run in the given folder
    #[arg(long, value_name = "RUN", num_args = 0..=1, require_equals = true)]
    resume: Option<Option<PathBuf>>,
    /// Log lines instead of screens, as without a terminal
    #[arg(long)]
    headless: bool,
    /// Begin the run in the background, and return once its first step is done
    #[arg(long)]
    detach: bool,
    /// For the process that `--detach` begins
    #[arg(long, hide = true, conflicts_with = "detach")]
    detached: bool,
    /// Form of the log lines on stdout
    #[arg(long, value_enum, default_value = "text")]
    log_format: LogFormat,
}

impl Args {
    fn again(&self) -> ResumeCommand {
        let mut words = self.config.words("train");
        words.extend(self.headless.then(|| "--headless".to_owned()));
        if self.log_format == LogFormat::Json {
            words.push("--log-format=json".into());
        }
        ResumeCommand { words }
    }

    /// The arguments of the process that a detached run has.
    fn of_child(&self) -> Vec<String> {
        let mut words = self.config.words("train").split_off(1);
        match &self.resume {
            None => {}
            Some(None) => words.push("--resume".into()),
            Some(Some(run)) => words.push(format!("--resume={}", run.display())),
        }
        words.push("--headless".into());
        words
    }
}

pub fn run(args: Args) -> anyhow::Result<Exit> {
    if args.detach {
        return app::detach(&args.of_child());
    }
    if args.detached {
        app::leave_terminal();
    }
    let signals = app::catch_signals()?;
    let loaded = args.config.load()?;
    let again = args.again();
    let resume = Resume::from_arg(args.resume);
    let screens = !args.headless && args.log_format == LogFormat::Text;
    let options = TrainOptions { resume, log_format: args.log_format, screens, again };
    app::train(loaded, &options, signals)
}
