//! JSON values in words, for messages about rows and files.

use serde_json::Value;

/// The kind of a value, with its article: `a list`.
pub(super) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The error without its line number: the parser counts lines from the beginning of the row, not of
/// the file.
pub(super) fn error_without_line(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" at line ") {
        Some((what, _)) => format!("{what} at column {}", error.column()),
        None => text,
    }
}

/// Every text in a value, at any depth.
pub(super) fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(fields) => fields.values().flat_map(texts).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

/// JSON as Python writes it, where `NaN`, `Infinity` and `-Infinity` are numbers; they become null.
///
/// # Errors
/// It is no JSON but for these.
pub(super) fn parse_pythons<T: serde::de::DeserializeOwned>(text: &str) -> serde_json::Result<T> {
    serde_json::from_str(text).or_else(|_| serde_json::from_str(&without_odd_numbers(text)))
}

fn without_odd_numbers(text: &str) -> String {
    const ODD: [&str; 3] = ["-Infinity", "Infinity", "NaN"];
    let (mut out, mut rest, mut in_string) = (String::with_capacity(text.len()), text, false);
    while let Some(c) = rest.chars().next() {
        let odd = ODD.iter().find(|odd| !in_string && rest.starts_with(**odd));
        let (written, taken) = match odd {
            Some(odd) => ("null", odd.len()),
            // An escaped character, which may be the quote.
            None if in_string && c == '\\' => {
                let escaped = rest[1..].chars().next().map_or(0, char::len_utf8);
                (&rest[..1 + escaped], 1 + escaped)
            }
            None => (&rest[..c.len_utf8()], c.len_utf8()),
        };
        in_string ^= c == '"';
        out.push_str(written);
        rest = &rest[taken..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_only_python_writes_are_null() {
        let text =
            r#"{"a": Infinity, "b": [-Infinity, NaN, 1], "c": "NaN \" Infinity", "d": "\\"}"#;
        let expected =
            serde_json::json!({"a": null, "b": [null, null, 1], "c": "NaN \" Infinity", "d": "\\"});
        assert_eq!(parse_pythons::<Value>(text).unwrap(), expected);
        assert!(parse_pythons::<Value>(r#"{"a": infinity}"#).is_err());
    }
}
