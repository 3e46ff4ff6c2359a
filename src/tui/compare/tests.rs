use super::layout::Pane;
use super::*;
use crate::compare::fixture::four_runs;
use crate::compare::{Comparison, Metric};
use crate::tui::keys::KeyMap;
use crate::tui::look::{Depth, Look, Marks, Theme};
use crate::tui::testing::{picture, text};
use crate::unit::Step;
use crossterm::event::{Event as Input, KeyCode, KeyEvent, KeyModifiers};

/// A wide terminal, one with all panes, a usual one and the smallest.
const SIZES: [(u16, u16); 4] = [(200, 60), (110, 32), (80, 24), (60, 20)];

fn compared(comparison: Comparison) -> RunComparison {
    let look = Look { theme: Theme::dark(), marks: Marks::Braille };
    RunComparison::new(comparison, look, KeyMap::default())
}

fn press(compared: &mut RunComparison, keys: &str) -> Option<Answer> {
    let mut last = None;
    for key in keys.chars() {
        let code = match key {
            '\t' => KeyCode::Tab,
            '<' => KeyCode::Left,
            '>' => KeyCode::Right,
            'D' => KeyCode::PageDown,
            '\x1b' => KeyCode::Esc,
            c => KeyCode::Char(c),
        };
        compared.frame();
        last = compared.take(&Input::Key(KeyEvent::new(code, KeyModifiers::NONE)));
    }
    last
}

fn drawn(compared: &mut RunComparison, (width, height): (u16, u16)) -> String {
    compared.take(&Input::Resize(width, height));
    text(&compared.frame())
}

#[test]
fn the_comparison_is_drawn_in_every_size_without_colours_and_in_ascii() {
    for (width, height) in SIZES {
        let mut compared = compared(four_runs());
        compared.take(&Input::Resize(width, height));
        let drawn = picture(&compared.frame(), &compared.look);
        insta::assert_snapshot!(format!("compare_{width}x{height}"), drawn);
    }
    let look = Look { theme: Theme::dark().at(Depth::None), marks: Marks::Ascii };
    let mut plain = RunComparison::new(four_runs(), look, KeyMap::default());
    plain.take(&Input::Resize(60, 20));
    press(&mut plain, "jj\t");
    let drawn = picture(&plain.frame(), &plain.look);
    assert!(drawn.is_ascii(), "{drawn}");
    insta::assert_snapshot!("compare_plain", drawn);
}

#[test]
fn keys_choose_metric_run_baseline_and_pane() {
    let mut compared = compared(four_runs());
    assert_eq!((compared.selected(), compared.drawn()), (1, &Metric::MeanLoss));
    press(&mut compared, "\t\t");
    assert_eq!(compared.drawn(), &Metric::Loss("medical".into()));
    press(&mut compared, "MMM");
    assert_eq!(compared.drawn(), &Metric::Weight("code".into()));
    press(&mut compared, "m");
    assert_eq!(compared.drawn(), &Metric::MeanLoss);

    let picture = drawn(&mut compared, (80, 24));
    assert!(picture.contains("losses of second") && picture.contains("baseline"), "{picture}");
    press(&mut compared, "b");
    assert!(compared.comparison.is_baseline(1));
    let picture = drawn(&mut compared, (80, 24));
    assert!(picture.contains("losses of second, the baseline"), "{picture}");
    press(&mut compared, "k>");
    let picture = drawn(&mut compared, (80, 24));
    assert!(picture.contains("configs: 3 differ, 2 the same"), "{picture}");
    press(&mut compared, ">");
    let picture = drawn(&mut compared, (80, 24));
    assert!(picture.contains("set lambda 0.5 (general drifts) by ada@pts/3"), "{picture}");
    press(&mut compared, "<<");
    assert!(drawn(&mut compared, (80, 24)).contains("losses of first"));

    press(&mut compared, "?");
    assert!(drawn(&mut compared, (60, 20)).contains("any key closes"));
    assert_eq!(press(&mut compared, "q"), None, "it closed the keys");
    assert_eq!(press(&mut compared, "q"), Some(Answer::Leave));
    assert_eq!(press(&mut compared, "\x1b"), Some(Answer::Leave));
}

