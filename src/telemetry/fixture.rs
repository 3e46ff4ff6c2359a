//! Events for tests: single ones, and a small run in which everything happens once.

use super::*;
use crate::control::{
    Actor, Command, CommandId, CommandOutcome, EngineCommand, Intervals, LiveChange, LiveField,
    LiveValues, RequestId, Tunable, Verdict, usual_span,
};
use crate::lr::{Schedule, Shape};
use crate::mixing::{MixingParams, Mixture, Outcome, StrategyKind, StrategyState, Threshold};
use crate::unit::{Bytes, DomainId, Step, Tokens};

/// Time of the first event of [`records`]: 2026-03-01 14:02:31 UTC.
pub(crate) const BEGAN_MS: u64 = 1_772_373_751_000;

/// Numbers events from 1, a second apart.
pub(crate) fn records(events: impl IntoIterator<Item = Event>) -> Vec<Record> {
    let number =
        |(i, event): (u64, Event)| Record { seq: i + 1, unix_ms: BEGAN_MS + 1000 * i, event };
    (0..).zip(events).map(number).collect()
}

/// The fold of records.
pub(crate) fn fold<'a>(records: impl IntoIterator<Item = &'a Record>) -> RunState {
    let mut state = RunState::default();
    records.into_iter().for_each(|record| state.apply(record));
    state
}

pub(crate) fn notice(text: &str) -> Event {
    Event::Notice { level: Level::Info, text: text.into() }
}

pub(crate) fn started(resumed_at: Option<u64>) -> Event {
    Event::RunStarted {
        run: "demo".into(),
        version: "0.1.0".into(),
        domains: ["law", "medical", "code"].map(String::from).into(),
        strategy: "VersaTune".into(),
        resumed_at: resumed_at.map(Step),
        seed: 7,
    }
}

/// The live values of the run.
pub(crate) fn live_values() -> LiveValues {
    let params = MixingParams {
        lambda: 0.3,
        delta: 0.05,
        tau: 1.0,
        floor: 0.0,
        anchor: 0.0,
        ..MixingParams::default()
    };
    LiveValues {
        params,
        lambda_auto: false,
        lambda_span: usual_span(),
        every: 20,
        smoothing: 0.0,
        lr: 2e-5,
        clip: Some(1.0),
        mixing_held: false,
        intervals: Intervals::default(),
        rules: Default::default(),
        alerts_off: Default::default(),
        earlier: Vec::new(),
    }
}

/// The config of the run, and its live values.
pub(crate) fn configured() -> Vec<Event> {
    let value = |field: &str, value: &str, origin, live| ConfigValue {
        field: field.into(),
        value: value.into(),
        origin,
        live,
    };
    let number = |tunable| Some(LiveField::Set(tunable));
    vec![
        Event::Configured {
            values: vec![
                value("seed", "7", ConfigOrigin::File(3), None),
                value("mixing.lambda", "0.3", ConfigOrigin::Override, number(Tunable::Lambda)),
                value("training.lr", "2e-5", ConfigOrigin::File(12), number(Tunable::Lr)),
                value("training.clip", "1.0", ConfigOrigin::Default, number(Tunable::Clip)),
            ],
            strategy: StrategyKind::default(),
            schedule: Schedule { warmup: 0.1, shape: Shape::Cosine, last: 0.0 },
        },
        Event::LiveValues(live_values()),
    ]
}

pub(crate) fn step_sample(step: u64) -> Event {
    let loss = 3.0 - step as f64 / 64.0;
    Event::Step(StepSample {
        step: Step(step),
        loss,
        objective: None,
        domain_loss_sum: vec![100.0 * loss, 50.0 * loss, 50.0 * loss],
        domain_tokens: vec![100, 50, 50],
        domain_examples: vec![4, 2, 2],
        lr: 2e-5,
        grad_norm: 0.5,
        tokens: Tokens(512),
        micro_batches: 1,
        secs: 0.25,
        data_secs: 0.0,
        flops: 1e9,
        memory: Bytes(1 << 30),
    })
}

/// A loss whose standard error is not known, as in records of older versions.
fn measured(loss: f64) -> DomainEval {
    DomainEval {
        loss,
        tokens: Tokens(1200),
        error: None,
        potential_error: None,
        since_update: None,
        since_start: None,
    }
}

pub(crate) fn evaluated(step: u64, losses: [f64; 3]) -> Event {
    let domains = losses.map(measured).to_vec();
    Event::Evaluated { step: Step(step), domains, used: losses.to_vec(), secs: 1.5 }
}

