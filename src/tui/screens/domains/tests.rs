use super::*;
use crate::control::Actor;
use crate::telemetry::any::any_event;
use crate::telemetry::fixture::{configured, evaluated, small_run, targeted};
use crate::telemetry::{CrossTable, Event};
use crate::tui::testing::{SIZES, Stage, text};
use proptest::prelude::*;
use ratatui::layout::Position;

fn stage() -> Stage {
    let mut events = small_run();
    events.splice(1..1, configured());
    events.insert(events.len() - 20, targeted(22, Actor::Operator("ada@pts/3".into())));
    Stage::new(events)
}

#[test]
fn a_run_is_drawn_in_every_size() {
    for size in SIZES {
        let picture = stage().picture(&mut Domains::default(), size);
        insta::assert_snapshot!(format!("domains_{}x{}", size.0, size.1), picture);
    }
}

#[test]
fn an_empty_run_and_one_that_begins_are_drawn() {
    insta::assert_snapshot!(
        "domains_nothing",
        Stage::new([]).picture(&mut Domains::default(), (60, 20))
    );
    let begun = Stage::new(small_run().into_iter().take(10));
    insta::assert_snapshot!("domains_begun", begun.picture(&mut Domains::default(), (100, 30)));
}

/// law is helped by code, hurt by medical, and helps medical; what is within twice its error is not named.
#[test]
fn a_domain_says_which_domains_help_and_hurt_it() {
    let mut events = small_run();
    let table = CrossTable {
        rows: vec![32; 3],
        untuned: vec![2.0; 3],
        tuned: vec![vec![1.0, 1.9, 2.01], vec![2.1, 1.0, 2.0], vec![1.8, 2.0, 1.0]],
        errors: vec![vec![0.01; 3]; 3],
    };
    events.insert(10, Event::CrossLosses(table));
    let stage = Stage::new(events);
    for size in [(120, 40), (60, 40)] {
        let shown = text(&stage.draw(&mut Domains::default(), size));
        for line in [
            ["helped by", "code −10.0 %"],
            ["hurt by", "medical +5.0 %"],
            ["helps", "medical −5.0 %"],
        ] {
            assert!(shown.lines().any(|l| line.iter().all(|word| l.contains(word))), "{shown}");
        }
        assert!(!shown.contains("hurts"), "{shown}");
    }
}

#[test]
fn the_selected_domain_shows_rows_as_the_model_gets_them() {
    let (stage, mut screen) = (stage(), Domains::default());
    assert!(screen.act(Action::Right, &stage.scene()));
    insta::assert_snapshot!("domains_rows", stage.picture(&mut screen, (160, 30)));
    let shown = text(&stage.draw(&mut screen, (100, 30)));
    assert!(shown.contains("row 1: 9 tokens, its beginning") && shown.contains("left: numbers"));
    assert!(screen.act(Action::Left, &stage.scene()));
    assert!(text(&stage.draw(&mut screen, (100, 30))).contains("right: rows"));
}

fn names(shown: &str) -> Vec<&str> {
    let lines = shown.lines().skip(2).map(|line| line.trim_start_matches('▸').trim_start());
    lines.take(3).filter_map(|line| line.split(' ').next()).collect()
}

#[test]
fn the_order_changes_and_the_selected_domain_stays() {
    let (stage, mut screen) = (stage(), Domains::default());
    stage.draw(&mut screen, (60, 20));
    assert!(screen.act(Action::Down, &stage.scene()));
    assert_eq!(screen.selected, 1);
    // By weight, 50, 25 and 25 %, the highest first; by change, +6.3, 0.0 and −6.2 points.
    for (action, expected) in [
        (Action::NextKind, ["law", "medical", "code"]),
        (Action::NextKind, ["medical", "law", "code"]),
        (Action::Choose, ["code", "law", "medical"]),
        (Action::PreviousKind, ["law", "medical", "code"]),
    ] {
        assert!(screen.act(action, &stage.scene()));
        let shown = text(&stage.draw(&mut screen, (60, 20)));
        assert_eq!(names(&shown), expected, "{shown}");
        assert_eq!(screen.selected, 1);
    }
    assert!(screen.mouse(
        Mouse::Click(Position { x: 3, y: 4 }),
        Rect::new(0, 0, 60, 20),
        &stage.scene()
    ));
    assert_eq!(screen.selected, 2);
}

