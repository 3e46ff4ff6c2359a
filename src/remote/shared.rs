//! What the server and its connections have in common.

use super::message::FromRun;
use crate::control::Request;
use crate::telemetry::Hub;
use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::mpsc::Sender;

/// What all connections share.
pub(super) struct Shared {
    pub hub: Hub,
    pub requests: Sender<Request>,
    pub folder: PathBuf,
    pub clients: AtomicUsize,
    pub closes: AtomicBool,
}

/// Writes a message as a line.
pub(super) fn send(mut stream: &UnixStream, message: &FromRun) -> io::Result<()> {
    let mut line = serde_json::to_vec(message).map_err(io::Error::other)?;
    line.push(b'\n');
    stream.write_all(&line)
}
