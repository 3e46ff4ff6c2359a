//! The device of a run, and what is chosen for its memory.

use crate::config::{Precision, RunPlan};
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

/// What is to be said of products in bf16 on a CPU that has no instructions for them.
pub fn slow_bf16(plan: &RunPlan, device: &DeviceInfo, has_instructions: bool) -> Option<String> {
    let precision = plan.model.precision.filter(|precision| *precision != Precision::F32)?;
    (!device.is_gpu() && !has_instructions).then(|| {
        format!(
            "model.precision is {precision:?}, and this CPU has no instructions for bf16 (AVX512-BF16): steps are slower \
             than in F32"
        )
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::small_plan;
    use crate::unit::Bytes;

    fn said(model: &str, capability: Option<(i32, i32)>, has_instructions: bool) -> Option<String> {
        let device = DeviceInfo {
            name: "cpu".into(),
            model: "a CPU".into(),
            why: String::new(),
            threads: 1,
            memory: Bytes(0),
            peak_flops: None,
            capability,
        };
        slow_bf16(&small_plan(model, ""), &device, has_instructions)
    }

    #[test]
    fn bf16_without_instructions_for_it_is_warned_of() {
        let mixed = r#"(source: "a/b", precision: MixedBf16)"#;
        let text = said(mixed, None, false).unwrap();
        assert!(text.starts_with("model.precision is MixedBf16, and this CPU has no"), "{text}");
        assert_eq!(said(mixed, None, true), None);
        assert_eq!(said(mixed, Some((9, 0)), false), None);
        assert_eq!(said(r#"(source: "a/b", precision: F32)"#, None, false), None);
        assert_eq!(said("\"a/b\"", None, false), None, "what fit leaves is F32 there");
    }
}
