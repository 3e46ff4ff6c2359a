use super::Strategy;
use std::fmt;

/// The description of a strategy that configs, checks, records and the help work from. Each
/// strategy's file has one, and the list of all of them is [`STRATEGIES`](crate::mixing::STRATEGIES).
pub struct StrategySpec {
    /// As configs and records write it.
    pub name: &'static str,
    /// What it does, in one sentence.
    pub summary: &'static str,
    /// The formula, one or more lines of at most 76 characters.
    pub formula: &'static str,
    /// Where the formula comes from, and whether it was verified.
    pub sources: &'static [Source],
    /// What else one should know, as a paragraph of Markdown; may be empty.
    pub notes: &'static str,
    /// Whether the weights can change in the course of a run.
    pub moves: bool,
    /// Whether γ or another excess loss is used, so that mastery ceilings are needed.
    pub needs_reference: bool,
    /// Whether it has nothing to do without `mixing.target`.
    pub needs_target: bool,
    /// Whether held-out losses are measured at its updates. Where not, it is given none, and a run
    /// measures them at its start and end only.
    pub needs_held_out: bool,
    /// Whether the inner products of the domains' gradients are measured at its updates.
    pub needs_gradients: bool,
    /// Whether λ counts for it, so that [`Strategy::auto_lambda`] solves it.
    pub has_lambda: bool,
    /// How often it is updated where the config does not say.
    pub cadence: Cadence,
    /// The strategy for a number of domains, every parameter at its default.
    pub new: fn(domains: usize) -> Box<dyn Strategy>,
}

/// How often a strategy is updated where a config does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cadence {
    /// Tens of times a run: each update is for a measurement, or one a step would be too many.
    Interval,
    /// After every optimizer step: it learns from what was trained on, which costs nothing.
    EveryStep,
}

impl fmt::Debug for StrategySpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Where a formula comes from. In the doc comments of this crate the two are `[V]` and `[R]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Checked against the authors' own figure, code or plain words.
    Verified(&'static str),
    /// Reconstructed from prose, or from what others quote.
    Reconstructed(&'static str),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Verified(text) => write!(f, "Verified: {text}"),
            Source::Reconstructed(text) => write!(f, "Reconstructed: {text}"),
        }
    }
}
