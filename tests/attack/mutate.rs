//! Changed inputs: bytes, numbers and pieces of a good one.

use crate::common::Dice;
use serde_json::{Number, Value};

/// What a number or a word of a good input is replaced by.
const NASTY: [&str; 24] = [
    "0",
    "-1",
    "1e300",
    "-1e300",
    "NaN",
    "inf",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999999999",
    "0.1e-320",
    "\"\"",
    "()",
    "[]",
    "None",
    "Some(Some(1))",
    "{",
    "((((((((((((((((((",
    "\"\\u{202e}\"",
    "'\u{0}'",
    "r#\"",
    "\u{feff}",
    "/*",
    "\u{1b}[2J",
    "..",
];

/// One to four changes of a text, at bytes that begin a character.
pub fn text(dice: &mut Dice, good: &str) -> String {
    let mut text = good.to_owned();
    for _ in 0..=dice.below(4) {
        let (a, b) = (cut(dice, &text), cut(dice, &text));
        let (from, to) = (a.min(b), a.max(b).min(floor(&text, a.min(b) + 40)));
        let piece = text[from..to].to_owned();
        match dice.below(5) {
            0 => text.replace_range(from..to, ""),
            1 => text.insert_str(to, &piece),
            2 => text.insert_str(from, NASTY[dice.below(NASTY.len() as u64) as usize]),
            3 => text = number_replaced(dice, &text),
            _ => text.insert_str(cut(dice, &text.clone()), &piece),
        }
    }
    text
}

/// One to eight changed, doubled or missing bytes.
pub fn bytes(dice: &mut Dice, good: &[u8]) -> Vec<u8> {
    let mut bytes = good.to_vec();
    for _ in 0..=dice.below(8) {
        if bytes.is_empty() {
            break;
        }
        let at = dice.below(bytes.len() as u64) as usize;
        match dice.below(4) {
            0 => bytes[at] ^= 1 << dice.below(8),
            1 => bytes[at] = dice.below(256) as u8,
            2 => bytes.truncate(at),
            _ => bytes.insert(at, bytes[at]),
        }
    }
    bytes
}

/// One node of a JSON value replaced, removed or doubled.
pub fn json(dice: &mut Dice, value: &mut Value) {
    match value {
        Value::Object(fields) if !fields.is_empty() && dice.below(12) > 0 => {
            let at = dice.below(fields.len() as u64) as usize;
            let name = fields.keys().nth(at).cloned().unwrap_or_default();
            if dice.below(10) == 0 {
                fields.remove(&name);
            } else if let Some(field) = fields.get_mut(&name) {
                json(dice, field);
            }
        }
        Value::Array(items) if !items.is_empty() && dice.below(12) > 0 => {
            let at = dice.below(items.len() as u64) as usize;
            match dice.below(10) {
                0 => drop(items.remove(at)),
                1 => items.push(items[at].clone()),
                _ => json(dice, &mut items[at]),
            }
        }
        leaf => *leaf = nasty_value(dice),
    }
}

fn nasty_value(dice: &mut Dice) -> Value {
    match dice.below(12) {
        0 => Value::Null,
        1 => Value::Bool(dice.below(2) == 0),
        2 => Value::from(0),
        3 => Value::from(-1),
        4 => Value::from(u64::MAX),
        5 => Number::from_f64(1e300).map_or(Value::Null, Value::Number),
        6 => Value::from(10_u64.pow(dice.below(13) as u32)),
        7 => Value::from(""),
        8 => Value::from("\u{1b}]0;x\u{7}\u{202e}"),
        9 => Value::from("a".repeat(10_usize.pow(dice.below(6) as u32))),
        10 => Value::Array(Vec::new()),
        _ => Value::from("(\\w+\\s?)*\\.$$"),
    }
}

/// A position in a text at which a character begins.
fn cut(dice: &mut Dice, text: &str) -> usize {
    floor(text, dice.below(text.len() as u64 + 1) as usize)
}

/// The last beginning of a character up to `at`.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0)
}

fn number_replaced(dice: &mut Dice, text: &str) -> String {
    let begins: Vec<usize> = text
        .char_indices()
        .filter(|(i, c)| c.is_ascii_digit() && !text[..*i].ends_with(|c: char| c.is_ascii_digit()))
        .map(|(i, _)| i)
        .collect();
    if begins.is_empty() {
        return text.to_owned();
    }
    let at = begins[dice.below(begins.len() as u64) as usize];
    let rest = text[at..].trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    format!("{}{}{rest}", &text[..at], NASTY[dice.below(11) as usize])
}
