use super::error::TrainError;
use super::events::{Activity, EventSink};
use crate::control::{Command, LifecycleCommand, Request};
use crate::telemetry::Phase;
use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

/// Requests of operators and signals, in the order in which they were sent, and the pause in which the
/// engine waits for the next one.
///
/// Many may send; only the engine receives, in every phase and between steps. The channel is
/// unbounded, so that no sender waits. When all senders are gone nothing more comes; that is no
/// error.
pub struct Inbox {
    requests: Receiver<Request>,
    waiting: VecDeque<Request>,
    /// While the run is paused: the activity that it returns to afterwards.
    paused: Option<Activity>,
}

/// How long the engine waits for a request before it looks again, while paused.
const PATIENCE: Duration = Duration::from_millis(200);

impl Inbox {
    /// The inbox at the end of a channel.
    pub fn new(requests: Receiver<Request>) -> Self {
        Inbox { requests, waiting: VecDeque::new(), paused: None }
    }

    /// Whether the run waits as soon as no request is left.
    pub(super) fn is_paused(&self) -> bool {
        self.paused.is_some()
    }

    /// From now on the run waits when no request is left.
    pub(super) fn pause(&mut self, events: &mut EventSink) -> Result<(), TrainError> {
        self.paused = Some(events.activity().clone());
        events.enter(Phase::Paused, None)
    }

    /// Ends the pause and returns the activity from before it; `None` if the run was not paused.
    pub(super) fn end_pause(&mut self) -> Option<Activity> {
        self.paused.take()
    }

    /// The next request. While paused it waits for one; `None` means go on.
    pub(super) fn next(&mut self, events: &mut EventSink) -> Result<Option<Request>, TrainError> {
        loop {
            if let Some(request) = self.next_waiting() {
                return Ok(Some(request));
            }
            if !self.is_paused() {
                return Ok(None);
            }
            self.wait(events)?;
        }
    }

    /// The next request that has come already, paused or not.
    pub(super) fn next_waiting(&mut self) -> Option<Request> {
        self.collect();
        self.waiting.pop_front()
    }

    /// Whether a request waits that ends the run.
    pub(super) fn is_urgent(&mut self) -> bool {
        use LifecycleCommand::{Abort, Stop};
        self.collect();
        let ends = |command: &Command| matches!(command, Command::Lifecycle(Stop | Abort));
        self.waiting.iter().flat_map(Request::commands).any(ends)
    }

    /// Puts a request before all that wait.
    pub(super) fn put_first(&mut self, request: Request) {
        self.waiting.push_front(request);
    }

    /// Puts requests that cannot be carried out yet behind all that wait.
    pub(super) fn put_back(&mut self, requests: VecDeque<Request>) {
        self.waiting.extend(requests);
    }

    fn collect(&mut self) {
        self.waiting.extend(self.requests.try_iter());
    }

    /// Waits for a request for a while, and reports the pause again after other work was done in it.
    /// With a closed channel it sleeps instead: only a signal ends a pause that no sender can end.
    fn wait(&mut self, events: &mut EventSink) -> Result<(), TrainError> {
        events.enter(Phase::Paused, None)?;
        match self.requests.recv_timeout(PATIENCE) {
            Ok(request) => self.waiting.push_back(request),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => std::thread::sleep(PATIENCE),
        }
        Ok(())
    }
}
