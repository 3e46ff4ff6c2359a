//! The parent's side.

use super::{MEMORY_MIB, STACK_MIB, frame};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{self, BufReader, BufWriter, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;

/// Bytes of a child's stderr that are kept.
const KEPT: u64 = 4096;

/// A child that answers requests. It is killed when it is dropped.
#[derive(Debug)]
pub struct Child {
    process: std::process::Child,
    input: Option<BufWriter<ChildStdin>>,
    output: BufReader<ChildStdout>,
    stderr: Option<JoinHandle<Vec<u8>>>,
}

impl Child {
    /// Starts `program` with the subcommand that calls [`serve`](super::serve).
    ///
    /// # Errors
    /// The system's: it cannot be started.
    pub fn start(program: &Path, subcommand: &str) -> io::Result<Self> {
        let mut command = Command::new(program);
        command.arg(subcommand).current_dir("/").env_clear();
        command.envs(std::env::var_os("LD_LIBRARY_PATH").map(|path| ("LD_LIBRARY_PATH", path)));
        command.env("RAYON_NUM_THREADS", rayon::current_num_threads().to_string());
        // The allocators reserve address space in steps; small ones, or the limit would let through less
        // than it says.
        command.env("MALLOC_ARENA_MAX", "2").env("MIMALLOC_ARENA_RESERVE", "65536");
        // Ctrl-C in a terminal is for the run, which decides what becomes of its child.
        command.process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn()?;
        let missing = || io::Error::other("the child has no pipe");
        let input = process.stdin.take().ok_or_else(missing)?;
        let output = process.stdout.take().ok_or_else(missing)?;
        let stderr = process.stderr.take().ok_or_else(missing)?;
        Ok(Child {
            process,
            input: Some(BufWriter::new(input)),
            output: BufReader::new(output),
            stderr: Some(std::thread::spawn(move || first_bytes(stderr))),
        })
    }

    /// Sends a request and waits for the answer.
    ///
    /// # Errors
    /// The child has ended, or what it wrote is no answer; see [`Child::cause_of_death`].
    pub fn call<A: DeserializeOwned>(&mut self, request: &impl Serialize) -> io::Result<A> {
        self.send(request)?;
        self.receive()
    }

    /// Sends a request, whose answer [`Child::receive`] waits for.
    ///
    /// # Errors
    /// The child has ended.
    pub fn send(&mut self, request: &impl Serialize) -> io::Result<()> {
        frame::write(self.input.as_mut().ok_or(io::ErrorKind::BrokenPipe)?, request)
    }

    /// Waits for the answer to the oldest request that has none.
    ///
    /// # Errors
    /// As those of [`Child::call`].
    pub fn receive<A: DeserializeOwned>(&mut self) -> io::Result<A> {
        frame::read(&mut self.output)?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    /// Why a call failed with `error`, in words.
    pub fn cause_of_death(&mut self, error: &io::Error) -> String {
        // A child that waits for a request ends by itself when its stdin is closed.
        self.input = None;
        let status = match self.process.wait() {
            Ok(status) => status,
            Err(gone) => return format!("it is lost: {gone}"),
        };
        let stderr = self.stderr.take().and_then(|reader| reader.join().ok()).unwrap_or_default();
        cause(status, &String::from_utf8_lossy(&stderr), error)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // An ended child cannot be killed, which is as well.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The beginning of what is read; the rest is read too, since a full pipe would stop the child.
fn first_bytes(mut source: impl Read) -> Vec<u8> {
    let mut kept = Vec::new();
    // An error is an end like any other.
    let _ = source.by_ref().take(KEPT).read_to_end(&mut kept);
    let _ = io::copy(&mut source, &mut io::sink());
    kept
}

fn cause(status: ExitStatus, stderr: &str, error: &io::Error) -> String {
    if stderr.contains("memory allocation of") {
        return format!("it needs more than the {MEMORY_MIB} MiB of memory that it may use");
    }
    if stderr.contains("has overflowed its stack") {
        return format!("it recurses deeper than a stack of {STACK_MIB} MiB holds");
    }
    let said = stderr.lines().next().unwrap_or_default();
    let said = if said.is_empty() { String::new() } else { format!(": {}", said.escape_debug()) };
    match (status.signal(), status.code()) {
        (Some(signal), _) => format!("signal {signal} ended it{said}"),
        (None, Some(0)) => format!("it gave no answer ({error}){said}"),
        (None, code) => format!("it ended with exit code {}{said}", code.unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_death_is_told_in_one_line_without_control_characters() {
        let error = io::ErrorKind::UnexpectedEof.into();
        let told = |raw, stderr| cause(ExitStatus::from_raw(raw), stderr, &error);
        assert!(told(6, "memory allocation of 99 bytes failed\n").contains("1536 MiB of memory"));
        let stack = "\nthread '<unnamed>' (7) has overflowed its stack\nfatal runtime error";
        assert!(told(6, stack).contains("a stack of 8 MiB"));
        assert_eq!(told(9, ""), "signal 9 ended it");
        assert_eq!(told(101 << 8, "\u{1b}[2J\nx"), "it ended with exit code 101: \\u{1b}[2J");
    }

    #[test]
    fn a_program_that_does_not_answer_is_told_of() {
        let mut child = Child::start(Path::new("/bin/false"), "").unwrap();
        let error = child.call::<String>(&"request").unwrap_err();
        assert_eq!(child.cause_of_death(&error), "it ended with exit code 1");
    }
}
