//! What control sequences (`ESC [ … letter`) of a terminal mean.

use crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};

/// What a sequence means.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Meaning {
    /// A key, the mouse or the focus.
    Event(Event),
    /// A bracketed paste begins.
    PasteBegins,
    /// An answer to a question that this program did not ask, or nothing known.
    Nothing,
}

/// The meaning of `ESC [ parameters last`. Answers have a private sign (`?`, `>`) or one before their last letter
/// (`$y`), or are reports of sizes, places and colours; none of them is a key.
pub(super) fn meaning(parameters: &[u8], last: u8) -> Meaning {
    let Ok(text) = std::str::from_utf8(parameters) else { return Meaning::Nothing };
    let found = match (text.strip_prefix('<'), last) {
        (Some(report), b'M' | b'm') => numbers(report).and_then(|report| match report[..] {
            [button, column, row] => mouse(button, (column, row), last == b'm'),
            _ => None,
        }),
        (None, b'~') if text == "200" => return Meaning::PasteBegins,
        (None, b'M') => numbers(text).and_then(|report| match report[..] {
            [button, column, row] => mouse(button.checked_sub(32)?, (column, row), false),
            _ => None,
        }),
        (None, b'I') if text.is_empty() => Some(Event::FocusGained),
        (None, b'O') if text.is_empty() => Some(Event::FocusLost),
        (None, last) => key(text, last),
        (Some(_), _) => None,
    };
    found.map_or(Meaning::Nothing, Meaning::Event)
}

/// A report of the mouse in its oldest form, `ESC [ M button column row`, each as a byte that is 32 higher.
pub(super) fn old_mouse_report([button, column, row]: [u8; 3]) -> Option<Event> {
    let number = |byte: u8| byte.checked_sub(32).map(u32::from);
    mouse(number(button)?, (number(column)?, number(row)?), false)
}

fn numbers(text: &str) -> Option<Vec<u32>> {
    text.split(';').map(|number| number.parse().ok()).collect()
}

/// `button` has the bits of xterm; column and row count from 1.
fn mouse(button: u32, (column, row): (u32, u32), is_released: bool) -> Option<Event> {
    let place = |number: u32| number.checked_sub(1).and_then(|at| u16::try_from(at).ok());
    let number = (button & 0b11) | ((button & 0b1100_0000) >> 4);
    let buttons = [MouseButton::Left, MouseButton::Middle, MouseButton::Right];
    let pressed = buttons.get(number as usize).copied();
    let kind = match (pressed, button & 0b10_0000 != 0) {
        _ if button > 255 => return None,
        (Some(one), false) if is_released => MouseEventKind::Up(one),
        (Some(one), false) => MouseEventKind::Down(one),
        (Some(one), true) => MouseEventKind::Drag(one),
        (None, true) => MouseEventKind::Moved,
        (None, false) => match number {
            3 => MouseEventKind::Up(MouseButton::Left),
            4 => MouseEventKind::ScrollUp,
            5 => MouseEventKind::ScrollDown,
            6 => MouseEventKind::ScrollLeft,
            7 => MouseEventKind::ScrollRight,
            _ => return None,
        },
    };
    let (column, row) = (place(column)?, place(row)?);
    Some(Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }))
}

