use super::metric::Metric;
use super::*;
use crate::control::Actor;
use crate::telemetry::any::any_event;
use crate::telemetry::fixture::{configured, opening, shadowed, small_run, started, step_sample};
use crate::telemetry::{Event, NonFinite};
use crate::tui::look::{Look, Marks, Theme};
use crate::tui::testing::{SIZES, Stage, text};
use crate::tui::timeline::View;
use crate::unit::Step;
use proptest::prelude::*;

fn stage() -> Stage {
    let mut events = small_run();
    events.splice(1..1, configured());
    Stage::new(events)
}

fn pressed(stage: &Stage, size: (u16, u16), actions: &[Action]) -> Curves {
    let mut screen = Curves::default();
    stage.draw(&mut screen, size);
    for action in actions {
        assert!(screen.act(*action, &stage.scene()), "{action:?}");
    }
    screen
}

#[test]
fn a_run_is_drawn_in_every_size() {
    for size in SIZES {
        let picture = stage().picture(&mut Curves::default(), size);
        insta::assert_snapshot!(format!("curves_{}x{}", size.0, size.1), picture);
    }
}

#[test]
fn what_happened_is_marked_on_the_axis_and_read_there() {
    let mut events = small_run();
    events.pop();
    events.splice(1..1, configured());
    let why = NonFinite::Loss;
    events.push(Event::StepSkipped { step: Step(30), why, in_a_row: 1 });
    let path = "checkpoints/step-000020".into();
    let back = [started(Some(20)), Event::Resumed { step: Step(20), path, replayed_from_seq: 9 }];
    let mut stage = Stage::new(events);
    let mut screen = pressed(&stage, (110, 34), &[Action::Left; 15]);
    let axis = |stage: &Stage, screen: &mut Curves| {
        let picture = text(&stage.draw(screen, (110, 34)));
        picture.lines().find(|line| line.contains('└')).unwrap().to_owned()
    };
    let marked = axis(&stage, &mut screen);
    assert!(marked.contains('!') && marked.contains('◆') && marked.contains('s'), "{marked}");
    // Left of the newest step by so many columns that the crosshair is on the skipped one.
    let picture = text(&stage.draw(&mut screen, (110, 34)));
    assert!(picture.contains("! step not taken"), "{picture}");
    back.into_iter().for_each(|event| stage.apply(event));
    let marked = axis(&stage, &mut screen);
    assert!(marked.contains('r') && !marked.contains('!'), "{marked}");
}

/// Steps 21 to 33 were left by going back to step 20; their curves are there, and are read where they are.
#[test]
fn what_a_rollback_left_lies_dim_up_to_its_end() {
    let mut events = small_run();
    let until = events.iter().position(|event| matches!(event, Event::CheckpointSaved { .. }));
    events.truncate(until.unwrap() + 1);
    events.splice(1..1, configured());
    events.extend((21..=33).map(step_sample));
    let (from, step, path) = (Step(33), Step(20), "checkpoints/step-000020".into());
    events.push(Event::RolledBack { from, step, path, to_seq: 40, actor: Actor::Schedule });
    events.extend((21..=24).map(step_sample));
    let stage = Stage::new(events);
    let size = (110, 34);
    let mut screen = pressed(&stage, size, &[Action::NextKind]);
    let picture = text(&stage.draw(&mut screen, size));
    assert!(picture.contains("nats/token · dim: abandoned"), "{picture}");
    let mut read = 0;
    for _ in 0..60 {
        assert!(screen.act(Action::Left, &stage.scene()));
        let picture = text(&stage.draw(&mut screen, size));
        for (step, is_left) in [(33, false), (32, true), (20, true), (19, false)] {
            if picture.contains(&format!("step {step} ")) {
                read += 1;
                assert_eq!(picture.contains("training abandoned"), is_left, "{picture}");
            }
        }
    }
    assert!(read >= 4);
    // The other screens end at the newest step.
    let shown = |view: View| view.range(&view.timeline(stage.state())).1;
    assert_eq!((shown(View::with_abandoned()), shown(View::default())), (33.0, 24.0));
}

#[test]
fn labels_have_the_last_values_of_the_shown_part() {
    let stage = stage();
    let size = (110, 34);
    let mut screen = pressed(&stage, size, &[]);
    assert!(text(&stage.draw(&mut screen, size)).contains("law       1.750"));
    let part = [Action::ZoomIn, Action::ZoomIn, Action::ZoomIn, Action::First];
    let mut screen = pressed(&stage, size, &part);
    let picture = text(&stage.draw(&mut screen, size));
    assert!(picture.contains("law       3.000"), "{picture}");
}

