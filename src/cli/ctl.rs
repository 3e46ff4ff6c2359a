use super::find_run::find_run;
use crate::app::{Exit, operator};
use crate::control::{Actor, Command, CommandOutcome, FREE_TEXT, Request, Verdict};
use crate::echo;
use crate::print;
use crate::remote::{self, RemoteError, RunStatus};
use crate::telemetry::words::{KINDS, kind};
use crate::telemetry::{Arrival, EventSource, Record, RecordReader, RecordedRun, RunView};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// `versatune ctl`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Name of a run that goes on, or its folder
    run: PathBuf,
    /// The command, as it is typed on the screens (`versatune help commands`), with `-- why` behind it as
    /// wanted; several in quotes, with `;` between them, take effect together or not at all; or `status`, or
    /// `events`. Options may stand behind it
    #[arg(
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "COMMAND"
    )]
    words: Vec<String>,
    #[command(flatten)]
    options: Options,
}

#[derive(Clone, Debug, Default, clap::Args)]
struct Options {
    /// The outcome, or the status, as a JSON object
    #[arg(long)]
    json: bool,
    /// Send the command, and do not wait for its outcome
    #[arg(long)]
    no_wait: bool,
    /// With `events`: go on as long as the run does
    #[arg(long)]
    follow: bool,
    /// With `events`: only those of these kinds, such as `expanded,held,command`
    #[arg(long, value_delimiter = ',', value_name = "KIND")]
    kind: Vec<String>,
}

impl Options {
    /// Takes the options out of the words of a command, up to its reason or its free text.
    fn take_from(&mut self, words: &[String]) -> Vec<String> {
        let mut kept = Vec::new();
        let mut rest = words.iter();
        while let Some(word) = rest.next() {
            match word.as_str() {
                "--json" => self.json = true,
                "--no-wait" => self.no_wait = true,
                "--follow" => self.follow = true,
                "--kind" => self.add_kinds(rest.next().map_or("", String::as_str)),
                _ if word.starts_with("--kind=") => self.add_kinds(&word["--kind=".len()..]),
                // A reason, a note and a prompt are free text.
                text if text == "--" || FREE_TEXT.contains(&text) => {
                    kept.push(word.to_owned());
                    kept.extend(rest.by_ref().cloned());
                }
                _ => kept.push(word.clone()),
            }
        }
        kept
    }

    fn add_kinds(&mut self, kinds: &str) {
        self.kind.extend(kinds.split(',').map(str::to_owned));
    }

    /// # Errors
    /// There are no events of such a kind.
    fn check_kinds(&self) -> anyhow::Result<()> {
        match self.kind.iter().find(|kind| !KINDS.contains(&kind.as_str())) {
            None => Ok(()),
            Some(kind) => anyhow::bail!(
                "there are no events of the kind '{kind}'; known are {}",
                KINDS.join(", ")
            ),
        }
    }
}

pub fn run(args: Args) -> anyhow::Result<Exit> {
    let folder = find_run(Some(&args.run))?;
    let mut options = args.options;
    match options.take_from(&args.words).join(" ").as_str() {
        "status" => status(&folder, options.json),
        "events" => events(&folder, &options),
        words => command(&folder, words, &options),
    }
}

fn command(folder: &Path, words: &str, options: &Options) -> anyhow::Result<Exit> {
    let (mut commands, reason) = Command::parse_group(words)?;
    let request = Request::new(Actor::Remote(operator()), commands.remove(0)).with_reason(reason);
    let outcomes =
        remote::order(folder, &operator(), &request.with_also(commands), !options.no_wait)?;
    if options.no_wait {
        say!("sent");
        return Ok(Exit::Done);
    }
    let mut exit = Exit::Done;
    for outcome in &outcomes {
        if options.json {
            print::raw(&echo::json(&serde_json::to_string(outcome)?));
        }
        if !tell(outcome, !options.json, outcomes.len() > 1) {
            exit = Exit::Failed;
        }
    }
    Ok(exit)
}

/// Tells what became of a command, and returns whether it was carried out.
fn tell(outcome: &CommandOutcome, is_said: bool, is_one_of_many: bool) -> bool {
    let which = if is_one_of_many { format!("{}: ", outcome.command) } else { String::new() };
    let step = outcome.step;
    let words = match &outcome.verdict {
        Verdict::Applied { old: Some(old), new: Some(new) } => {
            format!("{which}applied at step {step}: {old} → {new}")
        }
        Verdict::Applied { old: None, new: Some(text) } => {
            format!("{which}at step {step}: {}", echo::lines(text))
        }
        Verdict::Applied { .. } => format!("{which}done at step {step}"),
        Verdict::Rejected { why } => {
            complain!("error: {which}rejected at step {step}: {why}");
            return false;
        }
    };
    if is_said {
        say!("{words}");
    }
    true
}

/// Of a run whose process is gone, from its record.
fn status(folder: &Path, json: bool) -> anyhow::Result<Exit> {
    let status = match remote::status(folder, &operator()) {
        Ok(status) => status,
        Err(RemoteError::NoRun { .. }) => {
            let (_, run) = RunView::open(RecordedRun::open(folder)?)?.finish()?;
            RunStatus::of(&run.state, folder.to_owned(), None)
        }
        Err(error) => return Err(error.into()),
    };
    if json {
        print::raw(&echo::json(&serde_json::to_string(&status)?));
        return Ok(Exit::Done);
    }
    let loss = |loss: Option<f64>| loss.map_or_else(|| "–".into(), |loss| format!("{loss:.4}"));
    say!("run      {}", status.run);
    say!("state    {}", status.state_word());
    say!("step     {} of {}", status.step, status.steps);
    say!("loss     {}, the lowest {}", loss(status.loss), loss(status.best));
    say!(
        "process  {}",
        status.pid.map_or_else(|| "none on this machine".into(), |pid| pid.to_string())
    );
    if !status.clients.is_empty() {
        say!("clients  {}", status.clients_text());
    }
    if let Some(person) = &status.commanded_by {
        say!("commands {person} gave the newest one");
    }
    say!("folder   {}", status.folder.display());
    Ok(Exit::Done)
}

/// Every event of the record as a line of JSON; with `--follow` those that come, too.
fn events(folder: &Path, options: &Options) -> anyhow::Result<Exit> {
    let show = |record: &Record| -> anyhow::Result<()> {
        let word = kind(&record.event);
        if options.kind.is_empty() || options.kind.iter().any(|wanted| wanted == word) {
            print::raw(&echo::json(&serde_json::to_string(record)?));
        }
        Ok(())
    };
    options.check_kinds()?;
    // Connected before the record is read, so that nothing is between the two.
    let live = match options.follow {
        true => Some(remote::follow(folder, &operator())?),
        false => None,
    };
    let mut last = 0;
    for record in RecordReader::open(folder)? {
        let record = record?;
        last = record.seq;
        show(&record)?;
    }
    let Some(mut live) = live else { return Ok(Exit::Done) };
    while print::failure().is_none() {
        match live.receive(Duration::from_secs(1))? {
            Arrival::Record(record) if record.seq > last => show(&record)?,
            Arrival::Record(_) | Arrival::Nothing | Arrival::Refused { .. } | Arrival::Moved(_) => {
            }
            Arrival::End => break,
        }
    }
    Ok(Exit::Done)
}
