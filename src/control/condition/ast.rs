//! What a condition is made of.

use super::{Quantity, Situation};

/// A test of a run's values, and for how long it has to pass.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    pub(super) test: Test,
    pub(super) lasting: Option<Lasting>,
}

/// For how many steps or mixture updates in a row a test has to pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lasting {
    /// How many, at least 1.
    pub times: u64,
    /// Of what.
    pub unit: LastingUnit,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastingUnit {
    /// Optimizer steps.
    Steps,
    /// Updates of the mixture.
    Updates,
}

/// A test of a run's values.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    Compare(Term, Comparison, Term),
    Is(Situation),
    Not(Box<Test>),
    All(Vec<Test>),
    Any(Vec<Test>),
}

/// A number, or a number times what a run has.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Term {
    pub factor: f64,
    pub of: Of,
}

/// What a term is a multiple of.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Of {
    One,
    Value(Quantity),
    /// The median, over the run, of the value on the other side.
    Median,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Less,
    AtMost,
    More,
    AtLeast,
}

impl Comparison {
    /// The longer signs first, as one that is a part of another is found in it.
    pub const ALL: [(&'static str, Comparison); 4] = [
        ("<=", Comparison::AtMost),
        (">=", Comparison::AtLeast),
        ("<", Comparison::Less),
        (">", Comparison::More),
    ];
}

impl Condition {
    /// For how long the test has to pass; `None` is at once.
    pub fn lasting(&self) -> Option<Lasting> {
        self.lasting
    }
}
