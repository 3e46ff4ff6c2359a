use super::{CheckpointChoice, Condition, Tunable, UsualAlert};
use serde::{Deserialize, Serialize};

/// Everything that a run can be told to do, grouped by what carries it out. Domains are named, so that
/// a record stays readable when their order changes.
///
/// In files and messages a command is its line of text, such as `"set lambda 0.3"`: see
/// [`Command::parse`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Command {
    /// Changes a live value; possible in every phase.
    Live(LiveChange),
    /// Needs the model or the mixture; waits until training has begun.
    Engine(EngineCommand),
    /// Pauses, resumes or ends the run; possible in every phase.
    Lifecycle(LifecycleCommand),
    /// A remark for the record; changes nothing.
    Note(String),
}

/// A change of the run's live values.
#[derive(Clone, Debug, PartialEq)]
pub enum LiveChange {
    /// Changes a number.
    Set(Tunable, f64),
    /// Sets a number to none: no clipping, no checkpoints in between.
    Unset(Tunable),
    /// Solves λ by what was measured last, for the span of the config.
    AutoLambda,
    /// Sets how far the loss of each of these domains may rise above ℓ(0) before expansions hold, as a share of
    /// it; `None` takes the limit away.
    Limit(Vec<(String, Option<f64>)>),
    /// Expands these domains from now on; none is plain Algorithm 2.
    Target(Vec<String>),
    /// Holds the mixture (`true`) or lets the strategy move it again.
    HoldMixing(bool),
    /// Switches these built-in alerts on (`true`) or off; none named is all of them.
    Alerts(bool, Vec<UsualAlert>),
    /// Adds a rule to those of the run.
    AddRule(Box<Rule>),
    /// Takes the rule of this number away.
    CancelRule(u64),
    /// Gives the live value that was changed last the value that it had before.
    Undo,
}

/// A command, and the condition on which the run gives it: `when loss < 1.5 do pause`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Rule {
    /// When it is given.
    pub when: Condition,
    /// What is given.
    pub command: Box<Command>,
    /// How often.
    pub repeat: Repeat,
}

/// How often a rule gives its command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Repeat {
    /// The first time that the condition comes true.
    #[default]
    Once,
    /// Each time that it comes true after it was not.
    Each,
}

/// Work for the engine between two optimizer steps.
#[derive(Clone, Debug, PartialEq)]
pub enum EngineCommand {
    /// Saves a checkpoint; the run goes on.
    Save,
    /// Measures the held-out losses now.
    Evaluate,
    /// Writes texts for a few prompts of each domain.
    Generate,
    /// Puts these weights (0..=1) in force; domains that are not named share the rest in the ratio
    /// that they have.
    Weights(Vec<(String, f64)>),
    /// Goes back to this checkpoint within the run.
    Rollback(CheckpointChoice),
    /// Has the model answer this prompt.
    Ask(String),
    /// Tries an edit for so many steps, beside as many without it, and waits for [`EngineCommand::Keep`] or
    /// [`EngineCommand::Drop`].
    Rehearse(u64, Box<Command>),
    /// Makes the edit that was rehearsed.
    Keep,
    /// Goes on without the edit that was rehearsed.
    Drop,
}

/// Whether the run goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LifecycleCommand {
    /// Waits after the current step, model and optimizer in memory.
    Pause,
    /// Goes on after a pause.
    Resume,
    /// Saves a checkpoint and ends the run.
    Stop,
    /// Ends the run now, without saving.
    Abort,
}

impl Command {
    /// Whether it changes a live value or the weights, so that it can be rehearsed.
    pub fn is_edit(&self) -> bool {
        matches!(self, Command::Live(_) | Command::Engine(EngineCommand::Weights(_)))
    }

    /// Whether it is for a person at hand: given by a schedule it would come again without end, or nobody
    /// would choose.
    pub fn is_by_hand(&self) -> bool {
        use EngineCommand::{Drop, Keep, Rehearse, Rollback};
        matches!(self, Command::Engine(Rollback(_) | Rehearse(..) | Keep | Drop))
    }
}

impl From<LiveChange> for Command {
    fn from(change: LiveChange) -> Self {
        Command::Live(change)
    }
}

impl From<EngineCommand> for Command {
    fn from(command: EngineCommand) -> Self {
        Command::Engine(command)
    }
}

impl From<LifecycleCommand> for Command {
    fn from(command: LifecycleCommand) -> Self {
        Command::Lifecycle(command)
    }
}
