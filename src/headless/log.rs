//! The log files of a process, one a day: everything that is logged through `tracing`.

use crate::echo;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_appender::rolling::{InitError, RollingFileAppender, Rotation};
use tracing_subscriber::EnvFilter;

/// Number of daily log files that are kept.
const DAYS_KEPT: usize = 30;

/// Why the log could not be started.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// No file can be made in the folder.
    #[error("cannot write log files in {}: {source}; make the folder writable", path.display())]
    Folder {
        /// `log/` in the run's folder.
        path: PathBuf,
        /// The system's reason.
        source: InitError,
    },
    /// The folder cannot be made.
    #[error("cannot make the folder {} for log files: {error}", path.display())]
    Directory {
        /// `log/` in the run's folder.
        path: PathBuf,
        /// The system's reason.
        error: std::io::Error,
    },
    /// The filter cannot be read.
    #[error(
        "'{found}' is no log filter: {reason}; write a level (error, warn, info, debug, trace)"
    )]
    Filter {
        /// The filter as it was given.
        found: String,
        /// The reason, from tracing-subscriber.
        reason: String,
    },
    /// The log of this process was started before; there can be only one.
    #[error("the log was started twice")]
    Twice,
}

/// Keeps the thread of the log alive; to be held until the end of the process. Dropping it writes all
/// lines that are left and ends the thread.
#[must_use = "the log ends when this is dropped"]
pub struct LogGuard {
    _writer: WorkerGuard,
}

/// Starts the log of this process: daily files `log/versatune.<date>.log` in the run's folder.
/// `filter` is a level, or a filter as `RUST_LOG` has it.
///
/// No line is lost: with 128,000 lines waiting for the disk, a thread that logs another waits.
///
/// # Errors
/// See [`LogError`].
pub fn start(run_dir: &Path, filter: &str) -> Result<LogGuard, LogError> {
    let (subscriber, guard) = subscriber(run_dir, filter)?;
    tracing::subscriber::set_global_default(subscriber).map_err(|_| LogError::Twice)?;
    Ok(guard)
}

/// Writes log lines with nothing in them that controls a terminal, each as one line: the subscriber
/// writes a whole line at a time.
struct CleanLines(NonBlocking);

impl Write for CleanLines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let line = format!("{}\n", echo::line(text.trim_end_matches('\n')));
        self.0.write_all(line.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn subscriber(
    run_dir: &Path,
    filter: &str,
) -> Result<(impl tracing::Subscriber + Send + Sync, LogGuard), LogError> {
    let filter = EnvFilter::try_new(filter)
        .map_err(|e| LogError::Filter { found: filter.into(), reason: e.to_string() })?;
    let path = run_dir.join("log");
    std::fs::create_dir_all(&path)
        .map_err(|error| LogError::Directory { path: path.clone(), error })?;
    let files = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("versatune")
        .filename_suffix("log")
        .max_log_files(DAYS_KEPT)
        .build(&path)
        .map_err(|source| LogError::Folder { path, source })?;
    let (writer, guard) =
        NonBlockingBuilder::default().lossy(false).thread_name("log").finish(files);
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(move || CleanLines(writer.clone()))
        .finish();
    Ok((subscriber, LogGuard { _writer: guard }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_in_the_file_when_the_guard_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let (subscriber, guard) = subscriber(dir.path(), "info").unwrap();
        tracing::subscriber::with_default(subscriber, || {
            (0..5000).for_each(|n| tracing::info!("line {n}"));
            tracing::debug!("below the filter");
        });
        drop(guard);
        let files: Vec<_> = std::fs::read_dir(dir.path().join("log")).unwrap().collect();
        assert_eq!(files.len(), 1);
        let text = std::fs::read_to_string(files[0].as_ref().unwrap().path()).unwrap();
        assert_eq!(text.lines().count(), 5000);
        assert!(text.lines().last().unwrap().ends_with("line 4999"));
        assert!(!text.contains('\u{1b}'));
    }

    #[test]
    fn a_bad_filter_or_folder_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let error = subscriber(dir.path(), "loud=very").err().unwrap().to_string();
        assert!(error.starts_with("'loud=very' is no log filter"), "{error}");
        std::fs::write(dir.path().join("log"), "a file is in the way").unwrap();
        let error = subscriber(dir.path(), "info").err().unwrap().to_string();
        assert!(error.starts_with("cannot make the folder "), "{error}");
    }
}
