use super::guard::{self, Guard};
use super::input::Inputs;
use super::painter::Painter;
use super::writer::FrameWriter;
use crate::control::Request;
use crate::telemetry::{Arrival, EventSource, now_ms};
use crate::tui::app::{Effect, Message, Model, frame, update};
use crossterm::event::{Event as Input, KeyEventKind, MouseEventKind};
use crossterm::terminal;
use ratatui::layout::Rect;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
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

/// Shows the screens until they are left; the terminal is as it was when this returns.
///
/// # Errors
/// The terminal cannot be taken, or a thread cannot be started.
pub fn run(model: &mut Model, session: Session<'_>) -> io::Result<Left> {
    let guard = Guard::take(session.mouse)?;
    let inputs = Inputs::start()?;
    // A handle of its own: a write that hangs must not hold the lock of `io::stdout`.
    let writer = FrameWriter::start(File::from(io::stdout().as_fd().try_clone_to_owned()?))?;
    let mut loop_ = Loop {
        painter: Painter::new(area(model)),
        writer,
        guard,
        entry: Vec::new(),
        in_background: false,
        drawn: None,
        answers: false,
        ended: false,
    };
    loop {
        if let Some(left) = loop_.once(model, &session, &inputs)? {
            return Ok(left);
        }
        drain(model, session.source, &mut loop_);
    }
}

/// What the loop remembers between two turns.
struct Loop {
    painter: Painter,
    writer: FrameWriter,
    guard: Guard,
    /// Bytes to write before the next frame.
    entry: Vec<u8>,
    /// Whether the shell has the terminal; nothing is drawn then.
    in_background: bool,
    drawn: Option<Instant>,
    /// Whether a key or the mouse was used since the last frame.
    answers: bool,
    ended: bool,
}

impl Loop {
    /// Waits for a key or the next frame, and draws it.
    fn once(
        &mut self,
        model: &mut Model,
        session: &Session<'_>,
        inputs: &Inputs,
    ) -> io::Result<Option<Left>> {
        match inputs.events.recv_timeout(self.until_next_frame(session)) {
            Ok(input) => {
                for input in std::iter::once(input).chain(inputs.events.try_iter()) {
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
        if let Some(left) = self.look_for_terminal(session) {
            return Ok(Some(left));
        }
        if !self.in_background && self.until_due(session).is_zero() && self.writer.is_idle() {
            self.draw(model)?;
        }
        Ok(None)
    }

    /// Takes the terminal again where another program had it: the process was stopped, or in the
    /// background.
    fn look_for_terminal(&mut self, session: &Session<'_>) -> Option<Left> {
        let was_away = session.continued.swap(false, Ordering::Relaxed) || self.in_background;
        self.in_background = !guard::in_foreground();
        if was_away && !self.in_background {
            match self.guard.take_again() {
                Ok(entry) => self.entry = entry,
                Err(error) => return Some(Left::Lost(error.to_string())),
            }
            self.painter.forget();
            self.drawn = None;
        }
        None
    }

    /// Why the screens have to end now, if they have to.
    fn end(&self, model: &Model, session: &Session<'_>) -> Option<Left> {
        let lost = |why: &str| Some(Left::Lost(why.into()));
        if session.hung_up.load(Ordering::Relaxed) {
            return lost("it hung up");
        }
        if let Some(error) = self.writer.error() {
            return Some(Left::Lost(error));
        }
        if self.writer.waits() > session.patience {
            return lost("it does not read");
        }
        if !guard::is_taken() {
            return lost("it was given back");
        }
        let wanted = session.close_at_end || model.leaves_at_end;
        let ends = self.ended && (wanted || session.ending.load(Ordering::Relaxed));
        ends.then_some(Left::Ended)
    }

    /// How long to wait for a key. While a frame is being written the next one can wait, so that a
    /// terminal that does not read does not keep this thread awake. Writing usually ends at once: after
    /// a key the loop looks again soon.
    fn until_next_frame(&self, session: &Session<'_>) -> Duration {
        match self.writer.is_idle() {
            true => self.until_due(session).clamp(Duration::from_millis(1), HEARTBEAT),
            false if self.answers && self.writer.waits() < HEARTBEAT => AFTER_KEY,
            false => HEARTBEAT,
        }
    }

    fn until_due(&self, session: &Session<'_>) -> Duration {
        let between = if self.answers { AFTER_KEY } else { session.refresh.max(LEAST_REFRESH) };
        between.saturating_sub(self.drawn.map_or(between, |drawn| drawn.elapsed()))
    }

    fn take(&mut self, model: &mut Model, session: &Session<'_>, input: Input) -> Option<Left> {
        if let Input::Resize(..) = input {
            self.painter.forget();
        }
        for effect in update(model, Message::Input(input)) {
            match effect {
                Effect::Send(request) => {
                    if !(session.send)(request) {
                        update(model, Message::StreamEnded);
                    }
                }
                Effect::Redraw => self.painter.forget(),
                Effect::Leave => return Some(Left::ByOperator),
            }
        }
        None
    }

    fn draw(&mut self, model: &mut Model) -> io::Result<()> {
        update(model, Message::Tick(now_ms()));
        area(model);
        let bytes = self.painter.frame(frame(model))?;
        if !bytes.is_empty() {
            self.writer.write([std::mem::take(&mut self.entry), bytes].concat());
        }
        self.drawn = Some(Instant::now());
        self.answers = false;
        Ok(())
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
fn drain(model: &mut Model, source: &mut dyn EventSource, state: &mut Loop) {
    while !state.ended {
        let message = match source.receive(Duration::ZERO) {
            Ok(Arrival::Record(record)) => Message::Record(record),
            Ok(Arrival::Nothing) => return,
            Ok(Arrival::Refused { request, why }) => Message::Refused(request, why),
            Ok(Arrival::End) => Message::StreamEnded,
            Err(error) => Message::StreamFailed(error.to_string()),
        };
        state.ended = matches!(message, Message::StreamEnded | Message::StreamFailed(_));
        update(model, message);
    }
}

/// The terminal's present area; the last known one where it cannot be read.
fn area(model: &mut Model) -> Rect {
    if let Ok((width, height)) = terminal::size()
        && width > 0
        && height > 0
    {
        update(model, Message::Input(Input::Resize(width, height)));
    }
    let (width, height) = model.size;
    Rect { x: 0, y: 0, width: width.max(1), height: height.max(1) }
}
