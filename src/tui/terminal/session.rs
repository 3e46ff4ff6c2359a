use super::held::{Held, NO_SHELL, stop};
use super::size::size;
use crate::control::Request;
use crate::telemetry::{Arrival, EventSource, Moment, now_ms};
use crate::tui::app::{Effect, Message, Model, frame, update};
use crate::tui::clipboard;
use crate::tui::ring::Desktop;
use crossterm::event::{Event as Input, KeyEventKind, MouseEventKind};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

/// Least time between two frames, unless a key is answered.
const LEAST_REFRESH: Duration = Duration::from_millis(50);
/// How often the loop looks for records and for the end while no frame is due.
const HEARTBEAT: Duration = Duration::from_millis(100);
/// Least time between two frames that answer keys.
const AFTER_KEY: Duration = Duration::from_millis(15);

/// How the screens ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Left {
    /// The operator left them.
    ByOperator,
    /// The run has ended, and the screens were to end with it.
    Ended,
    /// The terminal is gone.
    Lost(String),
}

/// What the screens need from their caller.
pub struct Session<'a> {
    /// The records that follow the snapshot in the model.
    pub source: &'a mut dyn EventSource,
    /// Sends a request to the engine; `false` when the engine is gone.
    pub send: &'a dyn Fn(Request) -> bool,
    /// Sends the source to another moment, where it is a record.
    pub go: &'a dyn Fn(Moment),
    /// Set when the terminal hung up.
    pub hung_up: Arc<AtomicBool>,
    /// Set when the process was stopped and goes on.
    pub continued: Arc<AtomicBool>,
    /// Set when a signal ends the process: the screens end with the run.
    pub ending: Arc<AtomicBool>,
    /// Time between two frames while the run goes on.
    pub refresh: Duration,
    /// Whether the mouse is taken.
    pub mouse: bool,
    /// Whether the screens end with the run.
    pub close_at_end: bool,
    /// A terminal that has not read for so long is given up.
    pub patience: Duration,
}

/// Shows the screens until they are left.
///
/// # Errors
/// A picture cannot be written as bytes.
pub fn run(model: &mut Model, session: Session<'_>, held: &mut Held) -> io::Result<Left> {
    held.set_mouse(session.mouse);
    let desktop = Desktop::from_env(&|name| std::env::var(name).ok());
    let clipboard = Vec::new();
    let mut loop_ = Loop { held, drawn: None, answers: false, ended: false, desktop, clipboard };
    loop {
        if let Some(left) = loop_.once(model, &session)? {
            return Ok(left);
        }
        drain(model, session.source, &mut loop_);
    }
}

/// What the loop remembers between two turns.
struct Loop<'a> {
    held: &'a mut Held,
    drawn: Option<Instant>,
    /// Whether a key or the mouse was used since the last frame.
    answers: bool,
    ended: bool,
    desktop: Desktop,
    /// Bytes for the terminal's clipboard that go with the next frame.
    clipboard: Vec<u8>,
}

