//! A run from other processes: its socket, the lines that are spoken on it, and where live runs are found.
//!
//! ```text
//!  hub ──records──▶ server ──lines──▶ client ──▶ RemoteRun: an EventSource of another process
//!  engine ◀─Request── │  ◀──lines──────┘
//!                  control.sock in the run's folder · live: which runs go on on this machine
//! ```
//!
//! One line of JSON is one message (`message`); a line has at most 64 KiB on its way to the run. The socket
//! is its owner's alone, by the permissions of folder and socket and by the credentials of the peer. What
//! a client does harms neither the run nor another client: lines are bounded, connections are counted, and
//! a client that does not read misses samples, and is left behind where it does not read at all.

mod address;
mod client;
mod connection;
mod error;
mod line;
mod live;
mod message;
mod server;
mod shared;

pub use address::{SOCKET_FILE, SocketAddress};
pub use client::{Access, RemoteRun, RunSender, connect, follow, order, status};
pub use error::{RemoteError, Whereabouts};
pub use live::{LiveRun, Registration, live_runs, register};
pub use message::{RunStatus, VERSION};
pub use server::Server;

#[cfg(test)]
mod tests;
