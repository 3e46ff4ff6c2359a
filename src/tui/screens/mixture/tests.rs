use super::*;
use crate::control::Verdict;
use crate::mixing::Outcome;
use crate::telemetry::Event;
use crate::telemetry::any::any_event;
use crate::telemetry::fixture::{
    commanded, configured, evaluated, opening, small_run, step_sample, tested, updated,
};
use crate::tui::look::{Depth, Look, Marks, Theme};
use crate::tui::testing::{SIZES, Stage, text};
use crate::unit::Step;
use proptest::prelude::*;
use ratatui::layout::Position;

/// A run in which the mixture moves: an update every 20 steps, the target held back now and then.
fn run() -> Vec<Event> {
    let mut events = opening();
    events.splice(1..1, configured());
    let mut old = [0.25, 0.25, 0.5];
    for update in 1..=30 {
        let last = 20 * update;
        events.extend((last - 19..=last).map(step_sample));
        let held = update % 5 == 3;
        let share = if held { old[0] } else { (old[0] + 0.05_f64).min(0.8) };
        let new = [share, (1.0 - share) / 3.0, (1.0 - share) * 2.0 / 3.0];
        events.push(evaluated(last, [2.0, 2.25, 2.125]));
        let outcome = match (held, share > 0.75) {
            (true, _) => Outcome::Held,
            (_, true) => Outcome::Full,
            (_, false) => Outcome::Expanded,
        };
        events.push(with_ratio(tested(last, update, outcome), update));
        events.push(updated(last, update, old, new));
        old = new;
    }
    let verdict = Verdict::Applied { old: Some("0.3".into()), new: Some("0.5".into()) };
    events.push(commanded(400, verdict));
    events
}

fn with_ratio(event: Event, update: u64) -> Event {
    let Event::ThresholdTested { step, update: number, mut threshold } = event else {
        return event;
    };
    threshold.ratio = match update {
        4 | 5 => None,
        6 => Some(0.0),
        _ => threshold.ratio.map(|ratio| ratio * (1.0 + (update % 7) as f64)),
    };
    threshold.tau = if update < 16 { 1.0 } else { 2.5 };
    Event::ThresholdTested { step, update: number, threshold }
}

#[test]
fn a_run_is_drawn_in_every_size() {
    for size in SIZES {
        let picture = Stage::new(run()).picture(&mut Mixture::default(), size);
        insta::assert_snapshot!(format!("mixture_{}x{}", size.0, size.1), picture);
    }
}

#[test]
fn without_colours_bands_differ_by_their_filling() {
    let mut stage = Stage::new(run());
    for (name, depth, marks) in [
        ("mono", Depth::None, Marks::Braille),
        ("console", Depth::Basic, Marks::Block),
        ("ascii", Depth::None, Marks::Ascii),
    ] {
        stage.look = Look { theme: Theme::dark().at(depth), marks };
        let shown = text(&stage.draw(&mut Mixture::default(), (80, 24)));
        insta::assert_snapshot!(format!("mixture_{name}"), shown);
    }
}

#[test]
fn a_run_without_weights_is_drawn_with_notes() {
    let nothing = Stage::new([]).picture(&mut Mixture::default(), (60, 20));
    insta::assert_snapshot!("mixture_nothing", nothing);
    let mut begun = opening();
    begun.splice(1..1, configured());
    insta::assert_snapshot!(
        "mixture_begun",
        text(&Stage::new(begun).draw(&mut Mixture::default(), (100, 30)))
    );
}

#[test]
fn several_tests_in_a_column_show_every_outcome() {
    let stage = Stage::new(run());
    let mut screen = Mixture::default();
    // 30 tests in some 30 columns; zoomed out of a longer run they share columns.
    let mut long = Stage::new(run().into_iter().chain((601..=20_000).map(step_sample)));
    long.now_ms = stage.now_ms;
    let shown = text(&long.draw(&mut screen, (60, 20)));
    let lane = |word: &str| shown.lines().find(|line| line.contains(word)).unwrap().to_owned();
    let layout = screen.style.plot_layout(&long.scene(), Rect::new(0, 0, 60, 20), true).unwrap();
    let first = usize::from(layout.plot.x);
    let signs = ["expanded 9", "held 6", "full 15"].map(|word| lane(word).chars().nth(first));
    assert_eq!(signs, [Some('▲'), Some('×'), Some('·')], "{shown}");
}

#[test]
fn the_crosshair_reads_the_weights_that_hold() {
    let (stage, mut screen) = (Stage::new(run()), Mixture::default());
    let area = Rect::new(0, 0, 100, 30);
    stage.draw(&mut screen, (100, 30));
    let layout = screen.style.plot_layout(&stage.scene(), area, true).unwrap();
    // Before the first update, at step 20 of 600, the weights are those of the beginning.
    let at = Position { x: layout.plot.x, y: 3 };
    assert!(screen.mouse(Mouse::Click(at), area, &stage.scene()));
    let shown = text(&stage.draw(&mut screen, (100, 30)));
    assert!(shown.contains("law      25.0 %") && shown.contains("code     50.0 %"), "{shown}");
    for _ in 0..200 {
        screen.act(Action::Right, &stage.scene());
    }
    assert!(text(&stage.draw(&mut screen, (100, 30))).contains("step 600"));
}

#[test]
fn a_zoom_at_the_end_follows_the_run() {
    let (mut stage, mut screen) = (Stage::new(run()), Mixture::default());
    stage.draw(&mut screen, (100, 30));
    (0..4).for_each(|_| assert!(screen.act(Action::ZoomIn, &stage.scene())));
    let before = screen.style.view.range(&screen.style.view.timeline(stage.state()));
    stage.state_mut().history.step = Step(700);
    let after = screen.style.view.range(&screen.style.view.timeline(stage.state()));
    assert!((after.0 - before.0 - 100.0).abs() < 1e-9 && after.1 == 700.0);
    assert!(text(&stage.draw(&mut screen, (100, 30))).contains("the newest part"));
}

proptest! {
    #[test]
    fn any_events_and_actions_are_drawn_in_any_size(
        begun in any::<bool>(),
        events in prop::collection::vec(any_event(), 0..30),
        actions in prop::collection::vec(prop::sample::select(vec![
            Action::ZoomIn, Action::ZoomOut, Action::PanLeft, Action::XAxis, Action::LogAxis,
            Action::Outliers, Action::Enlarge, Action::Left, Action::First, Action::Last,
        ]), 0..10),
        marks in prop::sample::select(vec![Marks::Braille, Marks::Block, Marks::Ascii]),
        (x, y) in (0u16..400, 0u16..200),
        size in (1u16..=400, 1u16..=200),
    ) {
        let mut all = if begun { small_run() } else { Vec::new() };
        all.extend(events);
        let (mut stage, mut screen) = (Stage::new(all), Mixture::default());
        stage.look.marks = marks;
        stage.draw(&mut screen, size);
        for action in actions {
            screen.act(action, &stage.scene());
            let area = Rect::new(0, 0, size.0, size.1);
            screen.mouse(Mouse::Click(Position { x, y }), area, &stage.scene());
            stage.draw(&mut screen, size);
        }
    }
}
