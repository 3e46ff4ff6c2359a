/// What can go wrong in libtorch.
#[derive(Debug, thiserror::Error)]
pub enum TorchError {
    /// The device has too little memory; smaller micro-batches may fit.
    #[error("out of memory: {0}")]
    OutOfMemory(String),
    /// A GPU was chosen and cannot be used.
    #[error(
        "GPU {index} cannot be used: {reason}. Install an NVIDIA driver and libtorch's CUDA libraries, \
         choose another GPU, or set `device: Cpu` or `device: Auto`"
    )]
    NoCuda {
        /// Number of the GPU.
        index: usize,
        /// Why it cannot be used.
        reason: String,
    },
    /// An operation failed; the message names it and what did not fit.
    #[error("libtorch: {0}")]
    Failed(String),
}

impl TorchError {
    /// Tells lack of memory from other errors by libtorch's words: its exception type is lost on the
    /// way through tch and C.
    pub(super) fn from_message(message: String) -> Self {
        let message = without_backtrace(&message).to_owned();
        const PHRASES: [&str; 7] = [
            "out of memory",
            "can't allocate memory",
            "bad_alloc",
            "CUBLAS_STATUS_ALLOC_FAILED",
            // A handle is made at the first product: it fails where nothing is left for its workspace.
            "CUBLAS_STATUS_NOT_INITIALIZED",
            "CUDNN_STATUS_ALLOC_FAILED",
            "cudaErrorMemoryAllocation",
        ];
        if PHRASES.iter().any(|phrase| message.contains(phrase)) {
            TorchError::OutOfMemory(message)
        } else {
            TorchError::Failed(message)
        }
    }

    /// Whether a smaller micro-batch may help.
    pub fn is_out_of_memory(&self) -> bool {
        matches!(self, TorchError::OutOfMemory(_))
    }
}

/// What libtorch says, without the frames of C++ that it adds to it.
fn without_backtrace(message: &str) -> &str {
    let begins = ["\nException raised from ", "\nframe #0"];
    let end = begins.iter().filter_map(|begin| message.find(begin)).min();
    message[..end.unwrap_or(message.len())].trim_end()
}

impl From<tch::TchError> for TorchError {
    fn from(error: tch::TchError) -> Self {
        TorchError::from_message(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind, Tensor};

    #[test]
    fn lack_of_memory_is_told_from_other_errors() {
        let vast = Tensor::f_zeros([1 << 50], (Kind::Float, Device::Cpu)).map_err(TorchError::from);
        assert!(vast.is_err_and(|e| e.is_out_of_memory()));
        for error in [
            Tensor::f_zeros([1 << 50], (Kind::Float, Device::Cpu)).unwrap_err(),
            Tensor::zeros([2, 3], (Kind::Float, Device::Cpu)).f_view([5]).unwrap_err(),
        ] {
            let shown = TorchError::from(error).to_string();
            assert!(!shown.contains("frame #") && shown.lines().count() == 1, "{shown}");
        }
        let cublas =
            "CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`";
        assert!(TorchError::from_message(cublas.into()).is_out_of_memory());
        let a = Tensor::zeros([2, 3], (Kind::Float, Device::Cpu));
        let misfit = a.f_mm(&a).map_err(TorchError::from);
        assert!(misfit.is_err_and(|e| !e.is_out_of_memory()));
    }
}
