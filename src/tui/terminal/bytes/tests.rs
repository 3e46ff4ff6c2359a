use super::*;
use crossterm::event::KeyEventKind;
use proptest::prelude::*;

fn reads(reads: &[&str]) -> Vec<Event> {
    let mut bytes = InputBytes::default();
    reads.iter().flat_map(|read| bytes.take(read.as_bytes(), false)).collect()
}

fn key(code: KeyCode) -> Event {
    Event::Key(code.into())
}

fn character(c: char) -> Event {
    key(KeyCode::Char(c))
}

fn paste(text: &str) -> Event {
    Event::Paste(text.into())
}

#[test]
fn characters_that_come_together_are_text_and_single_ones_keys() {
    assert_eq!(reads(&["git status\r"]), [paste("git status\n")]);
    assert_eq!(reads(&["a\nB"]), [paste("a\nB")]);
    let [q, s, enter] = [character('q'), character('s'), key(KeyCode::Enter)];
    assert_eq!(reads(&["q", "s", "\r"]), [q, s, enter]);
    assert_eq!(reads(&["é", "漢"]), [character('é'), character('漢')]);
    // A character among keys of another kind is one of a burst; a key that is held is not text.
    let down = key(KeyCode::Down);
    assert_eq!(reads(&["s\u{1b}[B"]), [paste("s"), down.clone()]);
    assert_eq!(reads(&["\u{1b}[Bs"]), [down.clone(), paste("s")]);
    assert_eq!(reads(&["\u{1b}[B\u{1b}[B"]), [down.clone(), down]);
    // The control characters of a text are no keys.
    assert_eq!(reads(&["a\u{3}\u{1a}b\u{18}\r"]), [paste("ab\n")]);
    let ctrl_c = Event::Key(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL));
    assert_eq!(reads(&["\u{3}"]), std::slice::from_ref(&ctrl_c));
    // Nor is enter, whatever is held with it; who leaves in haste leaves.
    assert_eq!(reads(&["\u{1b}\r\u{1b}[200~\u{1b}[201~"]), [paste("")]);
    assert_eq!(reads(&["\u{1b}[13;3u\u{1b}s\u{1b}[B"]), [key(KeyCode::Down)]);
    assert_eq!(reads(&["\u{3}\u{3}"]), [ctrl_c.clone(), ctrl_c]);
}

/// While a touchpad scrolls on, keys act; behind a report of the mouse a character is its rest.
#[test]
fn the_mouse_may_move_behind_a_key_and_not_before_it() {
    let wheel = "\u{1b}[<65;3;4M";
    assert_eq!(reads(&[&format!("s{wheel}{wheel}")])[0], character('s'));
    let old_with_wide_places = "\u{1b}[MA\u{c8}\u{b3}s";
    assert_eq!(reads(&[old_with_wide_places]).last(), Some(&paste("³s")));
}

const ANSWERS: [&str; 18] = [
    "\u{1b}]11;rgb:1414/1414/1414\u{7}",
    "\u{1b}]4;0;rgb:0000/0000/0000\u{1b}\\",
    "\u{1b}]52;c;c3RvcA==\u{1b}\\",
    "\u{1b}P>|XTerm(390)\u{1b}\\",
    "\u{1b}P1+r544e=78\u{1b}\\",
    "\u{1b}P!|00000000\u{1b}\\",
    "\u{1b}_Gi=1;OK\u{1b}\\",
    "\u{1b}^private\u{1b}\\",
    "\u{1b}Xstring\u{1b}\\",
    "\u{1b}[?62;22c",
    "\u{1b}[>41;390;0c",
    "\u{1b}[?2026;2$y",
    "\u{1b}[?997;1n",
    "\u{1b}[24;80R",
    "\u{1b}[?1u",
    "\u{1b}[8;24;80t",
    "\u{1b}[?1;0;256S",
    "\u{1b}]11;rgb:a/b/c\u{7}\u{1b}[?62;22c",
];

