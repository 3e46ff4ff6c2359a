use super::find_run::find_run;
use crate::app::{self, Exit};
use crate::disk;
use crate::echo;
use crate::print;
use crate::report::{comparison_json, comparison_text, write_comparison};
use crate::tui::look::in_locale;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::PathBuf;

/// `versatune compare`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folders of runs such as runs/first, or names of runs, two or more
    #[arg(value_name = "RUN", required = true)]
    runs: Vec<PathBuf>,
    /// The run that the others are compared with [default: the first]
    #[arg(long, value_name = "RUN")]
    baseline: Option<PathBuf>,
    /// One JSON object instead of the tables
    #[arg(long)]
    json: bool,
    /// Show the runs over each other on a screen of this terminal
    #[arg(long, conflicts_with = "json")]
    screen: bool,
    /// Draw the losses of the runs into this file: their means, and each domain
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

pub fn run(args: Args) -> Result<Exit> {
    if let Some(file) = &args.svg {
        disk::try_to_write(file)?;
    }
    let (folders, baseline) = folders(&args)?;
    let compared = app::compared(&folders, baseline)?;
    super::warn_of(&compared.damage);
    let comparison = &compared.comparison;
    if let Some(file) = &args.svg {
        write_comparison(comparison, file)?;
    }
    if args.screen {
        app::show_compared(compared)?;
        return Ok(Exit::Done);
    }
    if args.json {
        print::raw(&echo::json(&comparison_json(comparison)?.to_string()));
        return Ok(Exit::Done);
    }
    say!("{}", comparison_text(comparison, in_locale).trim_end());
    if let Some(file) = &args.svg {
        say!("\n plot     {}", super::shown(file));
    }
    Ok(Exit::Done)
}

/// The folders of the runs, and the index of the baseline: one that is named only as such comes first.
fn folders(args: &Args) -> Result<(Vec<PathBuf>, usize)> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for word in &args.runs {
        let folder = find_run(Some(word))?;
        if place(&folders, &folder)?.is_some() {
            bail!("the run {} is named twice; name each once", folder.display());
        }
        folders.push(folder);
    }
    let mut baseline = 0;
    if let Some(word) = &args.baseline {
        let folder = find_run(Some(word))?;
        match place(&folders, &folder)? {
            Some(place) => baseline = place,
            None => folders.insert(0, folder),
        }
    }
    if folders.len() < 2 {
        bail!(
            "there is one run only; name a second one to compare it with: `versatune ls` lists runs"
        );
    }
    Ok((folders, baseline))
}

/// Where a folder is among others, whatever they are called.
fn place(folders: &[PathBuf], folder: &PathBuf) -> Result<Option<usize>> {
    let real = |folder: &PathBuf| {
        fs::canonicalize(folder).with_context(|| format!("cannot find {}", folder.display()))
    };
    let wanted = real(folder)?;
    for (place, folder) in folders.iter().enumerate() {
        if real(folder)? == wanted {
            return Ok(Some(place));
        }
    }
    Ok(None)
}
