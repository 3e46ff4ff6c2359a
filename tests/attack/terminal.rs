//! Bytes that a terminal can send, through the screens' own way from bytes to requests: none of them gives a
//! command, leaves the screens or ends the process.
//!
//! A whole, deliberate key does act, and is left out: a read that holds one key and, behind it, nothing but reports of
//! the mouse. So is a click into the picture: the left button is only pressed beside it. Everything else that comes
//! together is text, an answer of the terminal or noise. Most sequences go through `InputBytes` and `update` in this
//! process; some to the real binary in a terminal, whose reads are cut as the system pleases.

use crate::Kind;
use crate::common::terminal::Terminal;
use crate::common::{Dice, Sandbox, of_kind};
use crate::mutate;
use crossterm::event::{Event as Input, KeyCode, KeyEvent, KeyModifiers};
use jiff::tz::TimeZone;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::from_value;
use std::cell::Cell;
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::Duration;
use versatune::telemetry::{Record, Snapshot};
use versatune::tui::keys::KeyMap;
use versatune::tui::look::{Look, Marks, Theme};
use versatune::tui::terminal::InputBytes;
use versatune::tui::{Effect, Message, Model, ModelInit, frame, picture, update};

pub const KIND: Kind = Kind { name: "terminal", share: 1.0, trial };

/// Streams of a trial through this process, of some hundred sequences each.
const STREAMS: u32 = 400;
/// Streams of answers alone, behind which every picture is the one before.
const ANSWERED: u32 = 40;
/// Bursts of a trial to the real binary.
const BURSTS: u64 = 60;
/// A burst fits into one buffer of a pseudo-terminal, so that nothing but the program cuts it.
const LARGEST_BURST: usize = 1500;

/// Answers that terminals give to what other programs ask.
const ANSWERS: [&str; 20] = [
    "\x1b]11;rgb:1414/1414/1414\x07",
    "\x1b]4;1;rgb:cdcd/0000/0000\x1b\\",
    "\x1b]52;c;c2V0IGxhbWJkYSAwLjM=\x1b\\",
    "\x1b]99;i=1:p=close;\x1b\\",
    "\x1bP>|XTerm(390)\x1b\\",
    "\x1bP1+r524742=382f382f38\x1b\\",
    "\x1bP1$r0 q\x1b\\",
    "\x1bP!|7E565445\x1b\\",
    "\x1b_Gi=31;OK\x1b\\",
    "\x1b^private\x1b\\",
    "\x1bXstring s\x1b\\",
    "\x1b[?62;4;22c",
    "\x1b[>41;390;0c",
    "\x1b[?2026;2$y",
    "\x1b[?997;1n",
    "\x1b[24;80R",
    "\x1b[?31u",
    "\x1b[8;24;80t",
    "\x1b[?1;0;256S",
    "\x1b[0n",
];

/// What is pasted, with brackets and without: each line would be a command of the palette, each character a key.
const PASTED: [&str; 8] = [
    "git status\r",
    "set lambda 0.9\r\r",
    "s\rq\rs\r",
    "  vws ",
    ":pause\r",
    "t0 \r\r",
    "q\x03s\x1b\x1bk",
    "漢é\u{301}\u{202e}\0\u{9b}s\r",
];

/// Keys that open what is typed or chosen in; none of them gives a command.
const OPENED: [&str; 8] = ["", ":", "/", "l", "t", "r", "q", "?"];

type Bytes = Vec<u8>;

fn trial(dice: &mut Dice) -> u64 {
    let count = Cell::new(0);
    let stream = (select(&OPENED[..]), vec((reads(), any::<bool>(), sizes()), 1..40));
    mutate::every(dice, STREAMS, stream, |(opened, stream)| {
        let mut screens = Opened::new(opened);
        for (sequences, goes_on, size) in stream {
            count.set(count.get() + sequences.len() as u64);
            screens.resize(size);
            screens.take(&sequences.concat(), goes_on);
        }
        screens.hear(b"\x03", false);
    });
    let answers = (select(&OPENED[..]), vec((select(&ANSWERS[..]), any::<Index>()), 1..40));
    mutate::every(dice, ANSWERED, answers, |(opened, answers)| {
        let mut screens = Opened::new(opened);
        let before = screens.picture();
        for (answer, cut) in answers {
            count.set(count.get() + 1);
            screens.take_in_parts(answer, cut);
        }
        assert_eq!(screens.picture(), before, "an answer is seen");
    });
    count.get() + real_screens(dice)
}

