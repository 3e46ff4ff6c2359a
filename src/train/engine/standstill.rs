//! A notice where the ceilings leave the mixture nothing to follow.

use super::Engine;
use crate::mixing::{Standstill, TARGET_UPDATES};
use crate::telemetry::Level;
use crate::train::error::TrainError;

impl Engine<'_> {
    /// Says what stands still after an update that found these potentials. A strategy that needs no
    /// ceilings has none, and follows something else.
    pub(super) fn warn_of_standstill(&mut self, potential: &[f64]) -> Result<(), TrainError> {
        if !self.plan.mixing.strategy.spec().needs_reference {
            return Ok(());
        }
        let targets = &self.control.status.live.params.targets;
        let has_targets = !targets.is_empty();
        for found in self.progress.standstill.after(potential, targets) {
            let text = sentence(found, self.control.status.domains(), has_targets);
            self.control.events.notice(Level::Warning, text)?;
        }
        Ok(())
    }
}

/// What helps with ceilings that are out of reach.
const CEILINGS: &str = "in a new run, measure the ceilings with a stronger model or the run's own \
                        (mixing.reference: Tune(model: …)), over more epochs \
                        (mixing.reference.epochs), or give lower ones";

fn sentence(found: Standstill, domains: &[String], has_targets: bool) -> String {
    match found {
        Standstill::All => {
            let effect = match has_targets {
                true => "no target expands, and the weights stay as they are",
                false => "the weights stay as they are",
            };
            format!(
                "every domain's held-out loss is at or below its mastery ceiling (γ is 0 everywhere): \
                 {effect}. To move the mixture, {CEILINGS}"
            )
        }
        Standstill::Target(id) => {
            let name = domains.get(id.0).map_or("?", String::as_str);
            format!(
                "{name} has been at or below its mastery ceiling at {TARGET_UPDATES} updates in a row \
                 (γ is 0): as a target it cannot expand. Take it from the targets (`target …`, `target \
                 none`); or, {CEILINGS}"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unit::DomainId;

    #[test]
    fn a_notice_names_what_stands_still_and_what_helps() {
        let domains = ["law", "code"].map(String::from);
        let target = sentence(Standstill::Target(DomainId(1)), &domains, true);
        assert!(target.starts_with("code has been at or below its mastery ceiling at 3 updates"));
        assert!(target.contains("target none") && target.contains("mixing.reference.epochs"));
        let all = |has_targets| sentence(Standstill::All, &domains, has_targets);
        assert!(all(false).contains("everywhere): the weights stay as they are. To move"));
        assert!(all(true).contains("no target expands") && all(true).contains("stronger model"));
    }
}
