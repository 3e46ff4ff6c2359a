use super::preview::{Preview, When};
use super::*;
use crate::control::LifecycleCommand;
use crate::mixing::learnable_potential;
use crate::telemetry::fixture::{configured, evaluated, fold, records, small_run, weighted};
use crate::telemetry::{Event, Record, Snapshot};
use crate::unit::Step;
use crossterm::event::KeyModifiers;
use std::sync::Arc;

fn run() -> RunState {
    let mut events = small_run();
    events.pop();
    events.splice(1..1, configured());
    fold(&records(events))
}

/// The run after one more event.
fn after(state: RunState, event: Event) -> RunState {
    let record = Record { seq: state.seq + 1, unix_ms: 0, event };
    let mut run = Snapshot { state, ..Snapshot::default() };
    run.apply(&Arc::new(record));
    run.state
}

fn press(edit: &mut Edit, run: &RunState, codes: &[KeyCode]) -> EditOutcome {
    let mut last = EditOutcome::Open;
    for code in codes {
        last = edit.key(&KeyEvent::new(*code, KeyModifiers::NONE), run);
    }
    last
}

#[test]
fn a_key_rehearses_the_edit_for_as_many_steps_as_are_left() {
    let mut run = run();
    let edit = Command::Live(LiveChange::Set(Tunable::Lambda, 2.0));
    let pressed =
        |run: &RunState| press(&mut Edit::given(edit.clone(), None, run), run, &[KeyCode::F(5)]);
    for (left, tried) in [(100, Some(20)), (7, Some(7)), (0, None)] {
        run.steps = run.history.step.0 + left;
        let expected = tried.map_or(EditOutcome::Open, |steps| EditOutcome::Confirmed {
            command: EngineCommand::Rehearse(steps, Box::new(edit.clone())).into(),
            reason: None,
            saw: None,
        });
        assert_eq!(pressed(&run), expected);
    }
}

#[test]
fn a_preview_is_what_the_next_update_would_do() {
    let run = run();
    let Some(Preview::Weights(shown)) =
        preview(&run, &Command::Live(LiveChange::Set(Tunable::Lambda, 2.0)))
    else {
        panic!("no preview")
    };
    // By hand, w · (1 + λγ) normalized: γ of the losses and ceilings of now, no target.
    let losses: Vec<f64> = run.history.losses.iter().map(|loss| loss.used).collect();
    let weights = run.history.weights.clone().unwrap();
    let raised: Vec<f64> = weights
        .as_slice()
        .iter()
        .zip(losses.iter().zip(&run.history.reference_losses))
        .map(|(w, (loss, reference_loss))| {
            w * (1.0 + 2.0 * learnable_potential(*loss, *reference_loss))
        })
        .collect();
    let sum: f64 = raised.iter().sum();
    for (shown, raised) in shown.changed.iter().zip(&raised) {
        assert!((shown - raised / sum).abs() < 1e-12);
    }
    assert_eq!(shown.now, weights.as_slice());
    assert_ne!(shown.unchanged, shown.changed);
}

#[test]
fn a_preview_says_where_the_weights_would_end_and_what_lambda_would_be() {
    let mut run = run();
    run.steps = 121;
    let Some(Preview::Weights(shown)) = preview(&run, &Command::parse("set lambda auto").unwrap())
    else {
        panic!("no preview")
    };
    let end = shown.end.unwrap();
    // From step 41 to 121 by 20: four updates, over which law and code drift apart by a factor of 2.
    let losses: Vec<f64> = run.history.losses.iter().map(|loss| loss.used).collect();
    let references = &run.history.reference_losses;
    let gamma: Vec<f64> =
        losses.iter().zip(references).map(|(l, r)| learnable_potential(*l, *r)).collect();
    let most = (0..3).max_by(|a, b| gamma[*a].total_cmp(&gamma[*b])).unwrap();
    let least = (0..3).min_by(|a, b| gamma[*a].total_cmp(&gamma[*b])).unwrap();
    let drift = |domain: usize| end.weights[domain] / shown.now[domain];
    assert!((drift(most) / drift(least) - 2.0).abs() < 1e-9, "{end:?}");
    let lambda = end.solved_lambda.unwrap();
    let factor = (1.0 + lambda * gamma[most]) / (1.0 + lambda * gamma[least]);
    assert!((factor.powi(4) - 2.0).abs() < 1e-9, "{lambda}");
    assert!(end.samples.is_some_and(|samples| samples > 0.0));
}

#[test]
fn a_learning_rate_is_previewed_to_the_last_step() {
    let mut run = run();
    run.steps = 50;
    let Some(Preview::LearningRate(shown)) =
        preview(&run, &Command::Live(LiveChange::Set(Tunable::Lr, 4e-5)))
    else {
        panic!("no preview")
    };
    assert_eq!(shown.changed.first().unwrap().0, 41.0);
    assert_eq!(shown.changed.last().unwrap().0, 50.0);
    for (one, other) in shown.unchanged.iter().zip(&shown.changed) {
        assert!((other.1 - 2.0 * one.1).abs() < 1e-12, "twice the peak, twice the rate");
    }
}

#[test]
fn only_a_valid_edit_is_confirmed() {
    let run = run();
    let mut edit = Edit::tunable(Tunable::Lambda, &run);
    let back = KeyCode::Backspace;
    assert_eq!(
        press(&mut edit, &run, &[back, back, back, KeyCode::Char('-'), KeyCode::Enter]),
        EditOutcome::Open
    );
    let keys = [back, KeyCode::Char('2'), KeyCode::Tab, KeyCode::Char('w'), KeyCode::Enter];
    let confirmed = EditOutcome::Confirmed {
        command: Command::Live(LiveChange::Set(Tunable::Lambda, 2.0)),
        reason: Some("w".into()),
        saw: Some(number::tunable(
            run.history.live.as_ref().unwrap().get(Tunable::Lambda).unwrap(),
        )),
    };
    assert_eq!(press(&mut edit, &run, &keys), confirmed);
}

