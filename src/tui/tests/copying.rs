//! What is copied from each screen.

use super::*;
use crate::telemetry::fixture::opening;
use crate::telemetry::fixture::sampled;
use std::path::Path;

/// The text that these keys copy, and the line that says so.
fn copied(model: &mut Model, keys: &str) -> (String, String) {
    for key in keys.chars() {
        assert_eq!(press(model, &key.to_string()), [], "{key}");
        shown(model, (110, 34));
    }
    let effects = press(model, "c");
    let [Effect::Copy(text)] = &effects[..] else { panic!("{keys}: {effects:?}") };
    let said = shown(model, (110, 34)).lines().last().unwrap().trim().to_owned();
    (text.clone(), said)
}

#[test]
fn what_is_selected_is_copied_from_every_screen() {
    let mut model = training();
    model.be_of(Path::new("/data/runs/demo"));
    for (keys, text, said) in [
        ("1", "/data/runs/demo", "copied the path of the run's folder (15 characters)"),
        ("2", "domain: law\nweight: 50.0 %\nchange: ·  0.0\n", "copied the values of law ("),
        ("2j", "domain: medical\nweight: 25.0 %\n", "copied the values of medical ("),
        // Without a crosshair nothing is selected.
        ("3", "/data/runs/demo", "copied the path"),
        (
            "3N",
            "step 40\nheld-out loss  law  1.750 nats/token  (step 40)\n",
            "copied the values at step 40 (",
        ),
        ("4", "/data/runs/demo", "copied the path"),
        ("5", "/data/runs/demo", "copied the path"),
        ("6", "14:03:38  saved  step 40  checkpoints/step-000040", "copied the event of step 40 ("),
        ("6kkkk", "14:03:34  pass  step 33  code", "copied the event of step 33 ("),
    ] {
        let (found, line) = copied(&mut model, keys);
        assert!(found.starts_with(text), "{keys}: {found:?}");
        assert!(line.contains(said), "{keys}: {line}");
    }
}

/// The event as a whole: a narrow list cuts it.
#[test]
fn a_copied_event_is_not_cut() {
    let mut model = training();
    let (text, _) = copied(&mut model, "6");
    assert!(text.ends_with("the best so far"), "{text:?}");
    assert!(!shown(&mut model, (60, 20)).contains("the best so far"));
}

#[test]
fn a_value_of_the_config_is_copied_as_a_config_has_it() {
    let mut model = training();
    press(&mut model, "8/training.lr\n");
    let (text, said) = copied(&mut model, "");
    assert!(text.starts_with("training.lr: "), "{text:?}");
    assert!(said.contains("copied training.lr ("), "{said}");
}

#[test]
fn the_text_of_the_chosen_time_is_copied() {
    let mut events = opening();
    events.extend([
        sampled(0, "is a"),
        sampled(20, "is a wrong"),
        sampled(40, "is a wrong\n  right"),
    ]);
    let mut model = model(events);
    let (newest, said) = copied(&mut model, "7");
    assert!(newest.ends_with("is a wrong\n  right"), "{newest:?}");
    assert!(said.contains("copied the text of step 40 for "), "{said}");
    let (earlier, _) = copied(&mut model, "h");
    assert!(earlier.ends_with("is a wrong"), "{earlier:?}");
}

#[test]
fn the_command_line_copies_too_and_typed_letters_do_not() {
    let mut model = training();
    press(&mut model, "6");
    shown(&mut model, (110, 34));
    assert!(matches!(&press(&mut model, ":copy\n")[..], [Effect::Copy(_)]));
    assert_eq!(press(&mut model, "/code\n"), []);
    // Where the folder is not known, and nothing is selected.
    assert_eq!(press(&mut model, "1c"), []);
    assert!(shown(&mut model, (110, 34)).contains("nothing is selected here that could be copied"));
}
