use crate::data::error::DataError;
use std::ops::ControlFlow;

/// How far the preparation of the data has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done, as a participle with its object: `tokenizing law`.
    pub what: String,
    /// Bytes done.
    pub done: u64,
    /// Bytes in all, where known.
    pub total: Option<u64>,
}

/// Passes progress on to the listener of the preparation, which may stop it.
pub(super) struct Reporter<'a> {
    pub listener: &'a mut dyn FnMut(Progress) -> ControlFlow<()>,
}

impl Reporter<'_> {
    /// # Errors
    /// [`DataError::Stopped`] where the listener breaks off.
    pub fn report(&mut self, what: &str, done: u64, total: Option<u64>) -> Result<(), DataError> {
        match (self.listener)(Progress { what: what.to_owned(), done, total }) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(DataError::Stopped),
        }
    }
}
