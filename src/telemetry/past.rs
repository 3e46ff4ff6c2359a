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
    /// Held-out losses were measured at this step.
    Evaluated(Step),
    /// A command was answered.
    Answered(CommandOutcome),
    /// A command of an earlier process was repeated.
    Repeated(CommandOutcome),
}

impl PastEvent {
    /// What a resume has to know of a record; `None` for most.
    pub fn from_record(record: &Record) -> Option<Self> {
        let kind = match &record.event {
            Event::RunStarted { .. } => PastKind::Started,
            Event::Resumed { step, .. } => PastKind::Resumed(*step),
            Event::Evaluated { step, .. } => PastKind::Evaluated(*step),
            Event::CommandOutcome(outcome) => PastKind::Answered(outcome.clone()),
            Event::CommandReplayed(outcome) => PastKind::Repeated(outcome.clone()),
            _ => return None,
        };
        Some(PastEvent { seq: record.seq, kind })
    }
}
