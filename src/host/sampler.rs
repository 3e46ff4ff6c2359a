use super::gpu::Gpus;
use crate::telemetry::HostSample;
use crate::unit::Bytes;
use std::path::Path;
use sysinfo::{
    DiskRefreshKind, Disks, Pid, ProcessRefreshKind, ProcessesToUpdate, System, get_current_pid,
};

/// Reads the machine. Processor loads are those since the sample before, 0 in the first.
pub struct HostSampler {
    system: Option<System>,
    disks: Option<Disks>,
    pid: Option<Pid>,
    cores: usize,
    gpus: Gpus,
}

impl Default for HostSampler {
    fn default() -> Self {
        Self::new()
    }
}

impl HostSampler {
    /// Opens the processor, the disks and NVML; samples have no readings of what cannot be opened.
    pub fn new() -> Self {
        let mut system = System::new().ok();
        if let Some(system) = &mut system {
            system.refresh_cpu_usage();
        }
        HostSampler {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            system,
            disks: Disks::new().ok(),
            pid: get_current_pid().ok(),
            gpus: Gpus::new(),
        }
    }

    /// Takes readings now; what the system does not report is 0. The free space is that of the disk
    /// with `run_dir`.
    pub fn sample(&mut self, run_dir: &Path) -> HostSample {
        let (gpus, gpu_absent) = match self.gpus.sample() {
            Ok(gpus) => (gpus, None),
            Err(reason) => (Vec::new(), Some(reason)),
        };
        let mut sample = HostSample {
            cores: self.cores,
            disk_free: self.disk_free(run_dir),
            gpus,
            gpu_absent,
            ..HostSample::default()
        };
        self.read_system(&mut sample);
        sample
    }

    fn read_system(&mut self, sample: &mut HostSample) {
        let Some(system) = &mut self.system else { return };
        system.refresh_cpu_usage();
        system.refresh_memory();
        sample.cpu_percent = f64::from(system.global_cpu_usage());
        // A container's own limit is what matters to the run, where it has one.
        let limits = system.cgroup_limits().filter(|own| own.total_memory < system.total_memory());
        let total = limits.as_ref().map_or(system.total_memory(), |own| own.total_memory);
        let free = limits.map_or(system.available_memory(), |own| own.free_memory);
        sample.memory_total = Bytes(total);
        sample.memory_used = Bytes(total.saturating_sub(free));
        let Some(pid) = self.pid else { return };
        let what = ProcessRefreshKind::nothing().with_memory().with_cpu().without_tasks();
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), false, what);
        if let Some(process) = system.process(pid) {
            sample.process_memory = Bytes(process.memory());
            sample.process_cpu_percent = f64::from(process.cpu_usage());
        }
    }

    /// Free space of the file system that is mounted nearest above the folder.
    fn disk_free(&mut self, run_dir: &Path) -> Bytes {
        let Some(disks) = &mut self.disks else { return Bytes(0) };
        disks.refresh_specifics(true, DiskRefreshKind::nothing().with_storage());
        let folder = run_dir.canonicalize().unwrap_or_else(|_| run_dir.to_owned());
        let above = disks.iter().filter(|disk| folder.starts_with(disk.mount_point()));
        let nearest = above.max_by_key(|disk| disk.mount_point().components().count());
        Bytes(nearest.map_or(0, |disk| disk.available_space()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_of_this_machine_is_plausible() {
        let dir = tempfile::tempdir().unwrap();
        let mut sampler = HostSampler::new();
        sampler.sample(dir.path());
        let sample = sampler.sample(dir.path());
        assert!(sample.cores >= 1);
        assert!((0.0..=100.5).contains(&sample.cpu_percent), "{}", sample.cpu_percent);
        assert!(sample.memory_used <= sample.memory_total && sample.memory_total > Bytes(1 << 28));
        let process = sample.process_memory;
        assert!(process > Bytes(1 << 20) && process <= sample.memory_total, "{process}");
        assert!(sample.disk_free > Bytes(0));
        assert_eq!(sample.gpus.is_empty(), sample.gpu_absent.is_some());
    }
}
