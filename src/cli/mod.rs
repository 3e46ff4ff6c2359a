//! The command line: one file per subcommand, which parses arguments and prints results.

mod bench;
mod causes;
mod check;
mod help;
mod measure;
mod report;
mod snapshot;
mod train;

use crate::app::{self, Exit};
use crate::config::{self, ConfigErrors, Loaded};
use crate::torch;
use crate::train::Measurement;
use crate::tui::keys::KeyError;
use crate::tui::look::ThemeError;
use clap::{CommandFactory, Parser, Subcommand};
use std::error::Error;
use std::path::{Path, PathBuf};

/// Fine-tune a language model on several domains, while the mixture follows what it learns and
/// forgets.
#[derive(Debug, Parser)]
#[command(
    name = "versatune",
    version,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    after_help = AFTER_HELP
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Start here:
  versatune check my.ron            is everything in order, how long will it take?
  versatune train my.ron            train; Ctrl-C saves and stops
  versatune train my.ron --resume   go on where it stopped
  versatune report runs/my          what it did, as a table and plots
  versatune help                    topics: config, data, commands, keys and more

Exit codes: 0 done · 1 failed · 2 wrong usage or config · 130 interrupted, resumable";

#[derive(Debug, Subcommand)]
enum Command {
    /// Train a model as a config says
    Train(train::Args),
    /// Validate config, data and model without training, and estimate steps, memory and time
    Check(check::Args),
    /// Measure only what the base model knows of each domain, and store it for later runs
    Detect(measure::Args),
    /// Measure only the mastery ceilings, and store them for later runs
    Reference(measure::Args),
    /// Show what a run did: the closing table, JSON or SVG plots
    Report(report::Args),
    /// Print one screen of a run, live or finished, as text or an image
    Snapshot(snapshot::Args),
    /// Time training steps of a model shape or a model folder with random weights
    Bench(bench::Args),
    /// Explain a topic: config fields, strategies, data, commands, keys, files and more
    Help(help::Args),
    /// Print a completion script for your shell
    Completions {
        /// bash, zsh, fish, elvish or powershell
        shell: clap_complete::Shell,
    },
}

/// A config with its overrides, as several subcommands take it.
#[derive(Debug, clap::Args)]
struct ConfigArgs {
    /// The run's config, a RON file (see configs/)
    config: PathBuf,
    /// Override a value: --set training.lr=1e-5, --set data.domains.law.limit=100 (repeatable)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    overrides: Vec<String>,
}

impl ConfigArgs {
    fn load(&self) -> Result<Loaded, ConfigErrors> {
        config::load(&self.config, &self.overrides)
    }
}

/// Reads the command line, runs the subcommand and returns the exit code.
pub fn main() -> u8 {
    torch::set_environment();
    app::quiet_panics();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are errors to clap, which prints them on stdout.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage.code() } else { Exit::Done.code() };
        }
    };
    let done = match cli.command {
        Command::Train(args) => train::run(args),
        Command::Check(args) => check::run(args),
        Command::Detect(args) => measure::run(args, Measurement::Detection),
        Command::Reference(args) => measure::run(args, Measurement::ReferenceLosses),
        Command::Report(args) => report::run(args),
        Command::Snapshot(args) => snapshot::run(args),
        Command::Bench(args) => bench::run(args),
        Command::Help(args) => help::run(args),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "versatune", &mut script);
            say!("{}", String::from_utf8_lossy(&script).trim_end());
            Ok(Exit::Done)
        }
    };
    match done {
        Ok(exit) => exit.code(),
        Err(error) => {
            complain!("error: {}", causes::text(&error));
            if error.chain().any(is_config) { Exit::Usage.code() } else { Exit::Failed.code() }
        }
    }
}

/// Whether a cause of the error is in the config.
fn is_config(cause: &(dyn Error + 'static)) -> bool {
    cause.is::<ConfigErrors>() || cause.is::<ThemeError>() || cause.is::<KeyError>()
}

/// A path for people: relative to the working folder where that is shorter.
fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).unwrap_or(path).display().to_string()
}
