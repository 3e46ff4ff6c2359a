//! From a model's source to a folder on this machine: a local one, or the Hub's, through the cache
//! that Python's huggingface_hub uses too, under the same environment variables.
//!
//! Neither a Hub nor a mirror is trusted. Whatever they answer is checked before it is used: names
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
use reqwest::Url;
use settings::Settings;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// Time between two calls of the caller's `progress`, which may stop the download.
const TICK: Duration = Duration::from_millis(200);
/// Without a byte for this long a download counts as dead.
const STALL: Duration = Duration::from_secs(60);
/// Part of that time for which a process that holds a lock may go without a byte.
const LOCK_SHARE: u32 = 6;

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
    /// A warning or a fallback, as a sentence for the user.
    Notice(String),
}

/// The folder of a model in HF layout, fetched from the Hub if the source is there.
///
/// `progress` is called a few times a second during a download; when it breaks, the result is
/// [`ModelError::Stopped`]. If the Hub cannot be reached and the cache holds the model, the cached
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
            report(progress, Fetching::Notice(notice))?;
        }
        let error = match self.wait(settings, &cache, progress)? {
            Ok(folder) => return Ok(folder),
            Err(error @ FetchError::Known(_)) => return Err(self.error(error)),
            Err(error) => error,
        };
        let Some(folder) = cached(&cache) else { return Err(self.error(error)) };
        let notice = format!("{error}; taking the cached copy in {}", folder.display());
        report(progress, Fetching::Notice(notice))?;
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
        let spawned = std::thread::Builder::new().name("download".into()).spawn(move || {
            let answer = fetch.download(&settings, &cache, sender.clone());
            let _ = sender.send(Report::Done(answer)); // the receiver is gone after a stop
        });
        if let Err(error) = spawned {
            return Ok(Err(FetchError::Known(format!("no thread can be started: {error}"))));
        }
        let (mut done, mut total, mut silent) = (0, None, Duration::ZERO);
        loop {
            match receiver.recv_timeout(TICK) {
                Ok(Report::Done(answer)) => return Ok(answer),
                Ok(Report::Total(bytes)) => total = Some(bytes),
                Ok(Report::Bytes(bytes)) => (done, silent) = (bytes, Duration::ZERO),
                Err(RecvTimeoutError::Timeout) => silent += TICK,
                Err(RecvTimeoutError::Disconnected) => return Ok(Err(FetchError::Died)),
            }
            report(progress, Fetching::Bytes { done, total })?;
            if silent >= self.stall {
                return Ok(Err(FetchError::Stalled { secs: self.stall.as_secs() }));
            }
        }
    }

    /// Fetches what the cache lacks, and returns the model's folder in it.
    fn download(
        &self,
        settings: &Settings,
        cache: &Cache,
        sender: Sender<Report>,
    ) -> Result<PathBuf, FetchError> {
        // The waiting thread notices a stall first and leaves this one behind, which then ends here.
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
                lock_patience: self.stall / LOCK_SHARE,
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
        ModelError::Hub { id, reason: why.to_string() }
    }
}

/// The cached snapshot, if it is whole.
fn cached(cache: &Cache) -> Option<PathBuf> {
    let folder = cache.snapshot(&cache.commit()?);
    let whole =
        folder.join("config.json").exists() && super::weights::Weights::open(&folder).is_ok();
    whole.then_some(folder)
}

/// A warning of an endpoint without encryption. It shows the host only, because an address may hold
/// a password.
fn warning(endpoint: &str) -> Option<String> {
    let url = Url::parse(endpoint).ok().filter(|url| url.scheme() == "http")?;
    let origin = url.origin().ascii_serialization();
    (!net::is_this_machine(endpoint)).then(|| {
        format!(
            "HF_ENDPOINT is {origin}: whoever is between can read the token and change the model; \
             use https"
        )
    })
}

/// # Errors
/// [`ModelError::Stopped`] if the caller does not want to go on.
fn report(
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
