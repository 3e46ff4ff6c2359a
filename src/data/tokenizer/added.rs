//! Tokens that the files beside a tokenizer's definition add to it: `added_tokens_decoder` of
//! tokenizer_config.json, and added_tokens.json.

use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Added tokens by their ids.
pub(super) type Added = BTreeMap<u64, AddedToken>;

/// An added token.
pub(super) struct AddedToken {
    /// As a definition has it.
    json: Value,
    /// Whether its file says how it is matched; added_tokens.json does not.
    has_options: bool,
}

impl AddedToken {
    fn new(id: u64, content: &str, options: &Value) -> Self {
        AddedToken { json: definition(id, content, options), has_options: !options.is_null() }
    }

    pub fn content(&self) -> &str {
        self.json["content"].as_str().unwrap_or_default()
    }
}

/// Special tokens by what they are for, in the order in which transformers adds them.
const NAMED: [&str; 7] =
    ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];
/// Further special tokens: lists, or tokens by name.
const FURTHER: [&str; 2] = ["additional_special_tokens", "extra_special_tokens"];

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
        tokens.insert(id, AddedToken::new(id, content, token));
    }
    for (content, id) in added {
        let Some(id) = id.as_u64() else {
            return Err(format!(
                "added_tokens.json gives '{}' no id that is a whole number",
                content.escape_debug()
            ));
        };
        match tokens.get(&id).map(AddedToken::content) {
            Some(other) if other != content => {
                return Err(format!(
                    "id {id} is '{}' in tokenizer_config.json and '{}' in added_tokens.json",
                    other.escape_debug(),
                    content.escape_debug()
                ));
            }
            Some(_) => {}
            None => drop(tokens.insert(id, AddedToken::new(id, content, &Value::Null))),
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

/// Adds tokens to a definition that it lacks, each under its id; of those that it has, the options are those of
/// the files beside it, as in transformers. `false` where nothing is to be changed.
///
/// # Errors
/// The definition knows one under another id, or has another one under its id.
pub(super) fn add(definition: &mut Value, tokens: &Added) -> Result<bool, String> {
    let mut all = added_of(definition);
    let before = all.clone();
    let at: HashMap<String, usize> =
        all.iter().zip(0..).map(|(token, at)| (content_of(token), at)).collect();
    let in_vocabulary = places(definition);
    for (id, token) in tokens {
        let content = token.content();
        let known = at.get(content).and_then(|at| all.get_mut(*at));
        let known_id = known.as_ref().and_then(|known| known["id"].as_u64());
        match (known_id.or_else(|| in_vocabulary.get(content).copied()), known) {
            (Some(other), _) if other != *id => {
                return Err(format!(
                    "'{}' has the id {other} here and {id} in tokenizer_config.json or added_tokens.json; a \
                     token has one id",
                    content.escape_debug()
                ));
            }
            (_, Some(known)) if token.has_options => *known = token.json.clone(),
            (_, Some(_)) => {}
            (_, None) => all.push(token.json.clone()),
        }
    }
    Ok(put(definition, all, &before))
}

/// Adds the special tokens that the files beside a definition name and it does not have as such: under their ids
/// in the vocabulary, or else behind all others, as transformers does. `false` where nothing is to be changed.
pub(super) fn add_special(definition: &mut Value, contents: &[String]) -> bool {
    let mut all = added_of(definition);
    let before = all.clone();
    let mut known: HashSet<String> = all.iter().map(content_of).collect();
    let in_vocabulary = places(definition);
    for content in contents {
        if !known.insert(content.clone()) {
            continue;
        }
        let id = in_vocabulary
            .get(content.as_str())
            .copied()
            .unwrap_or_else(|| next_id(definition, &all));
        all.push(self::definition(id, content, &json!({"special": true})));
    }
    put(definition, all, &before)
}

/// The special tokens that these files name, each once. Later files win.
pub(super) fn special_tokens(files: &[&Map<String, Value>]) -> Vec<String> {
    let content = |value: &Value| text_of(value).map(str::to_owned);
    let last = |name: &str| files.iter().rev().find_map(|file| file.get(name));
    let mut found: Vec<String> =
        NAMED.into_iter().filter_map(|name| content(last(name)?)).collect();
    for value in FURTHER.into_iter().filter_map(last) {
        match value {
            Value::Array(items) => found.extend(items.iter().filter_map(content)),
            Value::Object(by_name) => found.extend(by_name.values().filter_map(content)),
            _ => {}
        }
    }
    let mut seen = HashSet::new();
    found.retain(|token| !token.is_empty() && seen.insert(token.clone()));
    found
}

/// The text of a token that these files write as such, or as an object with its options.
pub(super) fn text_of(token: &Value) -> Option<&str> {
    token.as_str().or_else(|| token.get("content")?.as_str())
}

fn added_of(definition: &Value) -> Vec<Value> {
    definition["added_tokens"].as_array().cloned().unwrap_or_default()
}

/// Puts the added tokens back; whether they are others than before.
fn put(definition: &mut Value, all: Vec<Value>, before: &[Value]) -> bool {
    if all == before {
        return false;
    }
    definition["added_tokens"] = Value::Array(all);
    true
}

fn content_of(token: &Value) -> String {
    token["content"].as_str().unwrap_or_default().to_owned()
}

/// The ids of the tokens in the vocabulary.
fn places(definition: &Value) -> HashMap<&str, u64> {
    match &definition["model"]["vocab"] {
        Value::Array(pieces) => {
            let numbered = pieces.iter().enumerate();
            let named = numbered.filter_map(|(id, piece)| Some((piece[0].as_str()?, id as u64)));
            // The first of several, as a search finds it.
            named.rev().collect()
        }
        Value::Object(by_name) => {
            by_name.iter().filter_map(|(name, id)| Some((name.as_str(), id.as_u64()?))).collect()
        }
        _ => HashMap::new(),
    }
}

/// The id that `tokenizers` gives a new token.
fn next_id(definition: &Value, added: &[Value]) -> u64 {
    let vocabulary = &definition["model"]["vocab"];
    let size = vocabulary.as_array().map(Vec::len).or_else(|| Some(vocabulary.as_object()?.len()));
    let size = size.unwrap_or(0) as u64;
    let last = added.iter().filter_map(|token| token["id"].as_u64()).max();
    last.map_or(size, |last| size.max(last.saturating_add(1)))
}
