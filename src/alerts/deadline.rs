use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// When work has to be over: never, until the run has ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Deadline(Arc<Mutex<Option<Instant>>>);

/// How often a wait looks at the deadline.
const SLICE: Duration = Duration::from_millis(50);

impl Deadline {
    /// From now on there is so much time.
    pub fn set(&self, left: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + left);
    }

    /// Whether the time is over.
    pub fn is_over(&self) -> bool {
        let deadline = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// Asks for an answer now and then, until there is one, for so long at most. `None` where there was none.
    pub fn poll<T>(&self, most: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
        let begun = Instant::now();
        loop {
            if let Some(answer) = ask() {
                return Some(answer);
            }
            if begun.elapsed() >= most || self.is_over() {
                return None;
            }
            std::thread::sleep(SLICE.min(most));
        }
    }
}
