//! The child's side.

use super::{MEMORY_MIB, STACK_MIB, frame};
use rayon::ThreadPoolBuilder;
use rustix::process::{
    Resource, Rlimit, Signal, getrlimit, set_parent_process_death_signal, setrlimit,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{self, BufReader, BufWriter};

/// Answers the requests on stdin, one after the other, until the parent closes it. `answer` runs on a
/// thread of a pool, on which its parallel work runs too.
///
/// # Errors
/// The limits cannot be set, or the parent is gone.
pub fn serve<Q, A>(mut answer: impl FnMut(Q) -> A + Send) -> io::Result<()>
where
    Q: DeserializeOwned + Send,
    A: Serialize + Send,
{
    set_parent_process_death_signal(Some(Signal::KILL))?;
    let pool = ThreadPoolBuilder::new().stack_size(STACK_MIB << 20).build();
    let pool = pool.map_err(io::Error::other)?;
    // The stacks of the pool are mapped by now and so not part of what is left.
    limit()?;
    let mut input = BufReader::new(io::stdin().lock());
    let mut output = BufWriter::new(io::stdout().lock());
    while let Some(request) = frame::read(&mut input)? {
        let answered = pool.install(|| answer(request));
        frame::write(&mut output, &answered)?;
    }
    Ok(())
}

fn limit() -> io::Result<()> {
    let memory = mapped_bytes()? + (MEMORY_MIB << 20);
    for (resource, most) in [(Resource::As, memory), (Resource::Core, 0)] {
        // A limit that the process was born with stays where it is lower.
        let most = getrlimit(resource).current.map_or(most, |inherited| inherited.min(most));
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?;
    }
    Ok(())
}

/// Address space in use, bytes.
fn mapped_bytes() -> io::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmSize:"));
    let kib = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    kib.map(|kib| kib << 10).ok_or_else(|| io::Error::other("/proc/self/status has no VmSize"))
}
