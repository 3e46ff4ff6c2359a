//! Tokens that the files beside a tokenizer's definition add to it: `added_tokens_decoder` of
//! tokenizer_config.json, and added_tokens.json.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// An added token as a definition has it, by its id.
pub(super) type Added = BTreeMap<u64, Value>;

/// The added tokens of both files.
///
/// # Errors
/// An entry is none, or one id stands for two tokens.
pub(super) fn tokens(
    config: &Map<String, Value>,
    added: &Map<String, Value>,
) -> Result<Added, String> {
    let mut tokens = Added::new();
    for (id, token) in
        config.get("added_tokens_decoder").and_then(Value::as_object).into_iter().flatten()
    {
        let (Ok(id), Some(content)) = (id.parse(), token["content"].as_str()) else {
            return Err(format!(
                "added_tokens_decoder of tokenizer_config.json has the entry \"{}\", which is not an id with the \
                 token's content",
                id.escape_debug()
            ));
        };
        tokens.insert(id, definition(id, content, token));
    }
    for (content, id) in added {
        let Some(id) = id.as_u64() else {
            return Err(format!(
                "added_tokens.json gives '{}' no id that is a whole number",
                content.escape_debug()
            ));
        };
        match tokens.get(&id).and_then(|token| token["content"].as_str()) {
            Some(other) if other != content => {
                return Err(format!(
                    "id {id} is '{}' in tokenizer_config.json and '{}' in added_tokens.json",
                    other.escape_debug(),
                    content.escape_debug()
                ));
            }
            Some(_) => {}
            None => drop(tokens.insert(id, definition(id, content, &Value::Null))),
        }
    }
    Ok(tokens)
}

/// A token as `added_tokens` of a definition has it, with the defaults of transformers.
pub(super) fn definition(id: u64, content: &str, options: &Value) -> Value {
    let is = |name: &str, default: bool| options[name].as_bool().unwrap_or(default);
    let special = is("special", false);
    json!({
        "id": id, "content": content, "special": special,
        "normalized": is("normalized", !special), "single_word": is("single_word", false),
        "lstrip": is("lstrip", false), "rstrip": is("rstrip", false),
    })
}

/// Adds tokens to a definition that it lacks, each under its id. `false` where it lacks none.
///
/// # Errors
/// The definition knows one under another id, or has another one under its id.
pub(super) fn add(definition: &mut Value, tokens: &Added) -> Result<bool, String> {
    let known: BTreeMap<String, u64> = definition["added_tokens"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|token| Some((token["content"].as_str()?.to_owned(), token["id"].as_u64()?)))
        .collect();
    let vocabulary = &definition["model"]["vocab"];
    let place = |content: &str| match vocabulary {
        Value::Array(pieces) => {
            pieces.iter().position(|piece| piece[0] == content).map(|at| at as u64)
        }
        by_name => by_name[content].as_u64(),
    };
    let mut lacking = Vec::new();
    for (id, token) in tokens {
        let content = token["content"].as_str().unwrap_or_default();
        match known.get(content).copied().or_else(|| place(content)) {
            Some(other) if other != *id => {
                return Err(format!(
                    "'{}' has the id {other} here and {id} in tokenizer_config.json or added_tokens.json; a \
                     token has one id",
                    content.escape_debug()
                ));
            }
            _ if known.contains_key(content) => {}
            _ => lacking.push(token.clone()),
        }
    }
    if lacking.is_empty() {
        return Ok(false);
    }
    match &mut definition["added_tokens"] {
        Value::Array(all) => all.extend(lacking),
        none => *none = Value::Array(lacking),
    }
    Ok(true)
}
