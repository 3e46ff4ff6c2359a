use crate::data::{DataError, SamplerError};
use crate::detect::DetectError;
use crate::model::ModelError;
use crate::telemetry::{NonFinite, RecordError};
use crate::torch::TorchError;
use crate::unit::Bytes;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Why a run failed, with the fix where there is one.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The run had begun to train when it failed: what was trained is in its last checkpoint.
    #[error(transparent)]
    InTraining(Box<TrainError>),
    /// The data cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The model cannot be used.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// w(0) cannot be measured.
    #[error(transparent)]
    Detect(#[from] DetectError),
    /// The device failed.
    #[error(transparent)]
    Torch(#[from] TorchError),
    /// The data cursors of a checkpoint do not fit.
    #[error(transparent)]
    Sampler(#[from] SamplerError),
    /// The record cannot be written.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A file cannot be read or written.
    #[error("cannot {what} {path}: {error}{}", fix(error))]
    Io {
        /// The verb: `read`, `write`, `lock the run folder`.
        what: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        error: std::io::Error,
    },
    /// There is no run to resume.
    #[error("there is no run to resume in {path}; start it without --resume")]
    NoRun {
        /// The folder that would be the run's.
        path: PathBuf,
    },
    /// Another process works on the run.
    #[error(
        "the run folder {path} is in use by {holder}; stop it first, or start without --resume"
    )]
    InUse {
        /// The run's folder.
        path: PathBuf,
        /// The other process, as its lock file names it.
        holder: String,
    },
    /// A file that this program wrote earlier cannot be used.
    #[error("{path} cannot be used: {why}")]
    Stored {
        /// The file that this program wrote earlier.
        path: PathBuf,
        /// What is wrong with it, and the fix.
        why: String,
    },
    /// A run has no such checkpoint to begin another one at.
    #[error("no run can begin there in {run}: {why}")]
    NoCheckpoint {
        /// The run's folder.
        run: PathBuf,
        /// Why, with the nearest.
        why: String,
    },
    /// A branch was to change what a resume keeps.
    #[error(
        "a branch keeps what a resume keeps (`versatune help resume`), and these would change: {changes}. \
         Leave them as they are, or start a new run with the checkpoint as its model"
    )]
    KeptInBranch {
        /// Each with its values before and after.
        changes: String,
    },
    /// A repeated run was to have another config.
    #[error(
        "a run is repeated with its own config, and these would change: {changes}. Only these may: {free}"
    )]
    KeptInReplay {
        /// Each with its values before and after.
        changes: String,
        /// Fields that may change.
        free: String,
    },
    /// The config's domains are not the run's.
    #[error(
        "the run {path} has the domains {then}, the config has {now}: a resume keeps the domains. \
         Restore them, or start a new run with the last checkpoint as its model"
    )]
    OtherDomains {
        /// The run's folder.
        path: PathBuf,
        /// Names of the run's domains, with commas.
        then: String,
        /// Names of the config's domains, likewise.
        now: String,
    },
    /// The self-test of a device found a step that is not repeated.
    #[error("{reason}")]
    SelfTest {
        /// What differs, or why nothing could be compared.
        reason: String,
    },
    /// The tokenizer has tokens that the model does not.
    #[error(
        "{path} makes tokens up to id {token} of the data, but the model beside it knows only ids below \
         its vocab_size of {vocabulary}; take the tokenizer that belongs to the model"
    )]
    Vocabulary {
        /// tokenizer.json in the model's folder.
        path: PathBuf,
        /// The largest id in the data.
        token: u32,
        /// The model's `vocab_size`.
        vocabulary: i64,
    },
    /// A held-out loss of the untuned model is of no use.
    #[error(
        "the held-out loss of domain {domain} is {value} before training; \
         look at its held-out rows and at the model's weights"
    )]
    FirstLoss {
        /// Name of the domain.
        domain: String,
        /// The loss in nats, not finite or not positive.
        value: f64,
    },
    /// The run ends before its first mixture update.
    #[error(
        "the mixture would never move: mixing.every is {every}, and the run has {steps} steps (by \
         training.length, training.batch_samples and the rows of its data). Set mixing.every below \
         {steps}, or leave it out for a fortieth of the steps; for a fixed mixture take \
         mixing.strategy: Constant"
    )]
    NeverMoves {
        /// Steps between two updates.
        every: u64,
        /// Steps of the run.
        steps: u64,
    },
    /// MixMin has no rows to choose by.
    #[error(
        "mixing.detected: MixMin needs the losses of each of the {domains} domains under the model that was tuned \
         on each, and the mastery ceilings came without them; measure them with `mixing.reference: Tune(table: On)`"
    )]
    NoCrossLosses {
        /// Number of domains.
        domains: usize,
    },
    /// A reference model that was tuned gave no loss.
    #[error(
        "the mastery ceiling of domain {domain} cannot be measured with mixing.reference.lr {lr:?}: {why}; \
         lower the learning rate, or look at the domain's rows"
    )]
    ReferenceTuning {
        /// Name of the domain.
        domain: String,
        /// Peak learning rate of the tuning.
        lr: f64,
        /// What was not finite.
        why: String,
    },
    /// What the config asks for does not fit into memory.
    #[error(
        "{what} would take up to {needed}, and this machine has {memory}; lower one of {fields}"
    )]
    TooMuch {
        /// What would take it.
        what: &'static str,
        /// Bytes, an estimate.
        needed: Bytes,
        /// Bytes of the machine.
        memory: Bytes,
        /// The fields that decide it.
        fields: &'static str,
    },
    /// The run does not fit into the memory of its device.
    #[error("the run would take about {needed}, and {device} has {memory}; {instead}")]
    DoesNotFit {
        /// The most that it takes at any time, an estimate.
        needed: Bytes,
        /// The device.
        device: String,
        /// What the device has.
        memory: Bytes,
        /// What would fit.
        instead: String,
    },
    /// A domain has nothing to train on or nothing held out.
    #[error("domain {domain} has no {what} rows left after reading its files; give it more data")]
    NoRows {
        /// Name of the domain.
        domain: String,
        /// `training` or `held-out`.
        what: &'static str,
    },
    /// Too many steps in a row were skipped, and nobody can lift a pause.
    #[error(
        "{in_a_row} steps in a row were not taken because {why}; the weights are those of the last \
         good step. Lower training.lr, look at the data of these steps, or use F32"
    )]
    NotFinite {
        /// Number of skipped steps.
        in_a_row: u64,
        /// The quantity that was not finite.
        why: NonFinite,
    },
}

impl TrainError {
    /// Whether the device had too little memory.
    pub fn is_out_of_memory(&self) -> bool {
        match self {
            TrainError::Model(error) => error.is_out_of_memory(),
            TrainError::Torch(error) => error.is_out_of_memory(),
            _ => false,
        }
    }

    /// An [`TrainError::Io`] with its context.
    pub fn io(what: &'static str, path: &Path, error: std::io::Error) -> Self {
        TrainError::Io { what, path: path.into(), error }
    }

    /// A [`TrainError::Stored`] with its context.
    pub fn stored(path: &Path, why: impl Into<String>) -> Self {
        TrainError::Stored { path: path.into(), why: why.into() }
    }
}

/// What helps, where that is known.
fn fix(error: &std::io::Error) -> &'static str {
    if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) {
        return "; it is a link, through which nothing is written: remove it";
    }
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "; free some space, then go on with --resume"
        }
        ErrorKind::FileTooLarge => "; raise the limit on file sizes, then go on with --resume",
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "; make the folder writable, or name another with runs_dir"
        }
        _ => "",
    }
}

impl From<tch::TchError> for TrainError {
    fn from(error: tch::TchError) -> Self {
        TrainError::Torch(error.into())
    }
}
