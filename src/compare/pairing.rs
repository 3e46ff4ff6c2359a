//! Which rows of two runs are the same.

use super::run::ComparedRun;
use crate::mixing::RowLosses;
use crate::telemetry::DomainRows;
use crate::unit::{Step, grouped};
use std::collections::BTreeMap;
use std::fmt;

/// Over which rows two losses are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pairing {
    /// Both measured the same rows.
    Same {
        /// Their number.
        rows: usize,
    },
    /// They have some rows in common; the difference is that of these.
    Shared {
        /// Their number.
        rows: usize,
        /// Rows of the run and of the baseline.
        of: (usize, usize),
    },
    /// Row by row they cannot be compared.
    Unpaired(WhyUnpaired),
}

/// Why two losses cannot be compared row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhyUnpaired {
    /// The run of this label has kept no losses of single rows.
    NotKept(String),
    /// Those of the run of this label cannot be read, for a reason.
    Unreadable(String, String),
    /// Those of the run of this label are of an earlier evaluation than its newest one.
    Older {
        /// The run.
        run: String,
        /// Step of its rows.
        rows: Step,
        /// Step of its newest evaluation.
        newest: Step,
    },
    /// Less than two rows are the same.
    OtherRows,
    /// The same rows count other tokens: a loss per token does not mean the same in both runs.
    OtherTokens,
}

impl Pairing {
    /// Whether the standard error is that of the rows' own differences.
    pub fn is_paired(&self) -> bool {
        match self {
            Pairing::Same { .. } | Pairing::Shared { .. } => true,
            Pairing::Unpaired(_) => false,
        }
    }

    /// It in two words: `60 rows`, `32 shared`, `unpaired`.
    pub fn brief(&self) -> String {
        match self {
            Pairing::Same { rows } => format!("{} rows", grouped(*rows as u64)),
            Pairing::Shared { rows, .. } => format!("{} shared", grouped(*rows as u64)),
            Pairing::Unpaired(_) => "unpaired".into(),
        }
    }
}

impl fmt::Display for Pairing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = |count: usize| grouped(count as u64);
        match self {
            Pairing::Same { rows: count } => write!(f, "the same {} rows", rows(*count)),
            Pairing::Shared { rows: shared, of: (own, base) } => {
                write!(f, "{} rows of {} and {}", rows(*shared), rows(*own), rows(*base))
            }
            Pairing::Unpaired(_) => f.write_str("not paired"),
        }
    }
}

impl fmt::Display for WhyUnpaired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WhyUnpaired::NotKept(run) => {
                write!(f, "{run} has no losses row by row (held_out/last.jsonl)")
            }
            WhyUnpaired::Unreadable(run, why) => {
                write!(f, "the losses of {run} row by row cannot be read: {why}")
            }
            WhyUnpaired::Older { run, rows, newest } => write!(
                f,
                "the losses of {run} row by row are of step {rows}, its newest evaluation of step {newest}"
            ),
            WhyUnpaired::OtherRows => f.write_str("they measured other held-out rows"),
            WhyUnpaired::OtherTokens => f.write_str(
                "the same rows count other tokens (another tokenizer, template or cut): losses per token do not \
                 mean the same",
            ),
        }
    }
}

/// The losses of a domain in a run and in the baseline over the rows that both measured, in the same order.
pub(super) fn paired(
    run: &ComparedRun,
    base: &ComparedRun,
    domain: &str,
) -> Result<(RowLosses, RowLosses, Pairing), WhyUnpaired> {
    let (own, others) = (newest_rows(run, domain)?, newest_rows(base, domain)?);
    // A row that is there twice is paired in the order in which it comes.
    let mut places: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (place, identity) in others.identities.iter().enumerate().rev() {
        places.entry(*identity).or_default().push(place);
    }
    let (mut of_run, mut of_base) = (RowLosses::default(), RowLosses::default());
    for (place, identity) in own.identities.iter().enumerate() {
        let Some(other) = places.get_mut(identity).and_then(Vec::pop) else { continue };
        push(&mut of_run, own, place);
        push(&mut of_base, others, other);
    }
    let (rows, of) = (of_run.tokens.len(), (own.identities.len(), others.identities.len()));
    if rows < 2 {
        return Err(WhyUnpaired::OtherRows);
    }
    if of_run.tokens != of_base.tokens {
        return Err(WhyUnpaired::OtherTokens);
    }
    let is_same = of == (rows, rows);
    let pairing = if is_same { Pairing::Same { rows } } else { Pairing::Shared { rows, of } };
    Ok((of_run, of_base, pairing))
}

fn push(losses: &mut RowLosses, from: &DomainRows, place: usize) {
    let row = from.losses.nats.get(place).zip(from.losses.tokens.get(place));
    if let Some((nats, tokens)) = row {
        losses.nats.push(*nats);
        losses.tokens.push(*tokens);
    }
}

/// The rows of a domain, if they are those of the run's newest evaluation.
fn newest_rows<'a>(run: &'a ComparedRun, domain: &str) -> Result<&'a DomainRows, WhyUnpaired> {
    let label = || run.label.clone();
    let kept = run.rows.as_ref().map_err(|why| WhyUnpaired::Unreadable(label(), why.clone()))?;
    let kept = kept.as_ref().ok_or_else(|| WhyUnpaired::NotKept(label()))?;
    if let Some(newest) = run.evaluated_at().filter(|newest| *newest != kept.step) {
        return Err(WhyUnpaired::Older { run: label(), rows: kept.step, newest });
    }
    run.rows_of(domain).ok_or_else(|| WhyUnpaired::NotKept(label()))
}
