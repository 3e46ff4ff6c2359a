//! Whether the rows of a domain run out: how often they were used, and will have been at the end.

use super::{Mood, Part};
use crate::telemetry::RunState;
use crate::unit::grouped;

/// Passes over a domain's rows from which on they are said to repeat.
const MANY: f64 = 4.0;
/// The part of the run's steps after which its pace says something of the rest.
const PACE: f64 = 0.05;

/// The domain whose rows are used most often, where that is often.
pub(super) fn part(run: &RunState) -> Option<Part> {
    let used = (0..run.domains.len()).filter_map(|domain| Some((domain, used(run, domain)?)));
    let (domain, (now, end)) = used.max_by(|(_, a), (_, b)| a.1.total_cmp(&b.1))?;
    let name = run.domains.get(domain)?;
    if now >= MANY {
        let text = format!("rows of {name} were all used {} times", grouped(now as u64));
        return Some(Part::new(Mood::Watch, text));
    }
    (end >= MANY).then(|| {
        let times = grouped(end as u64);
        Part::new(Mood::Watch, format!("at this pace rows of {name} are all used {times} times"))
    })
}

/// Passes over a domain's rows, now and, should it keep its weight, at the end of the run.
fn used(run: &RunState, domain: usize) -> Option<(f64, f64)> {
    let history = &run.history;
    let passes = history.passes.get(domain).map(|passes| *passes as f64)?;
    let name = run.domains.get(domain)?;
    let rows = run.data.iter().find(|data| data.domain == *name).map(|data| data.train_rows);
    let Some(rows) = rows.filter(|rows| *rows > 0) else { return Some((passes, passes)) };
    let (done, all) = (history.step.0 as f64, run.steps as f64);
    if done < PACE * all {
        return Some((passes, passes));
    }
    let drawn = *history.domain_examples.get(domain)? as f64;
    let weight = history.weights.as_ref()?.as_slice().get(domain)?;
    let each_step = history.domain_examples.iter().sum::<u64>() as f64 / done;
    let to_come = (all - done).max(0.0) * each_step * weight;
    Some((passes, (drawn + to_come) / rows as f64))
}
