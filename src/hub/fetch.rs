//! From a repository to files on this machine.

use super::cache::{Cache, Cached};
use super::client::Client;
use super::download::Download;
use super::error::{FetchError, HubError};
use super::listing::Listing;
use super::progress::{Fetching, Progress, Report};
use super::repo::Repo;
use super::settings::Settings;
use super::snapshot::{Snapshot, Source};
use super::stored;
use super::want::Want;
use crate::net;
use reqwest::Url;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// Time between two calls of the caller's `progress`, which may stop the download.
const TICK: Duration = Duration::from_millis(200);
/// Without a byte for this long a download counts as dead.
const STALL: Duration = Duration::from_secs(60);
/// Part of that time for which a process that holds a lock may go without a byte.
pub(super) const LOCK_SHARE: u32 = 6;

/// The wanted files of a repository, in the cache.
///
/// `progress` is called a few times a second during a download; when it breaks, the result is
/// [`HubError::Stopped`]. If the Hub cannot be reached and the cache holds the files, those are taken,
/// with a notice. A commit whose files are all there is not asked for.
///
/// # Errors
/// No such repository or revision; a gated one without a token that may read it; none of the wanted
/// files; a download that fails or stalls. No message holds the token.
pub fn fetch(
    settings: &Settings,
    repo: &Repo,
    want: Arc<dyn Want>,
    progress: &mut dyn FnMut(Fetching) -> ControlFlow<()>,
) -> Result<Snapshot, HubError> {
    Fetch { repo: repo.clone(), want, stall: STALL }.run(settings, progress)
}

/// What is to be fetched.
#[derive(Clone)]
pub(super) struct Fetch {
    pub repo: Repo,
    pub want: Arc<dyn Want>,
    pub stall: Duration,
}

impl Fetch {
    /// Downloads on a thread of its own, so that this one can report, stop, and notice a stall.
    pub fn run(
        &self,
        settings: &Settings,
        progress: &mut dyn FnMut(Fetching) -> ControlFlow<()>,
    ) -> Result<Snapshot, HubError> {
        let cache = Cache::new(&settings.cache, &self.repo).map_err(|error| self.error(error))?;
        let kind = self.repo.kind;
        if settings.offline {
            return self.cached(&cache).map_err(|why| {
                self.error(format!(
                    "HF_HUB_OFFLINE is set and the cache does not hold the {kind}: {why}"
                ))
            });
        }
        if let Some(snapshot) = self.cached_commit(&cache) {
            return Ok(snapshot);
        }
        if let Some(notice) = warning(&settings.endpoint) {
            report(progress, Fetching::Notice(notice))?;
        }
        let error = match self.wait(settings, &cache, progress)? {
            Ok(snapshot) => return Ok(snapshot),
            Err(error) if error.is_final() => return Err(self.error(error)),
            Err(error) => error,
        };
        let snapshot = self.cached(&cache).map_err(|why| {
            self.error(format!("{error}; and the cache does not hold the {kind}: {why}"))
        })?;
        let notice = format!("{error}; taking the cached copy in {}", snapshot.folder.display());
        report(progress, Fetching::Notice(notice))?;
        Ok(snapshot)
    }

    /// What the cache holds of the revision.
    ///
    /// # Errors
    /// Why that does not do.
    fn cached(&self, cache: &Cache) -> Result<Snapshot, String> {
        let commit = cache.commit().ok_or_else(|| match &self.repo.revision {
            None => "nothing of it was fetched".to_owned(),
            Some(revision) => format!("nothing of its revision {revision} was fetched"),
        })?;
        let found = stored::find(cache, &commit, &*self.want)?;
        let source = if found.is_listed { Source::Listing } else { Source::CacheAlone };
        let (folder, names) = (cache.snapshot(&commit), found.names);
        Ok(Snapshot { folder, commit: commit.digits().to_owned(), names, source })
    }

    /// A commit that the revision names, if its listing and its files are in the cache: it is what it
    /// was.
    fn cached_commit(&self, cache: &Cache) -> Option<Snapshot> {
        cache.pinned()?;
        self.cached(cache).ok().filter(|snapshot| snapshot.source == Source::Listing)
    }

    /// Starts the download and reports until it ends.
    fn wait(
        &self,
        settings: &Settings,
        cache: &Cache,
        progress: &mut dyn FnMut(Fetching) -> ControlFlow<()>,
    ) -> Result<Result<Snapshot, FetchError>, HubError> {
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

    /// Fetches what the cache lacks.
    fn download(
        &self,
        settings: &Settings,
        cache: &Cache,
        sender: Sender<Report>,
    ) -> Result<Snapshot, FetchError> {
        // The waiting thread notices a stall first and leaves this one behind, which then ends here.
        let client = Client::new(settings, self.repo.kind, self.stall * 2)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| FetchError::Known(error.to_string()))?;
        let progress = Progress::new(sender);
        runtime.block_on(async {
            let scope = self.want.scope();
            let listing = Listing::fetch(&client, &self.repo, &scope).await?;
            let (commit, files) = (&listing.commit, listing.choose(&*self.want)?);
            let total = files.iter().fold(0u64, |sum, file| sum.saturating_add(file.size));
            progress.send(Report::Total(total))?;
            let stored = stored::store(cache, &scope, &listing);
            let is_whole = |file| matches!(cache.look(commit, file), Ok(Cached::Whole));
            if !files.iter().all(is_whole) {
                // A cache that is read-only and has all files needs no listing of ours.
                stored?;
            }
            let download = Download {
                client: &client,
                cache,
                repo: &self.repo,
                commit,
                files: &files,
                progress: &progress,
                lock_patience: self.stall / LOCK_SHARE,
            };
            download.run().await?;
            cache.remember(commit)?;
            Ok(Snapshot {
                folder: cache.snapshot(commit),
                commit: commit.digits().to_owned(),
                names: listing.names().into_iter().map(str::to_owned).collect(),
                source: Source::Hub,
            })
        })
    }

    fn error(&self, why: impl ToString) -> HubError {
        HubError::of(&self.repo, why)
    }
}

/// A warning of an endpoint without encryption. It shows the host only, because an address may hold
/// a password.
pub(super) fn warning(endpoint: &str) -> Option<String> {
    let url = Url::parse(endpoint).ok().filter(|url| url.scheme() == "http")?;
    let origin = url.origin().ascii_serialization();
    (!net::is_this_machine(endpoint)).then(|| {
        format!(
            "HF_ENDPOINT is {origin}: whoever is between can read the token and change what is \
             fetched; use https"
        )
    })
}

/// # Errors
/// [`HubError::Stopped`] if the caller does not want to go on.
fn report(
    progress: &mut dyn FnMut(Fetching) -> ControlFlow<()>,
    what: Fetching,
) -> Result<(), HubError> {
    match progress(what) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(HubError::Stopped),
    }
}
