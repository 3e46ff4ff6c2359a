//! Folders of models: found or fetched, described in words, compared by their tokenizers.

use super::error::TrainError;
use super::interrupt::{Break, Supervisor, reporting};
use crate::config::ModelSource;
use crate::disk;
use crate::model::{self, Fetching};
use crate::telemetry::{Event, Level, Phase};
use std::path::{Path, PathBuf};

/// The folder of a model, fetched from the Hub if the source is there.
pub fn resolve(source: &ModelSource, supervisor: &mut dyn Supervisor) -> Result<PathBuf, Break> {
    let report = |fetching| {
        report_fetching(fetching, source, supervisor)?;
        supervisor.attend()
    };
    reporting(report, |report| model::resolve(source, report))
}

fn report_fetching(
    fetching: Fetching,
    source: &ModelSource,
    supervisor: &mut dyn Supervisor,
) -> Result<(), TrainError> {
    let (phase, what) = (Phase::Loading, describe(source));
    match fetching {
        Fetching::Bytes { done, total } => {
            supervisor.events().emit(Event::Progress { phase, what, done, total })
        }
        Fetching::Notice(text) => supervisor.events().notice(Level::Warning, text),
    }
}

/// The model source in words, for messages.
pub fn describe(source: &ModelSource) -> String {
    match source {
        ModelSource::Folder(path) => path.display().to_string(),
        ModelSource::Hub { id, .. } => id.clone(),
        ModelSource::Random(path) => format!("random weights for {}", path.display()),
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
