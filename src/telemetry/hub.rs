use super::viewer::{Viewer, ViewerQueue};
use super::{Event, Record, RecordError, RecordWriter, RunState, Snapshot};
use crate::echo;
use std::borrow::Cow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// Tells the time in milliseconds since 1970 UTC.
pub type Clock = Box<dyn FnMut() -> u64 + Send>;

/// The machine's clock.
pub fn wall_clock() -> Clock {
    Box::new(now_ms)
}

/// The time by the machine's clock, milliseconds since 1970 UTC.
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// All events go through the hub. It numbers each, writes it to the record, folds it into the
/// [`Snapshot`] and hands it to the viewers, in this order.
///
/// This is a handle that can be cloned. The engine and the host sampler emit from threads of their own,
/// one at a time under a mutex; nothing waits for a viewer while it is locked.
#[derive(Clone)]
pub struct Hub {
    inner: Arc<Mutex<Inner>>,
    clients: Arc<AtomicUsize>,
}

struct Inner {
    writer: RecordWriter,
    /// Shared with viewers that have not taken their copy yet; the next event is then applied to a copy,
    /// which takes some ms at most.
    run: Arc<Snapshot>,
    clock: Clock,
    queues: Vec<Arc<ViewerQueue>>,
    /// Events that were dropped for viewers that have left since.
    dropped_before: u64,
    /// Whether the events have ended.
    is_closed: bool,
    /// Whether this process has begun to work on the run: its first event says so.
    has_begun: bool,
    /// Who came before that, and whether they only look.
    early: Vec<(String, bool)>,
}

/// Somebody who is seen to look at the run as long as this value lives; see [`Hub::greet`].
pub struct Presence {
    hub: Hub,
    client: String,
}

impl Drop for Presence {
    fn drop(&mut self) {
        // A record that cannot be written ends the run by the engine's own events.
        let _ = self.hub.lock().see_off(&self.client);
    }
}

/// A client that can send requests, as long as this value lives; see [`Hub::attach`].
pub struct AttachedClient {
    clients: Arc<AtomicUsize>,
}

