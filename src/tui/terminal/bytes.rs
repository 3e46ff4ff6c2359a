use super::bursts::as_text;
use super::sequences::{Meaning, lettered, meaning, old_mouse_report};
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};

/// The bytes of a terminal, read by read, as keys, mouse, pastes and focus.
///
/// A read is what came together: what a person types comes alone. A character that did not is text (see
/// `bursts`). Answers of the terminal are left out, also where they come in parts, and so is what is no input at
/// all. crossterm's reader is not used: it hands on the rest of an answer that it does not know as keys, or waits
/// for a letter that never comes, and takes place 0 of the mouse for 65535.
#[derive(Debug, Default)]
pub struct InputBytes {
    state: State,
    events: Vec<Event>,
    /// Whether something of this read was no event.
    is_impure: bool,
    /// Whether the read before ended because it was long.
    continues: bool,
}

#[derive(Debug, Default, PartialEq)]
enum State {
    #[default]
    Rest,
    /// Bytes of a character, and whether alt is held.
    Character(Vec<u8>, bool),
    /// After ESC.
    Escape,
    /// After `ESC [`: what came since.
    Sequence(Vec<u8>),
    /// After `ESC [ M`: button, column and row.
    OldMouse(Vec<u8>),
    /// After `ESC O`.
    Third,
    /// After `ESC [ [`: a function key of the console of Linux.
    Console,
    /// In an OSC, DCS, APC, PM or SOS string, which only terminals send; whether ESC came.
    Answer(bool),
    /// In a bracketed paste: its text, and how much of its end came.
    Paste(Vec<u8>, usize),
}

/// No sequence of a terminal is longer.
const LONGEST_SEQUENCE: usize = 64;
/// What is kept of a paste, bytes; its first line is taken.
const LARGEST_PASTE: usize = 1 << 16;
const PASTE_END: &[u8] = b"\x1b[201~";
const CTRL_C: u8 = 3;
const BELL: u8 = 7;
const ESCAPE: u8 = 0x1b;

impl InputBytes {
    /// The events of one read. `goes_on` where it ended because it was long, not because nothing came any more.
    pub fn take(&mut self, read: &[u8], goes_on: bool) -> Vec<Event> {
        let continues = std::mem::replace(&mut self.continues, goes_on);
        if !continues && is_one_character(read) {
            self.take_leave_of_what_never_ends(read[0]);
        }
        let was_at_rest = !continues && self.state == State::Rest;
        self.is_impure = false;
        read.iter().for_each(|byte| self.feed(*byte));
        if !goes_on {
            self.be_quiet();
        }
        if let ([ESCAPE, letter], State::Answer(false), true) = (read, &self.state, was_at_rest) {
            // By itself it may be a key with alt, if no answer follows.
            let code = KeyCode::Char(char::from(*letter));
            return vec![Event::Key(KeyEvent::new(code, KeyModifiers::ALT))];
        }
        let is_at_rest = !goes_on && self.state == State::Rest;
        let is_pure = was_at_rest && is_at_rest && !self.is_impure;
        as_text(std::mem::take(&mut self.events), is_pure)
    }

    /// One character by itself is a person's: an answer or a paste whose end never came must not keep it. A paste
    /// may come byte by byte, so that only ctrl-c ends it.
    fn take_leave_of_what_never_ends(&mut self, character: u8) {
        let ends_an_answer = matches!(character, BELL | ESCAPE | b'\\');
        self.state = match std::mem::take(&mut self.state) {
            State::Answer(_) if !ends_an_answer => State::Rest,
            State::Paste(text, _) if character == CTRL_C => self.end_paste(&text),
            state => state,
        };
    }

    /// Nothing comes for now: ESC was a key.
    fn be_quiet(&mut self) {
        if self.state == State::Escape {
            self.state = self.press(KeyCode::Esc, KeyModifiers::NONE);
        }
    }

    fn feed(&mut self, byte: u8) {
        self.state = match std::mem::take(&mut self.state) {
            State::Rest => self.begin(byte, false),
            State::Character(bytes, alt) => self.in_character(bytes, byte, alt),
            State::Escape => self.after_escape(byte),
            State::Sequence(parameters) => self.in_sequence(parameters, byte),
            State::OldMouse(mut report) => {
                report.push(byte);
                match <[u8; 3]>::try_from(&report[..]) {
                    Ok(whole) => self.hear(old_mouse_report(whole)),
                    Err(_) => State::OldMouse(report),
                }
            }
            State::Third | State::Console if byte == ESCAPE => self.lose(State::Escape),
            State::Third if byte == b'R' => self.press(KeyCode::F(3), KeyModifiers::NONE),
            State::Third => self.hear(lettered(byte).map(|code| Event::Key(code.into()))),
            State::Console => {
                let number = byte.wrapping_sub(b'A');
                self.hear((number < 5).then(|| Event::Key(KeyCode::F(number + 1).into())))
            }
            State::Answer(escaped) => self.in_answer(escaped, byte),
            State::Paste(text, ended) => self.in_paste(text, ended, byte),
        };
    }

