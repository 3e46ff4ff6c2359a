//! Devices that a run is planned for: the one at hand, or one of another machine by its name.

use crate::config::Precision;
use crate::telemetry::DeviceInfo;
use crate::torch::TracedDevice;
use crate::unit::Bytes;

/// A device with its memory.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedDevice {
    /// What it is called.
    pub name: String,
    /// Its memory, as its driver counts it.
    pub memory: Bytes,
    /// Whose kernels a trace takes.
    pub(super) traced: TracedDevice,
}

/// A GPU that a check can be asked about: its memory in MiB as the driver counts it, its compute capability.
const NAMED: [(&str, u64, (i32, i32)); 12] = [
    ("a10-24g", 23_028, (8, 6)),
    ("a100-40g", 40_536, (8, 0)),
    ("a100-80g", 81_920, (8, 0)),
    ("b200-180g", 183_359, (10, 0)),
    ("h100-80g", 81_559, (9, 0)),
    ("h200-141g", 143_771, (9, 0)),
    ("l4-24g", 23_034, (8, 9)),
    ("l40s-48g", 46_068, (8, 9)),
    ("rtx3090-24g", 24_576, (8, 6)),
    ("rtx4090-24g", 24_564, (8, 9)),
    ("rtx5090-32g", 32_607, (12, 0)),
    ("t4-16g", 15_360, (7, 5)),
];

impl PlannedDevice {
    /// The device of a run.
    pub fn of(info: &DeviceInfo) -> Self {
        let traced = info.capability.map_or(TracedDevice::Cpu, TracedDevice::Gpu);
        PlannedDevice { name: info.model.clone(), memory: info.memory, traced }
    }

    /// A GPU by its name.
    pub fn named(name: &str) -> Option<Self> {
        let (name, mebibytes, capability) =
            NAMED.iter().find(|(known, ..)| known.eq_ignore_ascii_case(name))?;
        Some(PlannedDevice {
            name: (*name).into(),
            memory: Bytes(mebibytes << 20),
            traced: TracedDevice::Gpu(*capability),
        })
    }

    /// The names that [`PlannedDevice::named`] knows.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMED.iter().map(|(name, ..)| *name)
    }

    /// Whether it is a GPU.
    pub fn is_gpu(&self) -> bool {
        self.traced != TracedDevice::Cpu
    }

    /// What a run computes in there where its config does not say.
    pub fn precision(&self) -> Precision {
        Precision::suiting(match self.traced {
            TracedDevice::Gpu(capability) => Some(capability),
            TracedDevice::Cpu => None,
        })
    }
}
