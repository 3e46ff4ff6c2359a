//! Strategies that are run beside the one in force: only those that need nothing more to be measured.

use super::super::plan::{LambdaPlan, ReferenceSource};
use super::checker::Checker;
use crate::mixing::{MOST_SHADOWS, StrategyKind, StrategySpec, WrittenStrategy};
use crate::unit::DomainId;

/// What a run measures, and for whom.
pub(super) struct Measured<'a> {
    /// The strategy in force.
    pub strategy: &'static StrategySpec,
    /// `mixing.lambda`.
    pub lambda: LambdaPlan,
    /// Where the mastery ceilings come from, if that is known.
    pub reference: Option<&'a ReferenceSource>,
    /// `mixing.target`.
    pub targets: &'a [DomainId],
    /// Names of the domains.
    pub domains: &'a [String],
}

impl Checker<'_> {
    pub(super) fn shadows(
        &mut self,
        written: Vec<WrittenStrategy>,
        measured: &Measured<'_>,
    ) -> Vec<StrategyKind> {
        if written.len() > MOST_SHADOWS {
            let allowed = format!("at most {MOST_SHADOWS} strategies");
            self.error_found("mixing.shadow", written.len(), allowed, "");
        }
        let mut shadows: Vec<StrategyKind> = Vec::new();
        for (index, written) in written.iter().enumerate() {
            let path = format!("mixing.shadow[{index}]");
            let Some(kind) = self.strategy(&path, written, measured.targets, measured.domains)
            else {
                continue;
            };
            if let Some((missing, fix)) = lacks(kind.spec(), measured) {
                let found = kind.to_config(measured.domains);
                let allowed =
                    format!("a strategy that needs only what the run measures, not {missing}");
                self.error_found(&path, found, allowed, fix);
            } else if shadows.contains(&kind) {
                self.error(&path, "each shadow once", "take one of the two out");
            } else {
                shadows.push(kind);
            }
        }
        shadows
    }
}

/// What a shadow would need that the run does not have, and the fix.
fn lacks(shadow: &StrategySpec, measured: &Measured<'_>) -> Option<(String, &'static str)> {
    let in_force = measured.strategy;
    if shadow.needs_gradients {
        let missing = "the domains' gradients, which are measured for the strategy in force only";
        return Some((missing.into(), "take it out, or make it `mixing.strategy`"));
    }
    if shadow.needs_held_out && !in_force.needs_held_out {
        let missing = format!("held-out losses at updates, which {} does not have", in_force.name);
        return Some((missing, "take it out, or have a strategy in force that measures them"));
    }
    if shadow.needs_reference && measured.reference == Some(&ReferenceSource::None) {
        let fix = "give `mixing.reference`, such as `Tune()`, or take it out";
        return Some(("mastery ceilings".into(), fix));
    }
    // It would be 0, by which no weight moves.
    let is_solved = matches!(measured.lambda, LambdaPlan::Auto(_));
    if shadow.has_lambda && !in_force.has_lambda && is_solved {
        let missing = format!("a lambda that is solved, which {} does not have", in_force.name);
        return Some((missing, "give `mixing.lambda` a number, or take it out"));
    }
    None
}
