//! One line of typed text.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_input::{Input, InputRequest};

/// Characters that a line takes.
const LONGEST: usize = 500;

/// Applies a key to a line as a shell does; other keys do nothing.
pub fn type_key(input: &mut Input, key: &KeyEvent) {
    let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    let request = match key.code {
        KeyCode::Char('a') if ctrl => InputRequest::GoToStart,
        KeyCode::Char('e') if ctrl => InputRequest::GoToEnd,
        KeyCode::Char('w') if ctrl => InputRequest::DeletePrevWord,
        KeyCode::Char('u') if ctrl => InputRequest::DeleteLine,
        KeyCode::Char('k') if ctrl => InputRequest::DeleteTillEnd,
        KeyCode::Char('b') if alt => InputRequest::GoToPrevWord,
        KeyCode::Char('f') if alt => InputRequest::GoToNextWord,
        KeyCode::Char(_) if ctrl || alt => return,
        KeyCode::Char(c) => return type_character(input, c),
        KeyCode::Backspace if alt || ctrl => InputRequest::DeletePrevWord,
        KeyCode::Backspace => InputRequest::DeletePrevChar,
        KeyCode::Delete => InputRequest::DeleteNextChar,
        KeyCode::Left if ctrl => InputRequest::GoToPrevWord,
        KeyCode::Right if ctrl => InputRequest::GoToNextWord,
        KeyCode::Left => InputRequest::GoToPrevChar,
        KeyCode::Right => InputRequest::GoToNextChar,
        KeyCode::Home => InputRequest::GoToStart,
        KeyCode::End => InputRequest::GoToEnd,
        _ => return,
    };
    input.handle(request);
}

/// Types the first line of a pasted text, without control characters.
pub fn type_text(input: &mut Input, text: &str) {
    let first = text.trim_start_matches(['\r', '\n']).lines().next().unwrap_or_default();
    first.chars().for_each(|c| type_character(input, c));
}

fn type_character(input: &mut Input, c: char) {
    if !c.is_control() && input.value().chars().count() < LONGEST {
        input.handle(InputRequest::InsertChar(c));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paste_is_its_first_line_without_control_characters() {
        let mut input = Input::new("set ".into());
        type_text(&mut input, "\nlambda\u{1b}[31m 0.3\nabort\n");
        assert_eq!(input.value(), "set lambda[31m 0.3");
        type_text(&mut input, &"x".repeat(2 * LONGEST));
        assert_eq!(input.value().chars().count(), LONGEST);
    }

    #[test]
    fn a_line_is_edited_with_the_keys_of_a_shell() {
        let mut input = Input::new("set lambda 0.3".into());
        type_key(&mut input, &KeyEvent::new(KeyCode::Char('w'), KeyModifiers::CONTROL));
        type_key(&mut input, &KeyEvent::new(KeyCode::Char('4'), KeyModifiers::NONE));
        assert_eq!(input.value(), "set lambda 4");
        type_key(&mut input, &KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL));
        assert_eq!(input.value(), "");
    }
}
