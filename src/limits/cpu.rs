use super::cgroup::{Groups, Version};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// A limit of CPU time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CpuLimit {
    /// CPUs' worth of time, such as 1.5.
    pub cpus: f64,
    /// Time that the group with the limit has used since it was made, where the system tells.
    pub used: Option<Duration>,
}

pub(super) fn read(root: &Path) -> Option<CpuLimit> {
    let groups = Groups::of(root, "cpu")?;
    let limits =
        groups.folders.iter().filter_map(|folder| Some((cpus(folder, groups.version)?, folder)));
    let (cpus, folder) = limits.min_by(|one, other| one.0.total_cmp(&other.0))?;
    Some(CpuLimit { cpus, used: used(folder, groups.version) })
}

/// The limit of a group, if it has one.
fn cpus(folder: &Path, version: Version) -> Option<f64> {
    let read = |name: &str| fs::read_to_string(folder.join(name)).ok();
    let text = match version {
        Version::V1 => {
            format!("{} {}", read("cpu.cfs_quota_us")?.trim(), read("cpu.cfs_period_us")?)
        }
        Version::V2 => read("cpu.max")?,
    };
    // `max` and -1 are no limit.
    let (quota, period) = text.trim().split_once(' ')?;
    let (quota, period): (i64, i64) = (quota.parse().ok()?, period.parse().ok()?);
    (quota > 0 && period > 0).then(|| quota as f64 / period as f64)
}

fn used(folder: &Path, version: Version) -> Option<Duration> {
    match version {
        Version::V1 => {
            let nanos = fs::read_to_string(folder.join("cpuacct.usage")).ok()?;
            Some(Duration::from_nanos(nanos.trim().parse().ok()?))
        }
        Version::V2 => {
            let stat = fs::read_to_string(folder.join("cpu.stat")).ok()?;
            let micros = stat.lines().find_map(|line| line.strip_prefix("usage_usec "))?;
            Some(Duration::from_micros(micros.parse().ok()?))
        }
    }
}

/// The affinity mask of the process, as the kernel writes it: `0-3,8`.
pub(super) fn allowed(root: &Path) -> Vec<usize> {
    let status = fs::read_to_string(root.join("proc/self/status")).unwrap_or_default();
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    let ranges = list.unwrap_or_default().trim().split(',').filter_map(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        Some(first.parse::<usize>().ok()?..=last.parse().ok()?)
    });
    ranges.flatten().collect()
}
