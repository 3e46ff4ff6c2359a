use super::*;
use crate::telemetry::Event;
use crate::telemetry::fixture::{opening, sampled, step_sample};
use crate::tui::testing::{SIZES, Stage, text};
use crate::unit::Step;

fn run() -> Stage {
    let mut events = opening();
    events.push(sampled(0, "is a is a is a"));
    events.extend((1..=40).map(step_sample));
    events.push(sampled(20, "is a wrong that the law"));
    events.push(sampled(40, "is a wrong that the law puts right.\n    return wrong"));
    Stage::new(events)
}

#[test]
fn samples_are_drawn_in_every_size() {
    for size in SIZES {
        let picture = run().picture(&mut Samples::default(), size);
        insta::assert_snapshot!(format!("samples_{}x{}", size.0, size.1), picture);
    }
    let nothing = Stage::new(opening()).picture(&mut Samples::default(), (60, 20));
    insta::assert_snapshot!("samples_nothing", nothing);
}

#[test]
fn a_key_shows_an_earlier_text_beside_the_first() {
    let (stage, mut screen) = (run(), Samples::default());
    let picture = text(&stage.draw(&mut screen, (120, 30)));
    for word in ["first: step 0", "is a is a is a", "newest: step 40", "return wrong"] {
        assert!(picture.contains(word), "{word} in\n{picture}");
    }
    screen.act(Action::Left, &stage.scene());
    let picture = text(&stage.draw(&mut screen, (120, 30)));
    assert!(picture.contains("earlier: step 20") && !picture.contains("return wrong"), "{picture}");
    // Left stops at the text after the first: one press of right is enough, however often left was
    // pressed.
    (0..9).for_each(|_| assert!(screen.act(Action::Left, &stage.scene())));
    assert!(text(&stage.draw(&mut screen, (120, 30))).contains("earlier: step 20"));
    screen.act(Action::Right, &stage.scene());
    assert!(text(&stage.draw(&mut screen, (120, 30))).contains("newest: step 40"));
}

#[test]
fn a_long_text_is_scrolled() {
    let mut events = opening();
    let long: Vec<String> = (1..=50).map(|line| format!("line{line}.")).collect();
    events.push(sampled(0, &long.join("\n")));
    let (stage, mut screen) = (Stage::new(events), Samples::default());
    let picture = text(&stage.draw(&mut screen, (120, 30)));
    // A title, a third for the prompt, 20 rows with a title for the text.
    assert!(picture.contains("line1.") && picture.contains("cut · ▼ 31"), "{picture}");
    (0..9).for_each(|_| assert!(screen.act(Action::PageDown, &stage.scene())));
    let picture = text(&stage.draw(&mut screen, (120, 30)));
    assert!(picture.contains("line50.") && !picture.contains("▼"), "{picture}");
    // Another prompt is read from its beginning.
    screen.act(Action::Down, &stage.scene());
    assert!(text(&stage.draw(&mut screen, (120, 30))).contains("What medical line1."));
}

#[test]
fn the_prompts_are_those_of_the_newest_time() {
    // The run was resumed with fewer prompts.
    let Event::Sampled { step, mut texts, secs } = sampled(60, "is now one of two") else {
        unreachable!()
    };
    texts.remove(0);
    let mut stage = run();
    stage.apply(Event::Sampled { step, texts, secs });
    let mut screen = Samples::default();
    let picture = text(&stage.draw(&mut screen, (120, 30)));
    assert!(picture.contains("What of medical?") && !picture.contains("What of law?"), "{picture}");
    screen.act(Action::Left, &stage.scene());
    let picture = text(&stage.draw(&mut screen, (120, 30)));
    for word in ["What of medical?", "earlier: step 40", "What medical is a wrong"] {
        assert!(picture.contains(word), "{word} in\n{picture}");
    }
}

#[test]
fn prompts_are_chosen_by_keys_and_filter() {
    let (mut stage, mut screen) = (run(), Samples::default());
    screen.act(Action::Down, &stage.scene());
    assert!(text(&stage.draw(&mut screen, (120, 30))).contains("prompt      What of medical?"));
    stage.filter = "code".into();
    assert!(text(&stage.draw(&mut screen, (120, 30))).contains("prompt      What of code?"));
    stage.filter = "physics".into();
    assert!(text(&stage.draw(&mut screen, (60, 20))).contains("no prompt fits the filter"));
}

#[test]
fn what_was_asked_comes_first_with_both_answers_or_why_there_is_one() {
    let mut stage = run();
    let asked = |base| Event::Asked {
        step: Step(40),
        prompt: "What is a tort?".into(),
        answer: "A wrong.".into(),
        base,
        secs: 1.0,
    };
    for (base, shown) in [(Ok("A cake.".into()), "A cake."), (Err("no room".into()), "no room")] {
        stage.apply(asked(base));
        let picture = text(&stage.draw(&mut Samples::default(), (120, 30)));
        for word in ["asked   What is a tort?", "the model of step 40", "A wrong.", shown] {
            assert!(picture.contains(word), "{word} in\n{picture}");
        }
    }
}