/// The screens of a run that trains, in this process.
struct Opened {
    model: Model,
    bytes: InputBytes,
}

impl Opened {
    fn new(keys: &str) -> Self {
        let mut model = Model::new(ModelInit {
            run: Snapshot::default(),
            look: Look { theme: Theme::dark(), marks: Marks::Braille },
            themes: vec![Theme::dark()],
            keys: KeyMap::default(),
            zone: TimeZone::UTC,
            now_ms: 0,
            size: (100, 30),
            operator: "ada@pts/3".into(),
        });
        for record in RECORD.iter() {
            update(&mut model, Message::Record(record.clone()));
        }
        for key in keys.chars() {
            let key = KeyEvent::new(KeyCode::Char(key), KeyModifiers::NONE);
            assert!(update(&mut model, Message::Input(Input::Key(key))).is_empty());
        }
        Opened { model, bytes: InputBytes::default() }
    }

    fn resize(&mut self, (columns, rows): (u16, u16)) {
        // Most reads come without a new size.
        if columns != 0 {
            update(&mut self.model, Message::Input(Input::Resize(columns, rows)));
            frame(&mut self.model);
        }
    }

    /// Takes a read, unless it is a deliberate key.
    fn take(&mut self, read: &[u8], goes_on: bool) {
        if !is_deliberate(read) {
            self.hear(read, goes_on);
        }
    }

    fn hear(&mut self, read: &[u8], goes_on: bool) {
        for input in self.bytes.take(read, goes_on) {
            let effects = update(&mut self.model, Message::Input(input.clone()));
            let harmless = |effect: &Effect| matches!(effect, Effect::Redraw);
            assert!(effects.iter().all(harmless), "{input:?} of {read:?}: {effects:?}");
        }
    }

    /// An answer in two reads; not by ones of a single byte, which a person's key could be.
    fn take_in_parts(&mut self, answer: &str, cut: Index) {
        let (start, end) = answer.split_at(cut.index(answer.len()));
        let is_cut = start.len() > 2 && end.len() > 1 && !start.ends_with('\x1b');
        let parts = if is_cut { vec![start, end] } else { vec![answer] };
        parts.into_iter().for_each(|part| self.hear(part.as_bytes(), false));
    }

    fn picture(&mut self) -> String {
        picture::text(&frame(&mut self.model))
    }
}

/// The record of a run until its last steps.
static RECORD: LazyLock<Vec<Arc<Record>>> = LazyLock::new(|| {
    let sandbox = Sandbox::new();
    sandbox.train("tiny", &[]).expect(0);
    let record = sandbox.record("tiny");
    let lasting = record.iter().take_while(|event| event["step"].as_u64() != Some(28));
    lasting.map(|event| Arc::new(from_value(event.clone()).expect("a record"))).collect()
});

/// Whether a read holds one key, and behind it nothing but reports of the mouse. Rather too often true.
fn is_deliberate(read: &[u8]) -> bool {
    let text = String::from_utf8_lossy(read);
    let rest = match text.strip_prefix('\x1b') {
        None => text.char_indices().nth(1).map_or("", |(at, _)| &text[at..]),
        Some(alt) if !alt.starts_with('[') => {
            alt.char_indices().nth(1).map_or("", |(at, _)| &alt[at..])
        }
        Some(sequence) => sequence.split_once(['u', '~']).map_or(sequence, |(_, rest)| rest),
    };
    rest.is_empty()
        || rest.starts_with('\x1b')
            && rest.split_terminator("\x1b[").skip(1).all(|report| report.contains(['M', 'm']))
}

/// What one read holds.
fn reads() -> impl Strategy<Value = Vec<Bytes>> {
    vec(prop_oneof![6 => sequence(), 1 => cut(sequence())], 1..12)
}

/// Columns and rows; none where the terminal keeps its size.
fn sizes() -> impl Strategy<Value = (u16, u16)> {
    let odd = select(&[1, 2, 59, 60, 80, 200, 400, u16::MAX][..]);
    prop_oneof![100 => Just((0, 0)), 1 => (odd.clone(), odd), 1 => (1..200u16, 1..70u16)]
}