pub(crate) fn updated(step: u64, update: u64, old: [f64; 3], new: [f64; 3]) -> Event {
    Event::MixtureUpdated {
        step: Step(step),
        update,
        old: mixture(old),
        new: mixture(new),
        potential: vec![0.25, 0.125, 0.0],
        forgetting: vec![0.0, 0.0, 0.0625],
        potential_error: Vec::new(),
        forgetting_error: Vec::new(),
        gradient_products: Vec::new(),
        state: StrategyState::default(),
    }
}

/// The shadows DoReMi, with these weights, and Odm, evenly.
pub(crate) fn shadowed(step: u64, update: u64, weights: [f64; 3]) -> Event {
    let shadow = |strategy: &str, weights| ShadowWeights { strategy: strategy.into(), weights };
    let shadows = vec![shadow("DoReMi", mixture(weights)), shadow("Odm", Mixture::uniform(3))];
    Event::ShadowsUpdated { step: Step(step), update, shadows }
}

pub(crate) fn tested(step: u64, update: u64, outcome: Outcome) -> Event {
    // γ_e against τ·φ̄ = 0.03125, so that the outcome is the given one.
    let target_potential = match outcome {
        Outcome::Expanded | Outcome::Full | Outcome::Limited => 0.25,
        Outcome::Held => 0.015625,
    };
    Event::ThresholdTested {
        step: Step(step),
        update,
        threshold: Threshold {
            targets: vec![DomainId(0)],
            outcome,
            target_potential,
            mean_forgetting: 0.03125,
            ratio: Some(target_potential / 0.03125),
            tau: 1.0,
            confidence: 0.0,
            error: None,
            beyond_limit: Vec::new(),
        },
    }
}

pub(crate) fn saved(step: u64) -> Event {
    // The means of the losses that `small_run` measures at these steps.
    let loss = match step {
        20 => Some(2.125),
        40 => Some(6.25 / 3.0),
        _ => None,
    };
    let best = match loss {
        Some(loss) => BestCheckpoint { step: Step(step), loss },
        None => BestCheckpoint { step: Step(20), loss: 2.125 },
    };
    Event::CheckpointSaved {
        step: Step(step),
        path: format!("checkpoints/step-{step:06}"),
        bytes: Bytes(12 << 20),
        secs: 0.5,
        stopped_secs: None,
        why: "every 20 steps".into(),
        loss,
        best: Some(best),
    }
}

pub(crate) fn commanded(step: u64, verdict: Verdict) -> Event {
    Event::CommandOutcome(CommandOutcome {
        id: CommandId(1),
        request: RequestId(0),
        step: Step(step),
        actor: Actor::Operator("ada@pts/3".into()),
        command: Command::Live(LiveChange::Set(Tunable::Lambda, 0.5)),
        reason: Some("general drifts".into()),
        verdict,
        undone: None,
    })
}

/// Weights that an operator gives.
pub(crate) fn weighted(step: u64) -> Event {
    Event::CommandOutcome(CommandOutcome {
        id: CommandId(2),
        request: RequestId(0),
        step: Step(step),
        actor: Actor::Schedule,
        command: Command::Engine(EngineCommand::Weights(vec![("code".into(), 0.5)])),
        reason: None,
        verdict: Verdict::Applied { old: None, new: None },
        undone: None,
    })
}

/// A text for one prompt of each domain.
pub(crate) fn sampled(step: u64, written: &str) -> Event {
    let text = |domain: &str| SampleText {
        domain: domain.into(),
        prompt: format!("What of {domain}?"),
        wanted: format!("The answer of the row about {domain}."),
        written: format!("What {domain} {written}"),
        ended: step > 20,
    };
    let texts = ["law", "medical", "code"].map(text).into();
    Event::Sampled { step: Step(step), texts, secs: 0.5 }
}

/// A detection in its second iteration of five.
pub(crate) fn detection_sample() -> DetectionSample {
    let share = |share: f64| ShareEstimate { share, low: share - 0.05, high: share + 0.05 };
    DetectionSample {
        iteration: 2,
        iterations: 5,
        drawn: 300,
        planned: 750,
        judged: 290,
        unjudged: 4,
        estimate: vec![share(0.25), share(0.25), share(0.5)],
        latest: vec![
            JudgedText {
                text: "The court held that the contract".into(),
                probabilities: vec![0.9, 0.05, 0.05],
                why: None,
            },
            JudgedText {
                text: "Lorem".into(),
                probabilities: vec![],
                why: Some("no answer".into()),
            },
        ],
        usage: JudgeUsage { requests: 30, retries: 2, tokens: Tokens(51_200) },
    }
}

