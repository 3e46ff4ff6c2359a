mod fold;
mod limits;
mod next_update;
mod outlook;
mod pause;
mod standing;

pub use limits::ForgettingRoom;
pub use next_update::NextUpdate;
pub use standing::{Figure, Standing};

use super::{
    AbandonedWay, ConfigValue, CrossTable, DataSummary, DetectionSample, DeviceInfo, History,
    HostPoint, HostSample, Level, Phase,
};
use crate::lr::Schedule;
use crate::mixing::StrategyKind;
use crate::unit::Step;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::Arc;

/// The fold of the events of a run: a function of the list of events and of nothing else, in bounded
/// memory. Screens and reports show it.
///
/// A resume goes back: with [`Event::Resumed`](super::Event::Resumed) the [`History`] is again what it
/// was when that checkpoint was saved, and what the record holds of the steps after it no longer
/// counts. A rollback does the same, and leaves the curves of what came after it as an
/// [`AbandonedWay`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunState {
    /// Number of the newest event.
    pub seq: u64,
    /// Time of the newest event, milliseconds since 1970 UTC.
    pub unix_ms: u64,
    /// Time of the first event.
    pub began_ms: u64,
    /// The run's name.
    pub run: String,
    /// Version of the program.
    pub version: String,
    /// Name of the mixing strategy.
    pub strategy: String,
    /// Names of the domains.
    pub domains: Vec<String>,
    /// Optimizer steps planned.
    pub steps: u64,
    /// The run's seed.
    pub seed: u64,
    /// The furthest step that any process of the run has done, which a resume does not take back.
    #[serde(default)]
    pub furthest: Step,
    /// How often the run was resumed.
    pub resumes: u64,
    /// Where the run begins, if that is a checkpoint of another one.
    #[serde(default)]
    pub branched_from: Option<BranchOrigin>,
    /// How often the run went back to a checkpoint by a command.
    #[serde(default)]
    pub rollbacks: u64,
    /// The newest ways that it left by that, oldest first.
    #[serde(default)]
    pub abandoned: VecDeque<AbandonedWay>,
    /// The config, once it is known.
    pub config: Option<RunConfig>,
    /// The device, once it is chosen.
    pub device: Option<DeviceInfo>,
    /// The model, once it is loaded.
    pub model: Option<ModelInfo>,
    /// A summary of each domain's data, in the order in which they became ready.
    pub data: Vec<DataSummary>,
    /// The phase that the run is in.
    pub phase: Option<Phase>,
    /// More about the phase, such as the domain that is worked on.
    pub phase_detail: Option<String>,
    /// Whether the run is paused, or will be when the phase is done.
    pub paused: bool,
    /// Whether this process has begun to train: from then on a stop saves a checkpoint.
    pub trains: bool,
    /// When the present phase began, milliseconds since 1970 UTC.
    #[serde(default)]
    pub phase_began_ms: Option<u64>,
    /// How far a long phase has come.
    pub progress: Option<Progress>,
    /// How far detection has come, where w(0) is measured.
    pub detection: Option<DetectionSample>,
    /// What tuning on each domain did to the others, where it was measured. It comes before the first step,
    /// so that no resume undoes it.
    #[serde(default)]
    pub cross: Option<CrossTable>,
    /// Messages for people, oldest first, with errors and changed fields of the config.
    pub notices: VecDeque<Notice>,
    /// The newest readings of the machine.
    pub host: Option<HostSample>,
    /// The readings until now, oldest first. They are of the machine, not of the run, so that no resume
    /// undoes them.
    pub readings: VecDeque<HostPoint>,
    /// Who looks at the run now, at its own screens and in other processes, in the order in which they came.
    #[serde(default)]
    pub clients: Vec<String>,
    /// Those of them that send no commands.
    #[serde(default)]
    pub watching: Vec<String>,
    /// How the run ended, once it has.
    pub ended: Option<Ending>,
    /// Numbers and curves of the run.
    pub history: History,
    bookmarks: VecDeque<Bookmark>,
    /// That of the checkpoint that is being written while the run goes on.
    #[serde(default)]
    begun: Option<Bookmark>,
}

impl RunState {
    /// The name of a domain; `?` where there is none.
    pub fn domain(&self, index: usize) -> &str {
        self.domains.get(index).map_or("?", String::as_str)
    }

    /// Steps of the newest checkpoints that are on disk, the newest first.
    pub fn newest_checkpoints(&self) -> impl Iterator<Item = Step> + '_ {
        self.bookmarks.iter().rev().map(|bookmark| bookmark.step)
    }

    /// The folder of the checkpoint of a step, relative to the run's, where it is one of the newest that are on disk.
    pub fn checkpoint_path(&self, step: Step) -> Option<&str> {
        let bookmark = self.bookmarks.iter().rev().find(|bookmark| bookmark.step == step)?;
        Some(&bookmark.path)
    }

    /// How the run ended, or what it does: `all steps done`, `failed: …`, `still going`. `goes_on`: a process works
    /// on it now.
    pub fn status_text(&self, goes_on: bool) -> String {
        match (&self.ended, self.phase) {
            (Some(ending), _) if ending.failed => format!("failed: {}", ending.why),
            (Some(ending), _) => ending.why.clone(),
            (None, Some(Phase::Paused)) if goes_on => "paused".into(),
            (None, _) if goes_on => "still going".into(),
            (None, _) => "cut off: no process of this machine works on it".into(),
        }
    }
}

/// The checkpoint of another run at which a run begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BranchOrigin {
    /// The other run's folder.
    pub run: String,
    /// Optimizer steps that the checkpoint holds.
    pub step: Step,
}

/// The config of a run. What commands changed since is in [`History::live`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunConfig {
    /// Every value of the config, in its order.
    pub values: Vec<ConfigValue>,
    /// The strategy with its constants.
    pub strategy: StrategyKind,
    /// The learning rate over the run.
    pub schedule: Schedule,
}

/// The loaded model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelInfo {
    /// Folder or Hub id.
    pub source: String,
    /// Family (`llama`, …).
    pub family: String,
    /// Number of parameters, tied ones counted once.
    pub parameters: u64,
    /// Precision in words.
    pub precision: String,
}

/// How far a long phase has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// The file or domain that is worked on.
    pub what: String,
    /// Rows, texts or bytes done.
    pub done: u64,
    /// The same in all, where known.
    pub total: Option<u64>,
}

/// A message for people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// Time of the message, milliseconds since 1970 UTC.
    pub unix_ms: u64,
    /// Whether it needs attention.
    pub level: Level,
    /// The message, without a line break at its end.
    pub text: String,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ending {
    /// Optimizer steps done.
    pub step: Step,
    /// The reason, or the error.
    pub why: String,
    /// Whether all planned steps were done.
    pub complete: bool,
    /// Whether an error ended it.
    pub failed: bool,
}

/// The history as it was when a checkpoint was saved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Bookmark {
    path: String,
    step: Step,
    #[serde(with = "shared")]
    history: Arc<History>,
}

/// Writes the shared history as a plain one.
mod shared {
    use super::{Arc, History};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(history: &Arc<History>, writer: S) -> Result<S::Ok, S::Error> {
        History::serialize(history, writer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(reader: D) -> Result<Arc<History>, D::Error> {
        History::deserialize(reader).map(Arc::new)
    }
}
