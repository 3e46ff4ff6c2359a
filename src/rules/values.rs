use crate::control::{Actor, Quantity, Situation, Values};
use crate::mixing;
use crate::telemetry::{GpuSample, Phase, RunState, Series};

/// The values of a run, as its state has them: the numbers that screens show.
pub struct RunValues<'a> {
    state: &'a RunState,
    /// Seconds without an optimizer step, where that is looked at.
    idle_secs: Option<u64>,
}

const BYTES_PER_GB: f64 = 1e9;

impl<'a> RunValues<'a> {
    /// The values of this state.
    pub fn new(state: &'a RunState) -> Self {
        RunValues { state, idle_secs: None }
    }

    /// With the seconds that went by without an optimizer step, pauses not counted.
    pub fn idle_for(self, secs: u64) -> Self {
        RunValues { idle_secs: Some(secs), ..self }
    }

    fn index(&self, domain: &str) -> Option<usize> {
        self.state.domains.iter().position(|name| name == domain)
    }

    fn of_domain<'v, T>(&self, values: &'v [T], domain: &str) -> Option<&'v T> {
        values.get(self.index(domain)?)
    }

    /// The most (or least) of what the cards report.
    fn of_gpus(&self, read: impl Fn(&GpuSample) -> Option<f64>, most: bool) -> Option<f64> {
        let gpus = &self.state.host.as_ref()?.gpus;
        gpus.iter().filter_map(read).reduce(if most { f64::max } else { f64::min })
    }

    fn memory_used(&self) -> Option<f64> {
        let host = self.state.host.as_ref()?;
        Some(host.memory_used.0 as f64 / host.memory_total.0 as f64)
    }

    fn curve(&self, quantity: &Quantity) -> Option<&'a Series> {
        let curves = &self.state.history.curves;
        match quantity {
            Quantity::Loss(Some(domain)) => curves.losses.get(self.index(domain)?),
            Quantity::Weight(domain) => curves.weights.get(self.index(domain)?),
            Quantity::Gamma(domain) => curves.potential.get(self.index(domain)?),
            Quantity::Phi(domain) => curves.forgetting.get(self.index(domain)?),
            Quantity::TrainLoss => Some(&curves.training_loss),
            Quantity::GradNorm => Some(&curves.grad_norm),
            Quantity::Lr => Some(&curves.lr),
            Quantity::TokensPerSec => Some(&curves.tokens_per_sec),
            Quantity::Loss(None)
            | Quantity::Forgotten(_)
            | Quantity::Step
            | Quantity::GpuTemperature
            | Quantity::GpuMemory
            | Quantity::GpuUtilization
            | Quantity::DiskFree
            | Quantity::MemoryUsed => None,
        }
    }

    /// Whether the newest update found no potential for a target.
    fn target_is_at_ceiling(&self) -> bool {
        let history = &self.state.history;
        let targets = history.live.iter().flat_map(|live| &live.params.targets);
        let mut potentials = targets.filter_map(|target| history.potential.get(target.0));
        potentials.any(|potential| *potential <= 0.0)
    }

    /// Whether it is paused, and the newest command about that was no person's and no signal's.
    fn is_paused_by_itself(&self) -> bool {
        let by_person = self.state.pause_order().is_some_and(|order| {
            matches!(order.actor, Actor::Operator(_) | Actor::Remote(_) | Actor::Signal(_))
        });
        self.is_paused() && !by_person
    }

    fn is_paused(&self) -> bool {
        self.state.phase == Some(Phase::Paused)
    }
}

impl Values for RunValues<'_> {
    fn value(&self, quantity: &Quantity) -> Option<f64> {
        let history = &self.state.history;
        let sample = history.sample.as_ref();
        let value = match quantity {
            Quantity::Loss(None) => history.mean_loss(),
            Quantity::Loss(Some(domain)) => {
                self.of_domain(&history.losses, domain).map(|loss| loss.last)
            }
            Quantity::TrainLoss => sample.map(|sample| sample.loss),
            Quantity::Weight(domain) => {
                let weights = history.weights.as_ref()?;
                self.of_domain(weights.as_slice(), domain).copied()
            }
            Quantity::Gamma(domain) => self.of_domain(&history.potential, domain).copied(),
            Quantity::Phi(domain) => self.of_domain(&history.forgetting, domain).copied(),
            Quantity::Forgotten(domain) => {
                let loss = self.of_domain(&history.losses, domain)?;
                let is_known = loss.last.is_finite() && loss.first.is_finite();
                is_known.then(|| mixing::forgetting(loss.last, loss.first))
            }
            Quantity::GradNorm => sample.map(|sample| sample.grad_norm),
            Quantity::Lr => sample.map(|sample| sample.lr),
            Quantity::Step => Some(history.step.0 as f64),
            Quantity::TokensPerSec => self.state.tokens_per_sec(),
            Quantity::GpuTemperature => {
                self.of_gpus(|gpu| gpu.temperature_celsius.map(f64::from), true)
            }
            Quantity::GpuMemory => self.of_gpus(memory_of, true),
            Quantity::GpuUtilization => self
                .of_gpus(|gpu| gpu.utilisation_percent.map(|busy| f64::from(busy) / 100.0), false),
            Quantity::DiskFree => {
                self.state.host.as_ref().map(|host| host.disk_free.0 as f64 / BYTES_PER_GB)
            }
            Quantity::MemoryUsed => self.memory_used(),
        };
        value.filter(|value| value.is_finite())
    }

    fn median(&self, quantity: &Quantity) -> Option<f64> {
        self.curve(quantity)?.median()
    }

    fn is(&self, situation: Situation) -> bool {
        match situation {
            Situation::TargetAtCeiling => self.target_is_at_ceiling(),
            Situation::LimitReached => {
                self.state.forgetting_rooms().iter().any(|room| room.left() <= 0.0)
            }
            Situation::Failed => self.state.ended.as_ref().is_some_and(|ending| ending.failed),
            Situation::Ended => self.state.ended.as_ref().is_some_and(|ending| !ending.failed),
            Situation::Paused => self.is_paused(),
            Situation::PausedByItself => self.is_paused_by_itself(),
            Situation::NoStep(time) => self.idle_secs.is_some_and(|secs| secs >= time.secs),
        }
    }
}

fn memory_of(gpu: &GpuSample) -> Option<f64> {
    Some(gpu.memory_used?.0 as f64 / gpu.memory_total?.0 as f64)
}
