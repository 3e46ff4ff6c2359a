use crate::telemetry::{DomainRows, Figure, MeasuredRows, RunState};
use crate::unit::Step;
use std::path::PathBuf;

/// A run that is compared.
#[derive(Clone, Debug)]
pub struct ComparedRun {
    /// Its folder, as it was named.
    pub folder: PathBuf,
    /// What it is called beside the others: its name, or where another has the same one, its folder.
    pub label: String,
    /// What its record adds up to.
    pub state: RunState,
    /// Whether a process works on it now.
    pub goes_on: bool,
    /// Its newest held-out losses row by row; `None` where it has kept none, `Err` is why they cannot be read.
    pub rows: Result<Option<MeasuredRows>, String>,
}

impl ComparedRun {
    /// A run in this folder.
    pub fn new(
        folder: PathBuf,
        state: RunState,
        goes_on: bool,
        rows: Result<Option<MeasuredRows>, String>,
    ) -> Self {
        ComparedRun { label: state.run.clone(), folder, state, goes_on, rows }
    }

    /// Target tokens that were trained on, all domains together.
    pub fn tokens(&self) -> u64 {
        self.state.history.domain_tokens.iter().sum()
    }

    /// Its steps, and how many are planned where that is more: `40`, `40 of 60`.
    pub fn steps_text(&self) -> String {
        let (done, planned) = (self.state.history.step, Step(self.state.steps));
        if done < planned { format!("{done} of {planned}") } else { done.to_string() }
    }

    /// How it is: why it ended, or of which step its numbers are.
    pub fn status_text(&self) -> String {
        let status = self.state.status_text(self.goes_on);
        match self.goes_on && self.state.ended.is_none() {
            true => format!("{status}, as of step {}", self.state.history.step),
            false => status,
        }
    }

    /// Index of a domain in it.
    pub fn domain(&self, name: &str) -> Option<usize> {
        self.state.domains.iter().position(|domain| domain == name)
    }

    /// Whether it has the domains of another run, in any order.
    pub fn has_domains_of(&self, other: &ComparedRun) -> bool {
        let (own, others) = (&self.state.domains, &other.state.domains);
        own.len() == others.len() && others.iter().all(|name| own.contains(name))
    }

    /// The newest held-out loss of a domain; NaN where there is none.
    pub fn loss(&self, name: &str) -> Figure {
        let unknown = Figure { value: f64::NAN, error: None };
        self.domain(name).map_or(unknown, |domain| self.state.standing(domain).loss)
    }

    /// The step of the newest evaluation.
    pub fn evaluated_at(&self) -> Option<Step> {
        let losses = self.state.history.curves.losses.iter();
        losses.filter_map(|series| series.newest(1).first().map(|point| Step(point.step))).max()
    }

    /// The measured rows of a domain, whenever they were measured.
    pub(super) fn rows_of(&self, name: &str) -> Option<&DomainRows> {
        let rows = self.rows.as_ref().ok()?.as_ref()?;
        rows.domains.iter().find(|domain| domain.domain == name)
    }
}

/// Calls runs of the same name by their folders; the folder of a run that has hardly begun is all that it has.
pub(super) fn label(runs: &mut [ComparedRun]) {
    let names: Vec<String> = runs.iter().map(|run| run.state.run.clone()).collect();
    for run in runs {
        let same = names.iter().filter(|name| **name == run.state.run).count();
        run.label = match same > 1 || run.state.run.is_empty() {
            true => run.folder.display().to_string(),
            false => run.state.run.clone(),
        };
    }
}
