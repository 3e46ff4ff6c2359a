use super::CommandError;
use serde::{Deserialize, Serialize};

/// The live values of a run that are numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tunable {
    /// λ, ≥ 0.
    Lambda,
    /// δ, 0..=1.
    Delta,
    /// τ, ≥ 0.
    Tau,
    /// Peak learning rate, > 0; the schedule's shape is kept.
    Lr,
    /// Optimizer steps between two mixture updates, ≥ 1.
    Every,
    /// Least share of a domain, 0..1/K.
    Floor,
    /// Pull towards the detected mixture, 0..=1.
    Anchor,
    /// Weight of the past in the average of held-out losses, 0..1.
    Smoothing,
    /// Largest gradient norm, > 0.
    Clip,
    /// z of the threshold test, ≥ 0; 0 is the paper's test.
    Confidence,
    /// Optimizer steps of the run, ≥ 1.
    Length,
    /// The step after which the run saves and stops, ≥ 1; may be none.
    StopAt,
    /// Optimizer steps between two checkpoints, ≥ 1; may be none.
    CheckpointEvery,
    /// Optimizer steps between two times at which texts are written, ≥ 1; may be none.
    SamplesEvery,
    /// Optimizer steps between two log lines of training, ≥ 1.
    LoggingEvery,
    /// The share of the run's work that measuring may take, > 0; may be none.
    Budget,
}

impl Tunable {
    /// The largest τ.
    pub const MOST_TAU: f64 = MOST;

    /// Every live value, in the order in which help lists them.
    pub const ALL: [Tunable; 16] = [
        Tunable::Lambda,
        Tunable::Delta,
        Tunable::Tau,
        Tunable::Confidence,
        Tunable::Floor,
        Tunable::Anchor,
        Tunable::Every,
        Tunable::Smoothing,
        Tunable::Lr,
        Tunable::Clip,
        Tunable::Length,
        Tunable::StopAt,
        Tunable::Budget,
        Tunable::CheckpointEvery,
        Tunable::SamplesEvery,
        Tunable::LoggingEvery,
    ];

    /// Whether commands may set it to `none`.
    pub fn may_be_none(self) -> bool {
        use Tunable::{Budget, CheckpointEvery, Clip, SamplesEvery, StopAt};
        matches!(self, Clip | StopAt | CheckpointEvery | SamplesEvery | Budget)
    }

    /// The word for it in commands.
    pub fn name(self) -> &'static str {
        match self {
            Tunable::Lambda => "lambda",
            Tunable::Delta => "delta",
            Tunable::Tau => "tau",
            Tunable::Lr => "lr",
            Tunable::Every => "every",
            Tunable::Floor => "floor",
            Tunable::Anchor => "anchor",
            Tunable::Smoothing => "smoothing",
            Tunable::Clip => "clip",
            Tunable::Confidence => "confidence",
            Tunable::Length => "length",
            Tunable::StopAt => "stop_at",
            Tunable::CheckpointEvery => "checkpoint.every",
            Tunable::SamplesEvery => "samples.every",
            Tunable::LoggingEvery => "logging.every",
            Tunable::Budget => "evaluation.budget",
        }
    }

    /// What it means, in one line.
    pub fn help(self) -> &'static str {
        match self {
            Tunable::Lambda => "how far the learnable potential moves the weights",
            Tunable::Delta => "how much a target's share grows at an expansion",
            Tunable::Tau => "what potential / mean forgetting must exceed for an expansion",
            Tunable::Lr => "peak learning rate; the schedule keeps its shape",
            Tunable::Every => "optimizer steps between two mixture updates",
            Tunable::Floor => "least share of a domain",
            Tunable::Anchor => "pull towards the detected mixture at each update",
            Tunable::Smoothing => "weight of the past in the average of held-out losses",
            Tunable::Clip => "largest gradient norm",
            Tunable::Confidence => {
                "standard errors by which a hold has to be sure; 0 is the paper's test"
            }
            Tunable::Length => {
                "optimizer steps of the run; the learning rate's schedule spans them"
            }
            Tunable::StopAt => "step after which the run saves and stops; `stop at 1500` for short",
            Tunable::CheckpointEvery => "optimizer steps between two checkpoints",
            Tunable::SamplesEvery => "optimizer steps between two times at which texts are written",
            Tunable::LoggingEvery => "optimizer steps between two log lines of training",
            Tunable::Budget => {
                "share of the run's work that measuring may take; `every` is chosen anew for it"
            }
        }
    }

    /// The range of [`Tunable::check`] in words, for a run of `domains` domains.
    pub fn allowed(self, domains: usize) -> String {
        match self {
            Tunable::Lambda | Tunable::Tau => "0 to 1000000".into(),
            Tunable::Delta | Tunable::Anchor => "0 to 1".into(),
            Tunable::Lr => "above 0, at most 1".into(),
            Tunable::Every | Tunable::Length | Tunable::LoggingEvery => STEPS.into(),
            Tunable::StopAt | Tunable::CheckpointEvery | Tunable::SamplesEvery => STEPS.into(),
            Tunable::Budget => "a number above 0, at most 1".into(),
            Tunable::Floor => {
                let highest = highest_floor(domains);
                format!("0 to below 1/{} = {highest:.4}, as there are {domains} domains", domains)
            }
            Tunable::Smoothing => "0 to below 1".into(),
            Tunable::Clip => "above 0, at most 1000000".into(),
            Tunable::Confidence => "0 to 10".into(),
        }
    }

    /// The range in words that fit every run.
    pub fn general_range(self) -> String {
        match self {
            Tunable::Floor => "0 to below 1/K, of K domains".into(),
            other => other.allowed(1),
        }
    }

    /// Checks that `value` is in the range of this live value, for configs, commands and screens alike.
    /// `domains` is the number of domains in the run, K.
    ///
    /// # Errors
    /// The name, the value found and the range allowed.
    pub fn check(self, value: f64, domains: usize) -> Result<(), CommandError> {
        let fits = match self {
            Tunable::Lambda | Tunable::Tau => (0.0..=MOST).contains(&value),
            Tunable::Delta | Tunable::Anchor => (0.0..=1.0).contains(&value),
            Tunable::Lr | Tunable::Budget => value > 0.0 && value <= 1.0,
            Tunable::Every
            | Tunable::Length
            | Tunable::StopAt
            | Tunable::CheckpointEvery
            | Tunable::SamplesEvery
            | Tunable::LoggingEvery => value.fract() == 0.0 && (1.0..=1e12).contains(&value),
            Tunable::Floor => (0.0..highest_floor(domains)).contains(&value),
            Tunable::Smoothing => (0.0..1.0).contains(&value),
            Tunable::Clip => value > 0.0 && value <= MOST,
            Tunable::Confidence => (0.0..=10.0).contains(&value),
        };
        if value.is_finite() && fits {
            return Ok(());
        }
        let (name, allowed) = (self.name(), self.allowed(domains));
        Err(CommandError(format!("{name} cannot be {value}; allowed is {allowed}")))
    }

    /// Checks that the live value may be none.
    ///
    /// # Errors
    /// It may not; those that may.
    pub fn check_none(self) -> Result<(), CommandError> {
        if self.may_be_none() {
            return Ok(());
        }
        let others = Tunable::ALL.into_iter().filter(|other| other.may_be_none());
        let others: Vec<&str> = others.map(Tunable::name).collect();
        let name = self.name();
        Err(CommandError(format!("{name} cannot be none; {} can", others.join(", "))))
    }
}

