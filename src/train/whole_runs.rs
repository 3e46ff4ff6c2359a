//! Whole runs of a tiny model in this process: what the engine does, read from the record and the
//! checkpoints. Runs of the real binary, also killed ones, are in `tests/suite`.

mod saving;
mod tiny;

use crate::telemetry::{Event, ShadowWeights};
use crate::unit::Step;
use tiny::{STEPS, TinyRun};

const ODM: &str = "mixing.strategy=Odm";

/// Steps of the held-out measurements.
fn measured(events: &[Event]) -> Vec<u64> {
    let step = |event: &Event| match event {
        Event::Evaluated { step, .. } => Some(step.0),
        _ => None,
    };
    events.iter().filter_map(step).collect()
}

/// The reported updates after the first weights: step, number and weights.
fn updates(events: &[Event]) -> Vec<(Step, u64, Vec<f64>)> {
    let update = |event: &Event| match event {
        Event::MixtureUpdated { step, update, new, .. } if *update > 0 => {
            Some((*step, *update, new.as_slice().to_vec()))
        }
        _ => None,
    };
    events.iter().filter_map(update).collect()
}

#[test]
fn odm_follows_every_step_and_measures_at_start_and_end_only() {
    let run = TinyRun::new();
    let events = run.train("odm", &[ODM]);
    assert_eq!(measured(&events), [0, STEPS]);
    for event in &events {
        if let Event::MixtureUpdated { potential, forgetting, .. } = event {
            assert!(potential.is_empty() && forgetting.is_empty(), "{event:?}");
        }
    }
    // The updates are numbered by the steps, whether they are reported or not; there is none after
    // the last step.
    let updates = updates(&events);
    assert!(updates.iter().all(|(step, update, _)| step.0 == *update), "{updates:?}");
    assert!(updates.windows(2).all(|pair| pair[1].0.0 - pair[0].0.0 <= 10), "{updates:?}");
    assert_eq!(updates.last().unwrap().0, Step(STEPS - 1), "the last one is known at the end");
    // It explores while t ≤ 3·ln 3 = 3.3 and moves from then on.
    let third = [1.0 / 3.0; 3];
    let moved = |weights: &[f64]| weights.iter().zip(third).any(|(w, t)| (w - t).abs() > 0.01);
    assert!(updates.iter().filter(|(step, ..)| step.0 <= 3).all(|(_, _, w)| !moved(w)));
    assert!(moved(&updates.last().unwrap().2), "{updates:?}");
    // The user's `every` and measurements count.
    let events = run.train("asked", &[ODM, "mixing.every=10", "evaluation.every=15"]);
    assert_eq!(measured(&events), [0, 15, STEPS]);
    let steps: Vec<u64> = self::updates(&events).iter().map(|update| update.0.0).collect();
    assert_eq!(steps, [10, 20]);
}

/// Each decision of an update that was not reported follows from the steps in the record.
#[test]
fn decisions_between_reports_follow_from_the_recorded_steps() {
    let events = TinyRun::new().train("odm", &[ODM]);
    let mut rewards = [0.0; 3];
    let mut weights = vec![1.0 / 3.0; 3];
    let mut checked = 0;
    for event in &events {
        match event {
            Event::Step(sample) if sample.step.0 < STEPS => {
                let t = sample.step.0 as f64;
                for (j, reward) in rewards.iter_mut().enumerate() {
                    if sample.domain_tokens[j] > 0 {
                        let loss = sample.domain_loss_sum[j] / sample.domain_tokens[j] as f64;
                        *reward = 0.9 * *reward + (1.0 - 0.9) * f64::exp(loss);
                    }
                }
                let epsilon = (3f64.ln() / (3.0 * t)).sqrt().min(1.0 / 3.0);
                let sum: f64 = rewards.iter().sum();
                let weight = |r: &f64| (1.0 - 3.0 * epsilon) * r / sum + epsilon;
                weights = rewards.iter().map(weight).collect();
            }
            Event::MixtureUpdated { update, new, .. } if *update > 0 => {
                checked += 1;
                for (found, expected) in new.as_slice().iter().zip(&weights) {
                    assert!((found - expected).abs() < 1e-12, "{new:?} {weights:?}");
                }
            }
            _ => {}
        }
    }
    assert!(checked > 2);
}

