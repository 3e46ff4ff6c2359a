//! Any event at all, for properties.

use super::*;
use crate::control::{
    Actor, Command, CommandId, CommandOutcome, EngineCommand, LiveChange, LiveField, RequestId,
    Tunable, Verdict,
};
use crate::mixing::{Change, Mixture, Outcome, StrategyState, Threshold};
use crate::unit::{Bytes, DomainId, Step, Tokens};
use proptest::prelude::*;

fn any_f64() -> impl Strategy<Value = f64> {
    prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(0.0), -1e9..1e9f64, any::<f64>()]
}

fn any_mixture() -> impl Strategy<Value = Mixture> {
    prop::collection::vec(0.01..1.0f64, 1..5).prop_map(|w| Mixture::normalized(w).unwrap())
}

fn any_numbers() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(any_f64(), 0..5)
}

fn any_sample() -> impl Strategy<Value = Event> {
    let counts = || prop::collection::vec(any::<u64>(), 0..5);
    (any::<u64>(), any_f64(), any_numbers(), counts(), any_f64(), any::<u64>()).prop_map(
        |(step, loss, sums, counts, secs, tokens)| {
            Event::Step(StepSample {
                step: Step(step),
                loss,
                objective: loss.is_finite().then_some(loss),
                domain_loss_sum: sums,
                domain_tokens: counts.clone(),
                domain_examples: counts,
                lr: loss,
                grad_norm: secs,
                tokens: Tokens(tokens),
                micro_batches: tokens,
                secs,
                data_secs: 0.0,
                flops: loss,
                memory: Bytes(tokens),
            })
        },
    )
}

fn any_update() -> impl Strategy<Value = Event> {
    let mixtures = (any_mixture(), any_mixture());
    (any::<u64>(), any::<u64>(), mixtures, any_numbers(), any_numbers()).prop_map(
        |(step, update, (old, new), potential, forgetting)| Event::MixtureUpdated {
            step: Step(step),
            update,
            old,
            new,
            potential,
            gradient_products: forgetting.clone(),
            forgetting,
            potential_error: vec![0.5],
            forgetting_error: Vec::new(),
            state: StrategyState::default(),
        },
    )
}

fn any_shadows() -> impl Strategy<Value = Event> {
    let shadow = (prop_oneof![Just("Odm".to_owned()), ".*"], any_mixture())
        .prop_map(|(strategy, weights)| ShadowWeights { strategy, weights });
    (any::<u64>(), prop::collection::vec(shadow, 0..4)).prop_map(|(step, shadows)| {
        Event::ShadowsUpdated { step: Step(step), update: step, shadows }
    })
}

fn any_evaluation() -> impl Strategy<Value = Event> {
    (any::<u64>(), any_numbers(), any_numbers(), any_f64()).prop_map(
        |(step, losses, used, secs)| {
            let domain = |loss| DomainEval {
                loss,
                tokens: Tokens(1),
                error: Some(0.5),
                potential_error: Some(0.25),
                since_update: Some(Change { relative: 0.25, error: 0.125 }),
                since_start: None,
            };
            let domains = losses.into_iter().map(domain).collect();
            Event::Evaluated { step: Step(step), domains, used, secs }
        },
    )
}

fn any_threshold() -> impl Strategy<Value = Event> {
    (any::<u64>(), any::<usize>(), any_f64(), any::<bool>()).prop_map(
        |(step, target, number, expanded)| Event::ThresholdTested {
            step: Step(step),
            update: step,
            threshold: Threshold {
                targets: vec![DomainId(target)],
                outcome: if expanded { Outcome::Expanded } else { Outcome::Held },
                target_potential: number,
                mean_forgetting: number,
                ratio: expanded.then_some(number),
                tau: number,
                confidence: 1.0,
                error: expanded.then_some(0.5),
                beyond_limit: Vec::new(),
            },
        },
    )
}

