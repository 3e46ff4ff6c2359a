use super::any::any_event;
use super::fixture::*;
use super::*;
use crate::control::{
    Actor, Command, CommandId, CommandOutcome, LiveChange, LiveField, RequestId, Tunable, Verdict,
};
use crate::mixing::Outcome;
use crate::unit::{Bytes, Step, Tokens};
use proptest::prelude::*;

#[test]
fn the_closing_table_is_what_the_events_say() {
    let state = fold(&records(small_run()));
    let table = state.closing_table();
    let law = &table[0];
    assert_eq!((law.weight_first, law.weight_last, law.detected), (0.25, 0.5, 0.25));
    assert_eq!((law.loss_first, law.loss_last, law.reference_loss), (3.0, 1.75, Some(1.5)));
    // γ = (1.75 − 1.5)/1.75; nothing forgotten: 1.75 < 3.
    assert_eq!((law.potential, law.forgotten), (0.25 / 1.75, 0.0));
    assert_eq!(law.tokens, 40 * 100);
    // code: better than its ceiling, and φ = (2.25 − 2)/2.
    assert_eq!((table[2].potential, table[2].forgotten), (0.0, 0.125));
    assert_eq!((state.history.expanded, state.history.held), (1, 1));
    assert_eq!(state.history.tokens, Tokens(40 * 512));
    assert_eq!(state.history.passes, [0, 0, 1]);
    let recorded = small_run().pop();
    assert!(matches!(recorded, Some(Event::Finished { domains, .. }) if domains == table));
}

#[test]
fn weights_that_an_operator_gives_are_the_weights_in_force() {
    let mut events = small_run()[..35].to_vec();
    events.push(weighted(20));
    let state = fold(&records(events));
    // Before the command the first update's weights were not in force yet: 1/4, 1/4, 1/2.
    assert_eq!(state.history.weights.unwrap().as_slice(), [0.25, 0.25, 0.5]);
    let drawn = state.history.curves.weights[2].last();
    assert_eq!(drawn, Some(0.5));
}

#[test]
fn weights_given_before_the_first_update_leave_the_past_as_it_was() {
    let mut events = opening();
    events.extend([step_sample(1), weighted(1), step_sample(2)]);
    events.push(updated(2, 1, [0.25, 0.25, 0.5], [0.5, 0.25, 0.25]));
    let history = fold(&records(events)).history;
    let code: Vec<_> =
        history.curves.weights[2].points().iter().map(|p| (p.step, p.value)).collect();
    assert_eq!(code, [(0, 0.5), (1, 0.5), (2, 0.25)]);
    assert_eq!(history.weights_first.unwrap().as_slice(), [0.25, 0.25, 0.5]);
}

#[test]
fn a_run_that_has_ended_is_not_paused() {
    let mut events = opening();
    events.push(Event::PhaseChanged { phase: Phase::Paused, detail: None });
    let mut state = fold(&records(events.clone()));
    assert!(state.paused);
    let why = "stopped by ada@pts/3".into();
    let seq = state.seq + 1;
    let event = Event::Finished { step: Step(0), why, complete: false, domains: vec![] };
    state.apply(&Record { seq, unix_ms: 0, event });
    assert!(!state.paused);
}

#[test]
fn an_undo_that_is_given_again_takes_back_what_it_took_back() {
    let lambda = LiveField::Set(Tunable::Lambda);
    let live = |event: &Event| {
        let mut events = small_run();
        events.splice(1..1, configured());
        // Lambda was set before; then the operator changed another value.
        events.insert(45, set(20, Tunable::Tau, 2.0, Verdict::Applied { old: None, new: None }));
        events.insert(46, event.clone());
        fold(&records(events)).history
    };
    let undo = CommandOutcome {
        id: CommandId(2),
        request: RequestId(0),
        step: Step(20),
        actor: Actor::Schedule,
        command: Command::Live(LiveChange::Undo),
        reason: None,
        verdict: Verdict::Applied { old: None, new: None },
        undone: Some(lambda),
    };
    let history = live(&Event::CommandReplayed(undo));
    let now = history.live.unwrap();
    assert_eq!((now.params.lambda, now.params.tau), (0.3, 2.0));
    assert_eq!(history.changed_by[&lambda].outcome.command, Command::Live(LiveChange::Undo));
}