/// A resume goes on with the rewards and the clock of the checkpoint.
#[test]
fn a_strategy_of_every_step_resumes_to_the_bit() {
    let run = TinyRun::new();
    let whole = run.train("whole", &[ODM]);
    let stop = r#"schedule=[(at: 13, command: "stop")]"#;
    run.train("cut", &[ODM, stop]);
    let rest = run.resume("cut", &[ODM]);
    assert_eq!(tiny::losses(&rest)[..], tiny::losses(&whole)[13..]);
    assert_eq!(run.last_weights("cut"), run.last_weights("whole"));
    assert_eq!(updates(&rest).last(), updates(&whole).last());
}

/// w ← softmax(log w + lr·p/μ) with the products and the learning rate of the record.
#[test]
fn doge_follows_the_gradients_that_the_record_has() {
    let run = TinyRun::new();
    let doge = ["mixing.strategy=Doge(mu: 0.001)", "mixing.every=4"];
    let events = run.train("doge", &doge);
    assert_eq!(measured(&events), [0, STEPS]);
    let (mut lr, mut weights, mut seen) = (0.0, vec![1.0 / 3.0; 3], 0);
    for event in &events {
        match event {
            Event::Step(sample) => lr = sample.lr,
            Event::MixtureUpdated { update, new, gradient_products, .. } if *update > 0 => {
                seen += 1;
                assert_eq!(gradient_products.len(), 3);
                let pairs = weights.iter().zip(gradient_products);
                let raw: Vec<f64> = pairs.map(|(w, p)| w * f64::exp(lr * p / 0.001)).collect();
                let sum: f64 = raw.iter().sum();
                weights = raw.iter().map(|w| w / sum).collect();
                for (found, expected) in new.as_slice().iter().zip(&weights) {
                    assert!((found - expected).abs() < 1e-9, "{new:?} {weights:?}");
                }
            }
            _ => {}
        }
    }
    assert!(seen == 7 && weights.iter().any(|w| (w - 1.0 / 3.0).abs() > 0.01), "{weights:?}");

    run.train("cut", &[doge[0], doge[1], r#"schedule=[(at: 13, command: "stop")]"#]);
    let rest = run.resume("cut", &doge);
    assert_eq!(tiny::losses(&rest)[..], tiny::losses(&events)[13..]);
    assert_eq!(run.last_weights("cut"), run.last_weights("doge"));
}

/// With an anchor of 1 every strategy is at w(0) after its first update: what is left between two of
/// them is what they measure, which changes no step.
#[test]
fn measured_gradients_change_nothing_of_the_steps() {
    let run = TinyRun::new();
    let anchored = ["mixing.anchor=1", "mixing.every=4"];
    for name in ["Doge", "DoReMi"] {
        run.train(name, &[&format!("mixing.strategy={name}"), anchored[0], anchored[1]]);
    }
    assert_eq!(run.last_weights("Doge"), run.last_weights("DoReMi"));
}

/// A mixture that is held is reported now and then, not after every step.
#[test]
fn a_held_mixture_of_every_step_does_not_fill_the_record() {
    let hold = r#"schedule=[(at: 0, command: "mixing hold")]"#;
    let events = TinyRun::new().train("held", &[ODM, hold]);
    let held = events.iter().filter(|event| matches!(event, Event::UpdateHeld { .. })).count();
    assert_eq!((held, updates(&events).len()), (2, 0));
}

/// Where nothing is measured, a checkpoint has no loss to be the best one by, and the user is told.
#[test]
fn unmeasured_checkpoints_are_not_ranked() {
    let run = TinyRun::new();
    let events = run.train("constant", &["mixing.strategy=Constant", "checkpoint.every=10"]);
    let said =
        |event: &Event| matches!(event, Event::Notice { text, .. } if text.contains("keep_best"));
    assert!(events.iter().any(said));
    assert_eq!(measured(&events), [0, STEPS]);
    assert_eq!(run.mean_losses("constant").iter().filter(|loss| loss.is_some()).count(), 1);
}

const SHADOWS: &str = "mixing.shadow=[DoReMi, Odm, SkillIt, Ado(start: 0.2), Constant]";

fn shadows(events: &[Event]) -> Vec<(Step, u64, Vec<ShadowWeights>)> {
    let shadows = |event: &Event| match event {
        Event::ShadowsUpdated { step, update, shadows } => Some((*step, *update, shadows.clone())),
        _ => None,
    };
    events.iter().filter_map(shadows).collect()
}

#[test]
fn shadows_change_no_bit_of_the_run() {
    let run = TinyRun::new();
    let plain = run.train("plain", &["mixing.every=5"]);
    let shadowed = run.train("shadowed", &["mixing.every=5", SHADOWS]);
    assert_eq!(run.last_weights("plain"), run.last_weights("shadowed"));
    assert_eq!(tiny::losses(&plain), tiny::losses(&shadowed));
    assert_eq!(updates(&plain), updates(&shadowed));
    assert_eq!(shadows(&plain), []);
    let steps: Vec<u64> = shadows(&shadowed).iter().map(|(step, ..)| step.0).collect();
    assert_eq!(steps, [0, 5, 10, 15, 20, 25]);
}

/// w ← (1 − c)·softmax(log w + max(ℓ − r, 0)) + c/3 from its own weights on, and the strategies keep
/// their own memories.
#[test]
fn a_shadow_is_where_its_strategy_would_be() {
    let run = TinyRun::new();
    let events = run.train("shadowed", &["mixing.every=5", SHADOWS]);
    let (mut weights, mut losses) = (vec![1.0 / 3.0; 3], Vec::new());
    for event in &events {
        match event {
            Event::Evaluated { used, .. } => losses.clone_from(used),
            Event::ShadowsUpdated { update, shadows, .. } => {
                let of = |name: &str| {
                    let shadow = shadows.iter().find(|shadow| shadow.strategy == name);
                    shadow.unwrap().weights.as_slice().to_vec()
                };
                if *update > 0 {
                    let ceilings = [2.0, 4.0, 6.0];
                    let tilt = |j: usize| weights[j] * f64::exp((losses[j] - ceilings[j]).max(0.0));
                    let raw: Vec<f64> = (0..3).map(tilt).collect();
                    let sum: f64 = raw.iter().sum();
                    weights = raw.iter().map(|w| (1.0 - 1e-4) * w / sum + 1e-4 / 3.0).collect();
                }
                for (found, expected) in of("DoReMi").iter().zip(&weights) {
                    assert!((found - expected).abs() < 1e-9, "{shadows:?} {weights:?}");
                }
                assert_eq!(of("Constant"), [0.5, 0.3, 0.2]);
                assert_eq!(of("Odm") == vec![1.0 / 3.0; 3], *update < 4, "it explores first");
            }
            _ => {}
        }
    }
}

#[test]
fn shadows_resume_to_the_bit() {
    let run = TinyRun::new();
    let sets = ["mixing.every=5", SHADOWS];
    let whole = run.train("whole", &sets);
    run.train("cut", &[sets[0], sets[1], r#"schedule=[(at: 13, command: "stop")]"#]);
    let rest = run.resume("cut", &sets);
    assert_eq!(shadows(&rest), shadows(&whole)[3..]);
    assert_eq!(run.last_weights("cut"), run.last_weights("whole"));
}

/// Beside a strategy of every step they are reported with it.
#[test]
fn shadows_are_reported_with_the_strategy_in_force() {
    let events = TinyRun::new().train("odm", &[ODM, "mixing.shadow=[Ado]"]);
    let updates: Vec<(Step, u64)> = updates(&events).iter().map(|(s, u, _)| (*s, *u)).collect();
    let shadows: Vec<(Step, u64)> = shadows(&events).iter().map(|(s, u, _)| (*s, *u)).collect();
    assert_eq!(shadows[0], (Step(0), 0));
    assert_eq!(shadows[1..], updates);
}
