//! The linear program, solved by adding violated constraints until there are none.

use super::error::InferenceError;
use super::replay::Replay;
use super::solution::Solution;
use super::violations::{self, Constraint};
use good_lp::{
    Expression, ProblemVariables, Solution as _, SolverModel, Variable, clarabel, variable,
};
use std::collections::BTreeMap;

/// How the program was solved.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Solved {
    /// The solution after the last round.
    pub solution: Solution,
    /// Constraints that were added.
    pub constraints: usize,
    /// How often the program was solved.
    pub rounds: usize,
    /// Whether every constraint holds, the ones not added included.
    pub complete: bool,
}

/// Frequencies are occurrences per kB (1,000 bytes) of text: near 1, as a solver likes them.
pub(super) const PER_BYTES: f64 = 1000.0;
/// A constraint counts as kept if it is broken by at most one occurrence in 10 MB, which means nothing
/// and is still well above the solver's own error.
const TOLERANCE: f64 = 1e-4;
/// Constraints added for each merge and round: many, because solving again costs more than
/// solving a larger program.
const PER_MERGE: usize = 8;
/// Ten have always been enough so far.
const MOST_ROUNDS: usize = 30;

/// Solves the program over all constraints by adding the violated ones until there are none.
/// `scale[j]` turns a count of domain j into occurrences per kB of its text.
pub(super) fn solve(replay: &Replay, scale: &[f64]) -> Result<Solved, InferenceError> {
    let mut solution = Solution::uniform(replay);
    let mut constraints = Vec::new();
    let mut rounds = 0;
    loop {
        let found = violations::find(replay, scale, &solution, PER_MERGE, TOLERANCE);
        let complete = found.is_empty();
        if complete || rounds == MOST_ROUNDS {
            return Ok(Solved { solution, constraints: constraints.len(), rounds, complete });
        }
        constraints.extend(found);
        solution = optimum(replay, &constraints)?;
        rounds += 1;
    }
}

/// The solution over some of the constraints. Where several are optimal, one in the middle of
/// them: the solver is an interior-point method.
fn optimum(replay: &Replay, constraints: &[Constraint]) -> Result<Solution, InferenceError> {
    let mut variables = ProblemVariables::new();
    let shares = variables.add_vector(variable().min(0.0), replay.domains);
    let mut of_step: BTreeMap<u32, Variable> = BTreeMap::new();
    let mut of_pair: BTreeMap<u32, Variable> = BTreeMap::new();
    for Constraint { step, pair, .. } in constraints {
        for (slacks, number) in [(&mut of_step, step), (&mut of_pair, pair)] {
            slacks.entry(*number).or_insert_with(|| variables.add(variable().min(0.0)));
        }
    }
    let slack: Expression = of_step.values().chain(of_pair.values()).sum();
    let simplex = shares.iter().sum::<Expression>().eq(1.0);
    let order = constraints.iter().map(|constraint| {
        let slack = of_step[&constraint.step] + of_pair[&constraint.pair];
        let leads = shares.iter().zip(&constraint.lead).map(|(share, lead)| *lead * *share);
        (slack + leads.sum::<Expression>()).geq(0.0)
    });
    let solved =
        variables.minimise(slack).using(clarabel).with(simplex).with_all(order).solve().map_err(
            |error| InferenceError::Unsolved {
                constraints: constraints.len(),
                problem: error.to_string(),
            },
        )?;
    // Within its tolerance the solver also returns values below 0.
    let value = |variable: &Variable| solved.value(*variable).max(0.0);
    let mut solution = Solution::uniform(replay);
    solution.shares = shares.iter().map(value).collect();
    of_step.iter().for_each(|(step, slack)| solution.of_step[*step as usize] = value(slack));
    of_pair.iter().for_each(|(pair, slack)| solution.of_pair[*pair as usize] = value(slack));
    Ok(solution)
}
