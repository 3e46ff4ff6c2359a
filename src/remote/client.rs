//! The other end of the socket: a run of another process as a source of events, and a way to send commands.

use super::address::SocketAddress;
use super::error::RemoteError;
use super::line::{Line, LineReader};
use super::message::{FromRun, Hello, Order, RUN_ENDED, RunStatus, VERSION, Want, Welcome};
use crate::control::{CommandOutcome, Request, RequestId};
use crate::telemetry::{Arrival, Event, EventSource, Record, Snapshot, SourceError};
use std::collections::BTreeMap;
use std::io::Write;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Bytes of a line of the run: a snapshot of a long run has tens of MB.
const LONGEST_LINE: usize = 1 << 30;
/// Messages that wait for the viewer; behind them the run's process waits, and drops samples.
const BACKLOG: usize = 4096;
/// A run that takes no byte for so long is given up.
const PATIENCE: Duration = Duration::from_secs(30);
/// The connection ended without the last word that a run has.
const PROCESS_ENDED: &str = "the run's process has ended";
/// A request that no viewer of this process has sent.
const OF_OTHERS: RequestId = RequestId(0);

/// What a client may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Looks and commands.
    Full,
    /// Looks.
    ReadOnly,
}

/// A run of another process as a source of events.
#[derive(Debug)]
pub struct RemoteRun {
    messages: Receiver<Result<FromRun, String>>,
    /// This process's numbers of its requests, by those of the run's process.
    own: BTreeMap<RequestId, RequestId>,
    missed: u64,
    has_ended: bool,
    /// Ends the thread that reads.
    stream: UnixStream,
}

/// Sends commands to a run of another process.
#[derive(Clone, Debug)]
pub struct RunSender {
    stream: Arc<Mutex<UnixStream>>,
}

/// Connects to the run in this folder, for its snapshot and every later record.
///
/// # Errors
/// No process runs it here, or it does not take this client.
pub fn connect(
    folder: &Path,
    client: &str,
    access: Access,
) -> Result<(RemoteRun, RunSender), RemoteError> {
    open(folder, client, Want::Run, access)
}

/// One line about the run in this folder.
///
/// # Errors
/// As [`connect`].
pub fn status(folder: &Path, client: &str) -> Result<RunStatus, RemoteError> {
    let (mut run, _) = open(folder, client, Want::Status, Access::ReadOnly)?;
    match run.message(PATIENCE)? {
        Some(FromRun::Status(status)) => Ok(*status),
        other => Err(unexpected(other.as_ref())),
    }
}

/// Every later record of the run in this folder; it has no snapshot.
///
/// # Errors
/// As [`connect`].
pub fn follow(folder: &Path, client: &str) -> Result<RemoteRun, RemoteError> {
    let (mut run, _) = open(folder, client, Want::Events, Access::ReadOnly)?;
    match run.message(PATIENCE)? {
        Some(FromRun::Missed(_)) => Ok(run),
        other => Err(unexpected(other.as_ref())),
    }
}

/// Sends a request to the run in this folder, and waits for the outcome of each of its commands if `waits`;
/// otherwise until the run has it, and there are no outcomes.
///
/// # Errors
/// As [`connect`]; the run does not take the request, or ends before the outcomes.
pub fn order(
    folder: &Path,
    client: &str,
    request: &Request,
    waits: bool,
) -> Result<Vec<CommandOutcome>, RemoteError> {
    let (mut run, sender) = open(folder, client, Want::Outcomes, Access::Full)?;
    sender.send(request)?;
    let mut outcomes = Vec::new();
    while outcomes.len() < request.commands().count() {
        match run.message(PATIENCE)? {
            Some(FromRun::Outcome { outcome, .. }) => outcomes.push(*outcome),
            Some(FromRun::Refused { why, .. }) => return Err(RemoteError::Refused(why)),
            Some(FromRun::Accepted { .. }) if !waits => return Ok(Vec::new()),
            Some(_) | None => {}
        }
    }
    Ok(outcomes)
}

/// Opens a connection and greets.
pub(super) fn open(
    folder: &Path,
    client: &str,
    want: Want,
    access: Access,
) -> Result<(RemoteRun, RunSender), RemoteError> {
    let address = SocketAddress::of_run(folder);
    let stream = address.connect()?;
    let failed = || RemoteError::io("talk to", address.path());
    stream.set_write_timeout(Some(PATIENCE)).map_err(failed())?;
    let (sender, messages) = sync_channel(BACKLOG);
    let reading = stream.try_clone().map_err(failed())?;
    thread::Builder::new()
        .name("run-in".into())
        .spawn(move || read(reading, &sender))
        .map_err(failed())?;
    let writing = stream.try_clone().map_err(failed())?;
    let mut run = RemoteRun { messages, own: BTreeMap::new(), missed: 0, has_ended: false, stream };
    run.welcome()?;
    let hello = Hello {
        versatune: VERSION,
        client: client.into(),
        want,
        read_only: access == Access::ReadOnly,
    };
    let sender = RunSender { stream: Arc::new(Mutex::new(writing)) };
    sender.write(&hello)?;
    Ok((run, sender))
}

