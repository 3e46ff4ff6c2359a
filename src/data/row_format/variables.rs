//! Fields of a row that its chat template is given beside the messages.

use super::fields::{Fields, list, present, wrong_kind};
use super::refused::{check_read, is_given};
use super::rules::Rules;
use crate::data::error::RowError;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// Lists of objects that templates know by these names.
pub(super) const LISTS: [&str; 2] = ["tools", "documents"];

/// Further variables by name, as TRL has them in rows.
pub(super) const FURTHER: &str = "chat_template_kwargs";

/// What a template gets from the program.
const RESERVED: [&str; 4] = ["messages", "add_generation_prompt", "bos_token", "eos_token"];

/// The variables of a row.
///
/// # Errors
/// One is of another kind, or the template does not read it.
pub(super) fn variables(fields: &Fields, rules: &Rules) -> Result<Map<String, Value>, RowError> {
    check_read("", fields, &LISTS, rules)?;
    let mut variables = Map::new();
    for name in LISTS.into_iter().filter(|name| is_given(fields, name, rules)) {
        let Some(value) = present(fields, name) else { continue };
        let is_none = value.as_str().is_some_and(|text| matches!(text.trim(), "" | "null"));
        if is_none {
            continue;
        }
        let items = list(value).ok_or_else(|| wrong_kind(name, value, "a list of objects"))?;
        if items.is_empty() {
            continue;
        }
        if let Some((i, item)) = items.iter().enumerate().find(|(_, item)| !item.is_object()) {
            return Err(wrong_kind(&format!("{name}[{i}]"), item, "an object"));
        }
        variables.insert(name.to_owned(), Value::Array(items.into_owned()));
    }
    if is_given(fields, FURTHER, rules)
        && let Some(value) = present(fields, FURTHER)
    {
        let further = object(value).ok_or_else(|| wrong_kind(FURTHER, value, "an object"))?;
        if let Some(name) = RESERVED.into_iter().find(|name| further.contains_key(*name)) {
            return Err(RowError(format!(
                "'{FURTHER}.{name}' is what the program gives the template itself; remove it"
            )));
        }
        variables.extend(further.into_owned());
    }
    Ok(variables)
}

/// An object, or the text of one, as tables have it.
fn object(value: &Value) -> Option<Cow<'_, Map<String, Value>>> {
    match value {
        Value::Object(fields) => Some(Cow::Borrowed(fields)),
        Value::String(text) => serde_json::from_str(text).ok().map(Cow::Owned),
        _ => None,
    }
}
