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
}

impl Tunable {
    /// Every live value, in the order in which help lists them.
    pub const ALL: [Tunable; 10] = [
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
    ];

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
        }
    }

    /// The range of [`Tunable::check`] in words, for a run of `domains` domains.
    pub fn allowed(self, domains: usize) -> String {
        match self {
            Tunable::Lambda | Tunable::Tau => "0 to 1000000".into(),
            Tunable::Delta | Tunable::Anchor => "0 to 1".into(),
            Tunable::Lr => "above 0, at most 1".into(),
            Tunable::Every => "a whole number from 1 to 1000000000000".into(),
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
            Tunable::Lr => value > 0.0 && value <= 1.0,
            Tunable::Every => value.fract() == 0.0 && (1.0..=1e12).contains(&value),
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
}

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
        let good: [(Tunable, &[f64]); 10] = [
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
        ];
        let bad: [(Tunable, &[f64]); 10] = [
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
