//! A table of states and what is said of them.

use super::*;
use crate::control::{Actor, Command, CommandId, CommandOutcome, LifecycleCommand, RequestId};
use crate::mixing::Change;
use crate::telemetry::fixture::*;
use crate::telemetry::{Event, NonFinite, Phase};
use crate::unit::Step;

/// The three domains are law, medical and code; their untuned losses 3, 2.5 and 2, their ceilings 1.5, 1.75 and 2.5.
fn begun() -> Vec<Event> {
    let mut events = opening();
    events.extend(configured());
    events.push(Event::Planned { steps: 100 });
    events
}

/// An evaluation whose losses have changed by these shares since the start, each ± 0.001.
fn measured(step: u64, shares: [f64; 3]) -> Event {
    let first = [3.0, 2.5, 2.0];
    let losses = [0, 1, 2].map(|i| first[i] * (1.0 + shares[i]));
    let Event::Evaluated { step, mut domains, used, secs } = evaluated(step, losses) else {
        panic!("no evaluation")
    };
    for (domain, relative) in domains.iter_mut().zip(shares) {
        domain.error = Some(0.01);
        domain.since_start = Some(Change { relative, error: 0.001 });
    }
    Event::Evaluated { step, domains, used, secs }
}

fn steps(range: std::ops::RangeInclusive<u64>) -> impl Iterator<Item = Event> {
    range.map(step_sample)
}

fn given(command: Command, actor: Actor) -> Event {
    Event::CommandOutcome(CommandOutcome {
        id: CommandId(9),
        request: RequestId(0),
        step: Step(20),
        actor,
        command,
        reason: Some("lunch".into()),
        verdict: crate::control::Verdict::Applied { old: None, new: None },
        undone: None,
    })
}

/// A change of the live values, as a run reports it.
fn live(lines: &[&str]) -> Event {
    let mut live = live_values();
    let domains = ["law", "medical", "code"].map(String::from);
    for line in lines {
        let Ok(Command::Live(change)) = Command::parse(line) else { panic!("{line}") };
        live.apply(&change, &domains).unwrap();
    }
    Event::LiveValues(live)
}

fn verdict(events: impl IntoIterator<Item = Event>) -> String {
    Verdict::of(&fold(&records(begun().into_iter().chain(events)))).to_string()
}

#[test]
fn the_whole_line_of_a_run_that_is_well() {
    let events = steps(1..=20).chain([measured(20, [-0.2, -0.1, -0.05])]);
    assert_eq!(
        verdict(events),
        "well: held-out loss falls · nothing is forgotten · best mean loss 2.183 at step 20"
    );
}

#[test]
fn each_state_has_its_words() {
    let phase = |phase, detail| vec![Event::PhaseChanged { phase, detail }];
    let pause = Command::Lifecycle(LifecycleCommand::Pause);
    let resume = Command::Lifecycle(LifecycleCommand::Resume);
    let ada = Actor::Operator("ada@pts/3".into());
    let falls = || steps(1..=20).chain([measured(20, [-0.2, -0.1, -0.05])]);
    let skipped = Event::StepSkipped { step: Step(21), why: NonFinite::Loss, in_a_row: 1 };
    let ended = |why: &str, complete| Event::Finished {
        step: Step(20),
        why: why.into(),
        complete,
        domains: Vec::new(),
    };
    let cases: Vec<(Vec<Event>, &str)> = vec![
        (phase(Phase::Loading, None), "well: the model is being loaded"),
        (phase(Phase::Detection, None), "well: what the base model knows is measured, for w(0)"),
        (steps(1..=3).collect(), "well: training begins"),
        (steps(1..=40).collect(), "well: training loss falls"),
        (
            falls().chain(steps(21..=60)).chain([measured(60, [-0.2, -0.1, -0.05])]).collect(),
            "watch: held-out loss stands still since step 20",
        ),
        (
            falls().chain(steps(21..=40)).chain([measured(40, [-0.1, -0.1, -0.05])]).collect(),
            "watch: held-out loss rises: 4.6 % above that of step 20",
        ),
        (
            falls().chain(steps(21..=40)).chain([measured(40, [0.2, -0.1, 0.2])]).collect(),
            "trouble: held-out loss rises",
        ),
        (falls().chain([skipped]).collect(), "trouble: a step was not taken"),
        (
            falls()
                .chain([given(pause.clone(), ada.clone())])
                .chain(phase(Phase::Paused, None))
                .collect(),
            "watch: paused by ada@pts/3: lunch",
        ),
        // The pause of ada is over.
        (
            falls()
                .chain([given(pause.clone(), ada.clone()), given(resume, ada.clone())])
                .chain(phase(Phase::Paused, None))
                .collect(),
            "watch: paused by itself",
        ),
        (
            falls()
                .chain([given(pause, Actor::Engine)])
                .chain(phase(Phase::Paused, None))
                .collect(),
            "watch: paused by itself",
        ),
        (falls().chain([ended("all steps done", true)]).collect(), "well: all steps are done"),
        (
            falls().chain([ended("stopped by ada", false)]).collect(),
            "watch: ended after step 20: stopped by ada",
        ),
        (
            falls().chain([Event::Failed { step: Step(20), error: "no memory".into() }]).collect(),
            "trouble: failed: no memory",
        ),
    ];
    for (events, wanted) in cases {
        let found = verdict(events);
        assert!(found.starts_with(wanted), "{found}\nfor {wanted}");
    }
}

