//! What libraries below libtorch read from the environment.

/// Variables that keep what the user has set.
const DEFAULTS: [(&str, &str); 3] = [
    // cuBLAS is deterministic only with this workspace.
    ("CUBLAS_WORKSPACE_CONFIG", ":4096:8"),
    // Every length of a packed sequence is a shape of its own, and oneDNN keeps compiled kernels
    // for the last 1,024 shapes, in two caches: gigabytes. The shapes of one step fit into fewer.
    ("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "32"),
    ("LRU_CACHE_CAPACITY", "32"),
];

/// Sets the environment variables that make cuBLAS deterministic and oneDNN's caches small, unless
/// the user has set them.
///
/// To be called first in `main`: a thread that reads the environment while it changes is a data
/// race. An architecture test holds that nothing else changes it, and that `cli::main` begins with
/// this call.
pub fn set_environment() {
    for (name, value) in DEFAULTS {
        if std::env::var_os(name).is_none() {
            // SAFETY: the process has one thread, since `cli::main` begins with this.
            unsafe { std::env::set_var(name, value) };
        }
    }
}
