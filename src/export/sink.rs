use super::points::Points;
use std::io;

/// Where the points of a run go, in their order.
pub trait Sink {
    /// # Errors
    /// They cannot be written.
    fn put(&mut self, points: &Points<'_>) -> io::Result<()>;

    /// Hands on what is held back.
    ///
    /// # Errors
    /// It cannot be written.
    fn flush(&mut self) -> io::Result<()>;
}
