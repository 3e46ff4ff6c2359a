use super::bytes::InputBytes;
use super::guard;
use super::size::size;
use crossterm::event::Event;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, retry_on_intr};
use signal_hook::consts::SIGWINCH;
use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// How long the thread waits for a key before it checks whether to end.
const PATIENCE: Duration = Duration::from_secs(1);

/// What one write of a terminal held may be read in parts, this far apart: shorter than a key that is
/// held repeats.
const AFTER_A_KEY: Duration = Duration::from_millis(5);

/// The same once more has come closer together than anybody types.
const AFTER_A_BURST: Duration = Duration::from_millis(20);

/// A terminal that never stops sending has its events drawn too: a read ends after so many bytes, or so long.
const MOST_AT_ONCE: usize = 1 << 14;
const LONGEST_READ: Duration = Duration::from_millis(100);

/// Keys, mouse, pastes and sizes, read on a thread of its own.
pub(super) struct Inputs {
    /// Unbounded; disconnected when the terminal cannot be read any more.
    pub events: Receiver<Event>,
    wanted: Arc<AtomicBool>,
}

impl Inputs {
    /// Starts the thread.
    ///
    /// # Errors
    /// The thread cannot be started, or not be told of a new size.
    pub fn start() -> io::Result<Self> {
        let (sender, events) = channel();
        let wanted = Arc::new(AtomicBool::new(true));
        let still_wanted = wanted.clone();
        let mut line = Line::open()?;
        thread::Builder::new().name("keys".into()).spawn(move || {
            let mut bytes = InputBytes::default();
            while still_wanted.load(Ordering::Relaxed) {
                if !guard::in_foreground() {
                    // A read of a job in the background would stop the process, and the training with it.
                    thread::sleep(PATIENCE);
                    continue;
                }
                let Ok(burst) = line.read_at_once() else { return };
                let heard = bytes.take(&burst.bytes, burst.goes_on);
                if line.sizes().into_iter().chain(heard).any(|event| sender.send(event).is_err()) {
                    return;
                }
            }
        })?;
        Ok(Inputs { events, wanted })
    }
}

impl Drop for Inputs {
    fn drop(&mut self) {
        self.wanted.store(false, Ordering::Relaxed);
    }
}

/// The bytes that came together, and whether more of them follow.
#[derive(Default)]
struct Burst {
    bytes: Vec<u8>,
    goes_on: bool,
}

/// The terminal that is read, and its signal of a new size.
struct Line {
    resized: UnixStream,
}

impl Line {
    fn open() -> io::Result<Self> {
        let (resized, signal) = UnixStream::pair()?;
        resized.set_nonblocking(true)?;
        signal.set_nonblocking(true)?;
        signal_hook::low_level::pipe::register(SIGWINCH, signal)?;
        Ok(Line { resized })
    }

    /// Waits for bytes, and reads all that come together; none after [`PATIENCE`], or with a new size.
    fn read_at_once(&mut self) -> io::Result<Burst> {
        let mut burst = Burst::default();
        let mut chunk = [0; 4096];
        let (mut patience, mut begun, mut read_at) = (PATIENCE, None, None);
        while self.comes_together(patience, read_at)? {
            let begun = *begun.get_or_insert_with(Instant::now);
            read_at = Some(Instant::now());
            // Not through `io::stdin`, which keeps bytes back.
            let count = match retry_on_intr(|| rustix::io::read(io::stdin(), &mut chunk)) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                // Another process was faster, or took the line away.
                Err(Errno::AGAIN) => break,
                read => read?,
            };
            let is_first = burst.bytes.is_empty();
            burst.bytes.extend(&chunk[..count]);
            if burst.bytes.len() >= MOST_AT_ONCE || begun.elapsed() > LONGEST_READ {
                burst.goes_on = true;
                break;
            }
            patience = match is_first {
                _ if ends_with_the_mouse(&burst.bytes) => Duration::ZERO,
                true => AFTER_A_KEY,
                false => AFTER_A_BURST,
            };
        }
        Ok(burst)
    }

    /// Whether there are bytes in time after those that were read last. Where this thread got no processor for longer
    /// than it meant to wait, what came meanwhile came by itself: keys must act while the training has all processors.
    fn comes_together(&self, patience: Duration, read_at: Option<Instant>) -> io::Result<bool> {
        // A new size must not cut what comes together.
        let has_bytes = self.has_bytes(patience, read_at.is_none())?;
        let longest = 2 * patience.max(AFTER_A_KEY);
        Ok(has_bytes && read_at.is_none_or(|read_at| read_at.elapsed() <= longest))
    }

    /// Waits until there are bytes to read; `false` where none come for so long, or, if that is looked for, the size
    /// is another.
    fn has_bytes(&self, patience: Duration, or_size: bool) -> io::Result<bool> {
        let stdin = io::stdin();
        let mut lines =
            [PollFd::new(&stdin, PollFlags::IN), PollFd::new(&self.resized, PollFlags::IN)];
        let lines = if or_size { &mut lines[..] } else { &mut lines[..1] };
        let patience = Timespec::try_from(patience).map_err(io::Error::other)?;
        retry_on_intr(|| poll(lines, Some(&patience)))?;
        // A line that is lost is readable: reading says that it is.
        Ok(!lines[0].revents().is_empty())
    }

    /// The new size, if there was a signal of one.
    fn sizes(&mut self) -> Option<Event> {
        let mut was_signalled = false;
        while self.resized.read(&mut [0; 64]).is_ok_and(|count| count > 0) {
            was_signalled = true;
        }
        let size = size().filter(|_| was_signalled);
        size.map(|(columns, rows)| Event::Resize(columns, rows))
    }
}

/// Whether a report of the mouse came last, behind which nothing is waited for: others follow soon.
fn ends_with_the_mouse(bytes: &[u8]) -> bool {
    let last = bytes.rsplit(|byte| *byte == 0x1b).next().unwrap_or_default();
    last.starts_with(b"[<") && matches!(last.last(), Some(b'M' | b'm'))
}
