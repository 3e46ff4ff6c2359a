use super::ConfigArgs;
use super::find_run::find_run;
use crate::app::{self, Exit, Resume, ResumeCommand, TrainOptions};
use crate::config::{self, Loaded, PLAN_FILE};
use crate::headless::LogFormat;
use crate::train::Edits;
use std::path::{Path, PathBuf};

/// `versatune train`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The run's config, a RON file (see configs/)
    #[arg(required_unless_present = "replay")]
    config: Option<PathBuf>,
    /// Override a value: --set training.lr=1e-5, --set data.domains.law.limit=100 (repeatable)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    overrides: Vec<String>,
    /// Go on with the newest unfinished run of this name, or with the run in the given folder
    #[arg(long, value_name = "RUN", num_args = 0..=1, require_equals = true)]
    resume: Option<Option<PathBuf>>,
    /// Repeat a run from its start in a new one, with its config and the commands in its record
    #[arg(long, value_name = "RUN", conflicts_with_all = ["config", "resume"])]
    replay: Option<PathBuf>,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    shown: ShownArgs,
}

/// Which process has the run.
#[derive(Debug, clap::Args)]
pub struct PlaceArgs {
    /// Begin the run in the background, and return once its first step is done
    #[arg(long)]
    detach: bool,
    /// For the process that `--detach` begins
    #[arg(long, hide = true, conflicts_with = "detach")]
    detached: bool,
}

impl PlaceArgs {
    /// Begins the run in the background by these arguments, if it is to be there; `None` where this process has it.
    pub fn elsewhere(
        &self,
        arguments: impl FnOnce() -> Vec<String>,
    ) -> anyhow::Result<Option<Exit>> {
        if self.detach {
            return app::detach(&arguments()).map(Some);
        }
        if self.detached {
            app::leave_terminal();
        }
        Ok(None)
    }
}

/// How a run is shown while it goes on.
#[derive(Debug, clap::Args)]
pub struct ShownArgs {
    /// Log lines instead of screens, as without a terminal
    #[arg(long)]
    headless: bool,
    /// Form of the log lines on stdout
    #[arg(long, value_enum, default_value = "text")]
    log_format: LogFormat,
}

impl ShownArgs {
    /// The options of a run that is shown like this. `words` are those of the command that goes on with it, up
    /// to these; without a config among them it is the one in the run's folder.
    pub fn options(
        &self,
        mut words: Vec<String>,
        has_own_config: bool,
        resume: Resume,
        edits: Option<Edits>,
    ) -> TrainOptions {
        words.extend(self.headless.then(|| "--headless".to_owned()));
        if self.log_format == LogFormat::Json {
            words.push("--log-format=json".into());
        }
        let screens = !self.headless && self.log_format == LogFormat::Text;
        let again = ResumeCommand { words, has_own_config };
        TrainOptions { resume, edits, log_format: self.log_format, screens, again }
    }
}

impl Args {
    /// The arguments of the process that a detached run has.
    fn of_child(&self) -> Vec<String> {
        let mut words = match (&self.config, &self.replay) {
            (Some(config), _) => self.with_config(config).words("train").split_off(1),
            (None, replay) => {
                let replay = replay.as_deref().unwrap_or(Path::new("")).display();
                let sets = self.overrides.iter().flat_map(|set| ["--set".into(), set.clone()]);
                ["train".into(), format!("--replay={replay}")].into_iter().chain(sets).collect()
            }
        };
        match &self.resume {
            None => {}
            Some(None) => words.push("--resume".into()),
            Some(Some(run)) => words.push(format!("--resume={}", run.display())),
        }
        words.push("--headless".into());
        words
    }

    fn with_config(&self, config: &Path) -> ConfigArgs {
        ConfigArgs { config: config.to_owned(), overrides: self.overrides.clone() }
    }
}

pub fn run(args: Args) -> anyhow::Result<Exit> {
    if let Some(exit) = args.place.elsewhere(|| args.of_child())? {
        return Ok(exit);
    }
    let signals = app::catch_signals()?;
    let (loaded, options) = match (&args.config, &args.replay) {
        (Some(config), _) => {
            let config = args.with_config(config);
            let resume = Resume::from_arg(args.resume);
            (config.load()?, args.shown.options(config.words("train"), false, resume, None))
        }
        (None, replay) => {
            let run = find_run(replay.as_deref())?;
            let edits = Edits::read(&run)?;
            let loaded = repeated(&run, &edits, &args.overrides)?;
            let words = ["versatune", "train"].map(String::from).into();
            (loaded, args.shown.options(words, true, Resume::No, Some(edits)))
        }
    };
    app::train(loaded, &options, signals)
}

/// The config of a run as its first step had it, with overrides on which no loss depends.
fn repeated(run: &Path, edits: &Edits, overrides: &[String]) -> anyhow::Result<Loaded> {
    let plan = run.join(PLAN_FILE);
    let then = config::load(&plan, &edits.config)?;
    let now = config::load(&plan, &[&edits.config, overrides].concat())?;
    edits.require_same(&then.plan, &now.plan)?;
    Ok(now)
}
