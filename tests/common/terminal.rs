//! The real binary in a pseudo-terminal that a test types into and reads.

use super::{PATIENCE, Sandbox};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::termios::{LocalModes, OptionalActions};
use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A terminal in which the binary runs.
pub struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    master: Option<Box<dyn MasterPty + Send>>,
    keys: Option<Box<dyn Write + Send>>,
    seen: Arc<Mutex<Seen>>,
    /// Whether the terminal was closed; the reader's handle is the last one then.
    gone: Arc<AtomicBool>,
    /// Whether the terminal reads nothing of what it is sent.
    deaf: Arc<AtomicBool>,
    reader: Option<JoinHandle<()>>,
}

/// The bytes that the terminal was sent, and what it shows.
struct Seen {
    bytes: Vec<u8>,
    parser: vt100::Parser,
}

fn size(rows: u16, cols: u16) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

fn parser(rows: u16, cols: u16) -> vt100::Parser {
    vt100::Parser::new(non_zero(rows), non_zero(cols), 0)
}

fn non_zero(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).unwrap()
}

impl Terminal {
    /// `versatune train tiny.ron` with overrides and environment variables.
    pub fn train(sandbox: &Sandbox, size: (u16, u16), sets: &[&str], env: &[(&str, &str)]) -> Self {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_versatune"));
        command.args(["train", "tiny.ron"]);
        sets.iter().for_each(|set| command.args(["--set", set]));
        command.cwd(sandbox.path(""));
        command.env("XDG_CACHE_HOME", sandbox.path("cache-home"));
        Terminal::run(command, size, env)
    }

    /// `versatune` with these arguments, in the sandbox's folder.
    pub fn versatune(sandbox: &Sandbox, size: (u16, u16), args: &[&str]) -> Self {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_versatune"));
        command.args(args);
        command.cwd(sandbox.path(""));
        command.env("XDG_CACHE_HOME", sandbox.path("cache-home"));
        Terminal::run(command, size, &[])
    }

