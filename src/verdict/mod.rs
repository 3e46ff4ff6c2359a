//! The verdict: how a run is, in words, most pressing first.
//!
//! Is it well or not, and why; what is forgotten since the start; where the best mean loss was; what the target does
//! next. A function of the run's state and of nothing else, for the screens and the report alike. Where one number
//! is compared with another, standard errors decide: what is within the noise is no news. The bounds that no paper
//! gives are ours, and are named constants.

mod best;
mod decision;
mod forgotten;
mod health;
mod next;
mod rows;
mod trend;

pub use decision::decision;
pub use trend::{MeanLoss, mean_losses};

use crate::telemetry::RunState;
use std::fmt;

/// How a run is, in words.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdict {
    /// Most pressing first.
    pub parts: Vec<Part>,
}

/// A sentence of a [`Verdict`].
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Whether it is good news.
    pub mood: Mood,
    /// The sentence, without a full stop.
    pub text: String,
}

/// Whether something is as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mood {
    /// As it should be.
    Good,
    /// For information.
    Plain,
    /// To be looked at.
    Watch,
    /// Something goes wrong.
    Trouble,
}

impl Mood {
    /// It in a word that begins a verdict.
    pub fn word(self) -> &'static str {
        match self {
            Mood::Good | Mood::Plain => "well",
            Mood::Watch => "watch",
            Mood::Trouble => "trouble",
        }
    }
}

impl Part {
    fn new(mood: Mood, text: impl Into<String>) -> Self {
        Part { mood, text: text.into() }
    }
}

impl Verdict {
    /// How the run in this state is; nothing where there is nothing to say yet.
    pub fn of(run: &RunState) -> Self {
        let mut parts = Vec::new();
        let means = mean_losses(&run.history);
        parts.extend(health::part(run, &means));
        parts.extend(forgotten::part(run));
        parts.extend(best::part(&means));
        parts.extend(next::part(run));
        // What asks for a look comes first; the rest keeps its order.
        parts.sort_by_key(|part| std::cmp::Reverse(part.mood.max(Mood::Plain)));
        Verdict { parts }
    }

    /// The mood of the part that presses most.
    pub fn mood(&self) -> Mood {
        self.parts.iter().map(|part| part.mood).max().unwrap_or(Mood::Plain)
    }
}

/// `watch: finance forgot 5.2 ± 0.4 % · held-out loss falls`
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<&str> = self.parts.iter().map(|part| part.text.as_str()).collect();
        match texts.is_empty() {
            true => Ok(()),
            false => write!(f, "{}: {}", self.mood().word(), texts.join(" · ")),
        }
    }
}

/// A share as a percentage with its error, where that is known: `5.2 ± 0.4 %`.
fn percent(share: f64, error: Option<f64>) -> String {
    // As many decimals as show the first digit, as far as that is of interest.
    let first = -(100.0 * share).abs().log10();
    let digits = if first.is_finite() { first.ceil().clamp(1.0, 4.0) as usize } else { 1 };
    match error.filter(|error| error.is_finite()) {
        Some(error) => format!("{:.digits$} ± {:.digits$} %", 100.0 * share, 100.0 * error),
        None => format!("{:.digits$} %", 100.0 * share),
    }
}

/// `law`, `law and code`, `law, code and general`.
fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [only] => (*only).into(),
        [others @ .., last] => format!("{} and {last}", others.join(", ")),
    }
}

#[cfg(test)]
mod tests;
