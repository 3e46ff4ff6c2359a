//! Folders of models: found or fetched, described in words, compared by their tokenizers.

use super::error::TrainError;
use super::interrupt::{Break, Supervisor, reporting};
use crate::config::ModelSource;
use crate::disk;
use crate::model::{self, Architecture, Fetching};
use crate::telemetry::{Event, Level, Phase};
use sha2::{Digest, Sha256};
use std::io;
use std::path::{Path, PathBuf};

/// The folder of a model, fetched from the Hub if the source is there.
pub fn resolve(source: &ModelSource, supervisor: &mut dyn Supervisor) -> Result<PathBuf, Break> {
    let report = |fetching| report_fetching(fetching, describe(source), "", supervisor);
    reporting(report, |report| model::resolve(source, report))
}

/// The architecture of a model, of which nothing but the config is fetched.
pub fn architecture(
    source: &ModelSource,
    supervisor: &mut dyn Supervisor,
) -> Result<Architecture, Break> {
    let report = |fetching| report_fetching(fetching, describe(source), "", supervisor);
    reporting(report, |report| model::resolve_architecture(source, report))
}

/// Reports that `what` is being fetched, and lets waiting requests be answered. `of` begins its notices.
pub(super) fn report_fetching(
    fetching: Fetching,
    what: String,
    of: &str,
    supervisor: &mut dyn Supervisor,
) -> Result<(), Break> {
    let events = supervisor.events();
    match fetching {
        Fetching::Bytes { done, total } => {
            events.emit(Event::Progress { phase: Phase::Loading, what, done, total })?
        }
        Fetching::Notice(text) => events.notice(Level::Warning, format!("{of}{text}"))?,
    }
    supervisor.attend()
}

/// The model source in words, for messages.
pub fn describe(source: &ModelSource) -> String {
    match source {
        ModelSource::Folder(path) => path.display().to_string(),
        ModelSource::Hub { id, .. } => id.clone(),
        ModelSource::Random(path) => format!("random weights for {}", path.display()),
    }
}

/// A digest of everything that a model's tensors are made of: its config, and its weights unless they are
/// random. What the files' folder is called does not matter.
pub fn digest(
    source: &ModelSource,
    folder: &Path,
    supervisor: &mut dyn Supervisor,
) -> Result<String, Break> {
    let is_random = matches!(source, ModelSource::Random(_));
    let is_wanted = |name: &str| name == "config.json" || (!is_random && name.ends_with(WEIGHTS));
    let failed = |error| TrainError::io("read", folder, error);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        names.extend(name.to_str().filter(|name| is_wanted(name)).map(str::to_owned));
    }
    names.sort();
    let mut hash = Sha256::new();
    hash.update(if is_random { "random" } else { "weights" });
    for name in names {
        let sum = file_digest(&folder.join(&name), source, supervisor)?;
        hash.update(format!("{name} {sum}\n"));
    }
    Ok(disk::hex(hash))
}

/// Bytes that are checked between two progress events.
const REPORTED: u64 = 256 << 20;

/// Ends the names of files with weights, or with where in them each tensor is.
const WEIGHTS: &str = ".safetensors";

fn file_digest(
    path: &Path,
    source: &ModelSource,
    supervisor: &mut dyn Supervisor,
) -> Result<String, Break> {
    let failed = |error| TrainError::io("read", path, error);
    let file = disk::open(path).map_err(failed)?;
    let total = Some(file.metadata().map_err(failed)?.len());
    let (mut done, mut broken) = (0, None);
    let sum = disk::sha256(file, &mut |read| {
        let is_due = (done + read) / REPORTED > done / REPORTED;
        done += read;
        let (phase, what) = (Phase::Reference, format!("checking {}", describe(source)));
        let progress = Event::Progress { phase, what, done, total };
        let reported = if is_due { supervisor.events().emit(progress) } else { Ok(()) };
        reported.map_err(Break::from).and_then(|()| supervisor.attend()).map_err(|why| {
            broken = Some(why);
            io::ErrorKind::Interrupted.into()
        })
    });
    match broken {
        Some(why) => Err(why),
        None => Ok(sum.map_err(failed)?),
    }
}

/// Whether two model folders tokenize alike: the same files of a tokenizer, byte for byte.
pub fn have_same_tokenizer(one: &Path, other: &Path) -> bool {
    const DEFINITIONS: [&str; 4] =
        ["tokenizer.json", "vocab.json", "merges.txt", "tokenizer.model"];
    let sums = |folder: &Path| {
        DEFINITIONS.map(|name| {
            let file = disk::open(&folder.join(name)).ok()?;
            disk::sha256(file, &mut |_| Ok(())).ok()
        })
    };
    let own = sums(one);
    one == other || (own.iter().any(Option::is_some) && sums(other) == own)
}
