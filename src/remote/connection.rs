//! One client of a run: its lines become requests, and what it wants to get becomes lines.

use super::line::{Line, LineReader};
use super::message::{FromRun, Hello, Order, RUN_ENDED, RunStatus, VERSION, Want};
use super::shared::{Shared, send};
use crate::control::{Actor, Command, CommandError, Request, RequestId};
use crate::echo;
use crate::telemetry::{Arrival, Event, EventSource, Record, Viewer};
use std::collections::BTreeMap;
use std::io;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// Bytes of a client's line.
const LONGEST_LINE: usize = 64 << 10;
/// Records that may wait for a client before samples are dropped.
const BACKLOG: usize = 1024;
/// Commands of a client that may wait for their outcomes.
const MOST_WAITING: usize = 256;
/// Lines of a client that are no command: behind so many it is left.
const MOST_REFUSED: usize = 100;
/// Characters of a client's name.
const LONGEST_NAME: usize = 64;
/// How long one wait for a record lasts; a client that leaves ends it.
const PATIENCE: Duration = Duration::from_secs(60);

/// The end of the connection that is the run's.
pub(super) struct Connection {
    reader: LineReader<UnixStream>,
    writer: Arc<Writer>,
    shared: Arc<Shared>,
}

/// What two threads write to a client.
struct Writer {
    stream: UnixStream,
    /// One line at a time.
    turn: Mutex<()>,
    waiting: Mutex<Waiting>,
}

/// Commands of a client that have no outcome yet.
#[derive(Default)]
struct Waiting {
    /// The client's numbers for them.
    orders: BTreeMap<RequestId, u64>,
    /// Whether the client has closed its end, and stays for these outcomes only.
    none_comes: bool,
}

impl Waiting {
    /// Whether a client that sends no more has all that it stays for.
    fn is_over(&self) -> bool {
        self.none_comes && self.orders.is_empty()
    }
}

impl Connection {
    pub fn new(stream: UnixStream, shared: Arc<Shared>) -> io::Result<Self> {
        let reader = LineReader::new(stream.try_clone()?, LONGEST_LINE);
        let writer = Writer { stream, turn: Mutex::default(), waiting: Mutex::default() };
        Ok(Connection { reader, writer: Arc::new(writer), shared })
    }
}

/// Serves a client until it leaves or the run ends.
///
/// # Errors
/// The connection breaks.
pub(super) fn serve(mut connection: Connection) -> io::Result<()> {
    let Some(hello) = connection.hello()? else { return Ok(()) };
    let Connection { writer, shared, .. } = &connection;
    if hello.want == Want::Status {
        let (folder, pid) = (shared.folder.clone(), Some(std::process::id()));
        let status = shared.hub.with_state(|state| RunStatus::of(state, folder, pid));
        return writer.send(&FromRun::Status(Box::new(status)));
    }
    // Those that give commands and leave are seen by their commands.
    let stays = hello.want == Want::Run;
    let _presence = stays.then(|| shared.hub.greet(name(&hello), hello.read_only));
    let _client = (!hello.read_only).then(|| shared.hub.attach());
    let viewer = shared.hub.subscribe(BACKLOG);
    if hello.want == Want::Events {
        // What came before is in the record by now; one that cannot be written ends the run anyway.
        let _ = shared.hub.sync();
    }
    // The threads share the connection's file, and with it its time-outs: reading has none from here on.
    writer.stream.set_read_timeout(None)?;
    let (sending, stopper) = (writer.clone(), viewer.stopper());
    let thread = thread::Builder::new()
        .name("client-out".into())
        .spawn(move || sending.follow(viewer, hello.want))?;
    let read = connection.orders(&hello);
    if !matches!(read, Ok(Leaving::WithOutcomes)) {
        connection.writer.shut();
        stopper.stop();
    }
    let _ = thread.join();
    read.map(drop)
}

/// How a client leaves.
enum Leaving {
    Now,
    /// It sends no more, as `printf … | nc -U` does, and gets the outcomes that it waits for.
    WithOutcomes,
}

impl Connection {
    /// Who the client is and what it wants; `None` where it did not say so as it should.
    fn hello(&mut self) -> io::Result<Option<Hello>> {
        let refuse = |why: String| self.writer.send(&FromRun::End(why)).map(|()| None);
        let line = match self.reader.next()? {
            Line::Text(line) => line,
            Line::End => return Ok(None),
            Line::TooLong | Line::NotText => return refuse("the first line is no message".into()),
        };
        match serde_json::from_str::<Hello>(&line) {
            Ok(hello) if hello.versatune == VERSION => Ok(Some(hello)),
            Ok(hello) => refuse(format!(
                "this run speaks version {VERSION} of the lines, not {}",
                hello.versatune
            )),
            Err(error) => refuse(format!(
                "the first line is no greeting: {error}; it is such as {{\"versatune\": {VERSION}, \"client\": \
                 \"ada@pts/3\", \"want\": \"run\"}}"
            )),
        }
    }

