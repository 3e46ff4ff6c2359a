use super::limiter::Limiter;
use super::{Observed, RunValues, Watch};
use crate::control::{Condition, LiveValues, Repeat, UsualAlert};
use crate::telemetry::{Event, Phase, Record, RunState};

/// What people are told of; `way` is how, which is the caller's business.
#[derive(Clone, Debug)]
pub struct AlertRule<W> {
    /// When.
    pub when: Condition,
    /// How often.
    pub repeat: Repeat,
    /// How.
    pub way: W,
    /// Which of the built-in alerts it is; `None` is of the config.
    pub usual: Option<UsualAlert>,
}

impl<W: Clone> AlertRule<W> {
    /// The built-in alerts, all told of this way.
    pub fn usual(way: &W) -> impl Iterator<Item = AlertRule<W>> {
        UsualAlert::ALL.into_iter().filter_map(|alert| {
            let (when, repeat, way) = (alert.condition()?, Repeat::Each, way.clone());
            Some(AlertRule { when, repeat, way, usual: Some(alert) })
        })
    }
}

impl<W> AlertRule<W> {
    /// Whether the operator of the run switched it off.
    fn is_off(&self, live: Option<&LiveValues>) -> bool {
        let usual = self.usual.as_ref();
        usual.zip(live).is_some_and(|(alert, live)| live.alerts_off.contains(alert))
    }
}

/// An alert that is due.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert<'a, W> {
    /// Its condition.
    pub when: &'a Condition,
    /// The values that the condition names, as they are; may be empty.
    pub found: String,
    /// How people are told.
    pub way: &'a W,
    /// Alerts of this condition that were held back since the last one that was not.
    pub held_back: u64,
}

/// Follows a run and tells which alerts are due. What is so already when it begins is no news. A condition that comes
/// true again and again is told of once a minute at most.
pub struct AlertWatch<W> {
    rules: Vec<(AlertRule<W>, Watch, Limiter)>,
    /// Since when no step was taken, pauses not counted; milliseconds since 1970 UTC.
    idle_since_ms: Option<u64>,
}

impl<W> AlertWatch<W> {
    /// Alerts of a run that is in this state.
    pub fn new(rules: Vec<AlertRule<W>>, state: &RunState) -> Self {
        let values = RunValues::new(state);
        let watched = rules.into_iter().map(|rule| {
            let watch = Watch::beginning_with(&rule.when, rule.when.holds(&values));
            (rule, watch, Limiter::default())
        });
        AlertWatch { rules: watched.collect(), idle_since_ms: None }
    }

    /// The alerts that are due after a record; `state` is the run with it.
    pub fn after(&mut self, state: &RunState, record: &Record) -> Vec<Alert<'_, W>> {
        if begins_anew(&record.event) {
            self.idle_since_ms = Some(record.unix_ms);
        }
        let stepped = matches!(record.event, Event::Step(_));
        let updated =
            matches!(record.event, Event::MixtureUpdated { .. } | Event::UpdateHeld { .. });
        self.look(state, record.unix_ms, stepped, updated)
    }

    /// The alerts that are due at this time, milliseconds since 1970 UTC.
    pub fn at(&mut self, state: &RunState, now_ms: u64) -> Vec<Alert<'_, W>> {
        self.look(state, now_ms, false, false)
    }

    /// Alerts that were held back and that no later one told of.
    pub fn held_back(&self) -> u64 {
        self.rules.iter().map(|(_, _, limiter)| limiter.held_back()).sum()
    }

    fn look(
        &mut self,
        state: &RunState,
        now_ms: u64,
        stepped: bool,
        updated: bool,
    ) -> Vec<Alert<'_, W>> {
        if state.phase == Some(Phase::Paused) || state.ended.is_some() {
            self.idle_since_ms = Some(now_ms);
        }
        let idle_since_ms = *self.idle_since_ms.get_or_insert(now_ms);
        let idle_secs = now_ms.saturating_sub(idle_since_ms) / 1000;
        let values = RunValues::new(state).idle_for(idle_secs);
        let mut due = Vec::new();
        let live = state.history.live.as_ref();
        for (rule, watch, limiter) in &mut self.rules {
            let AlertRule { when, repeat, way, .. } = &*rule;
            let seen = Observed { passes: when.holds(&values), stepped, updated };
            if watch.look(when, *repeat, seen) {
                watch.came_true();
                if rule.is_off(live) {
                    continue;
                }
                let found = when.found(&values);
                let may_be_told = limiter.take(now_ms);
                due.extend(may_be_told.map(|held_back| Alert { when, found, way, held_back }));
            }
        }
        due
    }
}

