//! Held-out losses row by row, as files in the run's folder: `held_out/start.jsonl`, `best.jsonl` and
//! `last.jsonl`. Runs that measured the same rows can be compared row by row with them, which takes a
//! fraction of the rows that a comparison of means would.
//!
//! The first line has the step and the mean loss, each line after it one row.

use super::error::TrainError;
use super::folder::{HELD_OUT, make_in_run, write_atomic};
use crate::mixing::RowLosses;
use crate::unit::Step;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

/// Which measurement a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measured {
    /// That of the untuned model.
    Start,
    /// That of the lowest mean loss.
    Best,
    /// The newest one.
    Last,
}

impl Measured {
    fn file(self) -> &'static str {
        match self {
            Measured::Start => "start.jsonl",
            Measured::Best => "best.jsonl",
            Measured::Last => "last.jsonl",
        }
    }
}

/// The files in a run's folder that hold measurements of later steps.
pub fn of_steps_after(run: &Path, step: Step) -> Vec<PathBuf> {
    files(run, |of| of > step.0)
}

/// The files in a run's folder that hold measurements of this step or earlier ones.
pub fn of_steps_until(run: &Path, step: Step) -> Vec<PathBuf> {
    files(run, |of| of <= step.0)
}

fn files(run: &Path, is_wanted: impl Fn(u64) -> bool) -> Vec<PathBuf> {
    let all = [Measured::Start, Measured::Best, Measured::Last];
    let paths = all.map(|which| run.join(HELD_OUT).join(which.file()));
    paths.into_iter().filter(|path| step_of(path).is_some_and(&is_wanted)).collect()
}

/// The step in the first line of a file; `None` where there is no such file.
fn step_of(path: &Path) -> Option<u64> {
    let mut line = String::new();
    BufReader::new(File::open(path).ok()?).read_line(&mut line).ok()?;
    Some(serde_json::from_str::<Head>(&line).ok()?.step)
}

/// The rows that are measured, with one entry per domain.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HeldOutRows {
    /// Names of the domains.
    pub domains: Vec<String>,
    /// Identities of the rows of each domain: a hash of what a row says, the same in every run.
    pub identities: Vec<Vec<u64>>,
}

#[derive(Serialize, Deserialize)]
struct Head {
    step: u64,
    mean_loss: f64,
}

#[derive(Serialize)]
struct Row<'a> {
    domain: &'a str,
    /// As hexadecimal digits: JSON readers may take numbers for floats.
    row: String,
    /// Target tokens.
    tokens: u64,
    /// Sum of their losses.
    nats: f64,
}

impl HeldOutRows {
    /// Writes a measurement of these rows.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(
        &self,
        run: &Path,
        which: Measured,
        step: Step,
        losses: &[RowLosses],
    ) -> Result<(), TrainError> {
        let folder = run.join(HELD_OUT);
        make_in_run(&folder)?;
        let path = folder.join(which.file());
        let text = self.text(step, losses);
        let text = text.map_err(|error| TrainError::stored(&path, error.to_string()))?;
        write_atomic(&path, text.as_bytes())
    }

    fn text(&self, step: Step, losses: &[RowLosses]) -> serde_json::Result<String> {
        let mean = losses.iter().map(RowLosses::loss).sum::<f64>() / losses.len() as f64;
        let mut text = serde_json::to_string(&Head { step: step.0, mean_loss: mean })? + "\n";
        for ((domain, identities), losses) in self.domains.iter().zip(&self.identities).zip(losses)
        {
            let rows = identities.iter().zip(&losses.nats).zip(&losses.tokens);
            for ((identity, nats), tokens) in rows {
                let row = format!("{identity:016x}");
                let line = Row { domain, row, tokens: *tokens, nats: *nats };
                text += &(serde_json::to_string(&line)? + "\n");
            }
        }
        Ok(text)
    }
}