/// Since the start the noise is 0.1 % of each loss; since the update, over the same rows, a tenth of it.
#[test]
fn a_small_fall_is_seen_over_the_rows_of_the_last_interval() {
    let events = |change: f64| {
        let later = [-0.2 + change, -0.1 + change, -0.05 + change];
        let Event::Evaluated { step, mut domains, used, secs } = measured(60, later) else {
            panic!("no evaluation")
        };
        for domain in &mut domains {
            domain.since_update = Some(Change { relative: change, error: 0.0001 });
        }
        steps(1..=20)
            .chain([measured(20, [-0.2, -0.1, -0.05])])
            .chain(steps(21..=60))
            .chain([Event::Evaluated { step, domains, used, secs }])
    };
    assert!(verdict(events(-0.0005)).starts_with("well: held-out loss falls"));
    assert!(verdict(events(-0.00005)).starts_with("watch: held-out loss stands still"));
}

#[test]
fn what_is_forgotten_is_named_with_its_error_and_noise_is_none() {
    for (shares, wanted) in [
        // Twice the error is 0.2 %.
        ([-0.2, -0.1, 0.0019], "nothing is clearly forgotten"),
        ([-0.2, -0.1, 0.0], "nothing is forgotten"),
        ([-0.2, -0.1, 0.005], "code forgot 0.5 ± 0.1 %"),
        ([-0.2, 0.03, 0.05], "watch: code forgot 5.0 ± 0.1 % and medical forgot 3.0 ± 0.1 %"),
        ([-0.2, -0.1, 0.2], "trouble: code forgot 20.0 ± 0.1 %"),
    ] {
        let found = verdict(steps(1..=20).chain([measured(20, shares)]));
        assert!(found.contains(wanted), "{found}\nfor {wanted}");
    }
    let limited = [measured(20, [-0.2, -0.1, 0.012]), live(&["limit code=0.01"])];
    assert!(verdict(steps(1..=20).chain(limited)).starts_with("trouble: code forgot 1.2 ± 0.1 %"));
}

#[test]
fn what_the_target_does_next_is_said_with_what_would_change_it() {
    // γ of law is (ℓ − 1.5)/ℓ.
    for (shares, lines, wanted) in [
        // γ = 0.375, τ = 5: as long as φ̄ ≤ 0.075.
        (
            [-0.2, -0.1, -0.05],
            &["target law", "set tau 5"][..],
            "law expands after step 21 unless the others forget 7.5 % by then",
        ),
        // φ of code is 0.05 over the interval, φ̄ 0.025.
        (
            [-0.2, -0.1, 0.05],
            &["target law", "set tau 20"],
            "law is held: 37.5 % to gain ≤ 20 × 2.5 % forgotten",
        ),
        (
            [-0.2, -0.1, 0.05],
            &["target code", "set tau 20"],
            "code is at its ceiling, will not expand",
        ),
        (
            [-0.2, -0.1, 0.05],
            &["target law", "set tau 1", "limit code=0.01"],
            "law is held: code forgot more than its limit",
        ),
        ([-0.2, -0.1, 0.05], &["target law", "mixing hold"], "the mixture is held"),
        ([-0.2, -0.1, 0.05], &["target law", "set every 100"], "no mixture update before the end"),
    ] {
        let found = verdict(steps(1..=20).chain([live(lines), measured(20, shares)]));
        assert!(found.contains(wanted), "{found}\nfor {wanted}");
    }
    let none = verdict(steps(1..=20).chain([measured(20, [-0.2, -0.1, -0.05])]));
    assert!(!none.contains("expand"), "{none}");
}

#[test]
fn any_events_have_a_verdict() {
    use crate::telemetry::any::any_event;
    use proptest::prelude::*;
    proptest!(|(events in prop::collection::vec(any_event(), 0..40))| {
        let _ = Verdict::of(&fold(&records(events))).to_string();
    });
}

/// After 20 of 100 steps 80 rows of law were drawn, of 8 a step, and a quarter of the 640 to come will be: 240 in all.
#[test]
fn rows_that_will_be_used_too_often_are_named_before_they_are() {
    let with_rows = |rows: u64, passes: u64| {
        let mut events = begun();
        for event in &mut events {
            if let Event::DataReady(data) = event {
                data.train_rows = rows;
            }
        }
        events.extend(steps(1..=20).chain([measured(20, [-0.2, -0.1, -0.05])]));
        let (step, domain) = (Step(20), "law".into());
        events.extend((passes > 0).then_some(Event::PassCompleted { step, domain, passes }));
        Verdict::of(&fold(&records(events))).to_string()
    };
    assert!(with_rows(50, 1).starts_with("watch: at this pace rows of law are all used 4 times"));
    assert!(with_rows(61, 1).starts_with("well: held-out loss falls"));
    assert!(with_rows(18, 4).starts_with("watch: rows of law were all used 4 times"));
}
