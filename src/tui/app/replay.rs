use crate::telemetry::{Moment, RunState};
use crate::unit::Step;

/// How much faster than the run it is played.
const SPEEDS: [u64; 4] = [1, 10, 100, 1000];
/// A longer time between two events is played as so much, by the clock of who looks.
const LONGEST_GAP_MS: u64 = 2_000;
/// What was not played for longer, because the terminal was away, is left out.
const LONGEST_TICK_MS: u64 = 1_000;
/// From when on it is said that a moment is long in coming.
const SLOW_MS: u64 = 500;

/// Which moment of a record is shown, and how it goes on.
#[derive(Clone, Debug)]
pub(in crate::tui) struct Replay {
    /// Number of the last event.
    pub last: u64,
    /// Optimizer steps done then.
    pub last_step: Step,
    /// Index in [`SPEEDS`].
    speed: usize,
    /// Up to when it was played, by the clock of who looks; `None` while it does not go on.
    playing: Option<u64>,
    /// Whether another machine still writes it.
    grows: bool,
    /// Where it is on its way to, and since when.
    awaited: Option<(Moment, u64)>,
}

impl Replay {
    /// Of a record that is shown at its end, where the run is in this state.
    pub fn new(end: &RunState, grows: bool) -> Self {
        let (last, last_step) = (end.seq, end.history.step);
        Replay { last, last_step, speed: 1, playing: None, grows, awaited: None }
    }

    /// The run is shown in this state, which may be one that came behind the end.
    pub fn see(&mut self, run: &RunState) {
        if run.seq > self.last {
            (self.last, self.last_step) = (run.seq, run.history.step);
        }
    }

    /// Whether what is written behind its end is shown as it comes; `here` is the event that is shown last.
    pub fn is_followed(&self, here: u64) -> bool {
        self.grows && here >= self.last
    }

    pub fn is_playing(&self) -> bool {
        self.playing.is_some()
    }

    /// Whether the moment that it was sent to is long in coming: a part of a long record is read first.
    pub fn is_slow(&self, now_ms: u64) -> bool {
        self.awaited.is_some_and(|(_, since)| now_ms.saturating_sub(since) > SLOW_MS)
    }

    /// How much faster than the run it is played.
    pub fn speed(&self) -> u64 {
        SPEEDS.get(self.speed).copied().unwrap_or(1)
    }

    /// Plays it from now on.
    pub fn play(&mut self, now_ms: u64) {
        self.playing = Some(now_ms);
    }

    pub fn stop(&mut self) {
        self.playing = None;
    }

    pub fn slower(&mut self) {
        self.speed = self.speed.saturating_sub(1);
    }

    pub fn faster(&mut self) {
        self.speed = (self.speed + 1).min(SPEEDS.len() - 1);
    }

    /// It is sent to a moment.
    pub fn leave_for(&mut self, to: Moment, now_ms: u64) {
        self.awaited = Some((to, now_ms));
    }

    /// It is where it was sent to: at which moment, if it was sent.
    pub fn arrive(&mut self, now_ms: u64) -> Option<Moment> {
        if self.is_playing() {
            self.play(now_ms);
        }
        self.awaited.take().map(|(to, _)| to)
    }

    /// Where to go as it is so late now, after the event of number `here`: on, while it is played and not on its
    /// way to somewhere else.
    pub fn tick(&mut self, now_ms: u64, here: u64) -> Option<Moment> {
        let since = self.playing.filter(|_| self.awaited.is_none())?;
        if here >= self.last {
            self.stop();
            return None;
        }
        self.play(now_ms);
        let past = now_ms.saturating_sub(since).min(LONGEST_TICK_MS);
        let speed = self.speed();
        let on = Moment::Later { ms: past * speed, longest_gap_ms: LONGEST_GAP_MS * speed };
        (past > 0).then_some(on)
    }
}
