use super::super::{Arrival, EventSource, Snapshot, SourceError};
use super::Moment;
use super::player::Player;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::thread;
use std::time::Duration;

/// Between two looks at a record that grows.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// The record of a run on disk as a source that can go to any moment of it, up to the event that was the last
/// when it was opened, or to what came since. It begins at its end.
#[derive(Debug)]
pub struct Recording {
    run: Snapshot,
    /// Unbounded: a viewer gets so many only as it asked for.
    arrivals: Receiver<Result<Arrival, SourceError>>,
}

/// Sends a [`Recording`] to other moments.
#[derive(Clone, Debug)]
pub struct Seeker(Sender<Moment>);

impl Seeker {
    /// Goes to a moment. What is there then comes from the recording: [`Arrival::Moved`], or records where it
    /// goes on event by event.
    pub fn go(&self, to: Moment) {
        // Nobody reads any more where the recording is gone.
        let _ = self.0.send(to);
    }
}

impl Recording {
    /// The record of the run in this folder. With `grows`, what another machine writes behind its end comes too,
    /// while the end is shown.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    pub fn open(run_dir: &Path, grows: bool) -> Result<(Self, Seeker), SourceError> {
        let player = Player::open(run_dir)?;
        let run = player.run().clone();
        let ((seeker, moments), (sender, arrivals)) = (channel(), channel());
        thread::Builder::new()
            .name("record".into())
            .spawn(move || work(player, grows, &moments, &sender))
            .map_err(|error| SourceError::Lost(format!("no thread can be started: {error}")))?;
        Ok((Recording { run, arrivals }, Seeker(seeker)))
    }
}

impl EventSource for Recording {
    fn snapshot(&mut self) -> Result<Snapshot, SourceError> {
        Ok(std::mem::take(&mut self.run))
    }

    fn receive(&mut self, patience: Duration) -> Result<Arrival, SourceError> {
        match self.arrivals.recv_timeout(patience) {
            Ok(arrival) => arrival,
            Err(RecvTimeoutError::Timeout) => Ok(Arrival::Nothing),
            Err(RecvTimeoutError::Disconnected) => Ok(Arrival::End),
        }
    }

    fn missed(&self) -> u64 {
        0
    }
}

/// Goes where it is sent until nobody sends or reads any more, or the record cannot be read.
fn work(
    mut player: Player,
    grows: bool,
    moments: &Receiver<Moment>,
    arrivals: &Sender<Result<Arrival, SourceError>>,
) {
    let send = |went: Result<Vec<Arrival>, SourceError>| match went {
        Ok(news) => news.into_iter().all(|arrival| arrivals.send(Ok(arrival)).is_ok()),
        Err(error) => {
            let _ = arrivals.send(Err(error));
            false
        }
    };
    let mut goes_on = true;
    while goes_on {
        goes_on = match moments.try_recv() {
            Ok(first) => {
                let wanted = merged(first, moments.try_iter());
                wanted.into_iter().all(|moment| send(player.go(moment)))
            }
            Err(TryRecvError::Disconnected) => false,
            Err(TryRecvError::Empty) => match player.scan_on() {
                Ok(true) => true,
                Ok(false) => match wait(moments, grows) {
                    Ok(moment) => send(player.go(moment)),
                    Err(RecvTimeoutError::Timeout) => send(player.grow()),
                    Err(RecvTimeoutError::Disconnected) => false,
                },
                Err(error) => send(Err(error)),
            },
        };
    }
}

/// The next wish; a timeout where it is time to look for more of the record.
fn wait(moments: &Receiver<Moment>, grows: bool) -> Result<Moment, RecvTimeoutError> {
    match grows {
        true => moments.recv_timeout(BETWEEN_LOOKS),
        false => moments.recv().map_err(|_| RecvTimeoutError::Disconnected),
    }
}

/// What is left to be done of several wishes.
fn merged(first: Moment, more: impl Iterator<Item = Moment>) -> Vec<Moment> {
    let mut left = vec![first];
    for next in more {
        match left.last_mut().and_then(|last| Some((last.merged(next)?, last))) {
            Some((both, last)) => *last = both,
            None => left.push(next),
        }
    }
    left
}