    /// Takes the client's commands until it leaves.
    fn orders(&mut self, hello: &Hello) -> io::Result<Leaving> {
        let mut refused = 0;
        loop {
            let line = match self.reader.next()? {
                Line::Text(line) if line.trim().is_empty() => continue,
                Line::Text(line) => line,
                Line::End => return Ok(self.writer.closed_by_client(hello.want)),
                Line::NotText => "a line that is not UTF-8".into(),
                Line::TooLong => {
                    let why = format!("a line is longer than {LONGEST_LINE} bytes");
                    return self.end(why);
                }
            };
            if let Err((request, why)) = self.order(hello, &line) {
                self.writer.send(&FromRun::Refused { request, why })?;
                refused += 1;
                if refused == MOST_REFUSED {
                    return self.end(format!("{refused} lines were no commands"));
                }
            }
        }
    }

    fn end(&self, why: String) -> io::Result<Leaving> {
        self.writer.send(&FromRun::End(why)).map(|()| Leaving::Now)
    }

    /// # Errors
    /// The client's number, where it could be read, and what is wrong.
    fn order(&self, hello: &Hello, line: &str) -> Result<(), (Option<u64>, String)> {
        let order: Order = serde_json::from_str(line).map_err(|error| {
            let what = format!(
                "no command: {error}; one is such as {{\"request\": 1, \"command\": \"set lambda 0.3\"}}"
            );
            (None, what)
        })?;
        let refused = |why: String| (Some(order.request), why);
        if hello.read_only {
            return Err(refused("the client said that it only looks".into()));
        }
        let request =
            request_of(&order, name(hello)).map_err(|error| refused(error.to_string()))?;
        let ids: Vec<RequestId> = request.each().iter().map(|one| one.id).collect();
        {
            let mut waiting = self.writer.waiting();
            if waiting.orders.len() + ids.len() > MOST_WAITING {
                return Err(refused(format!(
                    "{MOST_WAITING} commands wait for their outcomes already"
                )));
            }
            waiting.orders.extend(ids.iter().map(|id| (*id, order.request)));
        }
        // Before the engine has it, so that no outcome comes first.
        for id in ids {
            let accepted = FromRun::Accepted { request: order.request, id: id.0 };
            self.writer.send(&accepted).map_err(|error| refused(error.to_string()))?;
        }
        self.shared.requests.send(request).map_err(|_| refused("the run has ended".into()))
    }
}

impl Writer {
    fn send(&self, message: &FromRun) -> io::Result<()> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        send(&self.stream, message)
    }

    /// Nothing is read or written any more.
    fn shut(&self) {
        let _ = self.stream.shutdown(std::net::Shutdown::Both);
    }

    /// The client sends no more: one that only gives commands gets the outcomes that it waits for.
    fn closed_by_client(&self, want: Want) -> Leaving {
        let mut waiting = self.waiting();
        waiting.none_comes = true;
        match want == Want::Outcomes && !waiting.is_over() {
            true => Leaving::WithOutcomes,
            false => Leaving::Now,
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends what the client wants until the run ends or the client is gone.
    fn follow(&self, mut viewer: Viewer, want: Want) {
        let _ = self.send_all(&mut viewer, want);
        self.shut();
    }

    fn send_all(&self, viewer: &mut Viewer, want: Want) -> io::Result<()> {
        let snapshot = viewer.snapshot().map_err(io::Error::other)?;
        if want == Want::Run {
            self.send(&FromRun::Snapshot(Box::new(snapshot)))?;
        }
        if want == Want::Events {
            // From here on nothing is left out.
            self.send(&FromRun::Missed(0))?;
        }
        let mut missed = 0;
        loop {
            let record = match viewer.receive(PATIENCE).map_err(io::Error::other)? {
                Arrival::Record(record) => record,
                Arrival::Nothing | Arrival::Refused { .. } | Arrival::Moved(_) => continue,
                Arrival::End => return self.send(&FromRun::End(RUN_ENDED.into())),
            };
            if want != Want::Outcomes && viewer.missed() > missed {
                missed = viewer.missed();
                self.send(&FromRun::Missed(missed))?;
            }
            self.send_record(&record, want)?;
            if want == Want::Outcomes && self.waiting().is_over() {
                return Ok(());
            }
        }
    }

    fn send_record(&self, record: &Record, want: Want) -> io::Result<()> {
        if want != Want::Outcomes {
            self.send(&FromRun::Record(Box::new(record.clone())))?;
        }
        let Event::CommandOutcome(outcome) = &record.event else { return Ok(()) };
        let Some(request) = self.waiting().orders.remove(&outcome.request) else { return Ok(()) };
        match want {
            Want::Outcomes => {
                self.send(&FromRun::Outcome { request, outcome: Box::new(outcome.clone()) })
            }
            Want::Run | Want::Events | Want::Status => Ok(()),
        }
    }
}

/// # Errors
/// The first of its commands that is none.
fn request_of(order: &Order, client: String) -> Result<Request, CommandError> {
    let also = order.also.iter().map(|text| Command::parse(text));
    let also: Vec<Command> = also.collect::<Result<_, _>>()?;
    let request = Request::new(Actor::Remote(client), Command::parse(&order.command)?);
    Ok(Request { reason: order.reason.clone(), saw: order.saw.clone(), ..request.with_also(also) })
}

/// A client's name as it is shown and recorded.
fn name(hello: &Hello) -> String {
    let name: String = echo::line(&hello.client).chars().take(LONGEST_NAME).collect();
    if name.trim().is_empty() { "a client without a name".into() } else { name }
}
