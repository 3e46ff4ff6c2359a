//! How near domains are to their forgetting limits.

use super::RunState;
use crate::unit::{DomainId, Step};

/// Below this share of the limit that is left, a domain is near it.
const NEAR: f64 = 0.5;

/// What a domain may still forget.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ForgettingRoom {
    /// The domain.
    pub domain: DomainId,
    /// How far its loss is above the start, as a share of it; negative where it is below.
    pub risen: f64,
    /// How far it may be.
    pub limit: f64,
    /// The step at which it is there at the pace between the last two measurements; `None` where the loss does
    /// not rise, or the run ends before.
    pub reached_at: Option<Step>,
}

impl ForgettingRoom {
    /// What is left of the limit; negative beyond it.
    pub fn left(&self) -> f64 {
        self.limit - self.risen
    }

    /// Whether less than half of the limit is left.
    pub fn is_near(&self) -> bool {
        self.left() < NEAR * self.limit
    }
}

impl RunState {
    /// The domains that have a forgetting limit, in the order of the domains, once their losses are known.
    pub fn forgetting_rooms(&self) -> Vec<ForgettingRoom> {
        let limits = self.history.live.iter().flat_map(|live| &live.params.forgetting_limit);
        limits.filter_map(|(domain, limit)| self.forgetting_room(*domain, *limit)).collect()
    }

    fn forgetting_room(&self, domain: DomainId, limit: f64) -> Option<ForgettingRoom> {
        let loss = self.history.losses.get(domain.0)?;
        let risen = loss.used / loss.first_used - 1.0;
        let pace = self.rise_per_step(domain).map(|rise| rise / loss.first_used);
        let reached_at = pace.filter(|pace| *pace > 0.0 && risen < limit).map(|pace| {
            Step(self.history.step.0.saturating_add(((limit - risen) / pace).ceil() as u64))
        });
        let reached_at = reached_at.filter(|step| step.0 <= self.steps);
        risen.is_finite().then_some(ForgettingRoom { domain, risen, limit, reached_at })
    }

    /// By how much the held-out loss rose per step between its last two measurements, nats.
    fn rise_per_step(&self, domain: DomainId) -> Option<f64> {
        let curve = self.history.curves.losses.get(domain.0)?;
        let newest = curve.newest(2);
        let [now, before] = newest.as_slice() else { return None };
        let steps = now.step.checked_sub(before.step).filter(|steps| *steps > 0)?;
        Some((now.value - before.value) / steps as f64)
    }
}

#[cfg(test)]
mod tests {
    use crate::control::LiveChange;
    use crate::telemetry::fixture::{configured, evaluated, fold, records, small_run, started};
    use crate::telemetry::{Event, RunState};
    use crate::unit::Step;

    /// The untuned losses are 2; then these, at steps 20 and 40 of 100.
    fn run(first: f64, second: f64) -> RunState {
        let mut events = vec![started(None)];
        events.extend(configured());
        events.push(Event::Planned { steps: 100 });
        events.push(evaluated(0, [2.0; 3]));
        events.extend([(20, first), (40, second)].map(|(step, loss)| evaluated(step, [loss; 3])));
        events.extend(small_run().into_iter().filter(|event| matches!(event, Event::Step(_))));
        let mut run = fold(&records(events));
        run.history.step = Step(40);
        let change = LiveChange::Limit(vec![("code".into(), Some(0.05))]);
        run.history.live.as_mut().unwrap().apply(&change, &run.domains).unwrap();
        run
    }

    #[test]
    fn the_step_of_the_limit_follows_from_the_pace() {
        // 2 → 2.02 → 2.04: 2 % of 5 % at step 40, 0.05 % a step: 3 % more takes 60 steps.
        let [room] = run(2.02, 2.04).forgetting_rooms()[..] else { panic!("one limit") };
        assert!((room.left() - 0.03).abs() < 1e-12 && !room.is_near(), "{room:?}");
        assert_eq!(room.reached_at, Some(Step(100)));
        // Slower: not before the end.
        let [room] = run(2.03, 2.04).forgetting_rooms()[..] else { panic!("one limit") };
        assert_eq!(room.reached_at, None);
        // 4 % of 5 %: near; beyond it there is no step to come.
        assert!(run(2.02, 2.08).forgetting_rooms()[0].is_near());
        let [room] = run(2.08, 2.12).forgetting_rooms()[..] else { panic!("one limit") };
        assert!(room.left() < 0.0 && room.reached_at.is_none());
    }
}
