//! Marks of tokens as a text of `0` and `1`, which is shorter than a list.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};
use std::borrow::Cow;

pub(super) fn serialize<S: Serializer>(marks: &[bool], out: S) -> Result<S::Ok, S::Error> {
    let digits: String = marks.iter().map(|mark| if *mark { '1' } else { '0' }).collect();
    out.serialize_str(&digits)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<bool>, D::Error> {
    let digits = Cow::<str>::deserialize(input)?;
    let mark = |digit| match digit {
        b'0' => Ok(false),
        b'1' => Ok(true),
        _ => Err(D::Error::custom("a mark is 0 or 1")),
    };
    digits.bytes().map(mark).collect()
}
