//! Accepts clients on the run's socket.

use super::address::{SocketAddress, require_own};
use super::connection::{self, Connection};
use super::error::RemoteError;
use super::message::{FromRun, VERSION, Welcome};
use super::shared::{Shared, send};
use crate::control::Request;
use crate::telemetry::Hub;
use std::fs;
use std::io;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Clients at one time.
const MOST_CLIENTS: usize = 64;
/// A client that takes no byte for so long is left.
const WRITE_PATIENCE: Duration = Duration::from_secs(30);
/// How long the end of the run waits for clients to take what is left.
const FAREWELL: Duration = Duration::from_secs(2);
/// A client that has not said who it is after so long is left.
const HELLO_PATIENCE: Duration = Duration::from_secs(10);

/// The socket of a run, open until this value is dropped.
pub struct Server {
    shared: Arc<Shared>,
    address: SocketAddress,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Listens in the folder of a run, whose events come from the hub, and sends its clients' commands.
    ///
    /// # Errors
    /// There can be no socket there.
    pub fn start(folder: &Path, hub: Hub, requests: Sender<Request>) -> Result<Self, RemoteError> {
        let address = SocketAddress::of_run(folder);
        let listener = address.listen()?;
        let shared = Arc::new(Shared {
            hub,
            requests,
            folder: folder.to_owned(),
            clients: AtomicUsize::new(0),
            closes: AtomicBool::new(false),
        });
        let accepting = shared.clone();
        let thread = thread::Builder::new()
            .name("socket".into())
            .spawn(move || accept(&listener, &accepting))
            .map_err(RemoteError::io("start the thread of", address.path()))?;
        Ok(Server { shared, address, thread: Some(thread) })
    }
}

#[cfg(test)]
impl Server {
    /// The run's folder.
    pub(super) fn folder(&self) -> std::path::PathBuf {
        self.shared.folder.clone()
    }
}

impl Drop for Server {
    /// No client comes any more; those that are there get the run's end from the hub.
    fn drop(&mut self) {
        self.shared.closes.store(true, Ordering::Relaxed);
        // Wakes the thread that accepts.
        let woken = self.address.connect();
        if let (Some(thread), true) = (self.thread.take(), woken.is_ok()) {
            let _ = thread.join();
        }
        let _ = fs::remove_file(self.address.path());
        // Clients get what is left, and the end.
        let until = Instant::now() + FAREWELL;
        while self.shared.clients.load(Ordering::Relaxed) > 0 && Instant::now() < until {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

fn accept(listener: &UnixListener, shared: &Arc<Shared>) {
    loop {
        let accepted = listener.accept();
        if shared.closes.load(Ordering::Relaxed) {
            return;
        }
        match accepted {
            Ok((stream, _)) => greet(stream, shared),
            // Out of file descriptors, mostly: others may be closed in the meantime.
            Err(_) => thread::sleep(Duration::from_millis(100)),
        }
    }
}

/// Gives a client its thread, or says why not.
fn greet(stream: UnixStream, shared: &Arc<Shared>) {
    if require_own(&stream).is_err() || prepare(&stream).is_err() {
        return;
    }
    let held = Held::take(shared);
    if held.is_none() {
        let why = format!("{MOST_CLIENTS} clients are connected already, and more are not taken");
        let _ = send(&stream, &FromRun::End(why));
        return;
    }
    let shared = shared.clone();
    let serve = move || {
        let _held = held;
        let welcome = FromRun::Hello(Welcome {
            versatune: VERSION,
            program: env!("CARGO_PKG_VERSION").into(),
            pid: std::process::id(),
            folder: shared.folder.clone(),
        });
        // A client that is gone is no error of the run.
        let _ = send(&stream, &welcome)
            .and_then(|()| connection::serve(Connection::new(stream, shared)?));
    };
    // Without a thread the client finds the connection closed.
    let _ = thread::Builder::new().name("client".into()).spawn(serve);
}

fn prepare(stream: &UnixStream) -> io::Result<()> {
    stream.set_write_timeout(Some(WRITE_PATIENCE))?;
    stream.set_read_timeout(Some(HELLO_PATIENCE))
}

/// One of the places for clients.
struct Held(Arc<Shared>);

impl Held {
    fn take(shared: &Arc<Shared>) -> Option<Self> {
        let held = Held(shared.clone());
        let before = shared.clients.fetch_add(1, Ordering::Relaxed);
        (before < MOST_CLIENTS).then_some(held)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.clients.fetch_sub(1, Ordering::Relaxed);
    }
}
