//! What the target does at the next mixture update, were it now.

use super::{Mood, Part, decision, listed, percent};
use crate::mixing::{Outcome, Threshold};
use crate::telemetry::{NextUpdate, Phase, RunState};
use crate::unit::{DomainId, grouped};

/// What comes next for the target; `None` without one, and where nothing comes any more.
pub(super) fn part(run: &RunState) -> Option<Part> {
    let live = run.history.live.as_ref()?;
    let trains = !matches!(run.phase?, Phase::Finished | Phase::Failed) && run.ended.is_none();
    if live.params.targets.is_empty() || !trains {
        return None;
    }
    let step = match run.next_update(live) {
        NextUpdate::After(step) => step,
        NextUpdate::Held => return Some(Part::new(Mood::Plain, "the mixture is held")),
        NextUpdate::None => {
            return Some(Part::new(Mood::Plain, "no mixture update before the end"));
        }
    };
    let test = run.outlook()?.decide(&live.params).threshold?;
    let names = named(run, &test.targets);
    let (be, s) = if test.targets.len() == 1 { ("is", "s") } else { ("are", "") };
    let noise = if test.is_within_noise() { ", within the noise" } else { "" };
    Some(match test.outcome {
        Outcome::Expanded => {
            let unless = unless(&test).map_or_else(String::new, |limit| {
                format!(" unless the others forget {limit} by then")
            });
            let at = grouped(step.0);
            Part::new(Mood::Plain, format!("{names} expand{s} after step {at}{unless}{noise}"))
        }
        Outcome::Held if test.target_potential <= 0.0 => {
            let its = if test.targets.len() == 1 { "its ceiling" } else { "their ceilings" };
            Part::new(Mood::Plain, format!("{names} {be} at {its}, will not expand"))
        }
        Outcome::Held => {
            Part::new(Mood::Plain, format!("{names} {be} held: {}{noise}", decision(&test)))
        }
        Outcome::Limited => {
            let beyond = named(run, &test.beyond_limit);
            let its = if test.beyond_limit.len() == 1 { "its limit" } else { "their limits" };
            Part::new(Mood::Watch, format!("{names} {be} held: {beyond} forgot more than {its}"))
        }
        Outcome::Full => {
            let has = if test.targets.len() == 1 { "has" } else { "have" };
            Part::new(Mood::Plain, format!("{names} {has} all that the floors leave"))
        }
    })
}

fn named(run: &RunState, ids: &[DomainId]) -> String {
    let name = |id: &DomainId| run.domain(id.0);
    listed(&ids.iter().map(name).collect::<Vec<_>>())
}

/// The mean forgetting at which the test would come out otherwise; `None` where τ is 0 and no forgetting would do.
fn unless(test: &Threshold) -> Option<String> {
    let limit = (test.target_potential + test.margin()) / test.tau;
    limit.is_finite().then(|| percent(limit, None))
}
