use super::ConfigArgs;
use crate::app::{self, Exit, MeasureOptions, Resume, ResumeCommand};
use crate::headless::LogFormat;
use crate::train::Measurement;
use std::path::PathBuf;

/// `versatune detect` and `versatune reference`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    config: ConfigArgs,
    /// Where the answer goes, for the config to take by `detected: File("…")` or
    /// `reference: File("…")` [default: detection.ron or reference.ron]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Go on with the newest measurement of this name, or with the one in the given folder
    #[arg(long, value_name = "RUN", num_args = 0..=1, require_equals = true)]
    resume: Option<Option<PathBuf>>,
    /// Form of the log lines on stdout
    #[arg(long, value_enum, default_value = "text")]
    log_format: LogFormat,
}

/// Measures, and writes the result to a file.
pub fn run(args: Args, what: Measurement) -> anyhow::Result<Exit> {
    let signals = app::catch_signals()?;
    let mut words = args.config.words(match what {
        Measurement::Detection => "detect",
        Measurement::ReferenceLosses => "reference",
    });
    words.extend(args.out.iter().map(|out| format!("--out={}", out.display())));
    if args.log_format == LogFormat::Json {
        words.push("--log-format=json".into());
    }
    let mut config = args.config;
    if what == Measurement::Detection {
        // w(0) is measured here, whatever the config has; a file that the config names need not exist
        // yet.
        config.overrides.push("mixing.detected=Measure".into());
    }
    let plan = config.load()?.plan;
    let options = MeasureOptions {
        what,
        out: args.out.unwrap_or_else(|| what.file().into()),
        resume: Resume::from_arg(args.resume),
        log_format: args.log_format,
        again: ResumeCommand { words, has_own_config: false },
    };
    app::measure(plan, options, signals)
}
