//! Every phase of a run of six domains, in every size.

use super::*;
use crate::telemetry::fixture::{detection_sample, opening};
use crate::telemetry::many::{names, training_of};
use crate::telemetry::{DataSummary, DetectionSample, JudgedText, ShareEstimate};
use crate::tui::testing::picture;

const DOMAINS: usize = 6;

fn enters(phase: Phase, detail: Option<&str>) -> Event {
    Event::PhaseChanged { phase, detail: detail.map(str::to_owned) }
}

fn progress(phase: Phase, what: &str, done: u64, total: u64) -> Event {
    Event::Progress { phase, what: what.into(), done, total: Some(total) }
}

/// What happens before the first step, with the name of the phase that each part ends in.
fn preparation() -> Vec<(&'static str, Vec<Event>)> {
    let training = training_of(names(DOMAINS));
    let first = |events: &[Event], is: fn(&Event) -> bool| {
        events.iter().find(|event| is(event)).cloned().unwrap()
    };
    let device = first(&opening(), |event| matches!(event, Event::DeviceChosen(_)));
    let model = first(&opening(), |event| matches!(event, Event::ModelLoaded { .. }));
    let detected = first(&training, |event| matches!(event, Event::Detected { .. }));
    let known = first(&training, |event| matches!(event, Event::ReferenceLosses { .. }));

    let mut loading: Vec<Event> = training[..4].to_vec();
    loading.extend([device, enters(Phase::Loading, None)]);

    let mut tokenizing = vec![model, enters(Phase::Tokenizing, None)];
    tokenizing.extend((0..2).map(data_of));
    let what = names(DOMAINS)[2].clone();
    tokenizing.push(Event::Progress {
        phase: Phase::Tokenizing,
        what,
        done: 300,
        total: Some(1200),
    });

    let mut detection: Vec<Event> = (2..DOMAINS).map(data_of).collect();
    detection.extend([
        enters(Phase::Detection, None),
        Event::Detecting(estimated()),
        progress(Phase::Detection, "texts", 450, 750),
    ]);

    let mut ceilings = vec![detected];
    for domain in 0..4 {
        let name = &names(DOMAINS)[domain];
        ceilings.push(enters(Phase::Reference, Some(name)));
        let epochs = if domain < 3 { 0..=3 } else { 0..=1 };
        ceilings.extend(epochs.map(|epoch| {
            let loss = 2.5 + 0.2 * domain as f64 - (1.0 + epoch as f64).ln() / 2.0;
            Event::ReferenceEpoch { domain: name.clone(), epoch, loss }
        }));
    }
    ceilings.push(progress(Phase::Reference, &names(DOMAINS)[3], 120, 400));

    let evaluating = vec![known, enters(Phase::Evaluating, None)];
    vec![
        ("nothing", Vec::new()),
        ("loading", loading),
        ("tokenizing", tokenizing),
        ("detection", detection),
        ("ceilings", ceilings),
        ("first_losses", evaluating),
    ]
}

fn data_of(domain: usize) -> Event {
    let data = opening().into_iter().find_map(|event| match event {
        Event::DataReady(data) => Some(data),
        _ => None,
    });
    let data = data.unwrap();
    let domain_name = names(DOMAINS)[domain].clone();
    let train_rows = data.train_rows * (domain as u64 + 1);
    Event::DataReady(DataSummary { domain: domain_name, train_rows, shared: Vec::new(), ..data })
}

/// A detection of six domains in its second iteration.
fn estimated() -> DetectionSample {
    let share = |share: f64| ShareEstimate { share, low: share - 0.02, high: share + 0.03 };
    let probabilities =
        |at: usize| (0..DOMAINS).map(|i| if i == at { 0.9 } else { 0.02 }).collect();
    let judged = |text: &str, at| JudgedText {
        text: text.into(),
        probabilities: probabilities(at),
        why: None,
    };
    DetectionSample {
        estimate: [0.1, 0.12, 0.08, 0.15, 0.2, 0.35].map(share).into(),
        latest: vec![
            judged("The court held that the contract", 0),
            judged("def quicksort(values):", 4),
            JudgedText {
                text: "Lorem".into(),
                probabilities: vec![],
                why: Some("no answer".into()),
            },
        ],
        ..detection_sample()
    }
}

/// Every phase with the events that lead to it.
fn phases() -> Vec<(&'static str, Vec<Event>)> {
    let mut before = Vec::new();
    let mut all: Vec<_> = preparation()
        .into_iter()
        .map(|(name, events)| {
            before.extend(events);
            (name, before.clone())
        })
        .collect();
    let after = |more: Vec<Event>| {
        let mut events = training_of(names(DOMAINS));
        events.extend(more);
        events
    };
    let last = Step(400);
    let finished = Event::Finished {
        step: last,
        why: "all steps done".into(),
        complete: true,
        domains: fold(&records(after(Vec::new()))).closing_table(),
    };
    let stopped = Event::Finished {
        step: last,
        why: "stopped by ada@pts/3".into(),
        complete: false,
        domains: fold(&records(after(Vec::new()))).closing_table(),
    };
    let failed = Event::Failed {
        step: last,
        error: "the checkpoint cannot be written: checkpoints/step-000400/weights.safetensors: No space left \
                on device (os error 28); free some space, or save less often with checkpoints.every, then go \
                on with `versatune train configs/demo.ron --resume`"
            .into(),
    };
    all.extend([
        ("training", after(Vec::new())),
        ("evaluating", after(vec![enters(Phase::Evaluating, None)])),
        ("saving", after(vec![enters(Phase::Saving, None)])),
        ("paused", after(vec![enters(Phase::Paused, None)])),
        ("stopped", after(vec![stopped])),
        ("finished", after(vec![finished])),
        ("failed", after(vec![enters(Phase::Failed, None), failed])),
    ]);
    all
}

#[test]
fn data_of_more_domains_than_there_are_rows_are_counted() {
    let mut events = training_of(names(64));
    events.truncate(4);
    events.extend([enters(Phase::Tokenizing, None), data_of(0)]);
    let picture = shown(&mut model(events), (80, 24));
    assert!(picture.contains(" law ") && picture.contains("55 more"), "{picture}");
}

#[test]
fn every_phase_is_drawn_in_every_size() {
    for (name, events) in phases() {
        let mut model = model(events);
        for (width, height) in SIZES {
            let buf = drawn(&mut model, width, height);
            insta::assert_snapshot!(format!("{name}_{width}x{height}"), picture(&buf, &model.look));
        }
    }
}
