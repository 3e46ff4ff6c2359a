use super::*;
use crate::control::Verdict;
use crate::telemetry::any::any_event;
use crate::telemetry::fixture::{commanded, configured, notice, small_run, step_sample};
use crate::tui::testing::{SIZES, Stage, text};
use proptest::prelude::*;
use ratatui::layout::Position;

fn stage() -> Stage {
    let mut events = small_run();
    events.splice(1..1, configured());
    events.insert(
        60,
        commanded(30, Verdict::Rejected { why: "lambda is -1; allowed is ≥ 0".into() }),
    );
    Stage::new(events)
}

#[test]
fn a_run_is_drawn_in_every_size() {
    for size in SIZES {
        let picture = stage().picture(&mut Events::default(), size);
        insta::assert_snapshot!(format!("events_{}x{}", size.0, size.1), picture);
    }
}

#[test]
fn an_empty_run_says_that_nothing_happened_yet() {
    insta::assert_snapshot!(Stage::new([]).picture(&mut Events::default(), (60, 20)));
}

/// What is drawn after these actions.
fn after(stage: &Stage, screen: &mut Events, actions: &[Action]) -> String {
    let area = Rect { x: 0, y: 0, width: 100, height: 30 };
    for action in actions {
        screen.refresh(&stage.scene(), area);
        assert!(screen.act(*action, &stage.scene()), "{action:?}");
    }
    text(&stage.draw(screen, (100, 30)))
}

/// Whether a fact is shown, with any space between label and value.
fn has_fact(shown: &str, fact: &str) -> bool {
    let line = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    shown.lines().any(|shown| line(shown) == fact)
}

#[test]
fn commands_and_threshold_tests_are_shown_in_full() {
    let mut stage = stage();
    stage.filter = "kind:command applied".into();
    let shown = after(&stage, &mut Events::default(), &[]);
    for line in ["request set lambda 0.5", "by ada@pts/3", "outcome applied: 0.3 → 0.5"] {
        assert!(has_fact(&shown, line), "{shown}");
    }
    stage.filter = "command rejected".into();
    let shown = after(&stage, &mut Events::default(), &[]);
    assert!(has_fact(&shown, "outcome rejected: lambda is -1; allowed is ≥ 0"), "{shown}");
    stage.filter = "held LAW".into();
    let shown = after(&stage, &mut Events::default(), &[]);
    // γ 0.015625 against τ·φ̄ = 1 · 0.03125: a ratio of one half.
    for line in ["γ target 0.0156", "τ × φ̄ 0.0312", "ratio 0.500", "targets law"] {
        assert!(has_fact(&shown, line), "{shown}");
    }
    assert!(!shown.contains("expanded"), "{shown}");
}

#[test]
fn a_key_shows_or_hides_the_event() {
    let (stage, mut screen) = (stage(), Events::default());
    assert!(after(&stage, &mut screen, &[]).contains(" event "), "it fits");
    assert!(!after(&stage, &mut screen, &[Action::Enlarge]).contains(" event "));
    assert!(after(&stage, &mut screen, &[Action::Enlarge]).contains(" event "));
    // The wheel goes up, and down beyond the end: then the list follows again.
    let area = Rect { x: 0, y: 0, width: 100, height: 30 };
    let at = Position { x: 5, y: 5 };
    screen.mouse(Mouse::Wheel { at, up: true }, area, &stage.scene());
    assert!(after(&stage, &mut screen, &[]).contains("browsing"));
    for _ in 0..2 {
        screen.mouse(Mouse::Wheel { at, up: false }, area, &stage.scene());
    }
    assert!(after(&stage, &mut screen, &[]).contains("following"));
}

#[test]
fn browsing_stays_where_it_is_and_counts_what_comes() {
    let (mut stage, mut screen) = (stage(), Events::default());
    let shown = after(&stage, &mut screen, &[]);
    assert!(shown.contains("following"));
    let shown = after(&stage, &mut screen, &[Action::PageUp]);
    assert!(shown.contains("browsing ─") && !shown.contains("new below"), "{shown}");
    let before = screen.selected;
    let list = |shown: &str| shown.lines().skip(1).take(15).collect::<Vec<_>>().join("\n");
    let kept = list(&shown);
    (0..7).for_each(|n| stage.apply(notice(&format!("late {n}"))));
    let shown = after(&stage, &mut screen, &[]);
    assert_eq!((screen.selected, list(&shown)), (before, kept));
    assert!(shown.contains("browsing · 7 new below"), "{shown}");
    let shown = after(&stage, &mut screen, &[Action::Last]);
    assert!(shown.contains("following") && shown.contains("late 6"), "{shown}");
}

#[test]
fn a_key_goes_through_the_groups_and_the_mouse_selects() {
    let (stage, mut screen) = (stage(), Events::default());
    let shown = after(&stage, &mut screen, &[Action::NextKind, Action::NextKind]);
    assert!(shown.contains("events · thresholds") && !shown.contains("saved"), "{shown}");
    let area = Rect { x: 0, y: 0, width: 100, height: 30 };
    assert!(screen.mouse(Mouse::Click(Position { x: 5, y: 1 }), area, &stage.scene()));
    assert_eq!(screen.list.selected(), 0);
    let wheel = Mouse::Wheel { at: Position { x: 5, y: 5 }, up: false };
    assert!(screen.mouse(wheel, area, &stage.scene()));
    assert_eq!(screen.list.selected(), 3);
    assert!(!screen.mouse(Mouse::Click(Position { x: 5, y: 15 }), area, &stage.scene()));
    let shown = after(&stage, &mut screen, &[Action::NextKind; 4]);
    assert!(shown.contains("events · steps and readings") && shown.contains("loss 2.3"), "{shown}");
}

fn any_action() -> impl Strategy<Value = Action> {
    prop::sample::select(vec![
        Action::Up,
        Action::Down,
        Action::PageUp,
        Action::PageDown,
        Action::First,
        Action::Last,
        Action::Choose,
        Action::Back,
        Action::NextKind,
        Action::PreviousKind,
        Action::Enlarge,
    ])
}

proptest! {
    #[test]
    fn any_events_are_drawn_in_any_size(
        events in prop::collection::vec(any_event(), 0..40),
        actions in prop::collection::vec(any_action(), 0..8),
        size in (1u16..=400, 1u16..=200),
        filter in prop_oneof![Just(""), Just("kind:"), Just("a law"), Just("step")],
    ) {
        let mut stage = Stage::new(events);
        stage.filter = filter.into();
        let mut screen = Events::default();
        stage.draw(&mut screen, size);
        for action in actions {
            screen.act(action, &stage.scene());
            stage.draw(&mut screen, size);
        }
        stage.apply(step_sample(1));
        stage.draw(&mut screen, size);
    }
}