    /// A byte with which something begins.
    fn begin(&mut self, byte: u8, alt: bool) -> State {
        let held = if alt { KeyModifiers::ALT } else { KeyModifiers::NONE };
        let ctrl = held | KeyModifiers::CONTROL;
        let letter = |first: u8| KeyCode::Char(char::from(byte + first));
        match byte {
            ESCAPE => State::Escape,
            b'\r' => self.press(KeyCode::Enter, held),
            b'\t' => self.press(KeyCode::Tab, held),
            0x7f => self.press(KeyCode::Backspace, held),
            0 => self.press(KeyCode::Char(' '), ctrl),
            0x01..=0x1a => self.press(letter(b'a' - 1), ctrl),
            0x1c..=0x1f => self.press(letter(b'4' - 0x1c), ctrl),
            0x20..=0x7e => self.type_character(char::from(byte), held),
            0xc2..=0xf4 => State::Character(vec![byte], alt),
            0x80..=0xc1 | 0xf5..=0xff => self.lose(State::Rest),
        }
    }

    fn in_character(&mut self, mut bytes: Vec<u8>, byte: u8, alt: bool) -> State {
        if !(0x80..=0xbf).contains(&byte) {
            self.is_impure = true;
            return self.begin(byte, false);
        }
        bytes.push(byte);
        let held = if alt { KeyModifiers::ALT } else { KeyModifiers::NONE };
        match std::str::from_utf8(&bytes) {
            Ok(text) => text.chars().fold(State::Rest, |_, c| self.type_character(c, held)),
            Err(error) if error.error_len().is_some() => self.lose(State::Rest),
            Err(_) => State::Character(bytes, alt),
        }
    }

    fn after_escape(&mut self, byte: u8) -> State {
        match byte {
            b'[' => State::Sequence(Vec::new()),
            b'O' => State::Third,
            b']' | b'P' | b'_' | b'^' | b'X' => self.lose(State::Answer(false)),
            ESCAPE => {
                self.press(KeyCode::Esc, KeyModifiers::NONE);
                State::Escape
            }
            byte => self.begin(byte, true),
        }
    }

    fn in_sequence(&mut self, mut parameters: Vec<u8>, byte: u8) -> State {
        match byte {
            b'[' if parameters.is_empty() => State::Console,
            b'M' if parameters.is_empty() => State::OldMouse(Vec::new()),
            0x40..=0x7e => match meaning(&parameters, byte) {
                Meaning::Event(event) => self.hear(Some(event)),
                Meaning::PasteBegins => State::Paste(Vec::new(), 0),
                Meaning::Nothing => self.lose(State::Rest),
            },
            0x20..=0x3f => {
                if parameters.len() < LONGEST_SEQUENCE {
                    parameters.push(byte);
                }
                State::Sequence(parameters)
            }
            ESCAPE => self.lose(State::Escape),
            0..=0x1a | 0x1c..=0x1f | 0x7f..=0xff => self.lose(State::Rest),
        }
    }

    fn in_answer(&mut self, escaped: bool, byte: u8) -> State {
        self.is_impure = true;
        match (escaped, byte) {
            (_, BELL | 0x18 | 0x1a) | (true, b'\\') => State::Rest,
            (_, ESCAPE) => State::Answer(true),
            (true, byte) => self.after_escape(byte),
            (false, _) => State::Answer(false),
        }
    }

    fn in_paste(&mut self, mut text: Vec<u8>, ended: usize, byte: u8) -> State {
        if text.len() < LARGEST_PASTE {
            text.push(byte);
        }
        let ended = match byte {
            byte if byte == PASTE_END[ended] => ended + 1,
            ESCAPE => 1,
            _ => 0,
        };
        if ended < PASTE_END.len() {
            return State::Paste(text, ended);
        }
        let whole = text.len() - PASTE_END.len();
        self.end_paste(text.strip_suffix(PASTE_END).unwrap_or(&text[..whole]))
    }

    fn end_paste(&mut self, text: &[u8]) -> State {
        self.hear(Some(Event::Paste(String::from_utf8_lossy(text).into_owned())))
    }

    fn type_character(&mut self, c: char, held: KeyModifiers) -> State {
        let shift = if c.is_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
        self.press(KeyCode::Char(c), held | shift)
    }

    fn press(&mut self, code: KeyCode, modifiers: KeyModifiers) -> State {
        self.hear(Some(Event::Key(KeyEvent::new(code, modifiers))))
    }

    /// Takes an event, or notes that there was none.
    fn hear(&mut self, event: Option<Event>) -> State {
        self.is_impure |= event.is_none();
        self.events.extend(event);
        State::Rest
    }

    /// Something is left out.
    fn lose(&mut self, next: State) -> State {
        self.is_impure = true;
        next
    }
}

fn is_one_character(read: &[u8]) -> bool {
    std::str::from_utf8(read).is_ok_and(|text| text.chars().count() == 1)
}

#[cfg(test)]
mod tests;
