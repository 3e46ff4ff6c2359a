use super::answers;
use super::spoken::Spoken;
use super::typed::Typed;
use crate::control::{Actor, Request};
use crate::telemetry::{Arrival, EventSource, RunView};
use std::io::{self, BufRead, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// How long the loop waits for a typed line before it looks for records.
const HEARTBEAT: Duration = Duration::from_millis(100);

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlainEnd {
    /// The operator left.
    ByOperator,
    /// The run has ended.
    Ended,
    /// The terminal is gone.
    Lost(String),
}

/// What the lines need from their caller.
pub struct PlainSession<'a> {
    /// Sends a request to the engine; `false` where there is none any more.
    pub send: &'a dyn Fn(Request) -> bool,
    /// Who types.
    pub operator: String,
    /// Set when the terminal hung up.
    pub hung_up: Arc<AtomicBool>,
    /// Whether the run is a record, which takes no commands and is left by the operator.
    pub is_record: bool,
}

/// Says what changes and carries out what is typed, until it is left or the run ends.
///
/// # Errors
/// A thread cannot be started.
pub fn run<S: EventSource>(
    view: &mut RunView<S>,
    out: &mut dyn Write,
    session: &PlainSession<'_>,
) -> io::Result<PlainEnd> {
    let lines = typed_lines()?;
    Ok(follow(view, out, session, &lines).unwrap_or_else(|error| PlainEnd::Lost(error.to_string())))
}

/// The lines of stdin, read on a thread of their own, which waits for the next one when the run is over.
fn typed_lines() -> io::Result<Receiver<String>> {
    let (sender, lines) = channel();
    let read = move || {
        for line in io::stdin().lock().lines() {
            if line.is_err() || line.is_ok_and(|line| sender.send(line).is_err()) {
                break;
            }
        }
    };
    thread::Builder::new().name("lines".into()).spawn(read)?;
    Ok(lines)
}

pub(super) fn follow<S: EventSource>(
    view: &mut RunView<S>,
    out: &mut dyn Write,
    session: &PlainSession<'_>,
    lines: &Receiver<String>,
) -> io::Result<PlainEnd> {
    say(out, answers::status(view.state()))?;
    say(out, ["Type help and press enter for what can be typed.".to_owned()])?;
    let mut spoken = Spoken::since(view.state());
    loop {
        if session.hung_up.load(Ordering::Relaxed) {
            return Ok(PlainEnd::Lost("it hung up".into()));
        }
        match lines.recv_timeout(HEARTBEAT) {
            Ok(line) if !answer(&line, view, out, session)? => return Ok(PlainEnd::ByOperator),
            Ok(_) | Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(PlainEnd::ByOperator),
        }
        if !drain(view, &mut spoken, out)? && !session.is_record {
            return Ok(PlainEnd::Ended);
        }
    }
}

/// Carries out a typed line; `false` where it is the last.
fn answer<S: EventSource>(
    line: &str,
    view: &RunView<S>,
    out: &mut dyn Write,
    session: &PlainSession<'_>,
) -> io::Result<bool> {
    let state = view.state();
    let lines = match Typed::of(line, &state.domains) {
        Typed::Nothing => Vec::new(),
        Typed::Status => answers::status(state),
        Typed::Domains => answers::domains(state),
        Typed::Help => answers::help(),
        Typed::Leave => return Ok(false),
        Typed::Wrong(why) => vec![why],
        Typed::Command(..) if session.is_record => {
            vec!["This is a record: it takes no commands.".into()]
        }
        Typed::Command(command, reason) => {
            let words = command.to_string();
            let actor = Actor::Operator(session.operator.clone());
            match (session.send)(Request::new(actor, command).with_reason(reason)) {
                true => vec![format!("{words}: sent")],
                false => vec![format!("{words}: not sent, the run takes no more commands")],
            }
        }
    };
    say(out, lines)?;
    Ok(true)
}

/// Says what the records that have come change; `false` where there will be no more.
fn drain<S: EventSource>(
    view: &mut RunView<S>,
    spoken: &mut Spoken,
    out: &mut dyn Write,
) -> io::Result<bool> {
    loop {
        match view.advance(Duration::ZERO) {
            Ok(Arrival::Record(record)) => say(out, spoken.lines(view.state(), &record))?,
            Ok(Arrival::Refused { why, .. }) => {
                say(out, [format!("The command was not taken: {why}")])?
            }
            Ok(Arrival::Moved(_)) => {}
            Ok(Arrival::Nothing) => return Ok(true),
            Ok(Arrival::End) => return Ok(false),
            Err(error) => {
                say(out, [format!("No more can be said: {error}")])?;
                return Ok(false);
            }
        }
    }
}

fn say(out: &mut dyn Write, lines: impl IntoIterator<Item = String>) -> io::Result<()> {
    for line in lines {
        writeln!(out, "{line}")?;
    }
    out.flush()
}
