//! The device of a run, and what is chosen for its memory.

use crate::config::RunPlan;
use crate::telemetry::{DeviceInfo, Event, Level, Phase};
use crate::torch::{self, Chosen};
use crate::train::error::TrainError;
use crate::train::interrupt::{Break, Supervisor};
use crate::train::memory_plan::{PlannedDevice, PlannedMemory};
use crate::unit::Bytes;

/// Takes the device that the config chooses, and reports it.
pub fn take_device(plan: &RunPlan, supervisor: &mut dyn Supervisor) -> Result<Chosen, Break> {
    supervisor.events().enter(Phase::Loading, None)?;
    let chosen = torch::choose(plan.device, plan.threads).map_err(TrainError::from)?;
    supervisor.events().emit(Event::DeviceChosen(chosen.info.clone()))?;
    for text in &chosen.warnings {
        supervisor.events().notice(Level::Warning, text.clone())?;
    }
    Ok(chosen)
}

/// Chooses for the device what the config leaves open, and says what and why. Returns whether there was anything.
pub fn fit(
    plan: &mut RunPlan,
    device: &DeviceInfo,
    supervisor: &mut dyn Supervisor,
) -> Result<bool, Break> {
    if !plan.fit.open.any() {
        return Ok(false);
    }
    let memory = PlannedMemory::of(plan, &PlannedDevice::of(device), supervisor)?;
    memory.decide(plan);
    if let Some(why) = &memory.why {
        let text = format!(
            "fit: {}, about {} of the {} of {}: {why}",
            memory.plan.choice.words(),
            Bytes(memory.plan.peak()),
            Bytes(memory.plan.capacity),
            memory.plan.device
        );
        supervisor.events().notice(Level::Info, text)?;
    }
    Ok(true)
}