#[test]
fn several_metrics_are_drawn_below_each_other() {
    use Action::*;
    let stage = stage();
    let size = (110, 34);
    let several = [Down, Choose, Down, Choose, Down, Down, Down, Choose, Smoothing, LogAxis];
    let mut screen = pressed(&stage, size, &several);
    (0..30).for_each(|_| assert!(screen.act(Left, &stage.scene())));
    insta::assert_snapshot!("curves_several", stage.picture(&mut screen, size));
}

#[test]
fn charts_without_values_say_what_is_awaited() {
    for (events, shown) in
        [(vec![], "no values yet: measured at every update"), (opening(), "held-out loss")]
    {
        let stage = Stage::new(events);
        for size in SIZES {
            let shown_text = text(&stage.draw(&mut Curves::default(), size));
            assert!(shown_text.contains(shown), "{shown_text}");
        }
    }
    insta::assert_snapshot!(
        "curves_nothing",
        Stage::new([]).picture(&mut Curves::default(), (60, 20))
    );
    let none = pressed(&stage(), (60, 20), &[Action::Choose]);
    assert!(text(&stage().draw(&mut none.clone(), (60, 20))).contains("no metric is chosen"));
}

#[test]
fn a_key_goes_through_the_metrics() {
    let stage = stage();
    let mut screen = pressed(&stage, (100, 30), &[]);
    let titles = [
        "training loss",
        "weight",
        "potential γ",
        "forgetting φ",
        "change of loss",
        "learning rate",
        "gradient norm",
        "tokens/s",
        "memory",
        "held-out loss",
    ];
    for title in titles {
        screen.act(Action::NextKind, &stage.scene());
        let shown = text(&stage.draw(&mut screen, (100, 30)));
        let first = shown.lines().next().unwrap();
        assert!(first.contains(&format!("─ {title} ─")), "{title} in {first}");
    }
    screen.act(Action::PreviousKind, &stage.scene());
    assert_eq!(screen.legend.drawn(), [Metric::Memory]);
}

#[test]
fn the_crosshair_reads_all_values() {
    let stage = stage();
    let mut screen = pressed(&stage, (200, 60), &[]);
    let (_, rest) = screen.parts(screen.area);
    let layout = picture::plot_layout(&stage.scene(), rest, true).unwrap();
    // Step 20 of 40: the middle.
    let at = Position { x: layout.plot.x + layout.plot.width / 2, y: 20 };
    let area = Rect::new(0, 0, 200, 60);
    assert!(screen.mouse(Mouse::Click(at), area, &stage.scene()));
    let shown = text(&stage.draw(&mut screen, (200, 60)));
    for words in ["step 20", "◆ set lambda 0.5", "law", "2.000", "2.250", "2.125"] {
        assert!(shown.contains(words), "{words} in\n{shown}");
    }
    screen.act(Action::XAxis, &stage.scene());
    let shown = text(&stage.draw(&mut screen, (200, 60)));
    assert!(shown.contains("tokens") && shown.contains("2.250"), "{shown}");
    assert!(screen.act(Action::Back, &stage.scene()));
    assert!(!text(&stage.draw(&mut screen, (200, 60))).contains("set lambda 0.5 "));
}

#[test]
fn shadows_are_drawn_behind_the_weights_and_read_at_the_crosshair() {
    let mut stage = stage();
    stage.apply(shadowed(20, 1, [0.5, 0.25, 0.25]));
    stage.apply(shadowed(40, 2, [0.25, 0.125, 0.625]));
    let mut screen = pressed(&stage, (110, 34), &[Action::NextKind, Action::NextKind]);
    let shown = text(&stage.draw(&mut screen, (110, 34)));
    assert!(shown.lines().next().unwrap().contains("dim: DoReMi, Odm"), "{shown}");
    assert!(!shown.contains("law DoReMi"), "only the weights in force have labels: {shown}");
    assert!(screen.act(Action::Left, &stage.scene()));
    let shown = text(&stage.draw(&mut screen, (110, 34)));
    for words in ["law DoReMi", "code DoReMi", "medical Odm"] {
        assert!(shown.contains(words), "{words} in {shown}");
    }
}

