use serde::{Deserialize, Serialize};
use std::fmt;

/// Number of a request within its run, from 1, in the order in which the engine took them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommandId(pub u64);

/// Who asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Actor {
    /// A person at the screens of this process, as `user@tty`.
    Operator(String),
    /// The config's `schedule`.
    Schedule,
    /// The config, in which a live value was changed between two processes of a run.
    Config,
    /// A signal, by name.
    Signal(String),
    /// A client on the run's control socket, as `user@tty`.
    Remote(String),
    /// The engine itself (a pause after non-finite losses, say).
    Engine,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Actor::Operator(who) | Actor::Remote(who) => f.write_str(who),
            Actor::Schedule => f.write_str("schedule"),
            Actor::Config => f.write_str("config"),
            Actor::Signal(name) => f.write_str(name),
            Actor::Engine => f.write_str("engine"),
        }
    }
}

/// A command with the one who gave it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Who asked.
    pub actor: Actor,
    /// What for.
    pub command: Command,
    /// Why, in the operator's words; kept in the record.
    pub reason: Option<String>,
}

/// Everything that can be asked of a run. Domains are named, so that a record outlives their order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Stand still after the current step, model and optimizer in memory.
    Pause,
    /// Go on after a pause.
    Resume,
    /// Save a checkpoint and end the run.
    Stop,
    /// End the run now, without saving.
    Abort,
    /// Save a checkpoint and go on.
    Save,
    /// Measure the held-out losses now.
    Evaluate,
    /// Write texts for a few prompts of each domain.
    Sample,
    /// Expand these domains from now on; none is plain Algorithm 2.
    Target(Vec<String>),
    /// Change one of the run's live values.
    Set(Tunable, f64),
    /// Put these weights in force; domains that are not named keep their ratio in the rest.
    Weights(Vec<(String, f64)>),
    /// Freeze the mixture (`true`) or let the strategy move it again.
    HoldMixing(bool),
    /// Give the live value that was changed last the value that it had before.
    Undo,
    /// A remark for the record.
    Note(String),
}

/// The live values of a run.
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
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Verdict {
    /// Carried out; where a value changed, from what to what.
    Applied {
        /// Value before, as shown to a person.
        old: Option<String>,
        /// Value after.
        new: Option<String>,
    },
    /// Not carried out.
    Rejected {
        /// What is wrong with it, and what is allowed.
        why: String,
    },
}
