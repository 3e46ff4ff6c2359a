//! How long work is broken off: by an operator who stops the run, or by an error.

use super::error::TrainError;
use super::events::EventSink;
use crate::control::{Actor, Request};
use crate::data::DataError;
use std::fmt;
use std::ops::ControlFlow;

/// Who ended the run before all its steps were done, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Halt {
    /// A checkpoint is saved first, where there is a model to save.
    Stop(GivenBy),
    /// At once: what was done since the last checkpoint is lost.
    Abort(GivenBy),
}

/// Who gave an order, and the reason that they gave for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenBy {
    pub actor: Actor,
    pub reason: Option<String>,
}

impl From<&Request> for GivenBy {
    fn from(request: &Request) -> Self {
        GivenBy { actor: request.actor.clone(), reason: request.reason.clone() }
    }
}

impl fmt::Display for GivenBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            Some(reason) => write!(f, "{}: {reason}", self.actor),
            None => write!(f, "{}", self.actor),
        }
    }
}

impl fmt::Display for Halt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Halt::Stop(given) => write!(f, "stopped by {given}"),
            Halt::Abort(given) => write!(f, "aborted by {given}"),
        }
    }
}

/// Why work was not finished.
#[derive(Debug)]
pub enum Break {
    /// An operator ended the run.
    Halt(Halt),
    /// The work failed.
    Error(TrainError),
}

impl Break {
    /// The error for callers outside a run, where nobody ends the work on purpose.
    pub fn into_error(self) -> TrainError {
        match self {
            Break::Error(error) => error,
            Break::Halt(_) => DataError::Stopped.into(),
        }
    }
}

impl<E: Into<TrainError>> From<E> for Break {
    fn from(error: E) -> Self {
        Break::Error(error.into())
    }
}

/// Receives the reports of the phases before training, and may break them off. In a run it is the
/// [`RunControl`](super::run_control::RunControl).
pub trait Supervisor {
    /// Where the events of the work go.
    fn events(&mut self) -> &mut EventSink;

    /// Lets waiting requests be answered, and waits while the run is paused. To be called often.
    ///
    /// # Errors
    /// A [`Break::Halt`] where one of the requests ends the run, or the record cannot be written.
    fn attend(&mut self) -> Result<(), Break>;

    /// Whether a request waits that ends the run, so that work which cannot call
    /// [`attend`](Supervisor::attend) in its middle should be given up. Cheap.
    fn is_urgent(&mut self) -> bool;
}

/// Does work whose callback can only return whether to continue. If `report` fails, the work is broken
/// off, and the error of `report` is returned in place of the work's own, which only means that it was
/// broken off.
pub fn reporting<R, T, E: Into<TrainError>>(
    mut report: impl FnMut(R) -> Result<(), Break>,
    work: impl FnOnce(&mut dyn FnMut(R) -> ControlFlow<()>) -> Result<T, E>,
) -> Result<T, Break> {
    let mut broken = None;
    let done = work(&mut |reported| match report(reported) {
        Ok(()) => ControlFlow::Continue(()),
        Err(why) => {
            broken = Some(why);
            ControlFlow::Break(())
        }
    });
    match broken {
        Some(why) => Err(why),
        None => done.map_err(|error| Break::Error(error.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts to three, as far as it may.
    fn count(report: &mut dyn FnMut(u32) -> ControlFlow<()>) -> Result<u32, DataError> {
        for n in 1..=3 {
            if report(n).is_break() {
                return Err(DataError::Stopped);
            }
        }
        Ok(3)
    }

    #[test]
    fn broken_off_work_returns_the_error_of_its_report() {
        let actor = Actor::Signal("SIGINT".into());
        let halt = Halt::Abort(GivenBy { actor, reason: None });
        let mut reported = Vec::new();
        let report = |n| {
            reported.push(n);
            if n < 2 { Ok(()) } else { Err(Break::Halt(halt.clone())) }
        };
        let broken = reporting(report, count);
        assert!(matches!(broken, Err(Break::Halt(why)) if why == halt));
        assert_eq!(reported, [1, 2]);
    }

    #[test]
    fn work_that_is_not_broken_off_returns_its_own_result() {
        assert!(matches!(reporting(|_| Ok(()), count), Ok(3)));
        let failed = reporting(|_: u32| Ok(()), |_| Err::<(), _>(DataError::Stopped));
        assert!(matches!(failed, Err(Break::Error(TrainError::Data(DataError::Stopped)))));
    }
}
