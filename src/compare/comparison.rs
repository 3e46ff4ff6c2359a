use super::config::ConfigDifferences;
use super::difference::{RunLoss, between, mean_of};
use super::intervention::{self, Intervention};
use super::run::{self, ComparedRun};

/// Runs that are compared.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The runs, in the order in which they were named.
    pub runs: Vec<ComparedRun>,
    /// Index of the run that the others are compared with.
    pub baseline: usize,
    /// All domains, those of the baseline first.
    pub domains: Vec<DomainComparison>,
    /// The mean of each run's domains, one entry per run.
    pub means: Vec<RunLoss>,
    /// By what the configs differ.
    pub config: ConfigDifferences,
    /// What was changed while the runs went, in the order of the steps.
    pub interventions: Vec<Intervention>,
    /// Indices of runs with so many commands that only the newest are known.
    pub cut_short: Vec<usize>,
}

/// A domain in all runs.
#[derive(Clone, Debug, PartialEq)]
pub struct DomainComparison {
    /// Its name.
    pub name: String,
    /// One entry per run.
    pub runs: Vec<RunLoss>,
}

impl Comparison {
    /// Compares runs with one of them.
    pub fn of(mut runs: Vec<ComparedRun>, baseline: usize) -> Self {
        run::label(&mut runs);
        let (config, interventions) = (ConfigDifferences::of(&runs), intervention::all(&runs));
        let is_cut = |run: &usize| runs[*run].state.history.forgets_commands();
        let cut_short = (0..runs.len()).filter(is_cut).collect();
        let (domains, means) = (Vec::new(), Vec::new());
        let mut comparison =
            Comparison { runs, baseline, domains, means, config, interventions, cut_short };
        comparison.compare();
        comparison
    }

    /// Compares with another run from now on.
    pub fn pin(&mut self, baseline: usize) {
        self.baseline = baseline;
        self.compare();
    }

    /// Takes newer readings of runs in the place of those of the same folders; the baseline stays the run that it is.
    pub fn renew(&mut self, newer: Vec<ComparedRun>) {
        for run in newer {
            if let Some(known) = self.runs.iter_mut().find(|known| known.folder == run.folder) {
                *known = run;
            }
        }
        *self = Self::of(std::mem::take(&mut self.runs), self.baseline);
    }

    /// Whether this run is the baseline.
    pub fn is_baseline(&self, run: usize) -> bool {
        run == self.baseline
    }

    fn compare(&mut self) {
        let Some(base) = self.runs.get(self.baseline) else { return };
        let others = self.runs.iter().flat_map(|run| &run.state.domains);
        let mut names: Vec<&String> = Vec::new();
        for name in base.state.domains.iter().chain(others) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let result = |name: &str, (index, run): (usize, &ComparedRun)| RunLoss {
            loss: run.loss(name),
            difference: (index != self.baseline).then(|| between(run, base, name)).flatten(),
        };
        let domain = |name: &String| DomainComparison {
            name: name.clone(),
            runs: self.runs.iter().enumerate().map(|run| result(name, run)).collect(),
        };
        let domains: Vec<DomainComparison> = names.into_iter().map(domain).collect();
        let mean = |(index, run): (usize, &ComparedRun)| {
            let is_comparable = index != self.baseline && run.has_domains_of(base);
            let own = domains.iter().filter(|domain| run.domain(&domain.name).is_some());
            let own: Vec<&RunLoss> = own.filter_map(|domain| domain.runs.get(index)).collect();
            mean_of(&own, is_comparable)
        };
        self.means = self.runs.iter().enumerate().map(mean).collect();
        self.domains = domains;
    }
}
