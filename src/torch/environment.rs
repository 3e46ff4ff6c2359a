//! What libraries below libtorch read from the environment.

/// Variables, and the values that they get unless the user has set them.
const DEFAULTS: [(&str, &str); 4] = [
    // cuBLAS is deterministic only with this workspace.
    ("CUBLAS_WORKSPACE_CONFIG", ":4096:8"),
    // Every length of a packed sequence is a shape of its own, and oneDNN keeps compiled kernels
    // for the last 1,024 shapes, in two caches: gigabytes. The shapes of one step fit into fewer.
    ("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "32"),
    ("LRU_CACHE_CAPACITY", "32"),
    // Packed sequences have many lengths: memory that grows in place does not fall to pieces.
    ("PYTORCH_ALLOC_CONF", "expandable_segments:True"),
];

/// Older names of the same; libtorch reads them where the newer one is not set.
const OLDER_NAMES: [(&str, &str); 1] = [("PYTORCH_ALLOC_CONF", "PYTORCH_CUDA_ALLOC_CONF")];

/// Sets the environment variables that make cuBLAS deterministic, oneDNN's caches small and CUDA's memory
/// whole, unless the user has set them.
///
/// To be called first in `main`: a thread that reads the environment while it changes is a data
/// race. An architecture test holds that nothing else changes it, and that `cli::main` begins with
/// this call.
pub fn set_environment() {
    for (name, value) in missing(&|name| std::env::var_os(name).is_some()) {
        // SAFETY: the process has one thread, since `cli::main` begins with this.
        unsafe { std::env::set_var(name, value) };
    }
}

/// The defaults of what is not set, by neither name.
fn missing(is_set: &dyn Fn(&str) -> bool) -> impl Iterator<Item = (&'static str, &'static str)> {
    DEFAULTS.into_iter().filter(move |(name, _)| {
        let older = OLDER_NAMES.iter().filter(|(newer, _)| newer == name);
        !is_set(name) && !older.into_iter().any(|(_, older)| is_set(older))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_user_has_set_stays_by_its_older_name_too() {
        let names = |set: &'static [&str]| -> Vec<&str> {
            missing(&|name| set.contains(&name)).map(|(name, _)| name).collect()
        };
        assert_eq!(names(&[]).len(), DEFAULTS.len());
        assert!(!names(&["LRU_CACHE_CAPACITY"]).contains(&"LRU_CACHE_CAPACITY"));
        assert!(!names(&["PYTORCH_CUDA_ALLOC_CONF"]).contains(&"PYTORCH_ALLOC_CONF"));
    }
}
