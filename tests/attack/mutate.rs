//! Changed inputs as strategies of proptest: a fault is shown with the fewest changes that repeat it.

use crate::common::Dice;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use serde_json::{Number, Value};
use std::fmt::Debug;
use std::ops::Range;

/// What a number or a word of a good input is replaced by; the first eleven are numbers, or nearly.
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

/// Longest piece of a text that is removed, doubled or put elsewhere.
const LONGEST_PIECE: usize = 40;

/// Characters of a value that a fault shows.
const MOST_SHOWN: usize = 4_000;

/// A value of a strategy.
pub fn draw<S: Strategy>(dice: &mut Dice, strategy: S) -> S::Value {
    strategy.new_tree(&mut runner(dice, 1)).expect("no value is filtered out").current()
}

/// Tries so many values of a strategy; panics with the smallest one that makes `test` panic.
pub fn every<S: Strategy>(dice: &mut Dice, values: u32, strategy: S, test: impl Fn(S::Value))
where
    S::Value: Debug,
{
    let outcome = runner(dice, values).run(&strategy, |value| {
        test(value);
        Ok(())
    });
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(reason, smallest)) => {
            let shown: String = format!("{smallest:?}").chars().take(MOST_SHOWN).collect();
            panic!("{reason}; by {shown}")
        }
        Err(TestError::Abort(reason)) => panic!("{reason}"),
    }
}

fn runner(dice: &mut Dice, cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut seed = [0; 32];
    seed.chunks_mut(8).for_each(|part| part.copy_from_slice(&dice.below(u64::MAX).to_le_bytes()));
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed))
}

/// A good text with one to four changes, at bytes that begin a character.
pub fn text(good: impl Into<String>) -> impl Strategy<Value = String> {
    let good = good.into();
    vec((any::<Index>(), 0..=LONGEST_PIECE, any::<Index>(), text_change()), 1..=4).prop_map(
        move |changes| {
            changes.iter().fold(good.clone(), |text, (at, length, other, change)| {
                let from = floor(&text, at.index(text.len() + 1));
                let to = floor(&text, from + length);
                change.apply(text, from..to, other)
            })
        },
    )
}

#[derive(Clone, Debug)]
enum TextChange {
    Remove,
    Double,
    Elsewhere,
    Insert(&'static str),
    Number(&'static str),
}

fn text_change() -> impl Strategy<Value = TextChange> {
    prop_oneof![
        Just(TextChange::Remove),
        Just(TextChange::Double),
        Just(TextChange::Elsewhere),
        select(&NASTY[..]).prop_map(TextChange::Insert),
        select(&NASTY[..11]).prop_map(TextChange::Number),
    ]
}

impl TextChange {
    fn apply(&self, mut text: String, piece: Range<usize>, other: &Index) -> String {
        let copied = text[piece.clone()].to_owned();
        match self {
            TextChange::Remove => text.replace_range(piece, ""),
            TextChange::Double => text.insert_str(piece.end, &copied),
            TextChange::Elsewhere => {
                text.insert_str(floor(&text, other.index(text.len() + 1)), &copied)
            }
            TextChange::Insert(nasty) => text.insert_str(piece.start, nasty),
            TextChange::Number(nasty) => return number_replaced(&text, nasty, other),
        }
        text
    }
}

/// Good bytes of which one to eight are changed, doubled or missing.
pub fn bytes(good: impl Into<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let good = good.into();
    vec((any::<Index>(), byte_change()), 1..=8).prop_map(move |changes| {
        changes.iter().fold(good.clone(), |mut bytes, (at, change)| {
            if !bytes.is_empty() {
                change.apply(&mut bytes, at);
            }
            bytes
        })
    })
}

#[derive(Clone, Debug)]
enum ByteChange {
    Flip(u8),
    Set(u8),
    CutOff,
    Double,
}

fn byte_change() -> impl Strategy<Value = ByteChange> {
    prop_oneof![
        (0..8u8).prop_map(ByteChange::Flip),
        any::<u8>().prop_map(ByteChange::Set),
        Just(ByteChange::CutOff),
        Just(ByteChange::Double),
    ]
}

impl ByteChange {
    fn apply(&self, bytes: &mut Vec<u8>, at: &Index) {
        let at = at.index(bytes.len());
        match self {
            ByteChange::Flip(bit) => bytes[at] ^= 1 << bit,
            ByteChange::Set(byte) => bytes[at] = *byte,
            ByteChange::CutOff => bytes.truncate(at),
            ByteChange::Double => bytes.insert(at, bytes[at]),
        }
    }
}

/// A good JSON value of which one to four nodes are replaced, removed or doubled.
pub fn json(good: Value) -> impl Strategy<Value = Value> {
    // Most values lie at most so deep; a longer way ends at a leaf.
    let way = vec(any::<Index>(), 0..8);
    vec((way, node_change()), 1..=4).prop_map(move |changes| {
        changes.iter().fold(good.clone(), |mut value, (way, change)| {
            change.apply(&mut value, way);
            value
        })
    })
}

#[derive(Clone, Debug)]
enum NodeChange {
    Replace(Value),
    Remove,
    Double,
}

fn node_change() -> impl Strategy<Value = NodeChange> {
    prop_oneof![
        8 => nasty_value().prop_map(NodeChange::Replace),
        1 => Just(NodeChange::Remove),
        1 => Just(NodeChange::Double),
    ]
}

impl NodeChange {
    /// Changes the node that the way leads to.
    fn apply(&self, value: &mut Value, way: &[Index]) {
        match (value, way) {
            (Value::Object(fields), [at, rest @ ..]) if !fields.is_empty() => {
                let name = fields.keys().nth(at.index(fields.len())).cloned().unwrap_or_default();
                match self {
                    NodeChange::Remove if rest.is_empty() => drop(fields.remove(&name)),
                    _ => self.apply(&mut fields[&name], rest),
                }
            }
            (Value::Array(items), [at, rest @ ..]) if !items.is_empty() => {
                let at = at.index(items.len());
                match self {
                    NodeChange::Remove if rest.is_empty() => drop(items.remove(at)),
                    NodeChange::Double if rest.is_empty() => items.push(items[at].clone()),
                    _ => self.apply(&mut items[at], rest),
                }
            }
            (node, _) => {
                if let NodeChange::Replace(nasty) = self {
                    *node = nasty.clone();
                }
            }
        }
    }
}

fn nasty_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        Just(Value::from(0)),
        Just(Value::from(-1)),
        Just(Value::from(u64::MAX)),
        Just(Number::from_f64(1e300).map_or(Value::Null, Value::Number)),
        (0..13u32).prop_map(|power| Value::from(10_u64.pow(power))),
        Just(Value::from("")),
        Just(Value::from("\u{1b}]0;x\u{7}\u{202e}")),
        (0..6u32).prop_map(|power| Value::from("a".repeat(10_usize.pow(power)))),
        Just(Value::Array(Vec::new())),
        Just(Value::from("(\\w+\\s?)*\\.$$")),
    ]
}

/// The last beginning of a character up to `at`.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0)
}

fn number_replaced(text: &str, nasty: &str, which: &Index) -> String {
    let begins: Vec<usize> = text
        .char_indices()
        .filter(|(i, c)| c.is_ascii_digit() && !text[..*i].ends_with(|c: char| c.is_ascii_digit()))
        .map(|(i, _)| i)
        .collect();
    if begins.is_empty() {
        return text.to_owned();
    }
    let at = begins[which.index(begins.len())];
    let rest = text[at..].trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    format!("{}{nasty}{rest}", &text[..at])
}
