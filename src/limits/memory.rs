use super::cgroup::{Groups, Version};
use crate::unit::Bytes;
use std::fs;
use std::path::Path;

/// Memory that this process may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryLimit {
    /// The machine's, or the least that a group of the process may have.
    pub total: Bytes,
    /// What of it cannot be had any more. Page cache that is given back when memory is short
    /// (`inactive_file` of `memory.stat`) counts as free, as `MemAvailable` has it for the machine.
    pub used: Bytes,
}

/// The names of a group's files.
struct Names {
    limit: &'static str,
    usage: &'static str,
    cache: &'static str,
}

const V1: Names = Names {
    limit: "memory.limit_in_bytes",
    usage: "memory.usage_in_bytes",
    // Without `total_` it is that of the group without the groups in it.
    cache: "total_inactive_file",
};
const V2: Names = Names { limit: "memory.max", usage: "memory.current", cache: "inactive_file" };

pub(super) fn read(root: &Path) -> Option<MemoryLimit> {
    let machine = fs::read_to_string(root.join("proc/meminfo")).ok()?;
    let kib = |name| Some(number(&machine, name)? * 1024);
    let (mut total, mut free) = (kib("MemTotal:")?, kib("MemAvailable:")?);
    if let Some(groups) = Groups::of(root, "memory") {
        let names = match groups.version {
            Version::V1 => V1,
            Version::V2 => V2,
        };
        for (limit, used) in groups.folders.iter().filter_map(|folder| group(folder, &names)) {
            // Version 1 has a very large number for no limit.
            total = total.min(limit);
            free = free.min(limit.saturating_sub(used));
        }
    }
    Some(MemoryLimit { total: Bytes(total), used: Bytes(total.saturating_sub(free)) })
}

/// The limit of a group, if it has one, and what of it is used.
fn group(folder: &Path, names: &Names) -> Option<(u64, u64)> {
    let read = |name: &str| fs::read_to_string(folder.join(name)).ok();
    let limit = read(names.limit)?.trim().parse().ok()?;
    let usage: u64 = read(names.usage).and_then(|text| text.trim().parse().ok()).unwrap_or(0);
    let cache = read("memory.stat").and_then(|text| number(&text, names.cache)).unwrap_or(0);
    Some((limit, usage.saturating_sub(cache)))
}

/// The number behind a name, in a file of lines `name number`.
fn number(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        (words.next()? == name).then(|| words.next()?.parse().ok())?
    })
}