impl Loop<'_> {
    /// Waits for a key or the next frame, and draws it.
    fn once(&mut self, model: &mut Model, session: &Session<'_>) -> io::Result<Option<Left>> {
        match self.held.inputs.events.recv_timeout(self.until_next_frame(session)) {
            Ok(input) => {
                let more: Vec<Input> = self.held.inputs.events.try_iter().collect();
                for input in std::iter::once(input).chain(more) {
                    self.answers |= is_answered(&input);
                    if let Some(left) = self.take(model, session, input) {
                        return Ok(Some(left));
                    }
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return Ok(Some(Left::Lost("it cannot be read any more".into())));
            }
        }
        if let Some(left) = self.end(model, session) {
            return Ok(Some(left));
        }
        match self.held.take_again(&session.continued) {
            Ok(true) => self.drawn = None,
            Ok(false) => {}
            Err(error) => return Ok(Some(Left::Lost(error.to_string()))),
        }
        if self.held.is_ready() && self.until_due(session).is_zero() {
            return self.draw(model, session);
        }
        Ok(None)
    }

    /// Why the screens have to end now, if they have to.
    fn end(&self, model: &Model, session: &Session<'_>) -> Option<Left> {
        if let Some(why) = self.held.lost(&session.hung_up, session.patience) {
            return Some(Left::Lost(why));
        }
        let wanted = session.close_at_end || model.leaves_at_end;
        let ends = self.ended && (wanted || session.ending.load(Ordering::Relaxed));
        ends.then_some(Left::Ended)
    }

    /// How long to wait for a key. While a frame is being written the next one can wait, so that a
    /// terminal that does not read does not keep this thread awake. Writing usually ends at once: after
    /// a key the loop looks again soon.
    fn until_next_frame(&self, session: &Session<'_>) -> Duration {
        let writer = &self.held.writer;
        match writer.is_idle() {
            true => self.until_due(session).clamp(Duration::from_millis(1), HEARTBEAT),
            false if self.answers && writer.waits() < HEARTBEAT => AFTER_KEY,
            false => HEARTBEAT,
        }
    }

    fn until_due(&self, session: &Session<'_>) -> Duration {
        let between = if self.answers { AFTER_KEY } else { session.refresh.max(LEAST_REFRESH) };
        between.saturating_sub(self.drawn.map_or(between, |drawn| drawn.elapsed()))
    }

    fn take(&mut self, model: &mut Model, session: &Session<'_>, input: Input) -> Option<Left> {
        if let Input::Resize(..) = input {
            self.held.forget();
        }
        let effects = update(model, Message::Input(input));
        self.carry_out(model, session, effects)
    }

    fn carry_out(
        &mut self,
        model: &mut Model,
        session: &Session<'_>,
        effects: Vec<Effect>,
    ) -> Option<Left> {
        for effect in effects {
            match effect {
                Effect::Go(to) => (session.go)(to),
                // With the next frame, in which it is said.
                Effect::Copy(text) => {
                    self.clipboard.extend(clipboard::sequence(&text).unwrap_or_default())
                }
                Effect::Send(request) => {
                    if !(session.send)(request) {
                        update(model, Message::StreamEnded);
                    }
                }
                Effect::Redraw => self.held.forget(),
                Effect::Stop if stop() => {}
                Effect::Stop => drop(update(model, Message::NotStopped(NO_SHELL))),
                Effect::Leave => return Some(Left::ByOperator),
            }
        }
        None
    }

    fn draw(&mut self, model: &mut Model, session: &Session<'_>) -> io::Result<Option<Left>> {
        let effects = update(model, Message::Tick(now_ms()));
        if let Some(left) = self.carry_out(model, session, effects) {
            return Ok(Some(left));
        }
        if let Some((width, height)) = size() {
            update(model, Message::Input(Input::Resize(width, height)));
        }
        let picture = frame(model);
        let ring = model.take_ring(self.desktop);
        self.held.show(picture, [std::mem::take(&mut self.clipboard), ring].concat())?;
        self.drawn = Some(Instant::now());
        self.answers = false;
        Ok(None)
    }
}

/// Whether an input may change the picture.
fn is_answered(input: &Input) -> bool {
    match input {
        Input::Key(key) => key.kind != KeyEventKind::Release,
        Input::Mouse(mouse) => !matches!(mouse.kind, MouseEventKind::Moved | MouseEventKind::Up(_)),
        Input::Paste(_) | Input::Resize(..) => true,
        Input::FocusGained | Input::FocusLost => false,
    }
}

/// Applies the records that have come.
fn drain(model: &mut Model, source: &mut dyn EventSource, state: &mut Loop<'_>) {
    while !state.ended {
        let message = match source.receive(Duration::ZERO) {
            Ok(Arrival::Record(record)) => Message::Record(record),
            Ok(Arrival::Moved(moved)) => {
                // It answers a key.
                state.answers = true;
                Message::Moved(moved)
            }
            Ok(Arrival::Nothing) => return,
            Ok(Arrival::Refused { request, why }) => Message::Refused(request, why),
            Ok(Arrival::End) => Message::StreamEnded,
            Err(error) => Message::StreamFailed(error.to_string()),
        };
        state.ended = matches!(message, Message::StreamEnded | Message::StreamFailed(_));
        update(model, message);
    }
}
