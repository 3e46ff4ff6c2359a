//! From a model's source to a folder on this machine: a local one, or the Hub's, through the cache
//! that Python's huggingface_hub uses too, under the same environment variables.
//!
//! A Hub is a stranger, and a mirror more so. What it says is checked before it is used: names
//! ([`listing`], [`remote`]), checksums and sizes ([`download`]), lengths and redirects ([`client`]).

mod cache;
mod checksum;
mod client;
mod download;
mod error;
mod listing;
mod progress;
mod remote;
mod settings;

use super::{ModelError, ModelSource};
use crate::net;
use cache::Cache;
use client::Client;
use download::Download;
use error::FetchError;
use listing::Listing;
use progress::{Progress, Report};
use settings::Settings;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// How often the caller is asked whether to go on.
const TICK: Duration = Duration::from_millis(200);
/// Without a byte for this long a download counts as dead.
const STALL: Duration = Duration::from_secs(60);

/// What happens while a model is fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetching {
    /// Bytes that have come, of all; also sent a few times a second when none have come.
    Bytes {
        /// Bytes that are here.
        done: u64,
        /// Bytes in all, once known.
        total: Option<u64>,
    },
    /// Something that the operator should know.
    Notice(String),
}

/// The folder of a model in HF layout, fetched from the Hub if it lies there.
///
/// `progress` hears of the download a few times a second; when it breaks, the answer is
/// [`ModelError::Stopped`]. If the Hub cannot be reached and its cache holds the model, the cached
/// one is taken, with a notice.
///
/// # Errors
/// No such folder; no such model; a gated one without a token that may read it; no safetensors; a
/// download that fails or stalls. No message holds the token.
pub fn resolve(
    source: &ModelSource,
    progress: &mut dyn FnMut(Fetching) -> ControlFlow<()>,
) -> Result<PathBuf, ModelError> {
    match source {
        ModelSource::Folder(folder) | ModelSource::Random(folder) => {
            std::fs::metadata(folder.join("config.json"))
                .map_err(ModelError::read(&folder.join("config.json")))?;
            Ok(folder.clone())
        }
        ModelSource::Hub { id, revision } => {
            let fetch = Fetch { id: id.clone(), revision: revision.clone(), stall: STALL };
            let settings = Settings::from_env(&|name| std::env::var_os(name)).ok_or_else(|| {
                fetch.error("no folder for downloads is known; set HF_HOME or HOME")
            })?;
            fetch.run(&settings, progress)
        }
    }
}

/// One model to fetch.
#[derive(Clone)]
struct Fetch {
    id: String,
    revision: Option<String>,
    stall: Duration,
}

impl Fetch {
    /// Downloads on a thread of its own, so that this one can report, stop, and notice a stall.
    fn run(
        &self,
        settings: &Settings,
        progress: &mut dyn FnMut(Fetching) -> ControlFlow<()>,
    ) -> Result<PathBuf, ModelError> {
        let cache = Cache::new(&settings.cache, &self.id, self.revision.as_deref())
            .map_err(|error| self.error(error))?;
        if settings.offline {
            return cached(&cache).ok_or_else(|| {
                self.error("HF_HUB_OFFLINE is set and the cache does not hold the model")
            });
        }
        if let Some(notice) = warning(&settings.endpoint) {
            say(progress, Fetching::Notice(notice))?;
        }
        let error = match self.wait(settings, &cache, progress)? {
            Ok(folder) => return Ok(folder),
            Err(error @ FetchError::Known(_)) => return Err(self.error(error)),
            Err(error) => error,
        };
        let Some(folder) = cached(&cache) else { return Err(self.error(error)) };
        let notice = format!("{error}; taking the cached copy in {}", folder.display());
        say(progress, Fetching::Notice(notice))?;
        Ok(folder)
    }

    /// Starts the download and reports until it ends.
    fn wait(
        &self,
        settings: &Settings,
        cache: &Cache,
        progress: &mut dyn FnMut(Fetching) -> ControlFlow<()>,
    ) -> Result<Result<PathBuf, FetchError>, ModelError> {
        let (sender, receiver) = channel();
        let (fetch, settings, cache) = (self.clone(), settings.clone(), cache.clone());
        std::thread::spawn(move || {
            let answer = fetch.download(&settings, &cache, sender.clone());
            let _ = sender.send(Report::Done(answer)); // nobody listens after a stop
        });
        let (mut done, mut total, mut silent) = (0, None, Duration::ZERO);
        loop {
            match receiver.recv_timeout(TICK) {
                Ok(Report::Done(answer)) => return Ok(answer),
                Ok(Report::Total(bytes)) => total = Some(bytes),
                Ok(Report::Bytes(bytes)) => (done, silent) = (bytes, Duration::ZERO),
                Err(RecvTimeoutError::Timeout) => silent += TICK,
                Err(RecvTimeoutError::Disconnected) => return Ok(Err(FetchError::Died)),
            }
            say(progress, Fetching::Bytes { done, total })?;
            if silent >= self.stall {
                return Ok(Err(FetchError::Stalled { secs: self.stall.as_secs() }));
            }
        }
    }

    /// Brings the cache up to date, and gives the folder of the model in it.
    fn download(
        &self,
        settings: &Settings,
        cache: &Cache,
        sender: Sender<Report>,
    ) -> Result<PathBuf, FetchError> {
        // The waiting thread notices a stall first; this ends the one that it has left behind.
        let client = Client::new(settings, self.stall * 2)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| FetchError::Known(error.to_string()))?;
        let progress = Progress::new(sender);
        runtime.block_on(async {
            let listing = Listing::fetch(&client, &self.id, self.revision.as_deref()).await?;
            progress.send(Report::Total(listing.total_bytes()))?;
            let download = Download {
                client: &client,
                cache,
                listing: &listing,
                id: &self.id,
                progress: &progress,
            };
            download.run().await?;
            cache.remember(&listing.commit)?;
            Ok(cache.snapshot(&listing.commit))
        })
    }

    fn error(&self, why: impl ToString) -> ModelError {
        let id = match &self.revision {
            None => self.id.clone(),
            Some(revision) => format!("{}@{revision}", self.id),
        };
        ModelError::Hub { id, fault: why.to_string() }
    }
}

/// The cached snapshot, if it is whole.
fn cached(cache: &Cache) -> Option<PathBuf> {
    let folder = cache.snapshot(&cache.commit()?);
    let whole =
        folder.join("config.json").exists() && super::weights::Weights::open(&folder).is_ok();
    whole.then_some(folder)
}

/// What the operator should know of an endpoint.
fn warning(endpoint: &str) -> Option<String> {
    let open = endpoint.starts_with("http://") && !net::is_this_machine(endpoint);
    open.then(|| {
        format!(
            "HF_ENDPOINT is {endpoint}: whoever is between can read the token and change the model; \
             use https"
        )
    })
}

/// # Errors
/// [`ModelError::Stopped`] if the caller does not want to go on.
fn say(
    progress: &mut dyn FnMut(Fetching) -> ControlFlow<()>,
    what: Fetching,
) -> Result<(), ModelError> {
    match progress(what) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(ModelError::Stopped),
    }
}

#[cfg(test)]
mod tests;
