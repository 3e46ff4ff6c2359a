use super::*;
use crate::tui::keys::KeyMap;
use crate::tui::look::{Depth, Look, Marks, Theme};
use crate::tui::testing::{SIZES, picture};
use crossterm::event::{
    Event as Input, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use std::path::PathBuf;

const NOW_MS: u64 = 1_772_373_751_000;

fn line(name: &str, state: &str, is_live: bool, secs: u64) -> RunLine {
    RunLine {
        name: name.into(),
        folder: PathBuf::from("/runs").join(name),
        state: state.into(),
        is_live,
        is_faulty: state.starts_with("failed"),
        step: 820,
        steps: 1876,
        loss: Some(2.1043),
        best: Some(2.099),
        began_ms: NOW_MS - 1000 * secs,
        who: if is_live { "ada@pts/3, bob@pts/4 (looks)" } else { "" }.into(),
    }
}

fn choice() -> RunChoice {
    let look = Look { theme: Theme::dark(), marks: Marks::Braille };
    let mut choice = RunChoice::new(look, KeyMap::default());
    choice.tick(NOW_MS);
    choice.set_runs(runs(), true);
    choice
}

fn runs() -> Vec<RunLine> {
    vec![
        line("demo", "training", true, 750),
        line("other", "paused", true, 40),
        line("law-first", "all steps done", false, 300_000),
        line("law-second", "failed: cannot write the record: no space is left", false, 4000),
    ]
}

fn press(choice: &mut RunChoice, keys: &str) -> Option<Choice> {
    let mut last = None;
    for key in keys.chars() {
        let code = match key {
            '\n' => KeyCode::Enter,
            '\x1b' => KeyCode::Esc,
            c => KeyCode::Char(c),
        };
        choice.frame();
        last = choice.take(&Input::Key(KeyEvent::new(code, KeyModifiers::NONE)));
    }
    last
}

fn run(name: &str) -> Option<Choice> {
    Some(Choice::Run(PathBuf::from("/runs").join(name)))
}

#[test]
fn a_run_is_chosen_by_keys_filter_and_mouse() {
    for (keys, chosen) in [
        ("\n", run("demo")),
        ("jj\n", run("law-first")),
        ("Gk\n", run("law-first")),
        ("/law\n\n", run("law-first")),
        ("/law second\n\n", run("law-second")),
        ("/bob\nj\n", run("other")),
        ("/nothing\n\n", None),
        ("/law\x1b\n", run("demo")),
        ("/qj", None),
        ("q", Some(Choice::Leave)),
        ("\x1b", Some(Choice::Leave)),
        ("/law\n\x1b", None),
    ] {
        assert_eq!(press(&mut choice(), keys), chosen, "{keys:?}");
    }
    let mut choice = choice();
    let click = |row| {
        let (kind, modifiers) = (MouseEventKind::Down(MouseButton::Left), KeyModifiers::NONE);
        Input::Mouse(MouseEvent { kind, column: 9, row, modifiers })
    };
    choice.frame();
    assert_eq!(choice.take(&click(4)), None);
    assert_eq!(choice.take(&click(4)), run("law-first"));
    assert_eq!(choice.take(&click(20)), None);
}

#[test]
fn marked_runs_are_compared_in_the_order_in_which_they_were_marked() {
    let compare = |names: &[&str]| {
        Some(Choice::Compare(names.iter().map(|name| PathBuf::from("/runs").join(name)).collect()))
    };
    for (keys, chosen) in [
        ("jj kk c", compare(&["law-first", "demo"])),
        (" j \n", compare(&["demo", "other"])),
        (" jjc", compare(&["demo", "law-first"])),
        (" j  kc", None),
        ("c", None),
        (" c", None),
        (" \n", run("demo")),
    ] {
        assert_eq!(press(&mut choice(), keys), chosen, "{keys:?}");
    }
    let mut choice = choice();
    press(&mut choice, "j k c");
    let drawn = crate::tui::picture::text(&choice.frame());
    assert!(drawn.contains(" 2 demo") && drawn.contains(" 1 other"), "{drawn}");
    press(&mut choice, "  jjc");
    assert!(crate::tui::picture::text(&choice.frame()).contains("c compare 2"));
}

#[test]
fn the_selected_run_stays_selected_when_others_come() {
    let mut choice = choice();
    press(&mut choice, "j");
    let mut more = runs();
    more.insert(0, line("new", "loading", true, 1));
    choice.set_runs(more, true);
    assert_eq!(press(&mut choice, "\n"), run("other"));
}

#[test]
fn the_list_is_drawn_in_every_size_without_colours_and_in_ascii() {
    for (width, height) in SIZES {
        let mut choice = choice();
        choice.take(&Input::Resize(width, height));
        let drawn = picture(&choice.frame(), &choice.look);
        insta::assert_snapshot!(format!("choice_{width}x{height}"), drawn);
    }
    let look = Look { theme: Theme::dark().at(Depth::None), marks: Marks::Ascii };
    let mut plain = RunChoice::new(look, KeyMap::default());
    plain.tick(NOW_MS);
    assert!(crate::tui::picture::text(&plain.frame()).contains("looking for runs"));
    plain.set_runs(runs(), false);
    plain.take(&Input::Resize(60, 20));
    plain.set_fault("runs/demo cannot be shown".into());
    let drawn = picture(&plain.frame(), &plain.look);
    assert!(drawn.is_ascii(), "{drawn}");
    insta::assert_snapshot!("choice_plain", drawn);
}

#[test]
fn any_size_is_drawn() {
    let mut choice = choice();
    for (width, height) in [(0, 0), (1, 1), (3, 50), (60, 2), (u16::MAX, u16::MAX)] {
        choice.take(&Input::Resize(width, height));
        choice.frame();
    }
}