impl Drop for AttachedClient {
    fn drop(&mut self) {
        self.clients.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Hub {
    /// A hub that writes to a record. `run` is the fold of that record: the default for a new one, and
    /// what [`RecordWriter::resume`] returns for one that is continued.
    pub fn new(writer: RecordWriter, run: Snapshot, clock: Clock) -> Self {
        let (run, queues) = (Arc::new(run), Vec::new());
        let inner = Inner {
            writer,
            run,
            clock,
            queues,
            dropped_before: 0,
            is_closed: false,
            has_begun: false,
            early: Vec::new(),
        };
        Hub { inner: Arc::new(Mutex::new(inner)), clients: Arc::default() }
    }

    /// Takes an event and returns its number. Never waits for a viewer.
    ///
    /// # Errors
    /// [`RecordError::Io`] if the record could not be written. The event has been numbered and handed to
    /// the viewers all the same, and is written with the next call that succeeds.
    pub fn emit(&self, event: Event) -> Result<u64, RecordError> {
        let event = without_keys(event);
        self.lock().emit(event)
    }

    /// Reports the events up to number `seq` as lost, where the record has not that many: a checkpoint
    /// refers to that number, and what comes after it must have a greater one.
    ///
    /// # Errors
    /// As [`Hub::emit`].
    pub fn lose_up_to(&self, seq: u64, why: String) -> Result<(), RecordError> {
        let mut inner = self.lock();
        let first = inner.run.state.seq + 1;
        match first > seq {
            true => Ok(()),
            false => inner.take(seq, Event::EventsLost { first, why }).map(drop),
        }
    }

    /// Forces the record to disk. A checkpoint that stores an event number calls this before it is
    /// made complete, so that a record never ends before the checkpoint that refers to it.
    ///
    /// # Errors
    /// [`RecordError::Io`].
    pub fn sync(&self) -> Result<(), RecordError> {
        self.lock().writer.sync()
    }

    /// Number of the newest event; 0 before the first.
    pub fn last_seq(&self) -> u64 {
        self.lock().run.state.seq
    }

    /// Calls `look` with the state. Events wait until it returns: copy what you need.
    pub fn with_state<T>(&self, look: impl FnOnce(&RunState) -> T) -> T {
        look(&self.lock().run.state)
    }

    /// A new viewer, which begins with the run as it is now and gets every later event. While `capacity`
    /// events wait for it, [droppable](Event::is_droppable) ones are dropped.
    pub fn subscribe(&self, capacity: usize) -> Viewer {
        let mut inner = self.lock();
        let queue = Arc::new(ViewerQueue::new(capacity));
        match inner.is_closed {
            true => queue.end(),
            false => inner.queues.push(queue.clone()),
        }
        Viewer::new(queue, inner.run.clone())
    }

    /// Says in the events that somebody looks at the run, and when the value is dropped that they have left. The
    /// first event of the process stays the first: who comes earlier is told of just behind it.
    pub fn greet(&self, client: String, read_only: bool) -> Presence {
        let mut inner = self.lock();
        match inner.has_begun {
            // A record that cannot be written ends the run by the engine's own events.
            true => drop(inner.announce(&client, read_only)),
            false => inner.early.push((client.clone(), read_only)),
        }
        drop(inner);
        Presence { hub: self.clone(), client }
    }

    /// Counts a client that can send requests, until the value is dropped. Viewers that only look
    /// (log lines) are not clients.
    pub fn attach(&self) -> AttachedClient {
        self.clients.fetch_add(1, Ordering::Relaxed);
        AttachedClient { clients: self.clients.clone() }
    }

    /// Clients that are attached now. With none, only a signal ends a pause.
    pub fn clients(&self) -> usize {
        self.clients.load(Ordering::Relaxed)
    }

    /// Number of events that were dropped for slow viewers, all viewers together.
    pub fn dropped_samples(&self) -> u64 {
        let inner = self.lock();
        inner.dropped_before + inner.queues.iter().map(|queue| queue.dropped()).sum::<u64>()
    }

    /// Ends the events: viewers get those that still wait for them, then the end.
    ///
    /// # Errors
    /// [`RecordError::Io`] if the rest of the record could not be forced to disk.
    pub fn close(&self) -> Result<(), RecordError> {
        let mut inner = self.lock();
        inner.is_closed = true;
        inner.end_queues();
        inner.writer.sync()
    }

    /// The values are valid even if a thread panicked while it held the lock, as each step of `emit` is
    /// complete in itself; so the other threads go on.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The event with keys hidden in its texts (an operator's note, a server's answer), so that neither
/// the record nor a viewer has them. Droppable events have no texts but names of ours.
fn without_keys(event: Event) -> Event {
    if event.is_droppable() {
        return event;
    }
    let Ok(text) = serde_json::to_string(&event) else { return event };
    match echo::hide_keys_in_json(&text) {
        Cow::Borrowed(_) => event,
        Cow::Owned(hidden) => serde_json::from_str(&hidden).unwrap_or(event),
    }
}

impl Inner {
    fn emit(&mut self, event: Event) -> Result<u64, RecordError> {
        let begins = matches!(event, Event::RunStarted { .. });
        let taken = self.take(self.run.state.seq + 1, event);
        if begins {
            self.has_begun = true;
            for (client, read_only) in std::mem::take(&mut self.early) {
                // What cannot be written now is written with the next event that can.
                let _ = self.announce(&client, read_only);
            }
        }
        taken
    }

    fn announce(&mut self, client: &str, read_only: bool) -> Result<u64, RecordError> {
        self.emit(without_keys(Event::ClientAttached { client: client.into(), read_only }))
    }

    /// Nothing is written once the events have ended: another process may go on with the record.
    fn see_off(&mut self, client: &str) -> Result<(), RecordError> {
        if let Some(at) = self.early.iter().position(|(early, _)| early == client) {
            self.early.remove(at);
            return Ok(());
        }
        match self.is_closed {
            true => Ok(()),
            false => self.emit(without_keys(Event::ClientLeft { client: client.into() })).map(drop),
        }
    }

    fn take(&mut self, seq: u64, event: Event) -> Result<u64, RecordError> {
        let record = Arc::new(Record { seq, unix_ms: (self.clock)(), event });
        let written = self.writer.write(&record);
        Arc::make_mut(&mut self.run).apply(&record);
        self.writer.index_if_due(&self.run);
        self.hand_out(&record);
        written.map(|()| record.seq)
    }

    fn hand_out(&mut self, record: &Arc<Record>) {
        let dropped_before = &mut self.dropped_before;
        self.queues.retain(|queue| {
            let is_read = queue.push(record);
            if !is_read {
                *dropped_before += queue.dropped();
            }
            is_read
        });
    }

    fn end_queues(&mut self) {
        for queue in self.queues.drain(..) {
            self.dropped_before += queue.dropped();
            queue.end();
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.end_queues();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::fixture::{notice, step_sample};
    use crate::telemetry::{Arrival, RecordReader, RunView};
    use std::time::Duration;

    fn hub(dir: &tempfile::TempDir) -> Hub {
        let writer = RecordWriter::create(dir.path()).unwrap();
        let mut now = 1000;
        let clock = Box::new(move || {
            now += 1;
            now
        });
        Hub::new(writer, Snapshot::default(), clock)
    }

    #[test]
    fn a_key_in_a_note_reaches_neither_record_nor_viewer() {
        let dir = tempfile::tempdir().unwrap();
        let hub = hub(&dir);
        let mut view = RunView::open(hub.subscribe(10)).unwrap();
        hub.emit(notice("the key is\nsk-proj-AbCdEfGh0123456789")).unwrap();
        hub.close().unwrap();
        let seen = view.wait().unwrap().unwrap();
        assert_eq!(seen.event, notice("the key is\n[key hidden]"));
        let read: Vec<_> = RecordReader::open(dir.path()).unwrap().map(Result::unwrap).collect();
        assert_eq!(read, [(*seen).clone()]);
    }

    #[test]
    fn a_viewer_that_sleeps_misses_samples_but_no_lifecycle_event() {
        let dir = tempfile::tempdir().unwrap();
        let hub = hub(&dir);
        let mut sleeper = RunView::open(hub.subscribe(10)).unwrap();
        for step in 1..=1000 {
            hub.emit(step_sample(step)).unwrap();
            if step % 100 == 0 {
                hub.emit(notice(&format!("at {step}"))).unwrap();
            }
        }
        assert_eq!(hub.dropped_samples(), 990);
        hub.close().unwrap();
        let mut seqs = Vec::new();
        let mut notices = 0;
        while let Some(record) = sleeper.wait().unwrap() {
            seqs.push(record.seq);
            notices += usize::from(!record.event.is_droppable());
        }
        assert_eq!((notices, seqs.len() - notices), (10, 10));
        assert_eq!(sleeper.missed(), 990);
        assert!(seqs.is_sorted());
        assert_eq!(RecordReader::open(dir.path()).unwrap().count(), 1010);
    }

    #[test]
    fn a_viewer_begins_with_the_state_of_now_and_folds_on() {
        let dir = tempfile::tempdir().unwrap();
        let hub = hub(&dir);
        hub.emit(notice("before")).unwrap();
        let viewer = hub.subscribe(100);
        // The snapshot is of the moment of the subscription, whenever it is taken.
        hub.emit(step_sample(1)).unwrap();
        let mut viewer = RunView::open(viewer).unwrap();
        assert_eq!((viewer.state().notices.len(), viewer.state().seq), (1, 1));
        assert!(matches!(viewer.advance(Duration::ZERO), Ok(Arrival::Record(r)) if r.seq == 2));
        assert!(matches!(viewer.advance(Duration::ZERO), Ok(Arrival::Nothing)));
        hub.with_state(|state| assert_eq!(state, viewer.state()));
    }

    /// What comes after a checkpoint has a greater number than the checkpoint, whatever was lost.
    #[test]
    fn a_record_that_is_behind_goes_on_after_the_checkpoint() {
        let dir = tempfile::tempdir().unwrap();
        let hub = hub(&dir);
        hub.emit(notice("one")).unwrap();
        hub.lose_up_to(1, "nothing is missing".into()).unwrap();
        hub.lose_up_to(40, "the record ends before it".into()).unwrap();
        assert_eq!(hub.emit(notice("on")).unwrap(), 41);
        let mut reader = RecordReader::open(dir.path()).unwrap();
        let seqs: Vec<u64> = reader.by_ref().map(|record| record.unwrap().seq).collect();
        assert_eq!((seqs, reader.damage().len()), (vec![1, 40, 41], 0));
        let lost = hub.with_state(|state| state.notices[1].text.clone());
        assert_eq!(lost, "events 2 to 40 are lost: the record ends before it");
    }

    #[test]
    fn clients_are_counted_while_they_are_attached() {
        let dir = tempfile::tempdir().unwrap();
        let hub = hub(&dir);
        let _viewer = hub.subscribe(1);
        assert_eq!(hub.clients(), 0, "a viewer that only looks is no client");
        let (one, other) = (hub.attach(), hub.clone().attach());
        assert_eq!(hub.clients(), 2);
        drop(one);
        assert_eq!(hub.clients(), 1);
        drop(other);
        assert_eq!(hub.clients(), 0);
    }

    #[test]
    fn a_viewer_that_left_is_forgotten_and_what_it_missed_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let hub = hub(&dir);
        let viewer = hub.subscribe(0);
        hub.emit(step_sample(1)).unwrap();
        drop(viewer);
        hub.emit(step_sample(2)).unwrap();
        assert_eq!(hub.lock().queues.len(), 0);
        assert_eq!(hub.dropped_samples(), 1);
    }

    #[test]
    fn threads_share_one_numbering_and_the_last_handle_ends_the_stream() {
        let dir = tempfile::tempdir().unwrap();
        let hub = hub(&dir);
        let mut viewer = RunView::open(hub.subscribe(usize::MAX)).unwrap();
        let emit = |hub: Hub| (1..=50).for_each(|n| assert!(hub.emit(step_sample(n)).is_ok()));
        std::thread::scope(|threads| {
            for _ in 0..4 {
                let hub = hub.clone();
                threads.spawn(move || emit(hub));
            }
        });
        drop(hub);
        let mut seen = 0;
        while let Some(record) = viewer.wait().unwrap() {
            seen += 1;
            assert_eq!(record.seq, seen);
        }
        assert_eq!(seen, 200);
    }

    #[test]
    fn a_waiting_viewer_wakes_when_something_comes() {
        let dir = tempfile::tempdir().unwrap();
        let hub = hub(&dir);
        let mut viewer = RunView::open(hub.subscribe(4)).unwrap();
        assert!(matches!(viewer.advance(Duration::ZERO), Ok(Arrival::Nothing)));
        let woken = std::thread::spawn(move || viewer.wait().unwrap().map(|record| record.seq));
        hub.emit(notice("wake up")).unwrap();
        assert_eq!(woken.join().unwrap(), Some(1));
    }

    #[test]
    fn a_record_that_cannot_be_written_is_an_error_that_names_the_file() {
        let full = std::path::Path::new("/dev/full");
        if !full.exists() {
            return;
        }
        let file = std::fs::OpenOptions::new().append(true).open(full).unwrap();
        let writer = RecordWriter::over(full.into(), file);
        let hub = Hub::new(writer, Snapshot::default(), wall_clock());
        let mut viewer = RunView::open(hub.subscribe(4)).unwrap();
        let error = hub.emit(notice("no space")).unwrap_err().to_string();
        assert!(error.contains("/dev/full: No space left on device"), "{error}");
        assert_eq!(viewer.wait().unwrap().unwrap().seq, 1);
        assert!(hub.emit(notice("still none")).is_err());
    }
}