fn key(text: &str, last: u8) -> Option<Event> {
    let mut fields = text.split(';');
    let number = fields.next().unwrap_or_default();
    let (modifiers, kind) = held(fields.next())?;
    let code = match last {
        b'~' if number == "27" => character(fields.next()?.parse().ok()?)?,
        b'~' => numbered(number.parse().ok()?)?,
        b'u' => return unicode_key(number, modifiers, kind),
        // The number is 1, and left out where no other key is held.
        _ if !matches!(number, "" | "1") => return None,
        b'Z' => KeyCode::BackTab,
        last => lettered(last)?,
    };
    let shift = if code == KeyCode::BackTab { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
    Some(Event::Key(KeyEvent::new_with_kind(code, modifiers | shift, kind)))
}

/// The key of `ESC [ letter` and `ESC O letter`.
pub(super) fn lettered(letter: u8) -> Option<KeyCode> {
    Some(match letter {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'F' => KeyCode::End,
        b'H' => KeyCode::Home,
        b'P' => KeyCode::F(1),
        b'Q' => KeyCode::F(2),
        b'S' => KeyCode::F(4),
        _ => return None,
    })
}

fn numbered(number: u8) -> Option<KeyCode> {
    Some(match number {
        1 | 7 => KeyCode::Home,
        2 => KeyCode::Insert,
        3 => KeyCode::Delete,
        4 | 8 => KeyCode::End,
        5 => KeyCode::PageUp,
        6 => KeyCode::PageDown,
        11..=15 => KeyCode::F(number - 10),
        17..=21 => KeyCode::F(number - 11),
        23..=24 => KeyCode::F(number - 12),
        _ => return None,
    })
}

/// A key of kitty's keyboard protocol: `code:shifted;modifiers:kind`. It is never asked for; another program may have
/// left it on.
fn unicode_key(codes: &str, modifiers: KeyModifiers, kind: KeyEventKind) -> Option<Event> {
    let mut codes = codes.split(':').map(|code| code.parse().ok());
    let (code, shifted) = (codes.next()??, codes.next().flatten());
    let is_shifted = modifiers.contains(KeyModifiers::SHIFT);
    let code = match (character(code)?, shifted.filter(|_| is_shifted)) {
        (KeyCode::Char(_), Some(shifted)) => character(shifted)?,
        (KeyCode::Char(c), None) if is_shifted => KeyCode::Char(c.to_ascii_uppercase()),
        (KeyCode::Tab, _) if is_shifted => KeyCode::BackTab,
        (code, _) => code,
    };
    Some(Event::Key(KeyEvent::new_with_kind(code, modifiers, kind)))
}

/// The key of a character's number. Those of the private area are keys that no action has.
fn character(code: u32) -> Option<KeyCode> {
    Some(match code {
        0x1b => KeyCode::Esc,
        0x0d => KeyCode::Enter,
        0x09 => KeyCode::Tab,
        0x7f => KeyCode::Backspace,
        0xe000..=0xf8ff => return None,
        code => KeyCode::Char(char::from_u32(code).filter(|c| !c.is_control())?),
    })
}

/// What is held with a key, and whether it goes down: `modifiers:kind`.
fn held(field: Option<&str>) -> Option<(KeyModifiers, KeyEventKind)> {
    let Some(field) = field.filter(|field| !field.is_empty()) else {
        return Some((KeyModifiers::NONE, KeyEventKind::Press));
    };
    let mut parts = field.split(':');
    let bits = parts.next()?.parse::<u8>().ok()?.checked_sub(1)?;
    let named = [
        (1, KeyModifiers::SHIFT),
        (2, KeyModifiers::ALT),
        (4, KeyModifiers::CONTROL),
        (8, KeyModifiers::SUPER),
        (16, KeyModifiers::HYPER),
        (32, KeyModifiers::META),
    ];
    let set = named.into_iter().filter(|(bit, _)| bits & bit != 0);
    let modifiers = set.fold(KeyModifiers::NONE, |all, (_, one)| all | one);
    let kind = match parts.next() {
        Some("3") => KeyEventKind::Release,
        Some("2") => KeyEventKind::Repeat,
        Some(_) | None => KeyEventKind::Press,
    };
    Some((modifiers, kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(sequence: &str) -> Meaning {
        let (last, parameters) = sequence.as_bytes().split_last().unwrap();
        meaning(parameters, *last)
    }

    fn press(code: KeyCode, modifiers: KeyModifiers) -> Meaning {
        Meaning::Event(Event::Key(KeyEvent::new(code, modifiers)))
    }

    #[test]
    fn keys_of_all_protocols_are_read() {
        let (none, shift) = (KeyModifiers::NONE, KeyModifiers::SHIFT);
        for (sequence, code, modifiers) in [
            ("A", KeyCode::Up, none),
            ("1;5C", KeyCode::Right, KeyModifiers::CONTROL),
            ("5~", KeyCode::PageUp, none),
            ("15~", KeyCode::F(5), none),
            ("24;2~", KeyCode::F(12), shift),
            ("Z", KeyCode::BackTab, shift),
            ("1;3P", KeyCode::F(1), KeyModifiers::ALT),
            ("115u", KeyCode::Char('s'), none),
            ("115;2u", KeyCode::Char('S'), shift),
            ("49:33;2:1u", KeyCode::Char('!'), shift),
            ("99;5u", KeyCode::Char('c'), KeyModifiers::CONTROL),
            ("27;5;122~", KeyCode::Char('z'), KeyModifiers::CONTROL),
            ("27u", KeyCode::Esc, none),
        ] {
            assert_eq!(read(sequence), press(code, modifiers), "{sequence}");
        }
        let Meaning::Event(Event::Key(key)) = read("115;1:3u") else { panic!("a key") };
        assert_eq!(key.kind, KeyEventKind::Release);
        assert_eq!(read("200~"), Meaning::PasteBegins);
        assert_eq!(read("I"), Meaning::Event(Event::FocusGained));
    }

    #[test]
    fn answers_of_terminals_mean_nothing() {
        for answer in [
            "?62;22c",    // device attributes
            ">41;390;0c", // and the second ones
            "?2026;2$y",  // a mode
            "?997;1n",    // dark or light
            "24;80R",     // the cursor
            "?1u",        // kitty's keyboard
            "8;24;80t",   // sizes
            "4;600;800t",
            "?1;0;256S", // graphics
            ">4;1m",
            "1$r0 q",
            "201~",
            "57441;2u",
            "99999999999u",
            "1;0A",
            "<0;0;0M",
            "<0;1;0M",
            "<0;70000;1M",
            "<256;1;1M",
            "<0;1M",
            "0;1;1M",
        ] {
            assert_eq!(read(answer), Meaning::Nothing, "{answer}");
        }
    }

    #[test]
    fn reports_of_the_mouse_are_read_in_three_forms() {
        let at = |kind, column, row| {
            Some(Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }))
        };
        let event = |sequence: &str| match read(sequence) {
            Meaning::Event(event) => Some(event),
            Meaning::PasteBegins | Meaning::Nothing => None,
        };
        let down = MouseEventKind::Down(MouseButton::Left);
        assert_eq!(event("<0;65535;1M"), at(down, 65534, 0));
        assert_eq!(event("<0;3;4m"), at(MouseEventKind::Up(MouseButton::Left), 2, 3));
        assert_eq!(event("<32;3;4M"), at(MouseEventKind::Drag(MouseButton::Left), 2, 3));
        assert_eq!(event("<64;3;4M"), at(MouseEventKind::ScrollUp, 2, 3));
        assert_eq!(event("<35;3;4M"), at(MouseEventKind::Moved, 2, 3));
        assert_eq!(event("97;3;4M"), at(MouseEventKind::ScrollDown, 2, 3));
        assert_eq!(old_mouse_report(*b" !\""), at(down, 0, 1));
        assert_eq!(old_mouse_report(*b" \x20!"), None);
        assert_eq!(old_mouse_report([31, 40, 40]), None);
    }
}