/// An actor who makes law the target.
pub(crate) fn targeted(step: u64, actor: Actor) -> Event {
    Event::CommandOutcome(CommandOutcome {
        id: CommandId(2),
        request: RequestId(0),
        step: Step(step),
        actor,
        command: Command::Live(LiveChange::Target(vec!["law".into()])),
        reason: None,
        verdict: Verdict::Applied { old: Some("none".into()), new: Some("law".into()) },
        undone: None,
    })
}

/// Everything that happens before the first step.
pub(crate) fn opening() -> Vec<Event> {
    let progress = |done| Event::Progress {
        phase: Phase::Tokenizing,
        what: "law".into(),
        done,
        total: Some(1200),
    };
    vec![
        started(None),
        Event::Planned { steps: 40 },
        Event::DeviceChosen(DeviceInfo {
            name: "cpu".into(),
            model: "Xeon".into(),
            why: "no CUDA driver was found".into(),
            threads: 2,
            memory: Bytes(23 << 30),
            peak_flops: Some(1e10),
            capability: None,
        }),
        Event::PhaseChanged { phase: Phase::Loading, detail: None },
        Event::ModelLoaded {
            source: "configs/demo/model".into(),
            family: "llama".into(),
            parameters: 4_198_400,
            precision: "f32".into(),
        },
        Event::PhaseChanged { phase: Phase::Tokenizing, detail: None },
        progress(300),
        progress(600),
        Event::DataReady(DataSummary {
            domain: "law".into(),
            train_rows: 1200,
            train_tokens: Tokens(310_224),
            train_target_tokens: Tokens(120_000),
            held_out_rows: 150,
            held_out_target_tokens: Tokens(12_330),
            cut_rows: 3,
            dropped_rows: 0,
            skipped_rows: 1,
            cached: true,
            duplicate_rows: 4,
            shared: vec![SharedRows { domain: "code".into(), rows: 2 }],
            held_out_elsewhere: 0,
            lengths: Some(Lengths { median: 212, p95: 480, longest: 1033 }),
            files: vec![FileFields {
                file: "law.jsonl".into(),
                rows: 1350,
                fields: vec![
                    FieldCount { name: "text".into(), rows: 1350, what: FieldUse::Content },
                    FieldCount { name: "source".into(), rows: 12, what: FieldUse::Unused },
                ],
            }],
            shown: vec![ShownRow {
                tokens: 9,
                whole: false,
                runs: vec![
                    (false, "<|user|>What is a bond?\n<|assistant|>".into()),
                    (true, "A loan of the state, which it pays back.<|end|>".into()),
                ],
            }],
        }),
        Event::Detected {
            mixture: mixture([0.25, 0.25, 0.5]),
            source: "preset LLaMA-2-7B".into(),
            intervals: Vec::new(),
            agreement: None,
        },
        Event::PhaseChanged { phase: Phase::Reference, detail: Some("law".into()) },
        Event::ReferenceEpoch { domain: "law".into(), epoch: 1, loss: 1.5 },
        Event::ReferenceLosses { losses: vec![1.5, 1.75, 2.5], source: "tuned".into() },
        Event::PhaseChanged { phase: Phase::Evaluating, detail: None },
        evaluated(0, [3.0, 2.5, 2.0]),
        Event::PhaseChanged { phase: Phase::Training, detail: None },
    ]
}

/// A whole run of 40 steps.
pub(crate) fn small_run() -> Vec<Event> {
    let mut events = opening();
    events.extend((1..=20).map(step_sample));
    events.extend([
        evaluated(20, [2.0, 2.25, 2.125]),
        tested(20, 1, Outcome::Expanded),
        updated(20, 1, [0.25, 0.25, 0.5], [0.5, 0.1875, 0.3125]),
        saved(20),
        commanded(20, Verdict::Applied { old: Some("0.3".into()), new: Some("0.5".into()) }),
    ]);
    events.extend((21..=40).map(step_sample));
    events.extend([
        Event::PassCompleted { step: Step(33), domain: "code".into(), passes: 1 },
        evaluated(40, [1.75, 2.25, 2.25]),
        tested(40, 2, Outcome::Held),
        updated(40, 2, [0.5, 0.1875, 0.3125], [0.5, 0.25, 0.25]),
        saved(40),
    ]);
    let domains = fold(&records(events.clone())).closing_table();
    let why = "all steps done".into();
    events.push(Event::Finished { step: Step(40), why, complete: true, domains });
    events
}

fn mixture(weights: [f64; 3]) -> Mixture {
    Mixture::new(weights.into()).unwrap()
}
