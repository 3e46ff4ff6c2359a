use super::gpu::Gpus;
use super::load::LoadMeter;
use crate::limits::{CpuLimit, Limits};
use crate::telemetry::HostSample;
use crate::unit::Bytes;
use std::path::Path;
use std::time::Instant;
use sysinfo::{
    Cpu, DiskRefreshKind, Disks, Pid, ProcessRefreshKind, ProcessesToUpdate, System,
    get_current_pid,
};

/// Reads the machine. Processor loads are those since the sample before, 0 in the first.
pub struct HostSampler {
    system: Option<System>,
    disks: Option<Disks>,
    pid: Option<Pid>,
    cores: usize,
    limits: Limits,
    load: LoadMeter,
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
            limits: Limits::default(),
            load: LoadMeter::default(),
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
        let allowed = self.limits.cpus();
        let loads = loads(system.cpus(), &allowed);
        sample.cpu_percent = match self.limits.cpu() {
            Some(limit) if binds(&limit, &allowed) => self.load.percent_of(&limit, Instant::now()),
            _ => mean(&loads),
        };
        let whole = |load: &f64| load.round().clamp(0.0, 100.0) as u8;
        sample.core_percents = loads.iter().map(whole).collect();
        if let Some(memory) = self.limits.memory() {
            (sample.memory_total, sample.memory_used) = (memory.total, memory.used);
        }
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

/// Whether a limit of CPU time is narrower than the CPUs that the process may run on, and its use known.
fn binds(limit: &CpuLimit, allowed: &[usize]) -> bool {
    limit.used.is_some() && (allowed.is_empty() || limit.cpus < allowed.len() as f64)
}

/// Load of each of the CPUs that the process may run on, percent; of all where these are not known.
fn loads(cpus: &[Cpu], allowed: &[usize]) -> Vec<f64> {
    let is_allowed = |cpu: &&Cpu| {
        let number = cpu.name().strip_prefix("cpu").and_then(|number| number.parse().ok());
        allowed.is_empty() || number.is_some_and(|number: usize| allowed.contains(&number))
    };
    cpus.iter().filter(is_allowed).map(|cpu| f64::from(cpu.usage())).collect()
}

fn mean(loads: &[f64]) -> f64 {
    loads.iter().sum::<f64>() / loads.len().max(1) as f64
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
        assert!(!sample.core_percents.is_empty());
        assert!((0.0..=100.5).contains(&sample.cpu_percent), "{}", sample.cpu_percent);
        assert!(sample.memory_used <= sample.memory_total && sample.memory_total > Bytes(1 << 28));
        let process = sample.process_memory;
        assert!(process > Bytes(1 << 20) && process <= sample.memory_total, "{process}");
        assert!(sample.disk_free > Bytes(0));
        assert_eq!(sample.gpus.is_empty(), sample.gpu_absent.is_some());
    }
}
