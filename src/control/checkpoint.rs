use super::error::{CommandError, error};
use crate::unit::Step;
use std::fmt;
use std::str::FromStr;

/// Which checkpoint of a run is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckpointChoice {
    /// The one after so many optimizer steps.
    Step(Step),
    /// The one of the lowest mean held-out loss.
    Best,
}

/// The word for [`CheckpointChoice::Best`].
pub const BEST: &str = "best";

impl FromStr for CheckpointChoice {
    type Err = CommandError;

    fn from_str(text: &str) -> Result<Self, CommandError> {
        match text.parse() {
            _ if text == BEST => Ok(CheckpointChoice::Best),
            Ok(step) => Ok(CheckpointChoice::Step(Step(step))),
            Err(_) => error(format!(
                "'{text}' names no checkpoint; write its step, such as 400, or {BEST}"
            )),
        }
    }
}

impl fmt::Display for CheckpointChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Not grouped, as steps are elsewhere: it is read again.
            CheckpointChoice::Step(step) => write!(f, "{}", step.0),
            CheckpointChoice::Best => f.write_str(BEST),
        }
    }
}
