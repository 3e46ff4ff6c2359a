use super::{Event, Record};
use crate::control::CommandOutcome;
use crate::unit::Step;
use serde::{Deserialize, Serialize};

/// An event of an earlier process, cut down to what a resume has to know of it: which commands are to be
/// repeated, and which have been carried out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PastEvent {
    /// Its number in the record.
    pub seq: u64,
    /// What happened.
    pub kind: PastKind,
}

/// See [`PastEvent`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum PastKind {
    /// A process began.
    Started,
    /// It continued from the checkpoint of this step.
    Resumed(Step),
    /// The run went back to a checkpoint, or began at one of another run.
    RolledBack(Rollback),
    /// The run repeats commands of another one.
    Repeats {
        /// Those that came while the model was loaded.
        early: Vec<CommandOutcome>,
        /// All others.
        later: Vec<CommandOutcome>,
    },
    /// Held-out losses were measured at this step.
    Evaluated(Step),
    /// A command was answered.
    Answered(CommandOutcome),
    /// A command of an earlier process was repeated.
    Repeated(CommandOutcome),
}

/// A way back to a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rollback {
    /// Optimizer steps that the checkpoint holds.
    pub step: Step,
    /// Number of the last event that it knows of.
    pub to_seq: u64,
}

impl PastEvent {
    /// What a resume has to know of a record; `None` for most.
    pub fn from_record(record: &Record) -> Option<Self> {
        let kind = match &record.event {
            Event::RunStarted { .. } => PastKind::Started,
            Event::Resumed { step, .. } => PastKind::Resumed(*step),
            Event::RolledBack { step, to_seq, .. } | Event::Branched { step, to_seq, .. } => {
                PastKind::RolledBack(Rollback { step: *step, to_seq: *to_seq })
            }
            Event::Repeats { early, later, .. } => {
                PastKind::Repeats { early: early.clone(), later: later.clone() }
            }
            Event::Evaluated { step, .. } => PastKind::Evaluated(*step),
            Event::CommandOutcome(outcome) => PastKind::Answered(outcome.clone()),
            Event::CommandReplayed(outcome) => PastKind::Repeated(outcome.clone()),
            _ => return None,
        };
        Some(PastEvent { seq: record.seq, kind })
    }
}
