use crate::telemetry::{self, Series};
use crate::tui::draw::number;
use crate::tui::look::Glyphs;

/// A metric that can be drawn over the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Metric {
    Losses,
    TrainingLoss,
    LearningRate,
    GradNorm,
    TokensPerSec,
    Memory,
    Weights,
    Potential,
    Forgetting,
    Change,
}

impl Metric {
    pub const ALL: [Metric; 10] = [
        Metric::Losses,
        Metric::TrainingLoss,
        Metric::Weights,
        Metric::Potential,
        Metric::Forgetting,
        Metric::Change,
        Metric::LearningRate,
        Metric::GradNorm,
        Metric::TokensPerSec,
        Metric::Memory,
    ];

    pub fn name(self, glyphs: &Glyphs) -> String {
        match self {
            Metric::Losses => "held-out loss".into(),
            Metric::TrainingLoss => "training loss".into(),
            Metric::LearningRate => "learning rate".into(),
            Metric::GradNorm => "gradient norm".into(),
            Metric::TokensPerSec => "tokens/s".into(),
            Metric::Memory => "memory".into(),
            Metric::Weights => "weight".into(),
            Metric::Potential => format!("potential {}", glyphs.gamma),
            Metric::Forgetting => format!("forgetting {}", glyphs.phi),
            Metric::Change => "change of loss".into(),
        }
    }

    /// Its unit; empty where it is a plain number.
    pub fn unit(self) -> &'static str {
        match self {
            Metric::Losses | Metric::TrainingLoss => "nats/token",
            Metric::Memory => "GiB",
            Metric::Weights => "%",
            Metric::Change => "% since the start, above 0 forgotten",
            Metric::LearningRate
            | Metric::GradNorm
            | Metric::TokensPerSec
            | Metric::Potential
            | Metric::Forgetting => "",
        }
    }

    /// The recorded value that is 1 in its unit, as 2³⁰ bytes are 1 GiB.
    pub fn per(self) -> f64 {
        match self {
            Metric::Memory => f64::from(1 << 30),
            Metric::Weights | Metric::Change => 0.01,
            Metric::Losses
            | Metric::TrainingLoss
            | Metric::LearningRate
            | Metric::GradNorm
            | Metric::TokensPerSec
            | Metric::Potential
            | Metric::Forgetting => 1.0,
        }
    }

    /// A value in that unit as text.
    pub fn text(self) -> fn(f64) -> String {
        match self {
            Metric::Losses | Metric::TrainingLoss | Metric::Potential | Metric::Forgetting => {
                number::three
            }
            Metric::Change => |percent| format!("{percent:+.1}"),
            Metric::TokensPerSec => number::count,
            Metric::Weights => |percent| number::percent(percent / 100.0),
            Metric::LearningRate | Metric::GradNorm | Metric::Memory => number::short,
        }
    }

    /// Whether the two share a chart: the same quantity, measured on other data.
    pub fn goes_with(self, other: Metric) -> bool {
        let losses = [Metric::Losses, Metric::TrainingLoss];
        losses.contains(&self) && losses.contains(&other)
    }

    /// Whether smoothing applies: it is measured, not set.
    pub fn is_measured(self) -> bool {
        !matches!(self, Metric::LearningRate | Metric::Memory | Metric::Weights)
    }

    /// Whether a value holds until the next.
    pub fn holds(self) -> bool {
        self == Metric::Weights
    }

    /// Whether there is one curve per domain.
    pub fn is_by_domain(self) -> bool {
        match self {
            Metric::Losses
            | Metric::Weights
            | Metric::Potential
            | Metric::Forgetting
            | Metric::Change => true,
            Metric::TrainingLoss
            | Metric::LearningRate
            | Metric::GradNorm
            | Metric::TokensPerSec
            | Metric::Memory => false,
        }
    }

    /// Whether its values come from evaluations: points between which nothing was measured.
    pub fn is_evaluated(self) -> bool {
        matches!(self, Metric::Losses | Metric::Change)
    }

    /// The standard errors of its values, one curve per domain, where they are kept.
    pub fn errors(self, curves: &telemetry::Curves) -> Option<&[Series]> {
        match self {
            Metric::Losses => Some(&curves.loss_errors),
            Metric::Change => Some(&curves.change_errors),
            Metric::TrainingLoss
            | Metric::LearningRate
            | Metric::GradNorm
            | Metric::TokensPerSec
            | Metric::Memory
            | Metric::Weights
            | Metric::Potential
            | Metric::Forgetting => None,
        }
    }

    /// Its curves, one per domain or one.
    pub fn series(self, curves: &telemetry::Curves) -> &[Series] {
        let one = std::slice::from_ref;
        match self {
            Metric::Losses => &curves.losses,
            Metric::TrainingLoss => one(&curves.training_loss),
            Metric::LearningRate => one(&curves.lr),
            Metric::GradNorm => one(&curves.grad_norm),
            Metric::TokensPerSec => one(&curves.tokens_per_sec),
            Metric::Memory => one(&curves.memory_bytes),
            Metric::Weights => &curves.weights,
            Metric::Potential => &curves.potential,
            Metric::Forgetting => &curves.forgetting,
            Metric::Change => &curves.changes,
        }
    }

    /// The note while it has no value.
    pub fn awaited(self) -> &'static str {
        match self {
            Metric::Losses | Metric::Change => "no values yet: measured at every update",
            Metric::Weights => "no values yet: known once w(0) is",
            Metric::Potential | Metric::Forgetting => {
                "no values yet: computed at mixture updates that measure held-out losses"
            }
            Metric::TrainingLoss
            | Metric::LearningRate
            | Metric::GradNorm
            | Metric::TokensPerSec
            | Metric::Memory => "no values yet: measured at every optimizer step",
        }
    }
}