#[test]
fn the_table_does_not_invent_what_was_never_measured() {
    let state = fold(&records([started(None)]));
    let row = &state.closing_table()[0];
    assert!(
        [row.weight_first, row.loss_last, row.potential, row.forgotten].iter().all(|v| v.is_nan())
    );
    assert_eq!(row.reference_loss, None);
    let json = serde_json::to_value(row).unwrap();
    assert!(["potential", "ceiling"].iter().all(|key| json.get(key).is_some_and(|v| v.is_null())));
}

#[test]
fn rates_are_those_of_the_last_steps() {
    let state = fold(&records(small_run())[..36]);
    assert_eq!(state.history.step, Step(20));
    assert_eq!(state.tokens_per_sec(), Some(512.0 / 0.25));
    assert_eq!(state.mfu(), Some(1e9 / 0.25 / 1e10));
    // 20 steps left of 0.25 s; the evaluation at step 0 does not count.
    assert_eq!(state.eta_secs(), Some(20.0 * 0.25));
    // Evaluation and checkpoint took 1.5 s and 0.5 s in 20 steps.
    let saved = fold(&records(small_run())[..41]);
    assert_eq!(saved.eta_secs(), Some(20.0 * (0.25 + 2.0 / 20.0)));
    assert_eq!(state.checkpoint_age_secs(0), None);
    let done = fold(&records(small_run()));
    assert_eq!(done.eta_secs(), Some(0.0));
    assert_eq!(done.checkpoint_age_secs(done.unix_ms), Some(1.0));
}

/// Steps 21 to 33 are lost by a kill, with what happened in them, and done over differently.
#[test]
fn a_resume_takes_back_what_is_done_over() {
    let resumed = |step, path: &str| {
        let path = path.into();
        [started(Some(step)), Event::Resumed { step: Step(step), path, replayed_from_seq: 40 }]
    };
    let whole = small_run();
    let until_saved = 15 + 20 + 4;
    let mut killed = whole[..until_saved + 1].to_vec();
    killed.extend((21..=33).map(step_sample));
    killed.push(evaluated(33, [9.0, 9.0, 9.0]));
    killed.push(tested(33, 2, Outcome::Expanded));
    killed.push(updated(33, 2, [0.5, 0.1875, 0.3125], [0.9, 0.05, 0.05]));
    killed.extend(resumed(20, "checkpoints/step-000020"));
    killed.extend_from_slice(&whole[until_saved..]);

    let (state, expected) = (fold(&records(killed)), fold(&records(whole)));
    assert_eq!(state.closing_table(), expected.closing_table());
    assert_eq!(state.history.thresholds, expected.history.thresholds);
    // The checkpoint is saved again: a second more.
    let untimed =
        |state: &RunState| Curves { secs: Series::default(), ..state.history.curves.clone() };
    assert!(untimed(&state) == untimed(&expected));
    assert_eq!(state.history.commands.len(), 1);
    assert_eq!((state.resumes, expected.resumes), (1, 0));
}

/// Steps 21 to 33 are left by a rollback, and dimmed on the curves.
#[test]
fn a_rollback_goes_back_and_keeps_the_curves_that_it_left() {
    let back = |step, path: &str| {
        let (from, actor) = (Step(33), Actor::Operator("ada@pts/3".into()));
        Event::RolledBack { from, step: Step(step), path: path.into(), to_seq: 40, actor }
    };
    let whole = small_run();
    let until_saved = 15 + 20 + 4;
    let mut events = whole[..until_saved + 1].to_vec();
    events.extend((21..=33).map(step_sample));
    events.push(updated(30, 2, [0.5, 0.1875, 0.3125], [0.9, 0.05, 0.05]));
    events.push(saved(33));
    events.push(back(20, "checkpoints/step-000020"));
    let run = fold(&records(events.clone()));
    assert_eq!((run.history.step, run.rollbacks, run.resumes), (Step(20), 1, 0));
    assert_eq!(run.history.weights, fold(&records(whole[..=until_saved].to_vec())).history.weights);
    assert_eq!(run.newest_checkpoints().collect::<Vec<_>>(), [Step(20)]);
    let left = run.abandoned.front().unwrap();
    assert_eq!(run.abandoned.len(), 1);
    assert_eq!((left.begin, left.end), (Step(20), Step(33)));
    let steps: Vec<u64> = left.curves.training_loss.points().iter().map(|p| p.step).collect();
    assert_eq!(steps, (20..=33).collect::<Vec<_>>());
    let law: Vec<f64> = left.curves.weights[0].points().iter().map(|p| p.value).collect();
    assert_eq!(law.last(), Some(&0.9));
    // To a checkpoint that is none of the newest: weights and losses are those of its step.
    events.push(back(10, "checkpoints/step-000010"));
    let run = fold(&records(events));
    assert_eq!(run.history.weights, fold(&records(opening())).history.weights);
    assert_eq!((run.history.step, run.rollbacks, run.abandoned.len()), (Step(10), 2, 2));
}