#[test]
fn a_click_on_a_title_sorts_and_another_reverses() {
    let (stage, mut screen) = (stage(), Domains::default());
    let area = Rect::new(0, 0, 100, 30);
    let titles = text(&stage.draw(&mut screen, (100, 30))).lines().nth(1).unwrap().to_owned();
    let click = |screen: &mut Domains, title: &str| {
        let x = titles.split(title).next().unwrap().chars().count() as u16;
        let handled = screen.mouse(Mouse::Click(Position { x, y: 1 }), area, &stage.scene());
        assert!(handled, "{title}");
        let shown = text(&stage.draw(screen, (100, 30)));
        names(&shown).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    // First losses 3.0, 2.5, 2.0; ceilings 1.5, 1.75, 2.5.
    assert_eq!(click(&mut screen, "first"), ["law", "medical", "code"]);
    assert_eq!(click(&mut screen, "ceiling"), ["code", "medical", "law"]);
    assert_eq!(click(&mut screen, "ceiling"), ["law", "medical", "code"]);
    // By name is the run's own order.
    assert_eq!(click(&mut screen, "domain"), ["law", "medical", "code"]);
}

#[test]
fn the_details_of_a_domain_are_right() {
    let (stage, mut screen) = (stage(), Domains::default());
    let shown = text(&stage.draw(&mut screen, (200, 60)));
    for words in [
        // law had 100 of 200 target tokens and 4 rows in each of 40 steps; 160 of 1,200 rows.
        "trained on       4,000 tokens, 50.0 % of all",
        "rows drawn       160, 0.13 passes",
        "training rows    1,200, 310,224 tokens",
        "of its rows      3 cut, 0 dropped, 1 skipped",
        "step 40          held, ratio 0.500, τ 1.00",
        "step 22          target law by ada@pts/3",
    ] {
        let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(squeezed(&shown).contains(&squeezed(words)), "{words} in\n{shown}");
    }
}

#[test]
fn more_domains_than_rows_scroll() {
    let domains: Vec<String> = (0..40).map(|n| format!("domain-{n:02}")).collect();
    let begun = Event::RunStarted {
        run: "many".into(),
        version: "0.1.0".into(),
        domains,
        strategy: "VersaTune".into(),
        resumed_at: None,
        seed: 1,
    };
    let mut stage = Stage::new([begun, evaluated(0, [3.0, 2.0, f64::NAN])]);
    let mut screen = Domains::default();
    stage.draw(&mut screen, (60, 20));
    screen.act(Action::Last, &stage.scene());
    let shown = text(&stage.draw(&mut screen, (60, 20)));
    assert!(shown.contains("domain-39") && !shown.contains("domain-00"), "{shown}");
    stage.filter = "-1".into();
    let shown = text(&stage.draw(&mut screen, (60, 20)));
    assert!(shown.contains("domain-10") && !shown.contains("domain-20"), "{shown}");
}

proptest! {
    #[test]
    fn any_events_are_drawn_in_any_size(
        events in prop::collection::vec(any_event(), 0..30),
        actions in prop::collection::vec(prop::sample::select(vec![
            Action::Up, Action::Down, Action::Last, Action::NextKind, Action::Choose,
            Action::Enlarge, Action::PageDown, Action::Back,
        ]), 0..8),
        size in (1u16..=400, 1u16..=200),
    ) {
        let (stage, mut screen) = (Stage::new(events), Domains::default());
        stage.draw(&mut screen, size);
        for action in actions {
            screen.act(action, &stage.scene());
            stage.draw(&mut screen, size);
        }
    }
}