#[test]
fn the_list_is_clicked_and_filtered() {
    let mut stage = stage();
    let mut screen = pressed(&stage, (100, 30), &[]);
    let area = Rect::new(0, 0, 100, 30);
    // The third line below the title: weights.
    assert!(screen.mouse(Mouse::Click(Position { x: 5, y: 3 }), area, &stage.scene()));
    assert_eq!(screen.legend.drawn(), [Metric::Losses, Metric::Weights]);
    stage.filter = "med".into();
    let shown = text(&stage.draw(&mut screen, (100, 30)));
    assert!(shown.contains("ceiling medical") && !shown.contains("ceiling law"), "{shown}");
}

/// `●` and `·` are the check boxes; the domains come after the metrics.
#[test]
fn domains_are_switched_off_and_brought_to_the_front() {
    let stage = stage();
    let size = (110, 34);
    let mut screen = pressed(&stage, size, &[Action::Up, Action::Choose]);
    let shown = text(&stage.draw(&mut screen, size));
    assert!(shown.contains("· code") && !shown.contains("ceiling code"), "{shown}");
    assert!(shown.contains("● law") && shown.contains("ceiling law"), "{shown}");
    screen.act(Action::Choose, &stage.scene());
    assert!(text(&stage.draw(&mut screen, size)).contains("● code"));
    // Its label is bold: it is the selected one.
    let buf = stage.draw(&mut screen, size);
    let bold = |name: &str| {
        let cells = |y: u16| (85..110).map(move |x| (x, y));
        let begins = |at: &(u16, u16)| {
            let letters = name.chars().zip(at.0..110);
            letters.into_iter().all(|(letter, x)| buf[(x, at.1)].symbol() == letter.to_string())
        };
        let label = (1..34).flat_map(cells).find(begins);
        let at = label.unwrap_or_else(|| panic!("{name} in {}", text(&buf)));
        buf[at].modifier.contains(ratatui::style::Modifier::BOLD)
    };
    assert!(bold("code") && !bold("medical"));
}

/// An evaluation at step 20; the crosshair stands one or more steps beside it.
#[test]
fn a_value_says_the_step_at_which_it_was_measured() {
    let stage = stage();
    let mut screen = pressed(&stage, (110, 34), &[]);
    let mut seen = 0;
    for _ in 0..60 {
        assert!(screen.act(Action::Left, &stage.scene()));
        let shown = text(&stage.draw(&mut screen, (110, 34)));
        for (at, own) in [("step 23 ", true), ("step 20 ", false)] {
            if shown.contains(at) {
                seen += 1;
                assert_eq!(shown.contains("step 20: 2.000"), own, "{shown}");
            }
        }
    }
    assert!(seen >= 2, "the crosshair was at both steps");
}

#[test]
fn without_colours_and_in_ascii_curves_differ() {
    let mut stage = stage();
    stage.look =
        Look { theme: Theme::dark().at(crate::tui::look::Depth::None), marks: Marks::Ascii };
    insta::assert_snapshot!("curves_ascii", stage.picture(&mut Curves::default(), (80, 24)));
}

fn any_action() -> impl Strategy<Value = Action> {
    use Action::*;
    prop::sample::select(vec![
        Up,
        Down,
        Choose,
        NextKind,
        PreviousKind,
        LogAxis,
        Outliers,
        Smoothing,
        Enlarge,
        ZoomIn,
        ZoomOut,
        ZoomReset,
        PanLeft,
        PanRight,
        First,
        Last,
        Left,
        Right,
        XAxis,
        Back,
    ])
}

proptest! {
    #[test]
    fn any_events_and_actions_are_drawn_in_any_size(
        begun in any::<bool>(),
        events in prop::collection::vec(any_event(), 0..30),
        actions in prop::collection::vec(any_action(), 0..16),
        (x, y) in (0u16..400, 0u16..200),
        size in (1u16..=400, 1u16..=200),
    ) {
        let mut all = if begun { small_run() } else { Vec::new() };
        all.extend(events);
        all.extend((40..60).map(step_sample).filter(|_| begun));
        let (stage, mut screen) = (Stage::new(all), Curves::default());
        stage.draw(&mut screen, size);
        let area = Rect::new(0, 0, size.0, size.1);
        for action in actions {
            screen.act(action, &stage.scene());
            let at = Position { x, y };
            screen.mouse(Mouse::Wheel { at, up: x % 2 == 0 }, area, &stage.scene());
            screen.mouse(Mouse::Click(at), area, &stage.scene());
            screen.mouse(Mouse::Drag(at, Position { x: y, y: x }), area, &stage.scene());
            stage.draw(&mut screen, size);
        }
    }
}
