use super::{Record, RunState};
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The queue between the hub and one viewer.
///
/// The hub sends, the viewer receives, neither holds the lock longer than one push or pop. With
/// `capacity` records waiting, samples are dropped and counted; lifecycle events are queued without
/// bound (a run has few of them). The hub's end closes it after what waits; the viewer's end makes
/// the hub forget it.
pub(super) struct Lane {
    capacity: usize,
    queue: Mutex<Queue>,
    arrival: Condvar,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Arc<Record>>,
    dropped: u64,
    ended: bool,
    left: bool,
}

/// A viewer's receiving end has come to its end: no event will come any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the run's events have come to their end")]
pub struct StreamEnded;

/// One who looks on: the state when he came, and from then on each event in order, except for
/// samples that he was too slow for. Belongs to one thread, which need not be the engine's.
pub struct Viewer {
    lane: Arc<Lane>,
    state: RunState,
}

impl Lane {
    pub(super) fn new(capacity: usize) -> Self {
        Lane { capacity, queue: Mutex::default(), arrival: Condvar::new() }
    }

    /// Queues or drops a record; `false` if the viewer has left.
    pub(super) fn push(&self, record: &Arc<Record>) -> bool {
        let mut queue = self.lock();
        if queue.left {
            return false;
        }
        if record.event.is_sample() && queue.waiting.len() >= self.capacity {
            queue.dropped += 1;
        } else {
            queue.waiting.push_back(record.clone());
            self.arrival.notify_one();
        }
        true
    }

    pub(super) fn dropped(&self) -> u64 {
        self.lock().dropped
    }

    pub(super) fn end(&self) {
        self.lock().ended = true;
        self.arrival.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Viewer {
    pub(super) fn new(lane: Arc<Lane>, state: RunState) -> Self {
        Viewer { lane, state }
    }

    /// The state up to the last event that was received. With samples missed, sums over steps
    /// (tokens) are too small by what they held.
    pub fn state(&self) -> &RunState {
        &self.state
    }

    /// The next event, folded into [`Viewer::state`]; waits for it. `None` is the end.
    pub fn recv(&mut self) -> Option<Arc<Record>> {
        let queue = self.lane.lock();
        let idle = |queue: &mut Queue| queue.waiting.is_empty() && !queue.ended;
        let waited = self.lane.arrival.wait_while(queue, idle);
        let record = waited.unwrap_or_else(PoisonError::into_inner).waiting.pop_front()?;
        self.state.apply(&record);
        Some(record)
    }

    /// The next event, or `None` if none came within `patience`.
    ///
    /// # Errors
    /// [`StreamEnded`] after the last event.
    pub fn recv_timeout(&mut self, patience: Duration) -> Result<Option<Arc<Record>>, StreamEnded> {
        let idle = |queue: &mut Queue| queue.waiting.is_empty() && !queue.ended;
        let waited = self.lane.arrival.wait_timeout_while(self.lane.lock(), patience, idle);
        let mut queue = waited.unwrap_or_else(PoisonError::into_inner).0;
        let Some(record) = queue.waiting.pop_front() else {
            return if queue.ended { Err(StreamEnded) } else { Ok(None) };
        };
        drop(queue);
        self.state.apply(&record);
        Ok(Some(record))
    }

    /// The next event if one waits already.
    pub fn try_recv(&mut self) -> Option<Arc<Record>> {
        let record = self.lane.lock().waiting.pop_front()?;
        self.state.apply(&record);
        Some(record)
    }

    /// How many samples this viewer missed.
    pub fn dropped_samples(&self) -> u64 {
        self.lane.dropped()
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        let mut queue = self.lane.lock();
        queue.left = true;
        queue.waiting.clear();
    }
}
