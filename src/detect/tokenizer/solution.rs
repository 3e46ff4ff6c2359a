use super::replay::Replay;

/// A solution of the linear program over the constraints so far.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Solution {
    /// α, by domain.
    pub shares: Vec<f64>,
    /// v_i, by step of the replay, per kB.
    pub of_step: Vec<f64>,
    /// v_p, by pair, per kB.
    pub of_pair: Vec<f64>,
}

impl Solution {
    /// Equal shares and no slack: the optimum without any constraint.
    pub fn uniform(replay: &Replay) -> Solution {
        Solution {
            shares: vec![1.0 / replay.domains as f64; replay.domains],
            of_step: vec![0.0; replay.steps.len()],
            of_pair: vec![0.0; replay.pairs],
        }
    }

    /// All slacks, per kB: what the program minimizes.
    pub fn slack(&self) -> f64 {
        self.of_step.iter().chain(&self.of_pair).sum()
    }
}
