//! Trees of files as kernels of both versions of control groups have them.

use super::*;
use crate::unit::Bytes;
use std::fs;
use std::time::Duration;
use tempfile::TempDir;

const GIB: u64 = 1 << 30;
const MOUNT_V2: &str =
    "30 25 0:27 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate";

/// A machine of 64 GiB, half of it free, with these files besides.
fn machine(files: &[(&str, &str)]) -> (TempDir, Limits) {
    let dir = tempfile::tempdir().unwrap();
    let meminfo = format!("MemTotal: {} kB\nMemAvailable: {} kB\n", 64 << 20, 32 << 20);
    for (path, text) in [("proc/meminfo", meminfo.as_str())].iter().chain(files) {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let limits = Limits::below(dir.path());
    (dir, limits)
}

#[track_caller]
fn assert_memory(limits: &Limits, total: u64, used: u64) {
    let wanted = MemoryLimit { total: Bytes(total), used: Bytes(used) };
    assert_eq!(limits.memory(), Some(wanted));
}

#[test]
fn without_groups_it_is_the_machines() {
    let (_dir, limits) = machine(&[]);
    assert_memory(&limits, 64 * GIB, 32 * GIB);
    assert_eq!(limits.cpu(), None);
    assert_eq!(limits.cpus(), Vec::<usize>::new());
}

#[test]
fn version_2_takes_the_least_of_all_groups_around() {
    let (_dir, limits) = machine(&[
        ("proc/self/cgroup", "0::/job/step/task\n"),
        ("proc/self/mountinfo", MOUNT_V2),
        ("sys/fs/cgroup/job/memory.max", "8589934592\n"),
        ("sys/fs/cgroup/job/memory.current", "3221225472\n"),
        ("sys/fs/cgroup/job/memory.stat", "anon 5\ninactive_file 1073741824\n"),
        ("sys/fs/cgroup/job/cpu.max", "150000 100000\n"),
        ("sys/fs/cgroup/job/cpu.stat", "usage_usec 2500000\nuser_usec 1\n"),
        ("sys/fs/cgroup/job/step/memory.max", "17179869184\n"),
        ("sys/fs/cgroup/job/step/memory.current", "1024\n"),
        ("sys/fs/cgroup/job/step/cpu.max", "400000 100000\n"),
        ("sys/fs/cgroup/job/step/task/memory.max", "max\n"),
        ("sys/fs/cgroup/job/step/task/cpu.max", "max 100000\n"),
    ]);
    // 8 GiB less 3 that are used, one of which is cache that can be given back.
    assert_memory(&limits, 8 * GIB, 2 * GIB);
    let used = Some(Duration::from_millis(2500));
    assert_eq!(limits.cpu(), Some(CpuLimit { cpus: 1.5, used }));
}

#[test]
fn version_1_has_a_hierarchy_for_each_controller() {
    let (_dir, limits) = machine(&[
        (
            "proc/self/cgroup",
            "11:memory:/slurm/job\n4:cpu,cpuacct:/slurm\n1:name=systemd:/x\n0::/x\n",
        ),
        (
            "proc/self/mountinfo",
            "31 25 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n\
             32 25 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n",
        ),
        ("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"),
        ("sys/fs/cgroup/memory/memory.usage_in_bytes", "40000000000\n"),
        ("sys/fs/cgroup/memory/slurm/job/memory.limit_in_bytes", "4294967296\n"),
        ("sys/fs/cgroup/memory/slurm/job/memory.usage_in_bytes", "2147483648\n"),
        (
            "sys/fs/cgroup/memory/slurm/job/memory.stat",
            "inactive_file 1\ntotal_inactive_file 1073741824\n",
        ),
        ("sys/fs/cgroup/cpu,cpuacct/slurm/cpu.cfs_quota_us", "200000\n"),
        ("sys/fs/cgroup/cpu,cpuacct/slurm/cpu.cfs_period_us", "100000\n"),
        ("sys/fs/cgroup/cpu,cpuacct/slurm/cpuacct.usage", "7000000000\n"),
        ("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n"),
        ("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n"),
    ]);
    assert_memory(&limits, 4 * GIB, GIB);
    let used = Some(Duration::from_secs(7));
    assert_eq!(limits.cpu(), Some(CpuLimit { cpus: 2.0, used }));
}

/// A container sees its own group mounted, and names it as the machine does, or from inside.
#[test]
fn a_container_is_limited_by_what_is_mounted() {
    for (group, mounted) in [("/docker/abc", "/docker/abc"), ("/", "/"), ("/../other", "/")] {
        let mount = MOUNT_V2.replacen(" / ", &format!(" {mounted} "), 1);
        let (_dir, limits) = machine(&[
            ("proc/self/cgroup", &format!("0::{group}\n")),
            ("proc/self/mountinfo", &mount),
            ("sys/fs/cgroup/memory.max", "2147483648\n"),
        ]);
        assert_memory(&limits, 2 * GIB, 0);
    }
}

#[test]
fn files_that_are_missing_or_odd_limit_nothing() {
    let (_dir, limits) = machine(&[
        ("proc/self/cgroup", "0::/job\n"),
        ("proc/self/mountinfo", MOUNT_V2),
        ("sys/fs/cgroup/job/memory.max", "much\n"),
        ("sys/fs/cgroup/job/cpu.max", "\n"),
    ]);
    assert_memory(&limits, 64 * GIB, 32 * GIB);
    assert_eq!(limits.cpu(), None);
    assert_eq!(Limits::below(Path::new("/nowhere")).memory(), None);
}

#[test]
fn the_affinity_mask_is_a_list_of_ranges() {
    let (_dir, limits) = machine(&[("proc/self/status", "Name:\tx\nCpus_allowed_list:\t0-2,8\n")]);
    assert_eq!(limits.cpus(), [0, 1, 2, 8]);
}

#[test]
fn this_machine_is_read() {
    let limits = Limits::default();
    let memory = limits.memory().unwrap();
    assert!(memory.used <= memory.total && memory.total > Bytes(1 << 28), "{memory:?}");
    assert!(!limits.cpus().is_empty());
}