/// Whether the time without a step begins with an event.
fn begins_anew(event: &Event) -> bool {
    matches!(event, Event::Step(_) | Event::RunStarted { .. })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::Command;
    use crate::telemetry::Snapshot;
    use crate::telemetry::fixture::{live_values, records, small_run, started, step_sample};
    use std::sync::Arc;

    fn rule(text: &str) -> AlertRule<&'static str> {
        let when = Condition::parse(text).unwrap();
        AlertRule { when, repeat: Repeat::Each, way: "bell", usual: None }
    }

    fn told(rules: &[&str], events: Vec<Event>) -> Vec<String> {
        told_by(rules.iter().map(|text| rule(text)).collect(), events)
    }

    /// What is told of while these events come.
    fn told_by(rules: Vec<AlertRule<&'static str>>, events: Vec<Event>) -> Vec<String> {
        let mut run = Snapshot::default();
        let mut watch = AlertWatch::new(rules, &run.state);
        let mut told = Vec::new();
        for record in records(events).into_iter().map(Arc::new) {
            run.apply(&record);
            let due = watch.after(&run.state, &record);
            told.extend(due.iter().map(|alert| format!("{}: {}", alert.when, alert.found)));
        }
        told
    }

    #[test]
    fn the_end_and_a_failure_are_told_of_once() {
        let usual = || AlertRule::usual(&"bell").collect::<Vec<_>>();
        let told = told_by(usual(), small_run());
        assert_eq!(
            told.iter().filter(|text| text.starts_with("phase ended")).count(),
            1,
            "{told:?}"
        );
        let failed = Event::Failed { step: crate::unit::Step(3), error: "no memory".into() };
        assert_eq!(told_by(usual(), vec![started(None), failed]), ["phase failed: "]);
    }

    #[test]
    fn a_built_in_alert_that_is_switched_off_is_not_told_of() {
        let told_when = |switch: &str| {
            let mut live = live_values();
            let Ok(Command::Live(change)) = Command::parse(switch) else { panic!("{switch}") };
            live.apply(&change, &[]).unwrap();
            let failed = Event::Failed { step: crate::unit::Step(3), error: "no memory".into() };
            let events = vec![started(None), Event::LiveValues(live), failed];
            told_by(AlertRule::usual(&"bell").collect(), events).len()
        };
        assert_eq!(told_when("alerts off ceiling,end"), 1);
        assert_eq!(told_when("alerts off failure"), 0);
        assert_eq!(told_when("alerts off"), 0);
    }

    #[test]
    fn a_value_is_told_with_what_was_found() {
        let told = told(&["step >= 2"], vec![started(None), step_sample(1), step_sample(2)]);
        assert_eq!(told, ["step >= 2: step is 2"]);
    }

    #[test]
    fn no_step_for_a_while_is_told_of_and_a_pause_is_no_such_while() {
        let mut run = Snapshot::default();
        let mut watch = AlertWatch::new(vec![rule("no step for 1 min")], &run.state);
        let begun = 1_000_000;
        for (i, event) in [started(None), step_sample(1)].into_iter().enumerate() {
            let record = Arc::new(Record { seq: i as u64 + 1, unix_ms: begun, event });
            run.apply(&record);
            assert!(watch.after(&run.state, &record).is_empty());
        }
        assert!(watch.at(&run.state, begun + 59_000).is_empty());
        assert_eq!(watch.at(&run.state, begun + 60_000).len(), 1);
        assert!(watch.at(&run.state, begun + 90_000).is_empty(), "told already");
        let paused = Event::PhaseChanged { phase: Phase::Paused, detail: None };
        let record = Arc::new(Record { seq: 3, unix_ms: begun + 100_000, event: paused });
        run.apply(&record);
        assert!(watch.after(&run.state, &record).is_empty());
        assert!(watch.at(&run.state, begun + 900_000).is_empty(), "a pause");
    }
}
