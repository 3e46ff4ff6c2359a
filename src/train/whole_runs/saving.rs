//! Checkpoints that are written while training goes on. The writing thread is held until the record tells that the
//! engine has come to where it has to wait for it, so that nothing here depends on how fast anything is.

use super::tiny::{STEPS, TinyRun, losses};
use crate::control::{Actor, CheckpointChoice, Command, EngineCommand, LifecycleCommand, Request};
use crate::telemetry::{Event, Level, Phase};
use crate::train::OnBlock;
use crate::unit::{Bytes, Step};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

/// Longer than anything here takes: a run that does not come to the awaited point fails.
const PATIENCE: Duration = Duration::from_secs(120);

/// Waits until a run's record has this text.
fn wait_for(run: &Path, text: &str) -> io::Result<()> {
    let begun = Instant::now();
    while !fs::read_to_string(run.join("events.jsonl")).is_ok_and(|all| all.contains(text)) {
        if begun.elapsed() > PATIENCE {
            return Err(io::Error::other(format!("the record never had {text:?}")));
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(())
}

/// A writer that is held after its first block, once, until the run of that folder waits for the checkpoint of a
/// step; before that it calls `meanwhile`.
fn held_once(run: PathBuf, step: u64, meanwhile: impl Fn() + Send + Sync + 'static) -> OnBlock {
    let calls = AtomicUsize::new(0);
    Arc::new(move |_| {
        if calls.fetch_add(1, Ordering::Relaxed) > 0 {
            return Ok(());
        }
        let checkpoint = format!("checkpoints/step-{step:06}");
        assert!(!run.join(&checkpoint).exists(), "it is there before it is whole");
        meanwhile();
        wait_for(&run, &format!("waiting for {checkpoint}"))
    })
}

fn with_writer(on_block: impl FnOnce(&TinyRun) -> OnBlock) -> TinyRun {
    let mut run = TinyRun::new();
    run.saving.on_block = on_block(&run);
    run
}

/// Steps, and checkpoints as `begun 10` and `saved 10`, in order.
fn story(events: &[Event]) -> Vec<String> {
    let word = |event: &Event| match event {
        Event::Step(sample) => Some(sample.step.to_string()),
        Event::CheckpointBegun { step, .. } => Some(format!("begun {step}")),
        Event::CheckpointSaved { step, .. } => Some(format!("saved {step}")),
        Event::RolledBack { step, .. } => Some(format!("back to {step}")),
        _ => None,
    };
    events.iter().filter_map(word).collect()
}

fn saved(events: &[Event]) -> Vec<u64> {
    let step = |event: &Event| match event {
        Event::CheckpointSaved { step, .. } => Some(step.0),
        _ => None,
    };
    events.iter().filter_map(step).collect()
}

fn errors(events: &[Event]) -> Vec<&str> {
    events
        .iter()
        .filter_map(|event| match event {
            Event::Notice { level: Level::Error, text } => Some(text.as_str()),
            _ => None,
        })
        .collect()
}

/// The files of a run's checkpoints folder that are no checkpoints.
fn leftovers(run: &Path) -> usize {
    let entries = fs::read_dir(run.join("checkpoints")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| !name.starts_with("step-")).count()
}

/// The writer of step 10 stands still until the checkpoint of step 20 is due.
#[test]
fn training_goes_on_while_a_checkpoint_is_written_and_the_next_one_waits() {
    let every = ["checkpoint.every=10"];
    let run = with_writer(|run| held_once(run.folder("held"), 10, || {}));
    let events = run.train("held", &every);
    let story = story(&events);
    let at = |what: &str| story.iter().position(|word| word == what).unwrap();
    assert!(at("begun 10") < at("11") && at("20") < at("saved 10"), "{story:?}");
    assert!(at("saved 10") < at("begun 20"), "one is written at a time: {story:?}");
    assert_eq!(saved(&events), [10, 20, STEPS]);
    for event in &events {
        let Event::CheckpointSaved { step, secs, stopped_secs, .. } = event else { continue };
        // The last one is waited for from its beginning.
        assert_eq!(stopped_secs.is_some(), step.0 < STEPS, "{event:?}");
        assert!(stopped_secs.is_none_or(|stopped| stopped <= *secs), "{event:?}");
    }

    // What was written is what was there then, and the run is one that waits for its checkpoints.
    let mut waits = TinyRun::new();
    waits.saving.free_memory = || Some(Bytes(1 << 20));
    let waiting = waits.train("waits", &every);
    assert!(losses(&waiting) == losses(&events));
    for step in [10, 20, STEPS] {
        assert!(waits.weights_of("waits", step) == run.weights_of("held", step), "{step}");
    }
    let is_begun = |event: &Event| matches!(event, Event::CheckpointBegun { .. });
    assert!(!waiting.iter().any(is_begun), "there was no room for a copy");
    let told = |event: &&Event| matches!(event, Event::Notice { level: Level::Warning, text } if text.contains("and 1.0 MiB are free"));
    assert_eq!(waiting.iter().filter(told).count(), 1, "it is said once");
}

#[test]
fn a_checkpoint_after_every_step_is_one_after_the_other() {
    let run = TinyRun::new();
    let events = run.train("each", &["checkpoint.every=1", "checkpoint.keep_last=3"]);
    assert_eq!(saved(&events), (1..=STEPS).collect::<Vec<_>>());
    let plain = run.train("plain", &[]);
    assert!(losses(&plain) == losses(&events));
    assert!(run.last_weights("plain") == run.last_weights("each"));
    let kept = fs::read_dir(run.folder("each").join("checkpoints")).unwrap().count();
    assert_eq!(kept, 3, "the losses fall, so that the best is one of the last three");
}

#[test]
fn a_checkpoint_that_cannot_be_written_is_told_and_costs_no_step() {
    let full = || -> OnBlock {
        let calls = AtomicUsize::new(0);
        Arc::new(move |_| match calls.fetch_add(1, Ordering::Relaxed) {
            0 => Err(io::ErrorKind::StorageFull.into()),
            _ => Ok(()),
        })
    };
    let run = with_writer(|_| full());
    let events = run.train("full", &["checkpoint.every=10"]);
    assert_eq!(saved(&events), [20, STEPS]);
    let [error] = errors(&events)[..] else { panic!("{:?}", errors(&events)) };
    assert!(error.starts_with("no checkpoint of step 10 was written: cannot write "), "{error}");
    assert!(
        error.contains("free some space") && error.ends_with("; training continues"),
        "{error}"
    );
    assert_eq!(leftovers(&run.folder("full")), 0);
    let plain = run.train("plain", &[]);
    assert!(losses(&plain) == losses(&events));
}

/// The command comes while the checkpoint of step 10 is written, and waits for it.
fn commanded_while_saving(command: impl Into<Command>) -> (TinyRun, Vec<Event>) {
    let (sender, requests) = channel();
    let request = Request::new(Actor::Operator("me".into()), command);
    let send = move || drop(sender.send(request.clone()));
    let run = with_writer(|run| held_once(run.folder("commanded"), 10, send));
    let events = run.commanded("commanded", &["checkpoint.every=10"], requests);
    (run, events)
}

#[test]
fn a_rollback_waits_for_the_checkpoint_that_is_being_written() {
    let to = CheckpointChoice::Step(Step(10));
    let (run, events) = commanded_while_saving(EngineCommand::Rollback(to));
    let story = story(&events);
    let back = story.iter().position(|word| word == "back to 10").unwrap();
    assert_eq!(story[back - 1], "saved 10", "{story:?}");
    assert_eq!(story[back + 1], "11", "{story:?}");
    let plain = TinyRun::new();
    plain.train("plain", &[]);
    assert!(plain.last_weights("plain") == run.last_weights("commanded"));
}

#[test]
fn a_stop_waits_for_the_checkpoint_that_is_being_written_and_saves_its_own_step() {
    let (run, events) = commanded_while_saving(LifecycleCommand::Stop);
    let story = story(&events);
    let saved = saved(&events);
    // Where the stop comes before step 11, the checkpoint of step 10 is its own.
    let last = saved[saved.len() - 1];
    assert!(saved == [10, last] || saved == [10], "{story:?}");
    assert_eq!(story[story.len() - 1], format!("saved {last}"));
    let rest = run.resume("commanded", &["checkpoint.every=10"]);
    let plain = TinyRun::new();
    assert!(losses(&plain.train("plain", &[]))[last as usize..] == losses(&rest)[..]);
    assert!(plain.last_weights("plain") == run.last_weights("commanded"));
}

#[test]
fn a_pause_waits_for_the_checkpoint_that_is_being_written() {
    let (sender, requests) = channel();
    let from = |command| Request::new(Actor::Operator("me".into()), command);
    let send = move || {
        sender.send(from(LifecycleCommand::Pause)).unwrap();
        sender.send(from(LifecycleCommand::Resume)).unwrap();
    };
    let run = with_writer(|run| held_once(run.folder("paused"), 10, send));
    let events = run.commanded("paused", &["checkpoint.every=10"], requests);
    let at = |is: &dyn Fn(&Event) -> bool| events.iter().position(is).unwrap();
    let paused =
        at(&|event| matches!(event, Event::PhaseChanged { phase, .. } if *phase == Phase::Paused));
    assert!(at(&|event| matches!(event, Event::CheckpointSaved { .. })) < paused);
}

/// An abort that comes with this block of the checkpoint of step 20.
fn aborted_at_block(number: usize) -> (TinyRun, Vec<Event>) {
    let (sender, requests) = channel();
    let request = Request::new(Actor::Operator("me".into()), LifecycleCommand::Abort);
    let run = with_writer(|run| {
        let (folder, calls) = (run.folder("aborted"), AtomicUsize::new(0));
        Arc::new(move |_| {
            if calls.fetch_add(1, Ordering::Relaxed) + 1 < number {
                return Ok(());
            }
            let _ = sender.send(request.clone());
            wait_for(&folder, "\"abort\"")
        })
    });
    let events = run.commanded("aborted", &["checkpoint.every=20"], requests);
    (run, events)
}

#[test]
fn an_abort_gives_up_what_is_not_written_and_tells_of_what_is() {
    let given_up = |events: &[Event]| {
        let told = |event: &&Event| matches!(event, Event::Notice { text, .. } if text.contains("step-000020 was given up"));
        events.iter().filter(told).count()
    };
    let (run, events) = aborted_at_block(1);
    let there = |run: &TinyRun| run.folder("aborted").join("checkpoints/step-000020").exists();
    assert!(saved(&events).is_empty() && !there(&run));
    assert_eq!((given_up(&events), leftovers(&run.folder("aborted"))), (1, 0));

    let blocks = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&blocks);
    let run = with_writer(|_| {
        Arc::new(move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
            Ok(())
        })
    });
    run.train("counted", &["checkpoint.every=20"]);
    // All its blocks are written when the abort comes: it is whole.
    let (run, events) = aborted_at_block(blocks.load(Ordering::Relaxed));
    assert!(saved(&events) == [20] && there(&run), "{:?}", story(&events));
    assert_eq!((given_up(&events), leftovers(&run.folder("aborted"))), (0, 0));
}
