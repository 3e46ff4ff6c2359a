//! From a model's source to a folder on this machine: a local one, or the Hub's by hf-hub, through
//! its cache. `HF_HOME`, `HF_HUB_CACHE`, `HF_ENDPOINT`, `HF_TOKEN` and `HF_HUB_OFFLINE` hold.

mod failure;

use super::save::is_companion;
use super::weights::{INDEX, SINGLE};
use super::{ModelError, ModelSource};
use failure::Failure;
use hf_hub::progress::{DownloadEvent, Progress, ProgressEvent, ProgressHandler};
use hf_hub::repository::RepoTreeEntry;
use hf_hub::{HFClient, HFClientSync, HFError};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
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
            let offline = std::env::var("HF_HUB_OFFLINE").is_ok_and(|v| v != "0" && !v.is_empty());
            let client = HFClient::builder().build_sync();
            let fetch = Fetch { id: id.clone(), revision: revision.clone(), stall: STALL };
            let client = client.map_err(|error| {
                fetch.fault(&format!(
                    "no client for the Hub can be made ({error}); check HF_ENDPOINT"
                ))
            })?;
            fetch.run(client, offline, progress)
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
        client: HFClientSync,
        offline: bool,
        progress: &mut dyn FnMut(Fetching) -> ControlFlow<()>,
    ) -> Result<PathBuf, ModelError> {
        if offline {
            return self.cached(&client)?.ok_or_else(|| {
                self.fault("HF_HUB_OFFLINE is set and the cache does not hold the model")
            });
        }
        let (sender, receiver) = channel();
        let (fetch, worker_client) = (self.clone(), client.clone());
        std::thread::spawn(move || {
            let answer = fetch.download(&worker_client, &sender);
            let _ = sender.send(Message::Done(answer)); // nobody listens after a stop
        });
        let (mut done, mut total, mut silent) = (0, None, Duration::ZERO);
        let answer = loop {
            match receiver.recv_timeout(TICK) {
                Ok(Message::Done(answer)) => break answer,
                Ok(Message::Total(bytes)) => total = Some(bytes),
                Ok(Message::Bytes(bytes)) => (done, silent) = (bytes, Duration::ZERO),
                Err(RecvTimeoutError::Timeout) => silent += TICK,
                Err(RecvTimeoutError::Disconnected) => break Err(Failure::Died),
            }
            if progress(Fetching::Bytes { done, total }).is_break() {
                return Err(ModelError::Stopped);
            }
            if silent >= self.stall {
                break Err(Failure::Stalled);
            }
        };
        match answer {
            Ok(folder) => Ok(folder),
            Err(Failure::Known(error)) => Err(error),
            Err(failure) => {
                let why = failure.text(self);
                let Some(folder) = self.cached(&client)? else { return Err(self.fault(&why)) };
                let notice = format!("{why}; taking the cached copy in {}", folder.display());
                match progress(Fetching::Notice(notice)) {
                    ControlFlow::Continue(()) => Ok(folder),
                    ControlFlow::Break(()) => Err(ModelError::Stopped),
                }
            }
        }
    }

    /// Lists the repository, fetches the files that are needed, and compares their sizes.
    fn download(
        &self,
        client: &HFClientSync,
        sender: &Sender<Message>,
    ) -> Result<PathBuf, Failure> {
        let (owner, name) = hf_hub::split_id(&self.id);
        let repo = client.model(owner, name);
        let failed = |error: HFError| self.failure(error);
        // Asked first because it tells "no such model" from "no such revision".
        repo.info().maybe_revision(self.revision.clone()).send().map_err(failed)?;
        let entries =
            repo.list_tree().maybe_revision(self.revision.clone()).send().map_err(failed)?;
        let wanted = self.wanted(&entries)?;
        let _ = sender.send(Message::Total(wanted.values().sum()));
        let folder = repo
            .snapshot_download()
            .maybe_revision(self.revision.clone())
            .allow_patterns(wanted.keys().cloned().collect())
            .progress(Progress::new(Reporter { sender: sender.clone(), files: Mutex::default() }))
            .send()
            .map_err(failed)?;
        for (file, bytes) in &wanted {
            self.check_size(&folder.join(file), *bytes)?;
        }
        Ok(folder)
    }

    /// Files to fetch, with their sizes.
    fn wanted(&self, entries: &[RepoTreeEntry]) -> Result<BTreeMap<String, u64>, Failure> {
        let files: BTreeMap<String, u64> = entries
            .iter()
            .filter_map(|entry| match entry {
                RepoTreeEntry::File { path, size, .. } => Some((path.clone(), *size)),
                _ => None,
            })
            .collect();
        if !files.contains_key("config.json") {
            return Err(Failure::Known(self.fault("it has no config.json: is it a model?")));
        }
        let single = files.contains_key(SINGLE);
        if !single && !files.contains_key(INDEX) {
            let fault = "it has no safetensors (pickle files, *.bin, are not read); take another \
                         revision, or convert it with transformers' save_pretrained";
            return Err(Failure::Known(self.fault(fault)));
        }
        let is_weights = |name: &str| match single {
            true => name == SINGLE,
            false => name == INDEX || name.starts_with("model-") && name.ends_with(".safetensors"),
        };
        Ok(files
            .into_iter()
            .filter(|(name, _)| name == "config.json" || is_companion(name) || is_weights(name))
            .collect())
    }

    /// A file of the wrong size is taken out of the cache, so that the next try fetches it anew.
    fn check_size(&self, path: &Path, bytes: u64) -> Result<(), Failure> {
        let found = std::fs::metadata(path).map(|file| file.len()).unwrap_or(0);
        if found == bytes {
            return Ok(());
        }
        if let Ok(blob) = path.canonicalize() {
            let _ = std::fs::remove_file(blob);
        }
        let _ = std::fs::remove_file(path);
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let fault = format!("{file} came with {found} of {bytes} bytes; try again");
        Err(Failure::Known(self.fault(&fault)))
    }

    /// The cached snapshot, if it is whole.
    fn cached(&self, client: &HFClientSync) -> Result<Option<PathBuf>, ModelError> {
        let (owner, name) = hf_hub::split_id(&self.id);
        let snapshot = client
            .model(owner, name)
            .snapshot_download()
            .maybe_revision(self.revision.clone())
            .local_files_only(true)
            .send();
        let Ok(folder) = snapshot else { return Ok(None) };
        let whole =
            folder.join("config.json").exists() && super::weights::Weights::open(&folder).is_ok();
        Ok(whole.then_some(folder))
    }

    fn fault(&self, fault: &str) -> ModelError {
        let id = match &self.revision {
            None => self.id.clone(),
            Some(revision) => format!("{}@{revision}", self.id),
        };
        ModelError::Hub { id, fault: fault.into() }
    }
}

/// From the downloading thread to the waiting one; unbounded, closed when the download is over.
enum Message {
    Total(u64),
    Bytes(u64),
    Done(Result<PathBuf, Failure>),
}

/// Sums hf-hub's reports per file.
struct Reporter {
    sender: Sender<Message>,
    files: Mutex<BTreeMap<String, u64>>,
}

impl ProgressHandler for Reporter {
    fn on_progress(&self, event: &ProgressEvent) {
        let ProgressEvent::Download(event) = event else { return };
        let bytes = match event {
            DownloadEvent::Progress { files } => {
                let Ok(mut known) = self.files.lock() else { return };
                for file in files {
                    let done = known.entry(file.filename.clone()).or_default();
                    *done = file.bytes_completed.max(*done);
                }
                known.values().sum()
            }
            DownloadEvent::AggregateProgress { bytes_completed, .. } => *bytes_completed,
            DownloadEvent::Start { .. } | DownloadEvent::Complete => return,
        };
        let _ = self.sender.send(Message::Bytes(bytes));
    }
}

#[cfg(test)]
mod tests;
