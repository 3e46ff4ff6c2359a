use super::comparison::Comparison;
use crate::verdict::mean_losses;

/// What curves of runs are drawn of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Metric {
    /// The mean of the held-out losses of each run's domains, nats per token.
    MeanLoss,
    /// The held-out loss of the domain of this name, nats per token.
    Loss(String),
    /// The weight of the domain of this name, 0..=1.
    Weight(String),
}

impl Metric {
    /// What it is called.
    pub fn name(&self) -> String {
        match self {
            Metric::MeanLoss => "mean held-out loss".into(),
            Metric::Loss(domain) => format!("held-out loss of {domain}"),
            Metric::Weight(domain) => format!("weight of {domain}"),
        }
    }

    /// Whether it is a loss.
    pub fn is_loss(&self) -> bool {
        match self {
            Metric::MeanLoss | Metric::Loss(_) => true,
            Metric::Weight(_) => false,
        }
    }
}

impl Comparison {
    /// All that can be drawn: the mean loss, the loss of each domain, the weight of each.
    pub fn metrics(&self) -> Vec<Metric> {
        let names = || self.domains.iter().map(|domain| domain.name.clone());
        let (losses, weights) = (names().map(Metric::Loss), names().map(Metric::Weight));
        std::iter::once(Metric::MeanLoss).chain(losses).chain(weights).collect()
    }

    /// The curve of a run: steps and values, oldest first; NaN is a gap. Empty where it has none.
    pub fn curve(&self, run: usize, metric: &Metric) -> Vec<(f64, f64)> {
        let Some(run) = self.runs.get(run) else { return Vec::new() };
        let curves = &run.state.history.curves;
        let series = match metric {
            Metric::MeanLoss => {
                let means = mean_losses(&run.state.history);
                return means.iter().map(|mean| (mean.step as f64, mean.loss)).collect();
            }
            Metric::Loss(domain) => run.domain(domain).and_then(|at| curves.losses.get(at)),
            Metric::Weight(domain) => run.domain(domain).and_then(|at| curves.weights.get(at)),
        };
        let points = series.into_iter().flat_map(|series| series.points());
        points.map(|point| (point.step as f64, point.value)).collect()
    }

    /// The last step of any run.
    pub fn last_step(&self) -> f64 {
        let steps = self.runs.iter().map(|run| run.state.history.step.0);
        steps.max().unwrap_or(0).max(1) as f64
    }
}
