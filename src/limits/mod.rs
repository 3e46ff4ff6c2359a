//! What this process may use of its machine: the limits of the control groups that it is in, as batch
//! systems and containers set them, and the CPUs that it may run on.
//!
//! Everything is read below a root folder, `/` in a run. sysinfo reads the limit of memory too, but
//! counts page cache as used and knows no limit of CPU time.

mod cgroup;
mod cpu;
mod memory;

#[cfg(test)]
mod tests;

pub use cpu::CpuLimit;
pub use memory::MemoryLimit;

use std::path::{Path, PathBuf};

/// The limits of this process, read anew with every call.
#[derive(Clone, Debug)]
pub struct Limits {
    root: PathBuf,
}

impl Default for Limits {
    fn default() -> Self {
        Self::below(Path::new("/"))
    }
}

impl Limits {
    /// Those that the files of `proc` and `sys` below this folder tell.
    pub fn below(root: &Path) -> Self {
        Limits { root: root.to_owned() }
    }

    /// Memory that this process may use, and how much of it is taken. `None` where the system does not
    /// tell its memory.
    pub fn memory(&self) -> Option<MemoryLimit> {
        memory::read(&self.root)
    }

    /// The narrowest limit of CPU time, if there is one.
    pub fn cpu(&self) -> Option<CpuLimit> {
        cpu::read(&self.root)
    }

    /// Numbers of the CPUs that this process may run on; empty where the system does not tell.
    pub fn cpus(&self) -> Vec<usize> {
        cpu::allowed(&self.root)
    }
}
