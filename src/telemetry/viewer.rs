use super::{Arrival, EventSource, Record, Snapshot, SourceError};
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The queue between the hub and one viewer.
///
/// The hub pushes and the viewer pops; neither holds the lock for longer than that. While `capacity`
/// records wait, droppable events are dropped and counted; others are queued without bound (a run has
/// few of them). When the hub ends, the viewer gets what still waits and then the end; when the viewer
/// is dropped, the hub removes the queue.
pub(super) struct ViewerQueue {
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

impl ViewerQueue {
    pub(super) fn new(capacity: usize) -> Self {
        ViewerQueue { capacity, queue: Mutex::default(), arrival: Condvar::new() }
    }

    /// Queues or drops a record; `false` if the viewer has left.
    pub(super) fn push(&self, record: &Arc<Record>) -> bool {
        let mut queue = self.lock();
        if queue.left {
            return false;
        }
        if record.event.is_droppable() && queue.waiting.len() >= self.capacity {
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

/// A live run of this process as a source of events: the receiving end of a queue that the
/// [`Hub`](super::Hub) fills. Belongs to one thread, which need not be the engine's.
pub struct Viewer {
    queue: Arc<ViewerQueue>,
    snapshot: Option<Arc<Snapshot>>,
}

impl Viewer {
    /// A viewer of the run that is at `snapshot` now.
    pub(super) fn new(queue: Arc<ViewerQueue>, snapshot: Arc<Snapshot>) -> Self {
        Viewer { queue, snapshot: Some(snapshot) }
    }

    /// What ends this viewer's events from another thread.
    pub fn stopper(&self) -> ViewerStopper {
        ViewerStopper(self.queue.clone())
    }
}

/// Ends the events of one viewer, and nobody else's.
pub struct ViewerStopper(Arc<ViewerQueue>);

impl ViewerStopper {
    /// Wakes the viewer at once: it gets what still waits for it, then [`Arrival::End`].
    pub fn stop(&self) {
        self.0.end();
    }
}

impl EventSource for Viewer {
    fn snapshot(&mut self) -> Result<Snapshot, SourceError> {
        Ok(self.snapshot.take().map_or_else(Snapshot::default, Arc::unwrap_or_clone))
    }

    fn receive(&mut self, patience: Duration) -> Result<Arrival, SourceError> {
        let is_idle = |queue: &mut Queue| queue.waiting.is_empty() && !queue.ended;
        let waited = self.queue.arrival.wait_timeout_while(self.queue.lock(), patience, is_idle);
        let mut queue = waited.unwrap_or_else(PoisonError::into_inner).0;
        Ok(match queue.waiting.pop_front() {
            Some(record) => Arrival::Record(record),
            None if queue.ended => Arrival::End,
            None => Arrival::Nothing,
        })
    }

    fn missed(&self) -> u64 {
        self.queue.dropped()
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        let mut queue = self.queue.lock();
        queue.left = true;
        queue.waiting.clear();
    }
}
