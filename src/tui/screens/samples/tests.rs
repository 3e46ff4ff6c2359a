use super::*;
use crate::telemetry::fixture::{opening, sampled, step_sample};
use crate::tui::testing::{SIZES, Stage, text};

fn run() -> Stage {
    let mut events = opening();
    events.push(sampled(0, "is a is a is a"));
    events.extend((1..=40).map(step_sample));
    events.push(sampled(20, "is a wrong that the law"));
    events.push(sampled(40, "is a wrong that the law puts right.\n    return wrong"));
    Stage::of(events)
}

#[test]
fn the_samples_in_every_size() {
    for size in SIZES {
        let picture = run().picture(&mut Samples::default(), size);
        insta::assert_snapshot!(format!("samples_{}x{}", size.0, size.1), picture);
    }
    let nothing = Stage::of(opening()).picture(&mut Samples::default(), (60, 20));
    insta::assert_snapshot!("samples_nothing", nothing);
}

#[test]
fn the_newest_stands_beside_the_first_until_an_earlier_one_is_asked_for() {
    let (stage, mut screen) = (run(), Samples::default());
    let picture = text(&stage.draw(&mut screen, (120, 30)));
    for word in ["first: step 0", "is a is a is a", "newest: step 40", "return wrong"] {
        assert!(picture.contains(word), "{word} in\n{picture}");
    }
    screen.act(Action::Left, &stage.scene());
    let picture = text(&stage.draw(&mut screen, (120, 30)));
    assert!(picture.contains("earlier: step 20") && !picture.contains("return wrong"), "{picture}");
    // There is nothing before the first.
    (0..9).for_each(|_| assert!(screen.act(Action::Left, &stage.scene())));
    let picture = text(&stage.draw(&mut screen, (120, 30)));
    assert!(picture.contains("nothing newer yet"), "{picture}");
    screen.act(Action::Right, &stage.scene());
    assert!(text(&stage.draw(&mut screen, (120, 30))).contains("earlier: step 20"));
}

#[test]
fn prompts_are_chosen_by_keys_and_filter() {
    let (mut stage, mut screen) = (run(), Samples::default());
    screen.act(Action::Down, &stage.scene());
    assert!(text(&stage.draw(&mut screen, (120, 30))).contains("prompt          What of medical?"));
    stage.filter = "code".into();
    assert!(text(&stage.draw(&mut screen, (120, 30))).contains("prompt          What of code?"));
    stage.filter = "physics".into();
    assert!(text(&stage.draw(&mut screen, (60, 20))).contains("no prompt fits the filter"));
}
