//! Events for tests: a run of any number of domains, in the middle of its training.

use super::fixture::{configured, started, step_sample};
use super::*;
use crate::mixing::{Change, Mixture, Outcome, StrategyState, Threshold};
use crate::unit::{Bytes, DomainId, Step, Tokens};

/// Steps between evaluations, each with an update of the mixture.
const EVERY: u64 = 50;
/// Evaluations after the first step.
const EVALUATIONS: u64 = 8;

const NAMES: [&str; 20] = [
    "law",
    "medicine",
    "finance",
    "science",
    "code",
    "general",
    "chemistry",
    "history",
    "poetry",
    "patents",
    "recipes",
    "logic",
    "travel",
    "sports",
    "news",
    "drama",
    "maths",
    "music",
    "biology",
    "support",
];

/// Names of so many domains.
pub(crate) fn names(count: usize) -> Vec<String> {
    let name =
        |i: usize| NAMES.get(i).map_or_else(|| format!("web-{}", i + 1), |name| (*name).into());
    (0..count).map(name).collect()
}

/// The names with signs that are two columns wide.
pub(crate) fn wide_names(count: usize) -> Vec<String> {
    names(count).iter().enumerate().map(|(i, name)| format!("領域{} {name}", i + 1)).collect()
}

/// A run of these domains up to its newest evaluation. The first one is the target.
pub(crate) fn training_of(names: Vec<String>) -> Vec<Event> {
    let count = names.len();
    let Event::RunStarted { run, version, strategy, seed, .. } = started(None) else {
        return Vec::new();
    };
    let mut events =
        vec![Event::RunStarted { run, version, domains: names, strategy, resumed_at: None, seed }];
    events.extend(configured().into_iter().map(targeted));
    let weights = |step: u64| {
        let raw = (0..count).map(|i| {
            1.0 + ((i * 7 + 3) % 5) as f64 + if i == 0 { step as f64 / 100.0 } else { 0.0 }
        });
        let raw: Vec<f64> = raw.collect();
        let sum: f64 = raw.iter().sum();
        Mixture::new(raw.iter().map(|weight| weight / sum).collect()).unwrap()
    };
    events.extend([
        Event::Planned { steps: 1000 },
        Event::Detected {
            mixture: weights(0),
            source: "given".into(),
            intervals: Vec::new(),
            agreement: None,
        },
        Event::ReferenceLosses {
            losses: (0..count).map(|i| loss(i, EVERY * EVALUATIONS) - 0.2).collect(),
            source: "tuned".into(),
        },
        evaluated(count, 0),
        Event::PhaseChanged { phase: Phase::Training, detail: None },
    ]);
    for step in 1..=EVERY * EVALUATIONS {
        events.push(sampled(count, step));
        if step % EVERY == 0 {
            let update = step / EVERY;
            events.extend([evaluated(count, step), tested(step, update)]);
            events.push(Event::MixtureUpdated {
                step: Step(step),
                update,
                old: weights(step - EVERY),
                new: weights(step),
                potential: (0..count).map(|i| 0.02 + (i % 4) as f64 / 50.0).collect(),
                forgetting: (0..count).map(|i| (i % 3) as f64 / 500.0).collect(),
                potential_error: vec![0.003; count],
                forgetting_error: vec![0.001; count],
                gradient_products: Vec::new(),
                state: StrategyState::default(),
            });
        }
    }
    events.push(host());
    events
}

/// With the first domain as the target.
fn targeted(event: Event) -> Event {
    match event {
        Event::LiveValues(mut live) => {
            live.params.targets = vec![DomainId(0)];
            Event::LiveValues(live)
        }
        event => event,
    }
}

fn loss(domain: usize, step: u64) -> f64 {
    let rate = [0.8, 0.5, -0.05, 0.3][domain % 4];
    1.5 + (domain % 7) as f64 / 4.0 - rate * step as f64 / 1000.0
}

fn evaluated(count: usize, step: u64) -> Event {
    let domain = |i: usize| {
        let (now, first) = (loss(i, step), loss(i, 0));
        let change = Change { relative: now / first - 1.0, error: 0.004 };
        DomainEval {
            loss: now,
            tokens: Tokens(1200),
            error: Some(0.03),
            potential_error: Some(0.003),
            since_update: Some(Change { relative: change.relative / 8.0, ..change }),
            since_start: Some(change),
        }
    };
    let domains: Vec<DomainEval> = (0..count).map(domain).collect();
    let used = domains.iter().map(|domain| domain.loss).collect();
    Event::Evaluated { step: Step(step), domains, used, secs: 1.5 }
}

fn sampled(count: usize, step: u64) -> Event {
    match step_sample(step) {
        Event::Step(sample) => Event::Step(StepSample {
            loss: 1.8 + 60.0 / (60.0 + step as f64),
            domain_loss_sum: vec![200.0; count],
            domain_tokens: vec![100; count],
            domain_examples: vec![4; count],
            ..sample
        }),
        event => event,
    }
}

fn tested(step: u64, update: u64) -> Event {
    let is_held = update.is_multiple_of(3);
    let target_potential = if is_held { 0.004 } else { 0.06 };
    let threshold = Threshold {
        targets: vec![DomainId(0)],
        outcome: if is_held { Outcome::Held } else { Outcome::Expanded },
        target_potential,
        mean_forgetting: 0.005,
        ratio: Some(target_potential / 0.005),
        tau: 1.0,
        confidence: 0.0,
        error: Some(0.002),
        beyond_limit: Vec::new(),
    };
    Event::ThresholdTested { step: Step(step), update, threshold }
}

fn host() -> Event {
    Event::Host(HostSample {
        cpu_percent: 61.0,
        core_percents: (0..16).map(|core| (core * 13 % 100) as u8).collect(),
        cores: 16,
        memory_used: Bytes(41 << 30),
        memory_total: Bytes(128 << 30),
        process_memory: Bytes(9 << 30),
        process_cpu_percent: 312.0,
        disk_free: Bytes(1100 << 30),
        gpus: Vec::new(),
        gpu_absent: Some("no NVIDIA driver (libnvidia-ml.so.1) was found".into()),
    })
}