fn sequence() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        4 => select(&ANSWERS[..]).prop_map(|answer| answer.as_bytes().to_vec()),
        4 => mouse(),
        // Any control sequence but reports of the mouse.
        4 => "\x1b\\[[<=>?]?[0-9;:]{0,9}[ !$']?[@-LN-ln-~]".prop_map(String::into_bytes),
        2 => "\x1b[\\]P_^X][ -~]{0,20}(\x07|\x1b\\\\|\x1b|\x18|)".prop_map(String::into_bytes),
        2 => "\x1b\\[200~[ -~\r\n\x03]{0,20}\x1b\\[201~".prop_map(String::into_bytes),
        2 => select(&PASTED[..]).prop_map(|text| text.as_bytes().to_vec()),
        1 => select(&PASTED[..]).prop_map(|text| format!("\x1b[200~{text}\x1b[201~").into_bytes()),
        2 => "[ -~\r\n\t]{1,8}".prop_map(String::into_bytes),
        // kitty's keys: s, enter, escape, a release, shift.
        1 => "\x1b\\[(115|13|27|32|57441)(;[1-9](:[123])?)?u".prop_map(String::into_bytes),
        1 => "\x1b\\[(1;[1-9])?[ABCDFHPQSZ]|\x1bO[A-Z]|\x1b\\[[IO]".prop_map(String::into_bytes),
        1 => vec(any::<u8>(), 1..8),
        1 => vec(select(&[0, 3, 9, 10, 13, 26, 27, 127, 0x9b, 0x9d, 0xc3, 0xff][..]), 1..4),
    ]
}

/// Reports of the mouse in all forms. The left button goes down beside any picture, or nowhere.
fn mouse() -> impl Strategy<Value = Bytes> {
    let button = select(&[1u32, 2, 3, 32, 33, 35, 64, 65, 66, 67, 97, 128, 255, 256, 99999][..]);
    let place = select(&[0u32, 1, 5, 80, 223, 501, 65535, 65536, u32::MAX][..]);
    let end = select(&['M', 'm'][..]);
    prop_oneof![
        4 => (button.clone(), place.clone(), place.clone(), end.clone())
            .prop_map(|(b, x, y, end)| format!("\x1b[<{b};{x};{y}{end}").into_bytes()),
        1 => (501..70000u32, place.clone(), end)
            .prop_map(|(x, y, end)| format!("\x1b[<0;{x};{y}{end}").into_bytes()),
        1 => (button, place.clone(), place)
            .prop_map(|(b, x, y)| format!("\x1b[{};{x};{y}M", b + 32).into_bytes()),
        1 => (33..=255u8, any::<u8>(), any::<u8>())
            .prop_filter("the left button", |(b, ..)| !is_left(*b - 32))
            .prop_map(|(b, x, y)| [b"\x1b[M", &[b, x, y][..]].concat()),
    ]
}

/// Whether the left button goes down.
fn is_left(button: u8) -> bool {
    button & 0b1110_0011 == 0
}

/// The beginning of a sequence.
fn cut(whole: impl Strategy<Value = Bytes>) -> impl Strategy<Value = Bytes> {
    (whole, any::<Index>()).prop_map(|(mut bytes, at)| {
        bytes.truncate(1 + at.index(bytes.len()));
        bytes
    })
}

/// The real binary in a terminal, paused: whatever it is sent, its record has no outcome of an operator, and it
/// lives. The number of sequences.
fn real_screens(dice: &mut Dice) -> u64 {
    let sandbox = Sandbox::new();
    let sets = ["schedule=[(at: 3, command: \"pause\")]", "screen.refresh_secs=0.05"];
    let mut terminal = Terminal::train(&sandbox, (30, 100), &sets, &[]);
    terminal.until("● paused");
    let mut count = 0;
    for _ in 0..BURSTS {
        let mut sequences = mutate::draw(dice, vec(reads(), 8..20)).concat();
        while sequences.iter().map(Vec::len).sum::<usize>() > LARGEST_BURST {
            sequences.pop();
        }
        let burst = sequences.concat();
        let (rows, columns) = (1 + dice.below(60) as u16, 1 + dice.below(200) as u16);
        if dice.below(4) == 0 {
            terminal.claim(rows, columns);
        }
        // What begins with a key may have nothing but the mouse behind it.
        if is_deliberate(&burst) {
            continue;
        }
        count += sequences.len() as u64;
        terminal.send_bytes(&burst);
        terminal.until_read();
        thread::sleep(Duration::from_millis(30));
    }
    // Ends a paste that is open.
    terminal.press("\x03");
    terminal.resize(30, 100);
    terminal.until("● paused");
    terminal.signal("TERM");
    assert_eq!(terminal.exit(), 130);
    assert!(!terminal.sent().contains("internal error"), "{}", terminal.sent());
    for outcome in of_kind(&sandbox.record("tiny"), "command_outcome") {
        assert!(outcome["actor"].get("Operator").is_none(), "{outcome}");
    }
    count
}