/// A checkpoint that was written while five steps were trained holds nothing of them.
#[test]
fn going_back_to_a_checkpoint_that_was_written_meanwhile_forgets_the_steps_of_that_time() {
    let path = "checkpoints/step-000020";
    let begun =
        Event::CheckpointBegun { step: Step(20), path: path.into(), bytes: Bytes(1), secs: 0.1 };
    let until_saved = 15 + 20 + 4;
    let mut at_once = small_run()[..until_saved].to_vec();
    at_once.push(begun);
    let mut meanwhile = at_once.clone();
    at_once.push(saved(20));
    meanwhile.extend((21..=25).map(step_sample));
    meanwhile.push(saved(20));
    let went_back = |mut events: Vec<Event>| {
        let (path, actor) = (path.into(), Actor::Operator("ada@pts/3".into()));
        let (from, step) = (Step(25), Step(20));
        events.push(Event::RolledBack { from, step, path, to_seq: 40, actor });
        fold(&records(events)).history
    };
    let (mut one, mut other) = (went_back(at_once), went_back(meanwhile));
    assert_eq!((one.step, one.tokens), (Step(20), other.tokens));
    // It was complete later.
    for history in [&mut one, &mut other] {
        history.checkpoint.as_mut().unwrap().unix_ms = 0;
    }
    assert_eq!(format!("{one:?}"), format!("{other:?}"));
}

/// The process was killed when the checkpoint was in place and before it was reported.
#[test]
fn a_resume_from_a_checkpoint_that_was_begun_counts_no_step_twice() {
    let path = "checkpoints/step-000020";
    let until_saved = 15 + 20 + 4;
    let mut events = small_run()[..until_saved].to_vec();
    let table = fold(&records(events.clone())).closing_table();
    events.push(Event::CheckpointBegun {
        step: Step(20),
        path: path.into(),
        bytes: Bytes(1),
        secs: 0.1,
    });
    events.extend((21..=23).map(step_sample));
    events.push(started(Some(20)));
    events.push(Event::Resumed { step: Step(20), path: path.into(), replayed_from_seq: 40 });
    let resumed = fold(&records(events)).closing_table();
    assert_eq!(format!("{resumed:?}"), format!("{table:?}"));
}

/// A part of the time that a checkpoint takes training goes on.
#[test]
fn only_the_stop_for_a_checkpoint_counts_as_saving() {
    let stopped = |stopped_secs| {
        let Event::CheckpointSaved { step, path, bytes, secs, why, loss, best, .. } = saved(20)
        else {
            panic!("a checkpoint")
        };
        let event =
            Event::CheckpointSaved { step, path, bytes, secs, stopped_secs, why, loss, best };
        let mut events = opening();
        events.push(event);
        fold(&records(events)).history.saving_secs
    };
    assert_eq!((stopped(Some(0.125)), stopped(None)), (0.125, 0.5));
    // As older records have it.
    let old = r#"{"event":"checkpoint_saved","step":20,"path":"p","bytes":1,"secs":0.5,"why":"w"}"#;
    let Event::CheckpointSaved { stopped_secs, .. } = serde_json::from_str(old).unwrap() else {
        panic!("a checkpoint")
    };
    assert_eq!(stopped_secs, None);
}

#[test]
fn a_run_that_starts_over_in_its_folder_counts_from_nothing() {
    let mut events = small_run();
    events.extend(opening());
    let state = fold(&records(events));
    let new = fold(&records(opening()));
    assert_eq!(format!("{:?}", state.history), format!("{:?}", new.history));
    assert_eq!(state.ended, None);
}