    /// Any command, in a terminal of this size.
    pub fn run(
        mut command: CommandBuilder,
        (rows, cols): (u16, u16),
        env: &[(&str, &str)],
    ) -> Self {
        let pair = native_pty_system().openpty(size(rows, cols)).unwrap();
        for (name, value) in [("TERM", "xterm-256color"), ("LANG", "C.UTF-8"), ("USER", "ada")] {
            command.env(name, value);
        }
        command.env_remove("NO_COLOR");
        env.iter().for_each(|(name, value)| command.env(name, value));
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut output = pair.master.try_clone_reader().unwrap();
        let seen = Arc::new(Mutex::new(Seen { bytes: Vec::new(), parser: parser(rows, cols) }));
        let gone = Arc::new(AtomicBool::new(false));
        let deaf = Arc::new(AtomicBool::new(false));
        let (seen_by_thread, is_gone, is_deaf) = (seen.clone(), gone.clone(), deaf.clone());
        let reader = thread::spawn(move || {
            let mut bytes = [0; 65536];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                if is_gone.load(Ordering::SeqCst) {
                    return;
                }
                let mut seen = seen_by_thread.lock().unwrap();
                seen.bytes.extend(&bytes[..count]);
                seen.parser.process(&bytes[..count]);
                drop(seen);
                while is_deaf.load(Ordering::SeqCst) {
                    thread::sleep(Duration::from_millis(10));
                }
            }
        });
        let keys = pair.master.take_writer().unwrap();
        Terminal {
            child,
            master: Some(pair.master),
            keys: Some(keys),
            seen,
            gone,
            deaf,
            reader: Some(reader),
        }
    }

    pub fn text(&self) -> String {
        self.seen.lock().unwrap().parser.screen().contents()
    }

    /// Everything that was sent, as text.
    pub fn sent(&self) -> String {
        String::from_utf8_lossy(&self.seen.lock().unwrap().bytes).into_owned()
    }

    #[track_caller]
    pub fn until(&self, words: &str) -> String {
        let begun = Instant::now();
        loop {
            let text = self.text();
            if text.contains(words) {
                return text;
            }
            assert!(begun.elapsed() < PATIENCE, "no '{words}' in\n{text}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Presses keys one after the other, as a person does: each is read before the next comes.
    pub fn press(&mut self, keys: &str) {
        for key in keys.chars() {
            self.send(key.encode_utf8(&mut [0; 4]));
            self.until_read();
            thread::sleep(Duration::from_millis(30));
        }
    }

    /// Waits until the program has read what was sent.
    #[track_caller]
    pub fn until_read(&self) {
        let line = File::open(self.master.as_ref().unwrap().tty_name().unwrap()).unwrap();
        let begun = Instant::now();
        while rustix::io::ioctl_fionread(&line).unwrap() > 0 {
            assert!(begun.elapsed() < PATIENCE, "nobody reads what was sent");
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Sends bytes at once: a paste, a key that has several bytes, an answer of the terminal.
    pub fn send(&mut self, keys: &str) {
        self.send_bytes(keys.as_bytes());
    }

    /// The same for bytes that are no text.
    pub fn send_bytes(&mut self, bytes: &[u8]) {
        let writer = self.keys.as_mut().unwrap();
        writer.write_all(bytes).unwrap();
        writer.flush().unwrap();
    }

    pub fn resize(&self, rows: u16, cols: u16) {
        // The parser first: the program draws everything again, once, as soon as the size changes.
        let mut seen = self.seen.lock().unwrap();
        seen.parser.screen_mut().set_size(non_zero(rows), non_zero(cols));
        drop(seen);
        self.master.as_ref().unwrap().resize(size(rows, cols)).unwrap();
    }

    /// Claims a size; what it shows is not looked at any more.
    pub fn claim(&self, rows: u16, cols: u16) {
        self.master.as_ref().unwrap().resize(size(rows, cols)).unwrap();
    }

    /// Gives the line another program's mode: cooked, as a shell has it.
    pub fn cook(&self) {
        let line = File::open(self.master.as_ref().unwrap().tty_name().unwrap()).unwrap();
        let mut mode = rustix::termios::tcgetattr(&line).unwrap();
        mode.local_modes |= LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG;
        rustix::termios::tcsetattr(&line, OptionalActions::Now, &mode).unwrap();
    }

    /// Whether the line is in raw mode.
    pub fn is_raw(&self) -> bool {
        let line = File::open(self.master.as_ref().unwrap().tty_name().unwrap()).unwrap();
        let mode = rustix::termios::tcgetattr(&line).unwrap();
        !mode.local_modes.intersects(LocalModes::ICANON | LocalModes::ECHO)
    }

    /// Most memory that the process has had so far, KiB.
    pub fn peak_memory_kib(&self) -> u64 {
        let status = format!("/proc/{}/status", self.child.process_id().unwrap());
        let status = std::fs::read_to_string(status).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Closes the terminal, as when a connection is lost.
    pub fn hang_up(&mut self) {
        self.gone.store(true, Ordering::SeqCst);
        (self.keys, self.master) = (None, None);
    }

    /// Stops reading what it is sent, or goes on.
    pub fn set_deaf(&self, deaf: bool) {
        self.deaf.store(deaf, Ordering::SeqCst);
    }

    /// Writes to the process's stderr, as a library that prints there would.
    pub fn print_on_stderr(&self, text: &str) {
        let stderr = format!("/proc/{}/fd/2", self.child.process_id().unwrap());
        let mut stderr = std::fs::OpenOptions::new().write(true).open(stderr).unwrap();
        stderr.write_all(text.as_bytes()).unwrap();
    }

    /// Sends the process a signal by its short name, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let id = self.child.process_id().unwrap();
        let kill = format!("kill -{name} {id}");
        assert!(std::process::Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Waits until a signal has stopped the process.
    #[track_caller]
    pub fn until_stopped(&self) {
        let status = format!("/proc/{}/status", self.child.process_id().unwrap());
        let begun = Instant::now();
        while !std::fs::read_to_string(&status).unwrap().contains("State:\tT") {
            assert!(begun.elapsed() < PATIENCE, "it is not stopped");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Names of the process's threads; none once it has ended.
    pub fn threads(&self) -> Vec<String> {
        let tasks = format!("/proc/{}/task", self.child.process_id().unwrap());
        let tasks = std::fs::read_dir(tasks).into_iter().flatten().flatten();
        let names = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok());
        names.map(|name| name.trim().to_owned()).collect()
    }

    /// Waits until no thread has this name, while the process still runs.
    #[track_caller]
    pub fn until_thread_ends(&mut self, name: &str) {
        while self.threads().iter().any(|thread| thread == name) {
            assert!(
                self.child.try_wait().unwrap().is_none(),
                "{name} lived as long as the process"
            );
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// SIGKILL.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for the process, whether the terminal reads or not; returns its exit code.
    #[track_caller]
    pub fn wait(&mut self) -> u32 {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.exit_code();
            }
            assert!(begun.elapsed() < PATIENCE, "it does not end:\n{}", self.text());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits for the process and reads all that it wrote; returns its exit code.
    #[track_caller]
    pub fn exit(&mut self) -> u32 {
        let code = self.wait();
        self.set_deaf(false);
        (self.keys, self.master) = (None, None);
        self.reader.take().unwrap().join().unwrap();
        code
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}
