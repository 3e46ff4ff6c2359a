//! What is known to break `tokenizers` on some text, found in a tokenizer.json before it is parsed.

use serde_json::{Map, Value};
use tokenizers::normalizers::Precompiled;

/// Ids from here on have no place in the tokens on disk, whose highest bit says whether the loss counts
/// a token.
const FIRST_ID_TOO_LARGE: u64 = 1 << 31;

/// Characters of an error of `tokenizers`, which may quote all that it could not read.
const LONGEST_REASON: usize = 200;

/// Says what is wrong, where, and what to do.
///
/// # Errors
/// The text is not JSON, is nested too deeply, or has a part that breaks.
pub(super) fn check(definition: &str) -> Result<(), String> {
    // serde_json nests 127 deep and no deeper.
    let json: Value = serde_json::from_str(definition)
        .map_err(|error| format!("not a tokenizer, as it is not JSON: {error}"))?;
    let Value::Object(fields) = &json else {
        return Err("not a tokenizer, as it is not a JSON object".into());
    };
    for (name, part) in fields {
        match name.as_str() {
            "model" => check_ids(name, &part["vocab"])?,
            "added_tokens" => check_added(part)?,
            "normalizer" | "pre_tokenizer" | "post_processor" | "decoder" => walk(name, part)?,
            // `padding` and `truncation` are not used.
            _ => {}
        }
    }
    Ok(())
}

/// Every regular expression of a definition.
pub(in crate::data) fn regexes(definition: &str) -> Vec<String> {
    let mut found = Vec::new();
    let json: Value = serde_json::from_str(definition).unwrap_or_default();
    for part in ["normalizer", "pre_tokenizer", "decoder"] {
        collect_regexes(&json[part], &mut found);
    }
    found
}

fn collect_regexes(part: &Value, found: &mut Vec<String>) {
    match part {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(pattern) if name == "Regex" => found.push(pattern.clone()),
                    _ => collect_regexes(value, found),
                }
            }
        }
        Value::Array(parts) => parts.iter().for_each(|part| collect_regexes(part, found)),
        _ => {}
    }
}

/// Checks a part and all parts in it.
fn walk(path: &str, part: &Value) -> Result<(), String> {
    match part {
        Value::Object(fields) => {
            check_part(path, fields)?;
            fields.iter().try_for_each(|(name, value)| walk(&format!("{path}.{name}"), value))
        }
        Value::Array(parts) => {
            let mut numbered = parts.iter().enumerate();
            numbered.try_for_each(|(index, value)| walk(&format!("{path}[{index}]"), value))
        }
        _ => Ok(()),
    }
}

fn check_part(path: &str, part: &Map<String, Value>) -> Result<(), String> {
    match part.get("type").and_then(Value::as_str) {
        Some("FixedLength") if part.get("length").and_then(Value::as_u64) == Some(0) => Err(
            format!("{path}.length is 0, so that no text is ever cut up; a length is at least 1"),
        ),
        Some(kind @ ("Replace" | "Split")) => check_pattern(path, kind, part.get("pattern")),
        Some("TemplateProcessing") => check_template(path, part),
        Some("Precompiled") => check_charsmap(path, part),
        _ => Ok(()),
    }
}

fn check_pattern(path: &str, kind: &str, pattern: Option<&Value>) -> Result<(), String> {
    let is_empty =
        |field: &&str| pattern.is_some_and(|pattern| pattern[field].as_str() == Some(""));
    let empty = ["String", "Regex"].into_iter().find(is_empty);
    match empty {
        Some(field) => Err(format!(
            "{path}.pattern.{field} of a {kind} is empty, which fits everywhere and nowhere; remove the \
             {kind}, or give it a pattern"
        )),
        None => Ok(()),
    }
}

/// Each special token of a template needs an entry that says which ids it stands for.
fn check_template(path: &str, part: &Map<String, Value>) -> Result<(), String> {
    for side in ["single", "pair"] {
        let pieces = part.get(side).and_then(Value::as_array).into_iter().flatten();
        for (index, piece) in pieces.enumerate() {
            let Some(token) = piece["SpecialToken"]["id"].as_str() else { continue };
            if part.get("special_tokens").is_none_or(|known| known[token]["ids"].is_null()) {
                return Err(format!(
                    "{path}.{side}[{index}] names the token '{token}', which is not among \
                     {path}.special_tokens; add it there, or remove it here"
                ));
            }
        }
    }
    Ok(())
}

fn check_charsmap(path: &str, part: &Map<String, Value>) -> Result<(), String> {
    // It is read from a text only, not from a value.
    let text = Value::Object(part.clone()).to_string();
    serde_json::from_str::<Precompiled>(&text).map(drop).map_err(|error| {
        let error: String = error.to_string().chars().take(LONGEST_REASON).collect();
        format!(
            "{path}.precompiled_charsmap cannot be read: {error}; convert the tokenizer from its \
             tokenizer.model again"
        )
    })
}

fn check_added(tokens: &Value) -> Result<(), String> {
    for (index, token) in tokens.as_array().into_iter().flatten().enumerate() {
        check_id(&format!("added_tokens[{index}].id"), &token["id"])?;
    }
    Ok(())
}

/// A vocabulary is an object of ids; other kinds number their tokens by position.
fn check_ids(path: &str, vocabulary: &Value) -> Result<(), String> {
    for (token, id) in vocabulary.as_object().into_iter().flatten() {
        check_id(&format!("{path}.vocab['{}']", token.escape_debug()), id)?;
    }
    Ok(())
}

fn check_id(path: &str, id: &Value) -> Result<(), String> {
    match id.as_u64() {
        Some(id) if id >= FIRST_ID_TOO_LARGE => Err(format!(
            "{path} is {id}; ids are below {FIRST_ID_TOO_LARGE}, and below the model's vocab_size"
        )),
        _ => Ok(()),
    }
}