#[test]
fn targets_are_chosen_from_a_list() {
    let run = run();
    let mut edit = Edit::targets(&run);
    let keys = [KeyCode::Char('0'), KeyCode::Down, KeyCode::Char(' '), KeyCode::Enter];
    let target = |names: &[&str], saw: &str| EditOutcome::Confirmed {
        command: Command::Live(LiveChange::Target(names.iter().map(|n| n.to_string()).collect())),
        reason: None,
        saw: Some(saw.into()),
    };
    let saw = run.history.live.as_ref().unwrap();
    let saw = saw.replaced_by(&LiveChange::Target(vec![]), &run.domains).unwrap();
    assert_eq!(press(&mut edit, &run, &keys), target(&["medical"], &saw));
    let none = press(&mut Edit::targets(&run), &run, &[KeyCode::Char('0'), KeyCode::Enter]);
    assert_eq!(none, target(&[], &saw));
}

#[test]
fn a_preview_tells_the_outcome_of_the_threshold_test() {
    let run = run();
    let Some(Preview::Weights(shown)) =
        preview(&run, &Command::Live(LiveChange::Target(vec!["law".into()])))
    else {
        panic!("no preview")
    };
    assert_eq!(shown.outcomes.0, None);
    assert!(shown.outcomes.1.is_some());
}

#[test]
fn the_previewed_step_is_that_of_the_next_update() {
    let at = |run: &RunState, line: &str| {
        let Some(Preview::Weights(shown)) = preview(run, &Command::parse(line).unwrap()) else {
            panic!("no preview")
        };
        shown.at
    };
    let mut run = run();
    run.steps = 100;
    assert_eq!(at(&run, "set lambda 2"), When::After(Step(60)));
    assert_eq!(at(&run, "weights law=0.5"), When::AtOnce);
    // Weights that were given are no update; nor does one come after the last step.
    run = after(run, weighted(50));
    assert_eq!(at(&run, "set lambda 2"), When::After(Step(60)));
    run.steps = 60;
    assert_eq!(at(&run, "set lambda 2"), When::Never);
    // What was due while the mixture was held is counted from.
    run.steps = 100;
    run = after(run, Event::UpdateHeld { step: Step(50) });
    assert_eq!(at(&run, "set lambda 2"), When::After(Step(70)));
    run.history.live.as_mut().unwrap().mixing_held = true;
    assert_eq!(at(&run, "set lambda 2"), When::Released);
}

/// With a target the test looks at what is forgotten: where nothing was measured since the last
/// update, at what was forgotten until then, not at nothing.
#[test]
fn the_threshold_of_a_preview_is_tested_with_forgetting() {
    let mut run = run();
    let live = run.history.live.as_mut().unwrap();
    live.apply(&LiveChange::Target(vec!["law".into()]), &run.domains).unwrap();
    let outcomes = |run: &RunState, tau: f64| {
        let Some(Preview::Weights(shown)) =
            preview(run, &Command::Live(LiveChange::Set(Tunable::Tau, tau)))
        else {
            panic!("no preview")
        };
        (shown.outcomes, shown.as_last)
    };
    // By hand: gamma of law is 0.25/1.75; of the others code forgot 0.125/2.125, medical nothing.
    let threshold = (0.25 / 1.75) / (0.125 / 2.125 / 2.0);
    let expanded = Some(crate::mixing::Outcome::Expanded);
    let held = Some(crate::mixing::Outcome::Held);
    assert_eq!(outcomes(&run, threshold * 0.99), ((expanded, expanded), true));
    assert_eq!(outcomes(&run, threshold * 1.01), ((expanded, held), true));
    // A new measurement: code is as good as before its last update.
    let run = after(run, evaluated(41, [1.75, 2.25, 2.25]));
    assert_eq!(outcomes(&run, 1e6), ((expanded, expanded), false));
}

#[test]
fn an_undo_is_previewed_as_the_change_that_it_is() {
    let mut run = run();
    assert!(!is_confirmed(&run, &Command::Note("x".into())));
    run.history.live.as_mut().unwrap().earlier.clear();
    assert!(!is_confirmed(&run, &Command::Live(LiveChange::Undo)), "there is nothing to take back");
    let live = run.history.live.as_mut().unwrap();
    live.clip = None;
    live.apply(&LiveChange::Set(Tunable::Clip, 2.0), &[]).unwrap();
    assert!(is_confirmed(&run, &Command::Live(LiveChange::Undo)));
    let none = Preview::Words(vec!["no gradient is scaled down, however large".into()]);
    assert_eq!(preview(&run, &Command::Live(LiveChange::Undo)), Some(none));
    let live = run.history.live.as_mut().unwrap();
    live.apply(&LiveChange::Set(Tunable::Lambda, 2.0), &run.domains).unwrap();
    let Some(Preview::Weights(shown)) = preview(&run, &Command::Live(LiveChange::Undo)) else {
        panic!("no preview")
    };
    assert_ne!(shown.unchanged, shown.changed);
}

#[test]
fn nothing_is_previewed_before_anything_is_known() {
    let run = RunState::default();
    for command in [
        Command::Live(LiveChange::Set(Tunable::Lambda, 1.0)),
        Command::Live(LiveChange::Target(vec![])),
        Command::Lifecycle(LifecycleCommand::Pause),
    ] {
        assert_eq!(preview(&run, &command), None);
    }
}