/// The range of numbers of steps, in words.
const STEPS: &str = "a whole number from 1 to 1000000000000";

/// Largest λ, τ and gradient norm: beyond it a product of theirs is no number any more.
const MOST: f64 = 1e6;

/// A floor of 1/K would leave nothing to move.
fn highest_floor(domains: usize) -> f64 {
    1.0 / domains.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_its_range() {
        use Tunable::*;
        let good: [(Tunable, &[f64]); 16] = [
            (Lambda, &[0.0, 0.3, 1e6]),
            (Delta, &[0.0, 1.0]),
            (Tau, &[0.0, 12.0]),
            (Confidence, &[0.0, 1.0, 10.0]),
            (Floor, &[0.0, 0.16]),
            (Anchor, &[0.0, 1.0]),
            (Every, &[1.0, 500.0]),
            (Smoothing, &[0.0, 0.99]),
            (Lr, &[2e-5, 1.0]),
            (Clip, &[1.0]),
            (Length, &[1.0, 3000.0]),
            (StopAt, &[1.0]),
            (Budget, &[0.01, 1.0]),
            (CheckpointEvery, &[200.0]),
            (SamplesEvery, &[200.0]),
            (LoggingEvery, &[1.0]),
        ];
        let bad: [(Tunable, &[f64]); 16] = [
            (Lambda, &[-0.1]),
            (Delta, &[-0.1, 1.1]),
            (Tau, &[-1.0]),
            (Confidence, &[-1.0, 10.5]),
            (Floor, &[-0.01, 1.0 / 6.0]),
            (Anchor, &[1.01]),
            (Every, &[0.0, 1.5, 1e300]),
            (Smoothing, &[1.0]),
            (Lr, &[0.0, 2.0]),
            (Clip, &[0.0]),
            (Length, &[0.0, 2.5]),
            (StopAt, &[0.0, -3.0]),
            (Budget, &[0.0, 1.5]),
            (CheckpointEvery, &[0.0, 0.5]),
            (SamplesEvery, &[0.0]),
            (LoggingEvery, &[0.0]),
        ];
        assert_eq!(good.map(|(tunable, _)| tunable), Tunable::ALL);
        for (tunable, values) in good {
            values.iter().for_each(|&v| assert_eq!(tunable.check(v, 6), Ok(()), "{v}"));
        }
        for (tunable, values) in bad {
            for &value in values.iter().chain(&[f64::NAN, f64::INFINITY]) {
                assert!(tunable.check(value, 6).is_err(), "{tunable:?} {value}");
            }
        }
    }

    #[test]
    fn the_error_says_what_is_allowed() {
        let error = Tunable::Floor.check(0.2, 6).unwrap_err();
        assert_eq!(
            error.to_string(),
            "floor cannot be 0.2; allowed is 0 to below 1/6 = 0.1667, as there are 6 domains"
        );
    }
}
