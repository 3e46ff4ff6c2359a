//! The command line: one file per subcommand, which parses arguments and prints results.

mod attach;
mod bench;
mod branch;
mod causes;
mod check;
mod compare;
mod ctl;
mod export;
mod find_run;
mod help;
mod ls;
mod measure;
mod report;
mod rows;
mod sequences;
#[cfg(test)]
mod sinks;
mod snapshot;
mod train;

use crate::app::{self, Exit};
use crate::config::{self, ConfigErrors, Loaded};
use crate::data;
use crate::disk;
use crate::print;
use crate::torch;
use crate::train::Measurement;
use crate::tui::keys::KeyError;
use crate::tui::look::{ThemeError, in_locale};
use clap::{CommandFactory, Parser, Subcommand};
use std::borrow::Cow;
use std::error::Error;
use std::io::IsTerminal;
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
  versatune attach my               see it from another terminal
  versatune report runs/my          what it did, as a table and plots
  versatune help                    topics: config, data, commands, keys and more

Exit codes: 0 done · 1 failed · 2 wrong usage or config · 130 interrupted, resumable";

#[derive(Debug, Subcommand)]
enum Command {
    /// Train a model as a config says
    Train(train::Args),
    /// Begin a new run at a checkpoint of another one, and go another way from there
    Branch(branch::Args),
    /// Validate config, data and model without training, and estimate steps, memory and time
    Check(check::Args),
    /// Show rows as the model gets them: tokens, and which of them the loss counts
    Rows(rows::Args),
    /// Measure only what the base model knows of each domain, and store it for later runs
    Detect(measure::Args),
    /// Measure only the mastery ceilings, and store them for later runs
    Reference(measure::Args),
    /// Show the screens of a run, from any terminal: live, or from its record
    Attach(attach::Args),
    /// List the runs: those that go on on this machine, and those in a folder
    Ls(ls::Args),
    /// Give a run a command and wait for its outcome, or ask for its status or events
    Ctl(ctl::Args),
    /// Show what a run did: the closing table, JSON or SVG plots
    Report(report::Args),
    /// Show what several runs came to beside each other: losses, configs, interventions
    Compare(compare::Args),
    /// Write a run's numbers for TensorBoard, or as CSV or JSON lines
    Export(export::Args),
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
    /// Work on what comes with a model, for another process of this program
    #[command(name = data::SUBCOMMAND, hide = true)]
    EncoderChild,
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

    /// The words of a subcommand with these arguments.
    fn words(&self, subcommand: &str) -> Vec<String> {
        let config = self.config.to_string_lossy().into_owned();
        let sets = self.overrides.iter().flat_map(|set| ["--set".to_owned(), set.clone()]);
        ["versatune".to_owned(), subcommand.to_owned(), config].into_iter().chain(sets).collect()
    }
}

/// Reads the command line, runs the subcommand and returns the exit code.
pub fn main() -> u8 {
    torch::set_environment();
    disk::keep_to_owner();
    app::quiet_panics();
    app::outlive_full_files();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are errors to clap, which prints them on stdout.
            let text = error.render().to_string();
            if error.use_stderr() {
                complain!("{}", text.trim_end());
                return Exit::Usage.code();
            }
            match in_locale(&text) {
                Cow::Borrowed(_) => print::keep(error.print()),
                Cow::Owned(text) => print::raw(text.trim_end()),
            }
            return printed(Exit::Done).code();
        }
    };
    let is_run = matches!(
        cli.command,
        Command::Train(_) | Command::Branch(_) | Command::Detect(_) | Command::Reference(_)
    );
    let done = match cli.command {
        Command::Train(args) => train::run(args),
        Command::Branch(args) => branch::run(args),
        Command::Check(args) => check::run(args),
        Command::Rows(args) => rows::run(args),
        Command::Detect(args) => measure::run(args, Measurement::Detection),
        Command::Reference(args) => measure::run(args, Measurement::ReferenceLosses),
        Command::Attach(args) => attach::run(args),
        Command::Ls(args) => ls::run(args),
        Command::Ctl(args) => ctl::run(args),
        Command::Report(args) => report::run(args),
        Command::Compare(args) => compare::run(args),
        Command::Export(args) => export::run(args),
        Command::Snapshot(args) => snapshot::run(args),
        Command::Bench(args) => bench::run(args),
        Command::Help(args) => help::run(args),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "versatune", &mut script);
            print::raw(String::from_utf8_lossy(&script).trim_end());
            Ok(Exit::Done)
        }
        Command::EncoderChild => data::serve().map(|()| Exit::Done).map_err(anyhow::Error::from),
    };
    match done {
        // A run is done when its checkpoint is, whether its table could be printed or not.
        Ok(exit) if is_run => exit.code(),
        Ok(exit) => printed(exit).code(),
        Err(error) => {
            complain!("error: {}", causes::text(&error));
            if error.chain().any(is_config) { Exit::Usage.code() } else { Exit::Failed.code() }
        }
    }
}

/// The exit of a subcommand whose output is what it prints: failed where that could not be printed.
fn printed(exit: Exit) -> Exit {
    match print::failure() {
        None => exit,
        Some(error) => {
            complain!(
                "error: cannot write to the standard output: {error}; free some space, or \
                       print elsewhere"
            );
            Exit::Failed
        }
    }
}

/// Whether a cause of the error is in the config.
fn is_config(cause: &(dyn Error + 'static)) -> bool {
    cause.is::<ConfigErrors>() || cause.is::<ThemeError>() || cause.is::<KeyError>()
}

/// Says what was wrong with a record that is shown all the same.
fn warn_of(damage: &[String]) {
    for text in damage {
        complain!("warning: {text}; what can be read is shown");
    }
}

/// Whether stdout shows colours: a terminal that has them and whose user wants them.
fn in_colour() -> bool {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
    std::io::stdout().is_terminal() && !unwanted && !dumb
}

/// A path for people: relative to the working folder where that is shorter.
fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).unwrap_or(path).display().to_string()
}
