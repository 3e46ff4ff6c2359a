use crate::app::{Exit, RunList};
use crate::config::RUNS_DIR;
use crate::echo;
use crate::print;
use crate::remote::RunStatus;
use crate::telemetry::now_ms;
use crate::unit::ago_text;
use std::path::PathBuf;

/// `versatune ls`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder of runs that is listed besides the runs that go on
    #[arg(default_value = RUNS_DIR)]
    runs_dir: PathBuf,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// A run that cannot be read is named on stderr, and the others are listed all the same.
pub fn run(args: Args) -> anyhow::Result<Exit> {
    let mut list = RunList::of(&args.runs_dir);
    let runs = list.look();
    for (folder, why) in list.unreadable() {
        complain!("warning: {}: {why}", folder.display());
    }
    if args.json {
        for run in &runs {
            print::raw(&echo::json(&serde_json::to_string(run)?));
        }
        return Ok(Exit::Done);
    }
    if runs.is_empty() {
        say!(
            "no run goes on on this machine, and {} has none; `versatune train my.ron` begins one",
            args.runs_dir.display()
        );
        return Ok(Exit::Done);
    }
    let rows: Vec<[String; COLUMNS]> =
        std::iter::once(TITLES.map(String::from)).chain(runs.iter().map(row)).collect();
    let width =
        |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..COLUMNS).map(width).collect();
    for row in &rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        say!("{}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
    Ok(Exit::Done)
}

const COLUMNS: usize = 10;
const TITLES: [&str; COLUMNS] =
    ["run", "state", "step", "loss", "best", "began", "pid", "clients", "commanded by", "folder"];

fn row(run: &RunStatus) -> [String; COLUMNS] {
    let loss = |loss: Option<f64>| loss.map_or_else(String::new, |loss| format!("{loss:.4}"));
    [
        run.run.clone(),
        run.state_word(),
        format!("{}/{}", run.step, run.steps),
        loss(run.loss),
        loss(run.best),
        ago_text(now_ms().saturating_sub(run.began_ms) / 1000),
        run.pid.map_or_else(String::new, |pid| pid.to_string()),
        run.clients_text(),
        run.commanded_by.clone().unwrap_or_default(),
        super::shown(&run.folder),
    ]
}
