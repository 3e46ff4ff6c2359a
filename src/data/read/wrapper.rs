//! `{"version": …, "data": [{…}, {…}]}`: a data set in one object, as some tools write it.

use crate::data::row_format;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

#[derive(Deserialize)]
struct Wrapper<'a> {
    #[serde(borrow)]
    data: Vec<&'a RawValue>,
}

/// Whether a line is such an object.
pub(super) fn is_one(line: &[u8]) -> bool {
    std::str::from_utf8(line).is_ok_and(|text| elements(text).is_some())
}

/// The rows in an object that begins on line `line`, each with its own line: those of `data`, or the
/// object itself.
pub(super) fn rows_of(object: &str, line: u64) -> Vec<(u64, &str)> {
    let Some(elements) = elements(object) else { return vec![(line, object)] };
    let mut rows = Vec::with_capacity(elements.len());
    let (mut at, mut line) = (0, line);
    for element in elements {
        let begin = element.get().as_ptr() as usize - object.as_ptr() as usize;
        line += object[at..begin].matches('\n').count() as u64;
        at = begin;
        rows.push((line, element.get()));
    }
    rows
}

/// A row may have a field `data` as well; then it has those of a format besides.
fn elements(object: &str) -> Option<Vec<&RawValue>> {
    let Wrapper { data } = serde_json::from_str(object).ok()?;
    let are_objects = data.iter().all(|element| element.get().starts_with('{'));
    let fields = serde_json::from_str::<Map<String, Value>>(object).ok()?;
    (!data.is_empty() && are_objects && row_format::recognize(&fields).is_err()).then_some(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_of_a_wrapped_data_set_have_their_own_lines() {
        let object = "{\"version\": 1,\n\"data\": [\n{\"text\": \"a\"},\n{\"text\": \"b\"}]}";
        let rows = [(7, r#"{"text": "a"}"#), (8, r#"{"text": "b"}"#)];
        assert_eq!(rows_of(object, 5), rows);
        for row in [r#"{"text": "x", "data": [{"a": 1}]}"#, r#"{"data": []}"#, r#"{"data": [1]}"#] {
            assert_eq!(rows_of(row, 5), [(5, row)]);
        }
    }
}