fn any_lifecycle() -> impl Strategy<Value = Event> {
    let text = || prop_oneof![Just("a".to_owned()), Just("checkpoints/x".to_owned()), ".*"];
    prop_oneof![
        (prop::collection::vec(text(), 0..5), any::<u64>(), any::<Option<u64>>()).prop_map(
            |(domains, seed, resumed)| Event::RunStarted {
                run: String::new(),
                version: String::new(),
                domains,
                strategy: String::new(),
                resumed_at: resumed.map(Step),
                seed,
            }
        ),
        (any_mixture(), text()).prop_map(|(mixture, source)| {
            let intervals = vec![(0.0, 0.5); mixture.len()];
            Event::Detected { mixture, source, intervals, agreement: Some(0.5) }
        }),
        (any_numbers(), text())
            .prop_map(|(losses, source)| Event::ReferenceLosses { losses, source }),
        (any_numbers(), prop::collection::vec(any_numbers(), 0..4)).prop_map(|(untuned, tuned)| {
            let (rows, errors) = (vec![32; untuned.len()], tuned.clone());
            Event::CrossLosses(CrossTable { rows, untuned, tuned, errors })
        }),
        (text(), any::<u64>(), any_f64()).prop_map(|(path, step, secs)| Event::CheckpointSaved {
            step: Step(step),
            path,
            bytes: Bytes(step),
            secs,
            stopped_secs: secs.is_finite().then_some(secs / 2.0),
            why: String::new(),
            loss: None,
            best: Some(BestCheckpoint { step: Step(step), loss: 1.5 }),
        }),
        (text(), any::<u64>(), any_f64()).prop_map(|(path, step, secs)| Event::CheckpointBegun {
            step: Step(step),
            path,
            bytes: Bytes(step),
            secs,
        }),
        text().prop_map(|path| Event::CheckpointRemoved { path }),
        (text(), any::<u64>()).prop_map(|(path, step)| Event::Resumed {
            step: Step(step),
            path,
            replayed_from_seq: step,
        }),
        (text(), any::<u64>()).prop_map(|(from, step)| Event::Branched {
            from,
            step: Step(step),
            to_seq: step,
        }),
        (text(), any::<u64>(), any_f64()).prop_map(|(text, step, secs)| Event::Asked {
            step: Step(step),
            prompt: text.clone(),
            answer: text.clone(),
            base: if step % 2 == 0 { Ok(text) } else { Err(text) },
            secs,
        }),
        (any::<u64>(), any_f64(), any_f64()).prop_map(|(step, loss, secs)| Event::Rehearsed {
            step: Step(step),
            steps: step,
            edit: Command::Live(LiveChange::Undo),
            losses: vec![BothWays {
                without: loss,
                without_error: None,
                with: loss,
                with_error: Some(0.5),
                change: None,
            }],
            secs,
        }),
        text().prop_map(|run| Event::Repeats { run, early: vec![], later: vec![] }),
        (text(), any::<u64>(), any::<u64>()).prop_map(|(path, from, step)| Event::RolledBack {
            from: Step(from),
            step: Step(step),
            path,
            to_seq: step,
            actor: Actor::Schedule,
        }),
        (prop::collection::vec(text(), 0..5), any::<u64>(), any_f64()).prop_map(
            |(texts, step, secs)| {
                let text = |text: String| SampleText {
                    domain: text.chars().take(5).collect(),
                    prompt: text.clone(),
                    wanted: String::new(),
                    written: text,
                    ended: secs > 0.0,
                };
                let texts = texts.into_iter().map(text).collect();
                Event::Sampled { step: Step(step), texts, secs }
            }
        ),
        (text(), any::<u64>()).prop_map(|(domain, passes)| Event::PassCompleted {
            step: Step(passes),
            domain,
            passes,
        }),
        (text(), any::<u64>(), -1e9..1e9f64).prop_map(|(why, step, value)| {
            Event::CommandOutcome(CommandOutcome {
                id: CommandId(step),
                request: RequestId(0),
                step: Step(step),
                actor: Actor::Schedule,
                command: Command::Live(LiveChange::Set(Tunable::Tau, value)),
                reason: None,
                verdict: Verdict::Rejected { why },
                undone: None,
            })
        }),
        (any::<u64>(), text()).prop_map(|(first, why)| Event::EventsLost { first, why }),
        (text(), any::<bool>())
            .prop_map(|(client, read_only)| Event::ClientAttached { client, read_only }),
        text().prop_map(|client| Event::ClientLeft { client }),
        any::<u64>().prop_map(|step| Event::UpdateHeld { step: Step(step) }),
        Just(fixture::configured().pop().expect("live values")),
        any::<u64>().prop_map(|step| {
            Event::StepSkipped { step: Step(step), why: NonFinite::Loss, in_a_row: 1 }
        }),
        ("[a-z][a-z0-9_.-]{0,5}", any::<u64>(), any::<bool>()).prop_map(|(name, step, weights)| {
            let lambda = LiveField::Set(Tunable::Lambda);
            let command = match weights {
                true => Command::Engine(EngineCommand::Weights(vec![(name, 0.5)])),
                false => Command::Live(LiveChange::Undo),
            };
            Event::CommandReplayed(CommandOutcome {
                id: CommandId(step),
                request: RequestId(0),
                step: Step(step),
                actor: Actor::Schedule,
                command,
                reason: None,
                verdict: Verdict::Applied { old: None, new: None },
                undone: (!weights).then_some(lambda),
            })
        }),
        (text(), any::<u64>()).prop_map(|(error, step)| Event::Failed { step: Step(step), error }),
    ]
}

/// Any event that the state is made of.
pub(crate) fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        any_sample(),
        any_update(),
        any_shadows(),
        any_evaluation(),
        any_threshold(),
        any_lifecycle()
    ]
}
