use crate::data::error::DataError;
use std::ops::ControlFlow;

/// How far the preparation of the data has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done to what (`tokenizing law`).
    pub what: String,
    /// Bytes of it done.
    pub done: u64,
    /// Bytes of it in all, where known.
    pub total: Option<u64>,
}

/// Passes progress on, and the wish to stop back.
pub(super) struct Reporter<'a> {
    pub listener: &'a mut dyn FnMut(Progress) -> ControlFlow<()>,
}

impl Reporter<'_> {
    pub fn tell(&mut self, what: &str, done: u64, total: Option<u64>) -> Result<(), DataError> {
        match (self.listener)(Progress { what: what.to_owned(), done, total }) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(DataError::Stopped),
        }
    }
}