#[test]
fn answers_of_the_terminal_are_swallowed_wherever_they_are_cut() {
    for answer in ANSWERS {
        assert_eq!(reads(&[answer]), [], "{answer:?}");
        for cut in 3..answer.len() - 1 {
            let (start, end) = answer.split_at(cut);
            // ESC with nothing behind it is a key.
            if start.ends_with('\u{1b}') {
                continue;
            }
            assert_eq!(reads(&[start, end, "s"]), [character('s')], "{start:?} {end:?}");
        }
    }
}

#[test]
fn what_never_ends_keeps_no_key_for_long() {
    assert_eq!(reads(&["\u{1b}]11;rgb:14", "q"]), [character('q')]);
    assert_eq!(reads(&["\u{1b}[?2026;2", "q", "q"]), [character('q')]);
    let ctrl_c = Event::Key(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL));
    assert_eq!(reads(&["\u{1b}[200~rm", "x", "\u{3}"]), [paste("rmx"), ctrl_c]);
    // Keys of one's own.
    let alt = Event::Key(KeyEvent::new(KeyCode::Char(']'), KeyModifiers::ALT));
    assert_eq!(reads(&["\u{1b}]", "q"]), [alt, character('q')]);
    assert_eq!(reads(&["\u{1b}", "q"]), [key(KeyCode::Esc), character('q')]);
}

#[test]
fn bracketed_pastes_are_text_whatever_is_in_them() {
    let text = "abort\r\u{1b}[A\u{1b}]0;x\u{7}\u{1b}[201";
    assert_eq!(reads(&[&format!("\u{1b}[200~{text}\u{1b}[201~")]), [paste(text)]);
    assert_eq!(reads(&["\u{1b}[200~a", "b", "\u{1b}", "[201~"]), [paste("ab")]);
    let long = "x".repeat(2 * LARGEST_PASTE);
    let [Event::Paste(kept)] = &reads(&[&format!("\u{1b}[200~{long}\u{1b}[201~")])[..] else {
        panic!("a paste")
    };
    assert!(kept.len() <= LARGEST_PASTE && kept.len() > LARGEST_PASTE - 10);
}

#[test]
fn what_goes_on_after_a_long_read_is_text_too() {
    let mut bytes = InputBytes::default();
    assert_eq!(bytes.take(b"aaaa", true), [paste("aaaa")]);
    assert_eq!(bytes.take(b"s", false), [paste("s")]);
    assert_eq!(bytes.take(b"s", false), [character('s')]);
}

#[test]
fn bytes_that_are_no_text_are_left_out() {
    let mut bytes = InputBytes::default();
    assert_eq!(bytes.take(b"\x9b0c\xff", false), [paste("0c")]);
    assert_eq!(bytes.take(b"\xc3s", false), [paste("s")]);
    assert_eq!(bytes.take(b"\xe6\xbc", false), []);
    // The second half of a character.
    assert_eq!(bytes.take(b"\xa2", false), [paste("漢")]);
}

proptest! {
    /// However bytes are cut into reads: none of them panics, and a character of a read with more in it is no key.
    #[test]
    fn only_a_read_of_one_key_is_a_key(
        pieces in prop::collection::vec(
            prop_oneof![
                prop::collection::vec(any::<u8>(), 0..12),
                prop::sample::select(&ANSWERS[..]).prop_map(|answer| answer.as_bytes().to_vec()),
                "[a-z\r \u{1b}\\[;0-9?M]{1,8}".prop_map(String::into_bytes),
            ],
            0..12,
        ),
        goes_on in prop::collection::vec(any::<bool>(), 12),
    ) {
        let mut bytes = InputBytes::default();
        for (read, goes_on) in pieces.iter().zip(goes_on) {
            let heard = bytes.take(read, goes_on);
            let keys = heard.iter().filter(|event| match event {
                Event::Key(key) => {
                    let is_char = matches!(key.code, KeyCode::Char(_) | KeyCode::Enter | KeyCode::Tab);
                    let leaves = key.code == KeyCode::Char('c') && key.modifiers == KeyModifiers::CONTROL;
                    is_char && !leaves && key.kind != KeyEventKind::Release
                }
                _ => false,
            });
            let most = usize::from(!goes_on);
            prop_assert!(keys.count() <= most, "{read:?}: {heard:?}");
        }
    }
}
