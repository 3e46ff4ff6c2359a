//! What one read of the terminal held: keys of a person, pasted text, or an answer of the terminal.
//!
//! Nobody types two characters at once. Where a terminal or a multiplexer passes a paste on without
//! brackets, its characters come together, and must not act as keys; the same holds for what a terminal
//! answers late to questions of another program.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// Tells the events of each read apart. It remembers an answer whose end has not come yet.
#[derive(Default)]
pub(super) struct Bursts {
    in_answer: bool,
}

impl Bursts {
    /// The events of one read, without answers of the terminal, and with pasted text as text.
    pub fn sort(&mut self, read: Vec<Event>) -> Vec<Event> {
        as_text(self.without_answers(read))
    }

    /// Leaves out strings that only terminals send: OSC, DCS, APC, PM and SOS, with their end. crossterm
    /// reads their first two bytes as a key with alt, and the rest as characters.
    fn without_answers(&mut self, read: Vec<Event>) -> Vec<Event> {
        // One key by itself is a person's.
        if read.len() == 1 && !read.iter().any(is_end) {
            self.in_answer = false;
            return read;
        }
        let mut kept = Vec::with_capacity(read.len());
        let mut rest = read.into_iter().peekable();
        while let Some(event) = rest.next() {
            if self.in_answer {
                let ends = is_end(&event);
                self.in_answer = !ends && typed(&event).is_some();
                if ends || self.in_answer {
                    continue;
                }
            }
            if is_start(&event) && rest.peek().is_some() {
                self.in_answer = true;
            } else {
                kept.push(event);
            }
        }
        kept
    }
}

/// Characters that came together, as a paste.
fn as_text(events: Vec<Event>) -> Vec<Event> {
    let mut kept = Vec::with_capacity(events.len());
    for together in events.chunk_by(|one, next| typed(one).is_some() && typed(next).is_some()) {
        match together {
            [event] => kept.push(event.clone()),
            keys => kept.push(Event::Paste(keys.iter().filter_map(typed).collect())),
        }
    }
    kept
}

/// The character that a key is in a text, if it is one.
fn typed(event: &Event) -> Option<char> {
    let Event::Key(KeyEvent { code, modifiers, kind, .. }) = event else { return None };
    let plain = (*modifiers - KeyModifiers::SHIFT).is_empty();
    match code {
        _ if *kind == KeyEventKind::Release => None,
        // A line feed, as crossterm names it.
        KeyCode::Char('j') if *modifiers == KeyModifiers::CONTROL => Some('\n'),
        KeyCode::Char(c) if plain => Some(*c),
        KeyCode::Enter if plain => Some('\n'),
        KeyCode::Tab if plain => Some('\t'),
        _ => None,
    }
}

fn is_start(event: &Event) -> bool {
    with(event, KeyModifiers::ALT).is_some_and(|c| matches!(c, ']' | 'P' | '_' | '^' | 'X'))
}

/// BEL, or ESC and a backslash.
fn is_end(event: &Event) -> bool {
    with(event, KeyModifiers::CONTROL) == Some('g') || with(event, KeyModifiers::ALT) == Some('\\')
}

/// The character of a key that is held with this modifier alone, but for shift.
fn with(event: &Event, modifier: KeyModifiers) -> Option<char> {
    match event {
        Event::Key(KeyEvent { code: KeyCode::Char(c), modifiers, .. })
            if *modifiers - KeyModifiers::SHIFT == modifier =>
        {
            Some(*c)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keys as crossterm reads these bytes; `\u{1b}` stands for alt with the next one.
    fn keys(text: &str) -> Vec<Event> {
        let mut alt = KeyModifiers::NONE;
        let mut events = Vec::new();
        for c in text.chars() {
            let shift = if c.is_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
            let (code, modifiers) = match c {
                '\u{1b}' => {
                    alt = KeyModifiers::ALT;
                    continue;
                }
                '\u{7}' => (KeyCode::Char('g'), KeyModifiers::CONTROL),
                '\n' => (KeyCode::Char('j'), KeyModifiers::CONTROL),
                '\r' => (KeyCode::Enter, KeyModifiers::NONE),
                c => (KeyCode::Char(c), shift),
            };
            events.push(Event::Key(KeyEvent::new(code, modifiers | alt)));
            alt = KeyModifiers::NONE;
        }
        events
    }

    fn sorted(reads: &[&str]) -> Vec<Event> {
        let mut bursts = Bursts::default();
        reads.iter().flat_map(|read| bursts.sort(keys(read))).collect()
    }

    #[test]
    fn characters_that_come_together_are_text_and_single_ones_keys() {
        assert_eq!(sorted(&["git status\r"]), [Event::Paste("git status\n".into())]);
        assert_eq!(sorted(&["a\nB"]), [Event::Paste("a\nB".into())]);
        assert_eq!(sorted(&["q", "s", "\r"]), keys("qs\r"));
        let arrow = Event::Key(KeyCode::Down.into());
        let apart = [keys("s"), vec![arrow.clone()], keys("q")].concat();
        assert_eq!(Bursts::default().sort(apart.clone()), apart);
        // A key that is held.
        let held = vec![arrow; 3];
        assert_eq!(Bursts::default().sort(held.clone()), held);
    }

    #[test]
    fn answers_of_the_terminal_are_swallowed() {
        for answer in [
            "\u{1b}]11;rgb:1414/1414/1414\u{7}",
            "\u{1b}]4;0;rgb:0000/0000/0000\u{1b}\\",
            "\u{1b}]52;c;c3RvcA==\u{1b}\\",
            "\u{1b}P>|XTerm(390)\u{1b}\\",
            "\u{1b}P1+r544e=78\u{1b}\\",
            "\u{1b}_Gi=1;OK\u{1b}\\",
        ] {
            assert_eq!(sorted(&[answer]), [], "{answer:?}");
            let (start, end) = answer.split_at(answer.len() / 2);
            assert_eq!(sorted(&[start, end, "s"]), keys("s"), "{answer:?}");
        }
    }

    #[test]
    fn an_answer_without_its_end_takes_no_keys() {
        assert_eq!(sorted(&["\u{1b}]11;rgb:14", "q"]), keys("q"));
        let escape = Event::Key(KeyCode::Esc.into());
        let broken = [keys("\u{1b}]11;r"), vec![escape.clone()], keys("q")].concat();
        assert_eq!(Bursts::default().sort(broken), [vec![escape], keys("q")].concat());
        // Somebody's own key.
        assert_eq!(sorted(&["\u{1b}]"]), keys("\u{1b}]"));
    }
}
