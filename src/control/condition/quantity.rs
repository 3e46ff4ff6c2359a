use std::fmt;

/// A number that a run has. Those of one domain carry its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Mean of the newest held-out losses, or the one of a domain, nats.
    Loss(Option<String>),
    /// Training loss of the newest step, nats.
    TrainLoss,
    /// Weight of a domain in force.
    Weight(String),
    /// γ of a domain: how far its loss is above its mastery ceiling, as a share of it.
    Gamma(String),
    /// φ of a domain: by what share its loss rose at the newest update.
    Phi(String),
    /// By what share the loss of a domain is above that of the untuned model.
    Forgotten(String),
    /// Gradient norm of the newest step, before clipping.
    GradNorm,
    /// Learning rate of the newest step.
    Lr,
    /// Optimizer steps done.
    Step,
    /// Tokens per second over the last steps.
    TokensPerSec,
    /// Degrees Celsius of the hottest GPU.
    GpuTemperature,
    /// Memory in use of the fullest GPU, as a share.
    GpuMemory,
    /// Busy share of the least busy GPU.
    GpuUtilization,
    /// Free space on the run's disk, GB.
    DiskFree,
    /// Memory of the machine in use, as a share.
    MemoryUsed,
}

/// How a value is named: the word, and whether a domain follows it.
#[derive(Clone, Debug)]
pub(super) enum Name {
    Plain(Quantity),
    OfDomain(fn(String) -> Quantity),
    Either(fn(Option<String>) -> Quantity),
}

/// Every value with its word and what it is, in the order of the help.
pub(super) static NAMES: [(&str, Name, &str); 15] = [
    ("loss", Name::Either(Quantity::Loss), "held-out loss of a domain, or the mean of all, nats"),
    ("train_loss", Name::Plain(Quantity::TrainLoss), "training loss of the newest step, nats"),
    ("weight", Name::OfDomain(Quantity::Weight), "weight of the domain, 0 to 1"),
    ("gamma", Name::OfDomain(Quantity::Gamma), "γ, its learnable potential at the newest update"),
    ("phi", Name::OfDomain(Quantity::Phi), "φ, what it forgot in the interval before that update"),
    (
        "forgotten",
        Name::OfDomain(Quantity::Forgotten),
        "by what share its held-out loss is above that of the untuned model",
    ),
    ("grad_norm", Name::Plain(Quantity::GradNorm), "gradient norm before clipping"),
    ("lr", Name::Plain(Quantity::Lr), "learning rate of the newest step"),
    ("step", Name::Plain(Quantity::Step), "optimizer steps done"),
    (
        "tokens_per_s",
        Name::Plain(Quantity::TokensPerSec),
        "tokens per second, of the last 32 steps",
    ),
    (
        "gpu.temperature",
        Name::Plain(Quantity::GpuTemperature),
        "of the hottest card, degrees Celsius",
    ),
    ("gpu.memory", Name::Plain(Quantity::GpuMemory), "memory in use of the fullest card, 0 to 1"),
    (
        "gpu.utilization",
        Name::Plain(Quantity::GpuUtilization),
        "busy share of the least busy card, 0 to 1",
    ),
    ("disk.free", Name::Plain(Quantity::DiskFree), "free space on the run's disk, GB"),
    ("memory.used", Name::Plain(Quantity::MemoryUsed), "memory of the machine in use, 0 to 1"),
];

impl Quantity {
    /// The domain whose value it is.
    pub fn domain(&self) -> Option<&str> {
        match self {
            Quantity::Loss(domain) => domain.as_deref(),
            Quantity::Weight(domain)
            | Quantity::Gamma(domain)
            | Quantity::Phi(domain)
            | Quantity::Forgotten(domain) => Some(domain),
            Quantity::TrainLoss
            | Quantity::GradNorm
            | Quantity::Lr
            | Quantity::Step
            | Quantity::TokensPerSec
            | Quantity::GpuTemperature
            | Quantity::GpuMemory
            | Quantity::GpuUtilization
            | Quantity::DiskFree
            | Quantity::MemoryUsed => None,
        }
    }

    /// Whether it is a reading of the machine.
    pub(super) fn is_of_machine(&self) -> bool {
        match self {
            Quantity::GpuTemperature
            | Quantity::GpuMemory
            | Quantity::GpuUtilization
            | Quantity::DiskFree
            | Quantity::MemoryUsed => true,
            Quantity::Loss(_)
            | Quantity::TrainLoss
            | Quantity::Weight(_)
            | Quantity::Gamma(_)
            | Quantity::Phi(_)
            | Quantity::Forgotten(_)
            | Quantity::GradNorm
            | Quantity::Lr
            | Quantity::Step
            | Quantity::TokensPerSec => false,
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Quantity::Loss(_) => "loss",
            Quantity::TrainLoss => "train_loss",
            Quantity::Weight(_) => "weight",
            Quantity::Gamma(_) => "gamma",
            Quantity::Phi(_) => "phi",
            Quantity::Forgotten(_) => "forgotten",
            Quantity::GradNorm => "grad_norm",
            Quantity::Lr => "lr",
            Quantity::Step => "step",
            Quantity::TokensPerSec => "tokens_per_s",
            Quantity::GpuTemperature => "gpu.temperature",
            Quantity::GpuMemory => "gpu.memory",
            Quantity::GpuUtilization => "gpu.utilization",
            Quantity::DiskFree => "disk.free",
            Quantity::MemoryUsed => "memory.used",
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.domain() {
            Some(domain) => write!(f, "{}({domain})", self.word()),
            None => f.write_str(self.word()),
        }
    }
}
