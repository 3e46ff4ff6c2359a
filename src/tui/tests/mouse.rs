//! Clicks on buttons, dialogs and lists.

use super::*;

/// Column and row of a word in the picture.
fn position(model: &mut Model, size: (u16, u16), word: &str) -> (u16, u16) {
    let picture = shown(model, size);
    let found = picture.lines().zip(0..).find_map(|(line, y)| Some((line.split_once(word)?.0, y)));
    let (before, y) = found.unwrap_or_else(|| panic!("{word} in\n{picture}"));
    (before.chars().count() as u16, y)
}

pub(super) fn click(model: &mut Model, word: &str) -> Vec<Effect> {
    let (column, row) = position(model, (100, 30), word);
    click_at(model, column, row)
}

pub(super) fn click_at(model: &mut Model, column: u16, row: u16) -> Vec<Effect> {
    let mouse =
        |kind| Input::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE });
    let effects = update(model, Message::Input(mouse(MouseEventKind::Down(MouseButton::Left))));
    update(model, Message::Input(mouse(MouseEventKind::Up(MouseButton::Left))));
    without_ids(effects)
}

#[test]
fn buttons_dialogs_and_lists_are_clicked() {
    // The last line is made of buttons.
    assert_eq!(click(&mut training(), "space pause"), sends(LifecycleCommand::Pause, None));
    // Targets: law is chosen (none was), then applied.
    let mut model = training();
    click(&mut model, "t target");
    click(&mut model, "[ ] law");
    assert!(shown(&mut model, (100, 30)).contains("[x] law"));
    assert_eq!(
        click(&mut model, "enter apply"),
        sends(LiveChange::Target(vec!["law".into()]), None)
    );
    // An edit: the reason is clicked and typed, or the edit is left.
    let mut model = training();
    click(&mut model, "l lambda");
    click(&mut model, "why (kept");
    press(&mut model, "slow");
    let effects = click(&mut model, "enter apply");
    assert_eq!(effects, sends(LiveChange::Set(Tunable::Lambda, 0.5), Some("slow")));
    let mut model = training();
    click(&mut model, "l lambda");
    assert_eq!(click(&mut model, "esc leave"), []);
    assert!(model.dialog.is_none());
    // The command line: a completion, then the command.
    press(&mut model, ":");
    click(&mut model, "evaluate");
    assert_eq!(click(&mut model, "enter gives the command"), sends(EngineCommand::Evaluate, None));
    // A click beside the question before leaving closes it.
    let mut model = training();
    click(&mut model, "q leave");
    assert_eq!(click_at(&mut model, 0, 20), []);
    assert!(model.dialog.is_none());
    click(&mut model, "q leave");
    assert_eq!(click(&mut model, "keep running headless"), [Effect::Leave]);
}

#[test]
fn keys_do_nothing_on_a_small_terminal_but_leave() {
    let mut model = training();
    shown(&mut model, (50, 15));
    assert_eq!(press(&mut model, " st:pause\n"), []);
    assert_eq!(click_at(&mut model, 2, 14), []);
    // The screens can still be left: the question takes one line.
    assert!(shown(&mut model, (50, 15)).contains("q leaves"));
    press(&mut model, "\x03");
    assert!(shown(&mut model, (50, 15)).contains("k keep running"));
    // A second `q` closes it.
    press(&mut model, "q");
    assert!(shown(&mut model, (50, 15)).contains("q leaves"));
    press(&mut model, "q");
    assert_eq!(press(&mut model, "k"), [Effect::Leave]);
}

#[test]
fn changing_the_screen_ends_typing() {
    let mut model = training();
    press(&mut model, "6/held");
    click(&mut model, "1 Overview");
    assert_eq!(press(&mut model, " "), sends(LifecycleCommand::Pause, None));
    // Help and the command line are buttons too.
    click(&mut model, "? help");
    assert!(matches!(model.dialog, Some(dialog::Dialog::Help(_))));
}

/// `ESC [ < 0 ; 501 ; 65536 M` is a report that terminals can send.
#[test]
fn places_beside_the_picture_do_nothing() {
    let kinds = [
        MouseEventKind::Down(MouseButton::Left),
        MouseEventKind::Drag(MouseButton::Left),
        MouseEventKind::Up(MouseButton::Left),
        MouseEventKind::ScrollDown,
        MouseEventKind::Moved,
    ];
    for keys in ["1", "2", "3", "4", "6", "7", "8", "?", ":", "l", "t", "q"] {
        let mut model = training();
        press(&mut model, keys);
        let before = shown(&mut model, (100, 30));
        for (column, row) in
            [(0, 30), (100, 0), (99, u16::MAX), (u16::MAX, 29), (u16::MAX, u16::MAX)]
        {
            for kind in kinds {
                let mouse = MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
                assert_eq!(
                    update(&mut model, Message::Input(Input::Mouse(mouse))),
                    [],
                    "{keys} {mouse:?}"
                );
            }
        }
        assert_eq!(shown(&mut model, (100, 30)), before, "{keys}");
    }
}