/// Reads messages until the connection ends or nobody wants them.
fn read(stream: UnixStream, sender: &SyncSender<Result<FromRun, String>>) {
    let mut lines = LineReader::new(stream, LONGEST_LINE);
    loop {
        let message = match lines.next() {
            Ok(Line::Text(line)) => serde_json::from_str(&line)
                .map_err(|error| format!("a line is no message: {error}")),
            Ok(Line::End) => Err("the run's process has ended".into()),
            Ok(Line::TooLong | Line::NotText) => Err("a line is no message".into()),
            Err(error) => Err(error.to_string()),
        };
        let is_last = message.is_err();
        if sender.send(message).is_err() || is_last {
            return;
        }
    }
}

impl RemoteRun {
    /// The next message; `None` where none comes within `patience`.
    pub(super) fn message(&mut self, patience: Duration) -> Result<Option<FromRun>, RemoteError> {
        match self.messages.recv_timeout(patience) {
            Ok(Ok(FromRun::End(why))) => Err(RemoteError::Refused(why)),
            Ok(Ok(message)) => Ok(Some(message)),
            Ok(Err(why)) => Err(RemoteError::Lost(why)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(RemoteError::Lost(PROCESS_ENDED.into())),
        }
    }

    fn welcome(&mut self) -> Result<Welcome, RemoteError> {
        match self.message(PATIENCE)? {
            Some(FromRun::Hello(welcome)) if welcome.versatune == VERSION => Ok(welcome),
            Some(FromRun::Hello(welcome)) => Err(RemoteError::Version { found: welcome.versatune }),
            other => Err(unexpected(other.as_ref())),
        }
    }

    /// The record with the number that this process knows the request by, where it is its own.
    fn own_record(&mut self, mut record: Record) -> Record {
        if let Event::CommandOutcome(CommandOutcome { request, .. }) = &mut record.event {
            *request = self.own.remove(request).unwrap_or(OF_OTHERS);
        }
        record
    }
}

impl EventSource for RemoteRun {
    fn snapshot(&mut self) -> Result<Snapshot, SourceError> {
        match self.message(PATIENCE).map_err(lost)? {
            Some(FromRun::Snapshot(snapshot)) => Ok(*snapshot),
            other => Err(lost(unexpected(other.as_ref()))),
        }
    }

    fn receive(&mut self, patience: Duration) -> Result<Arrival, SourceError> {
        if self.has_ended {
            return Ok(Arrival::End);
        }
        let until = Instant::now() + patience;
        loop {
            let patience = until.saturating_duration_since(Instant::now());
            match self.messages.recv_timeout(patience) {
                Ok(Ok(FromRun::Record(record))) => {
                    return Ok(Arrival::Record(Arc::new(self.own_record(*record))));
                }
                Ok(Ok(FromRun::Accepted { request, id })) => {
                    self.own.insert(RequestId(id), RequestId(request));
                }
                Ok(Ok(FromRun::Missed(missed))) => self.missed = missed,
                Ok(Ok(FromRun::Refused { request: Some(request), why })) => {
                    return Ok(Arrival::Refused { request: RequestId(request), why });
                }
                Ok(Ok(FromRun::End(why))) => {
                    self.has_ended = true;
                    return match why == RUN_ENDED {
                        true => Ok(Arrival::End),
                        false => Err(SourceError::Lost(why)),
                    };
                }
                // What is new is for others.
                Ok(Ok(_)) => {}
                Ok(Err(why)) => {
                    self.has_ended = true;
                    return Err(SourceError::Lost(why));
                }
                Err(RecvTimeoutError::Timeout) => return Ok(Arrival::Nothing),
                Err(RecvTimeoutError::Disconnected) => {
                    self.has_ended = true;
                    return Err(SourceError::Lost(PROCESS_ENDED.into()));
                }
            }
        }
    }

    fn missed(&self) -> u64 {
        self.missed
    }
}

impl Drop for RemoteRun {
    fn drop(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

impl RunSender {
    /// Sends a request under its number; its outcome comes with the records, or as a message of its own.
    ///
    /// # Errors
    /// The connection is lost.
    pub fn send(&self, request: &Request) -> Result<(), RemoteError> {
        self.write(&Order {
            request: request.id.0,
            command: request.command.to_string(),
            also: request.also.iter().map(|(_, command)| command.to_string()).collect(),
            reason: request.reason.clone(),
            saw: request.saw.clone(),
        })
    }

    fn write(&self, message: &impl serde::Serialize) -> Result<(), RemoteError> {
        let lost = |why: String| RemoteError::Lost(why);
        let mut line = serde_json::to_vec(message).map_err(|error| lost(error.to_string()))?;
        line.push(b'\n');
        let mut stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        stream.write_all(&line).map_err(|error| lost(error.to_string()))
    }
}

fn lost(error: RemoteError) -> SourceError {
    SourceError::Lost(error.to_string())
}

fn unexpected(message: Option<&FromRun>) -> RemoteError {
    RemoteError::Lost(match message {
        None => format!("nothing came within {} s", PATIENCE.as_secs()),
        Some(_) => "something else came than was asked for".into(),
    })
}
