//! The thread on which the machine is sampled.

use super::HostSampler;
use crate::telemetry::HostSample;
use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// A thread that samples the machine. Dropping this ends the thread and waits for it, at most for
/// the time that one sample takes.
#[must_use = "sampling ends when this is dropped"]
pub struct HostThread {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Takes a sample at once and then every `interval`, and passes each to `take` (which emits it into the
/// hub), until that returns `false` or the handle is dropped.
///
/// # Errors
/// The system cannot start a thread.
pub fn spawn(
    interval: Duration,
    run_dir: PathBuf,
    mut take: impl FnMut(HostSample) -> bool + Send + 'static,
) -> io::Result<HostThread> {
    // Nothing is ever sent: that the sender is dropped is the signal.
    let (stop, stopped) = channel::<()>();
    let sampling = move || {
        let mut sampler = HostSampler::new();
        while take(sampler.sample(&run_dir))
            && stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout)
        {}
    };
    let thread = std::thread::Builder::new().name("host".into()).spawn(sampling)?;
    Ok(HostThread { stop: Some(stop), thread: Some(thread) })
}

impl Drop for HostThread {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the host sampler panicked");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_samples_at_once_and_ends_without_waiting_for_its_interval() {
        let (send, samples) = channel();
        let hour = Duration::from_secs(3600);
        let thread = spawn(hour, ".".into(), move |sample| send.send(sample).is_ok()).unwrap();
        assert!(samples.recv_timeout(Duration::from_secs(60)).is_ok());
        drop(thread);
        // The thread is gone, and with it the sending end.
        assert!(samples.recv().is_err());
    }

    #[test]
    fn it_ends_when_nobody_takes_samples_any_more() {
        let thread = spawn(Duration::ZERO, ".".into(), |_| false).unwrap();
        let handle = &thread.thread.as_ref().unwrap();
        while !handle.is_finished() {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}
