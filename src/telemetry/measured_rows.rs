use super::number;
use crate::disk;
use crate::mixing::RowLosses;
use crate::unit::Step;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::{Path, PathBuf};

/// Name of the folder of held-out losses row by row in a run's folder.
pub const HELD_OUT: &str = "held_out";

/// Held-out losses of an evaluation row by row, as a file in the run's folder holds them: `held_out/start.jsonl`,
/// `best.jsonl` or `last.jsonl`. The first line has the step and the mean loss, each line after it one row.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuredRows {
    /// Optimizer steps done.
    pub step: Step,
    /// One entry per domain, in the order of the run's domains.
    pub domains: Vec<DomainRows>,
}

/// The measured rows of a domain; lists have one entry per row.
#[derive(Clone, Debug, PartialEq)]
pub struct DomainRows {
    /// Name of the domain.
    pub domain: String,
    /// A hash of what a row says, the same in every run.
    pub identities: Vec<u64>,
    /// Nats and target tokens.
    pub losses: RowLosses,
}

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

/// A file of measured rows cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {why}", path.display())]
pub struct RowsError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub why: String,
}

#[derive(Serialize, Deserialize)]
struct Head {
    step: Step,
    #[serde(deserialize_with = "number::nan_if_null")]
    mean_loss: f64,
}

#[derive(Serialize, Deserialize)]
struct Row {
    domain: String,
    /// As hexadecimal digits: JSON readers may take numbers for floats.
    row: String,
    /// Target tokens.
    tokens: u64,
    /// Sum of their losses.
    #[serde(deserialize_with = "number::nan_if_null")]
    nats: f64,
}

impl Measured {
    /// All of them.
    pub const ALL: [Measured; 3] = [Measured::Start, Measured::Best, Measured::Last];

    /// The file of a run that holds it.
    pub fn path(self, run: &Path) -> PathBuf {
        let file = match self {
            Measured::Start => "start.jsonl",
            Measured::Best => "best.jsonl",
            Measured::Last => "last.jsonl",
        };
        run.join(HELD_OUT).join(file)
    }

    /// The step in the first line of a run's file; `None` where there is no such file.
    pub fn step(self, run: &Path) -> Option<Step> {
        let mut line = String::new();
        BufReader::new(File::open(self.path(run)).ok()?).read_line(&mut line).ok()?;
        Some(serde_json::from_str::<Head>(&line).ok()?.step)
    }
}

impl MeasuredRows {
    /// Reads a run's file; `None` where there is none, as in runs of older versions.
    ///
    /// # Errors
    /// It cannot be read, or is not of this form.
    pub fn read(run: &Path, which: Measured) -> Result<Option<Self>, RowsError> {
        let path = which.path(run);
        match disk::read_text(&path, disk::LARGEST_TEXT) {
            Ok(text) => Self::from_lines(&text).map(Some).map_err(|why| RowsError { path, why }),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(RowsError { path, why: error.to_string() }),
        }
    }

    /// The lines of a file.
    ///
    /// # Errors
    /// Never for what a measurement holds; serde may fail in principle.
    pub fn to_lines(&self) -> serde_json::Result<String> {
        let sum: f64 = self.domains.iter().map(|domain| domain.losses.loss()).sum();
        let head = Head { step: self.step, mean_loss: sum / self.domains.len() as f64 };
        let mut text = serde_json::to_string(&head)? + "\n";
        for DomainRows { domain, identities, losses } in &self.domains {
            let rows = identities.iter().zip(&losses.nats).zip(&losses.tokens);
            for ((identity, nats), tokens) in rows {
                let (domain, row) = (domain.clone(), format!("{identity:016x}"));
                let line = Row { domain, row, tokens: *tokens, nats: *nats };
                text += &(serde_json::to_string(&line)? + "\n");
            }
        }
        Ok(text)
    }

    fn from_lines(text: &str) -> Result<Self, String> {
        let mut lines = text.lines().enumerate();
        let at = |line: usize, error: String| format!("line {}: {error}", line + 1);
        let (_, first) = lines.next().ok_or("it is empty")?;
        let head: Head = serde_json::from_str(first).map_err(|error| at(0, error.to_string()))?;
        let mut domains: Vec<DomainRows> = Vec::new();
        for (number, line) in lines {
            let row: Row =
                serde_json::from_str(line).map_err(|error| at(number, error.to_string()))?;
            let identity = u64::from_str_radix(&row.row, 16);
            let identity = identity.map_err(|error| at(number, error.to_string()))?;
            if domains.last().is_none_or(|last| last.domain != row.domain) {
                let (identities, losses) = (Vec::new(), RowLosses::default());
                domains.push(DomainRows { domain: row.domain, identities, losses });
            }
            if let Some(domain) = domains.last_mut() {
                domain.identities.push(identity);
                domain.losses.nats.push(row.nats);
                domain.losses.tokens.push(row.tokens);
            }
        }
        Ok(MeasuredRows { step: head.step, domains })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn rows() -> MeasuredRows {
        let domain = |domain: &str, identities: [u64; 2]| DomainRows {
            domain: domain.into(),
            identities: identities.into(),
            losses: RowLosses { nats: vec![0.1 + 0.2, 6.0], tokens: vec![2, 4] },
        };
        let domains = vec![domain("law", [7, u64::MAX]), domain("code", [0, 1])];
        MeasuredRows { step: Step(30), domains }
    }

    #[test]
    fn rows_are_read_back_to_the_bit_and_a_missing_file_is_none() {
        let run = tempfile::tempdir().unwrap();
        assert_eq!(MeasuredRows::read(run.path(), Measured::Last).unwrap(), None);
        fs::create_dir(run.path().join(HELD_OUT)).unwrap();
        let text = rows().to_lines().unwrap();
        assert!(text.starts_with("{\"step\":30,\"mean_loss\":1.05"), "{text}");
        let line = r#"{"domain":"law","row":"ffffffffffffffff","tokens":4,"nats":6.0}"#;
        assert_eq!(text.lines().nth(2), Some(line));
        fs::write(Measured::Last.path(run.path()), text).unwrap();
        assert_eq!(MeasuredRows::read(run.path(), Measured::Last).unwrap(), Some(rows()));
        assert_eq!(Measured::Last.step(run.path()), Some(Step(30)));
        assert_eq!(Measured::Best.step(run.path()), None);
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said_with_its_line() {
        let run = tempfile::tempdir().unwrap();
        fs::create_dir(run.path().join(HELD_OUT)).unwrap();
        for (text, needle) in [
            ("", "last.jsonl: it is empty"),
            ("{\"step\":1}\n", "line 1: missing field `mean_loss`"),
            (
                "{\"step\":1,\"mean_loss\":null}\n{\"domain\":\"a\"}\n",
                "line 2: missing field `row`",
            ),
            (
                "{\"step\":1,\"mean_loss\":2}\n{\"domain\":\"a\",\"row\":\"x\",\"tokens\":1,\"nats\":1}",
                "line 2: invalid digit",
            ),
        ] {
            fs::write(Measured::Last.path(run.path()), text).unwrap();
            let error = MeasuredRows::read(run.path(), Measured::Last).unwrap_err().to_string();
            assert!(error.contains(needle), "{error}");
        }
    }
}