#[test]
fn a_resume_from_a_checkpoint_that_the_record_does_not_know_drops_later_steps() {
    let mut events = opening();
    events.extend((1..=20).map(step_sample));
    events.push(Event::Resumed { step: Step(12), path: "elsewhere".into(), replayed_from_seq: 0 });
    let state = fold(&records(events));
    assert_eq!(state.history.step, Step(12));
    assert!(state.history.curves.training_loss.points().iter().all(|p| p.step <= 12));
}

#[test]
fn shadows_have_curves_of_their_own_which_a_resume_cuts_too() {
    let mut events = opening();
    events.push(shadowed(0, 0, [0.25, 0.25, 0.5]));
    events.extend((1..=20).map(step_sample));
    events.push(updated(20, 1, [0.25, 0.25, 0.5], [0.5, 0.1875, 0.3125]));
    events.push(shadowed(20, 1, [0.5, 0.25, 0.25]));
    events.push(shadowed(30, 2, [0.75, 0.125, 0.125]));
    let law = |history: &History| {
        let curve = &history.curves.shadows[0];
        assert_eq!((&*curve.strategy, history.curves.shadows.len()), ("DoReMi", 2));
        curve.weights[0].points().iter().map(|p| (p.step, p.value)).collect::<Vec<_>>()
    };
    let history = fold(&records(events.clone())).history;
    assert_eq!(law(&history), [(0, 0.25), (20, 0.5), (30, 0.75)]);
    assert_eq!(history.shadows[0].weights.as_slice(), [0.75, 0.125, 0.125]);
    assert_eq!(history.weights.unwrap().as_slice(), [0.5, 0.1875, 0.3125], "they move nothing");
    let path = "checkpoints/step-000020".into();
    events.push(Event::Resumed { step: Step(20), path, replayed_from_seq: 9 });
    assert_eq!(law(&fold(&records(events.clone())).history), [(0, 0.25), (20, 0.5)]);
    // A shadow that is gone has no curve any more.
    events.push(Event::ShadowsUpdated { step: Step(30), update: 2, shadows: vec![] });
    assert!(fold(&records(events)).history.curves.shadows.is_empty());
}

/// The time between two processes does not count, nor do steps that are done again.
#[test]
fn every_step_has_its_tokens_and_time() {
    let mut events = opening();
    events.extend((1..=20).map(step_sample));
    events.push(saved(20));
    events.extend((21..=30).map(step_sample));
    let mut state = fold(&records(events));
    let at = |series: &Series, step| {
        series.lasts().into_iter().find(|p| p.step == step).map(|p| p.value)
    };
    let curves = &state.history.curves;
    assert_eq!((at(&curves.tokens, 1), at(&curves.tokens, 30)), (Some(512.0), Some(30.0 * 512.0)));
    // The untuned model was measured by the 15th event, a second after each other.
    assert_eq!((at(&curves.secs, 0), at(&curves.secs, 20)), (Some(14.0), Some(35.0)));
    let night_ms = 8 * 3600 * 1000;
    let path = || "checkpoints/step-000020".into();
    let begins = Event::Resumed { step: Step(20), path: path(), replayed_from_seq: 40 };
    for (i, event) in [started(Some(20)), begins, step_sample(21)].into_iter().enumerate() {
        let unix_ms = state.unix_ms + if i == 0 { night_ms } else { 1000 };
        state.apply(&Record { seq: state.seq + 1, unix_ms, event });
    }
    let curves = &state.history.curves;
    assert_eq!((at(&curves.tokens, 21), at(&curves.tokens, 22)), (Some(21.0 * 512.0), None));
    // Saved a second after step 20; step 21 a second after the checkpoint was read.
    assert_eq!(at(&curves.secs, 21), Some(37.0));
    // From a checkpoint that is not in the record.
    let event = Event::Resumed { step: Step(10), path: "x".into(), replayed_from_seq: 0 };
    state.apply(&Record { seq: 999, unix_ms: 0, event });
    assert_eq!((state.history.tokens, state.history.ran_ms), (Tokens(10 * 512), 25_000));
}

