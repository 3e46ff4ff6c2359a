use crate::hub::HubError;
use crate::torch::TorchError;
use crate::unit::Bytes;
use std::io;
use std::path::{Path, PathBuf};

/// What can be wrong with a model, its folder, or the way to it.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A file or folder cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file or folder cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file does not hold what it should.
    #[error("{}: {reason}", path.display())]
    Malformed {
        /// Which.
        path: PathBuf,
        /// What is wrong, and what is allowed.
        reason: String,
    },
    /// `config.json` has a value that this program does not compute.
    #[error("{}: {field} is {found}, which is not supported; supported: {supported}", path.display())]
    Unsupported {
        /// The config file.
        path: PathBuf,
        /// The field.
        field: String,
        /// Its value.
        found: String,
        /// The values that are.
        supported: String,
    },
    /// The folder's tensors are not those of the architecture. All errors at once.
    #[error("the weights in {} do not fit their config.json:\n  {}", folder.display(), errors.join("\n  "))]
    Tensors {
        /// The model's folder.
        folder: PathBuf,
        /// One line per tensor that is missing, surplus or of the wrong shape or type.
        errors: Vec<String>,
    },
    /// A weight is NaN or infinite.
    #[error(
        "{}: the tensor {name} has values that are not finite (NaN or infinite); the weights are \
         damaged, fetch or convert them again", path.display()
    )]
    NotFinite {
        /// The weights file.
        path: PathBuf,
        /// The first such tensor.
        name: String,
    },
    /// The parameters alone take more memory than the machine has.
    #[error(
        "a model of {parameters} parameters takes {needed}, and this machine has {memory}; check the \
         sizes in its config.json, or take a smaller model"
    )]
    TooLarge {
        /// Their number, thousands grouped.
        parameters: String,
        /// Bytes of the parameters.
        needed: Bytes,
        /// Bytes of the machine's memory.
        memory: Bytes,
    },
    /// No safetensors file lies in the folder.
    #[error("{} holds no model.safetensors and no model.safetensors.index.json; {hint}", folder.display())]
    NoWeights {
        /// The model's folder.
        folder: PathBuf,
        /// What lies there instead, and the fix.
        hint: String,
    },
    /// A folder that is to be written exists and is not empty.
    #[error("{} exists and is not empty; remove it or choose another folder", folder.display())]
    NotEmpty {
        /// The folder.
        folder: PathBuf,
    },
    /// A document is longer than the model's attention window.
    #[error(
        "a document of {tokens} tokens exceeds the model's sliding window of {window}, which is not \
         computed; set sequence_length to at most {window}"
    )]
    Window {
        /// Length of the document (or of the longest allowed sample).
        tokens: usize,
        /// The model's window.
        window: usize,
    },
    /// A packed sequence that the model cannot take.
    #[error("a packed sequence is not usable: {reason}")]
    Sequence {
        /// Why.
        reason: String,
    },
    /// Texts cannot be generated with these prompts or settings.
    #[error("cannot generate: {reason}")]
    Generation {
        /// What is wrong, and what is allowed.
        reason: String,
    },
    /// Fetching from the Hub failed.
    #[error(transparent)]
    Hub(HubError),
    /// The operator wished to stop while the model was being fetched or read.
    #[error("stopped while loading the model")]
    Stopped,
    /// libtorch failed.
    #[error(transparent)]
    Torch(#[from] TorchError),
}

impl From<HubError> for ModelError {
    fn from(error: HubError) -> Self {
        match error {
            HubError::Stopped => ModelError::Stopped,
            failed @ HubError::Failed { .. } => ModelError::Hub(failed),
        }
    }
}

impl From<tch::TchError> for ModelError {
    fn from(error: tch::TchError) -> Self {
        ModelError::Torch(error.into())
    }
}

impl ModelError {
    /// Whether a smaller micro-batch may help.
    pub fn is_out_of_memory(&self) -> bool {
        matches!(self, ModelError::Torch(error) if error.is_out_of_memory())
    }

    pub(super) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| ModelError::Read { path: path.to_owned(), source }
    }

    pub(super) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| ModelError::Write { path: path.to_owned(), source }
    }

    pub(super) fn malformed(path: &Path, reason: impl ToString) -> Self {
        ModelError::Malformed { path: path.to_owned(), reason: reason.to_string() }
    }
}