#[test]
fn a_hidden_run_is_not_drawn_and_its_numbers_stay() {
    let mut compared = compared(four_runs());
    press(&mut compared, " k jj jj ");
    let picture = drawn(&mut compared, (110, 32));
    assert!(picture.contains("no run is shown: space shows it"), "{picture}");
    assert!(!picture.contains('◆') && picture.contains("second"), "{picture}");
    press(&mut compared, " ");
    assert!(drawn(&mut compared, (110, 32)).contains('◆'));
}

/// A mark of one run never hides that of another.
#[test]
fn the_axis_says_how_many_runs_were_changed_at_a_step() {
    let mut compared = compared(four_runs());
    let axis = |compared: &mut RunComparison| {
        let picture = drawn(compared, (110, 32));
        picture.lines().find(|line| line.contains('└')).unwrap().to_owned()
    };
    assert!(axis(&mut compared).contains("─4─"), "{}", axis(&mut compared));
    press(&mut compared, " ");
    assert!(axis(&mut compared).contains("─3─"), "{}", axis(&mut compared));
    press(&mut compared, "j j ");
    assert!(axis(&mut compared).contains("─◆─"), "{}", axis(&mut compared));
    press(&mut compared, "?");
    assert!(drawn(&mut compared, (80, 24)).contains("commands changed so many runs there"));
}

/// A run goes on by ten steps, brings a domain, and is changed once more.
#[test]
fn newer_readings_move_the_numbers_and_nothing_that_was_chosen() {
    let mut compared = compared(four_runs());
    drawn(&mut compared, (60, 20));
    press(&mut compared, "j kbjj>>DM");
    let chosen = |compared: &RunComparison| {
        let base = compared.comparison.baseline;
        (compared.selected(), base, compared.hidden.clone(), compared.pane, compared.scrolled)
    };
    let before = chosen(&compared);
    assert_eq!(before.0, 3);
    assert_eq!((before.1, &before.2), (1, &vec![false, false, true, false]));
    assert!(before.3 == Pane::Interventions && before.4[Pane::Interventions as usize] > 0);

    let mut newer = four_runs().runs.remove(3);
    newer.state.domains.push("finance".into());
    newer.state.history.step = Step(50);
    let mut mark = newer.state.history.commands.back().unwrap().clone();
    mark.outcome.step = Step(45);
    newer.state.history.commands.push_back(mark);
    compared.renew(vec![newer]);
    compared.frame();
    assert_eq!((chosen(&compared), compared.drawn()), (before, &Metric::Weight("code".into())));
    let picture = drawn(&mut compared, (110, 32));
    for needle in ["as of step 50", "50 of 60", "interventions: 5", "finance", "weight of code"] {
        assert!(picture.contains(needle), "no {needle}: {picture}");
    }
}

/// Lists longer than their places say how much there is more, and are scrolled to their ends.
#[test]
fn what_does_not_fit_is_counted_and_scrolled_to() {
    let mut comparison = four_runs();
    let field = comparison.config.fields[0].clone();
    for index in 0..30 {
        comparison.config.fields.push(crate::compare::FieldDifference {
            field: format!("data.domains.d{index}.limit"),
            ..field.clone()
        });
    }
    let mut compared = compared(comparison);
    press(&mut compared, ">");
    let picture = drawn(&mut compared, (80, 24));
    assert!(picture.contains("▼ 2") && !picture.contains("d29.limit"), "{picture}");
    press(&mut compared, &"D".repeat(9));
    let picture = drawn(&mut compared, (80, 24));
    assert!(picture.contains("d29.limit") && picture.contains("put aside: name"), "{picture}");
    assert!(!picture.contains('▼'), "{picture}");
}

#[test]
fn any_size_and_any_runs_are_drawn() {
    let mut runs = four_runs().runs;
    runs[0].state = Default::default();
    runs[1].state.domains[0] = "a domain with a name that is longer than any name should be".into();
    runs[2].state.run = "a run with a name that is longer than any name should be".into();
    let mut compared = compared(Comparison::of(runs, 0));
    for (width, height) in [(0, 0), (1, 1), (3, 50), (60, 2), (100, 24), (u16::MAX, u16::MAX)] {
        compared.take(&Input::Resize(width, height));
        for keys in ["", "\t", "j", "b", ">", "?", "q"] {
            press(&mut compared, keys);
            compared.frame();
        }
    }
}