#[test]
fn memory_is_bounded_whatever_the_length_of_the_run() {
    let mut state = fold(&records(opening()));
    let mut seq = state.seq;
    let mut apply = |event| {
        seq += 1;
        state.apply(&Record { seq, unix_ms: seq, event });
    };
    for step in 1..=200_000 {
        apply(step_sample(step));
        if step % 10 == 0 {
            apply(tested(step, step / 10, Outcome::Held));
            apply(notice("again"));
            apply(commanded(step, Verdict::Applied { old: None, new: None }));
            apply(saved(step));
        }
    }
    assert_eq!(state.history.held, 20_000);
    assert_eq!((state.history.thresholds.len(), state.history.commands.len()), (4096, 512));
    assert_eq!(state.history.checkpoints.len(), 512);
    assert!(state.notices.len() <= 200);
    assert!(state.history.curves.training_loss.points().len() <= 6 * 1024 + 2048);
}

fn set(step: u64, tunable: Tunable, value: f64, verdict: Verdict) -> Event {
    Event::CommandOutcome(CommandOutcome {
        id: CommandId(step),
        request: RequestId(0),
        step: Step(step),
        actor: Actor::Operator("ada@pts/3".into()),
        command: Command::Live(LiveChange::Set(tunable, value)),
        reason: None,
        verdict,
        undone: None,
    })
}

#[test]
fn the_newest_change_of_a_live_value_outlives_the_list_of_commands() {
    let applied = || Verdict::Applied { old: None, new: None };
    let mut events = opening();
    events.push(set(3, Tunable::Tau, 2.0, applied()));
    events.push(set(4, Tunable::Tau, -1.0, Verdict::Rejected { why: "below 0".into() }));
    events.extend((5..1000).map(|step| set(step, Tunable::Lambda, 0.5, applied())));
    let mut state = fold(&records(events));
    assert!(state.history.commands.iter().all(|mark| mark.outcome.step > Step(3)));
    let changed = |state: &RunState, tunable| {
        state.history.changed_by.get(&LiveField::Set(tunable)).map(|mark| mark.outcome.step.0)
    };
    assert_eq!(changed(&state, Tunable::Tau), Some(3));
    // A resume from a checkpoint that is not in the record: what came after it does not count.
    let event = Event::Resumed { step: Step(700), path: "x".into(), replayed_from_seq: 0 };
    state.apply(&Record { seq: 9999, unix_ms: 0, event });
    assert_eq!(changed(&state, Tunable::Lambda), Some(700));
    assert_eq!(changed(&state, Tunable::Tau), Some(3));
}

#[test]
fn readings_of_the_machine_are_bounded_and_outlive_a_resume() {
    let gpu = GpuSample { index: 1, utilisation_percent: Some(97), ..GpuSample::default() };
    let host = |cpu_percent| {
        Event::Host(HostSample { cpu_percent, gpus: vec![gpu.clone()], ..HostSample::default() })
    };
    let mut events = opening();
    events.extend((0..1000).map(|n| host(f64::from(n))));
    events.push(host(f64::NAN));
    events.push(Event::Resumed { step: Step(0), path: "x".into(), replayed_from_seq: 0 });
    let state = fold(&records(events));
    assert_eq!(state.readings.len(), 600);
    let (first, last) = (state.readings.front().unwrap(), state.readings.back().unwrap());
    assert_eq!((first.cpu_percent, last.cpu_percent), (401.0, 0.0));
    assert_eq!(last.gpus[0].utilisation_percent, Some(97));
}

proptest! {
    #[test]
    fn any_sequence_of_events_folds(events in prop::collection::vec(any_event(), 0..60)) {
        let state = fold(&records(events.clone()));
        prop_assert_eq!(state.seq, events.len() as u64);
        prop_assert!(state.closing_table().len() == state.domains.len());
        let _ = (state.eta_secs(), state.mfu(), state.tokens_per_sec());
    }

    #[test]
    fn the_state_of_any_events_reads_back(events in prop::collection::vec(any_event(), 0..40)) {
        let json = serde_json::to_string(&fold(&records(events))).unwrap();
        let read: RunState = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(serde_json::to_string(&read).unwrap(), json);
    }

    #[test]
    fn any_event_reads_back_from_its_line_to_the_bit(event in any_event()) {
        let line = serde_json::to_string(&Record { seq: 1, unix_ms: 2, event }).unwrap();
        let read: Record = serde_json::from_str(&line).unwrap();
        prop_assert_eq!(serde_json::to_string(&read).unwrap(), line);
    }
}
