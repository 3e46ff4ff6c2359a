//! How a record is read from its line.

use super::{Event, Record, StepSample};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use std::fmt;

/// As serde would derive it, but for steps, of which most lines are: as it is known what they are before their
/// fields come, these are read without a map of all fields in between.
impl<'de> Deserialize<'de> for Record {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        reader.deserialize_map(Fields)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Record;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event with its number and time")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Record, M::Error> {
        let (mut seq, mut unix_ms, mut fields) = (None, None, Map::new());
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "seq" => seq = Some(map.next_value()?),
                "unix_ms" => unix_ms = Some(map.next_value()?),
                "event" => {
                    let word: String = map.next_value()?;
                    if let (Some(seq), Some(unix_ms), "step", true) =
                        (seq, unix_ms, word.as_str(), fields.is_empty())
                    {
                        let fields = MapAccessDeserializer::new(map);
                        let event = Event::Step(StepSample::deserialize(fields)?);
                        return Ok(Record { seq, unix_ms, event });
                    }
                    fields.insert(name, Value::String(word));
                }
                _ => drop(fields.insert(name, map.next_value()?)),
            }
        }
        Ok(Record {
            seq: seq.ok_or_else(|| Error::missing_field("seq"))?,
            unix_ms: unix_ms.ok_or_else(|| Error::missing_field("unix_ms"))?,
            event: Event::deserialize(Value::Object(fields)).map_err(Error::custom)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::fixture::{notice, step_sample};

    #[test]
    fn the_order_of_fields_does_not_matter() {
        for event in [step_sample(3), notice("x")] {
            let record = Record { seq: 7, unix_ms: 8, event };
            let Value::Object(fields) = serde_json::to_value(&record).unwrap() else {
                panic!("no object")
            };
            let turned: Map<String, Value> = fields.into_iter().rev().collect();
            for line in [serde_json::to_string(&record), serde_json::to_string(&turned)] {
                assert_eq!(serde_json::from_str::<Record>(&line.unwrap()).unwrap(), record);
            }
        }
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        for (line, named) in [
            (r#"{"seq":1,"unix_ms":1,"event":"step","step":1}"#, "loss"),
            (r#"{"unix_ms":1,"event":"notice","level":"info","text":"x"}"#, "seq"),
            (r#"{"seq":1,"unix_ms":1,"event":"step","step":"one"}"#, "one"),
            (r#"{"seq":1,"unix_ms":1,"event":"nothing"}"#, "nothing"),
            (r#"{"seq":1,"unix_ms":1}"#, "event"),
            ("[1, 2]", "an event with its number and time"),
        ] {
            let error = serde_json::from_str::<Record>(line).unwrap_err().to_string();
            assert!(error.contains(named), "{line}: {error}");
        }
    }
}
