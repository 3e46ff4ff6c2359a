//! What of a config is never shown: keys, and the values of fields in which one may be pasted.

use super::error::ConfigError;
use super::field_path::{FieldPath, Key};
use super::locate::{Kind, Node};
use super::source::Source;
use super::words::excerpt;
use crate::echo::holds_key;

/// Fields whose values no error repeats. Whoever pastes a key pastes it here.
const FIELDS: [&str; 4] =
    ["detection.judge.key", "detection.judge.base_url", "notify.usual", "notify.webhook_token"];
/// Names of fields, ours or guessed, for whose sake a group around them is not shown.
const NAMES: [&str; 11] = [
    "key",
    "api_key",
    "apikey",
    "token",
    "secret",
    "password",
    "base_url",
    "judge",
    "alert",
    "usual",
    "webhook_token",
];

/// Stands in place of such a value.
pub(super) const NOT_SHOWN: &str = "a text (not shown)";

/// Whether the field at a path may hold a secret.
pub(super) fn is_secret(path: &str) -> bool {
    let is_alert = path.starts_with("alerts[") && path.contains(".alert");
    is_alert
        || FIELDS
            .iter()
            .any(|field| path.strip_prefix(field).is_some_and(|rest| !rest.starts_with('_')))
}

/// A value as errors show it: on one line and short, and only its name where it may hold a secret.
pub(super) fn shown(path: &FieldPath, node: &Node, source: &Source) -> String {
    if is_secret(&path.to_string()) {
        return NOT_SHOWN.into();
    }
    let written = source.written(node.span.clone());
    match written.find('(') {
        Some(bracket) if is_judge(path) || holds_secret(node) => {
            format!("{}(…)", excerpt(&written[..bracket]))
        }
        _ => excerpt(&written),
    }
}

fn is_judge(path: &FieldPath) -> bool {
    path.to_string() == "detection.judge"
}

fn holds_secret(node: &Node) -> bool {
    node.children().any(|(field, child)| {
        field.is_some_and(|field| NAMES.contains(&field.name.as_str())) || holds_secret(child)
    })
}

/// A key that was pasted into a config.
pub(super) struct Pasted {
    /// The value that holds it.
    pub path: FieldPath,
    /// Its byte in the text.
    pub offset: usize,
    /// The error, without the key.
    pub error: ConfigError,
}

/// Every key among the values of a config. It would end up in the run's folder, its events and its
/// screens.
pub(super) fn pasted_keys(source: &Source, tree: &Node) -> Vec<Pasted> {
    let mut found = Vec::new();
    collect(tree, &FieldPath::default(), source, &mut found);
    found
}

fn collect(node: &Node, path: &FieldPath, source: &Source, out: &mut Vec<Pasted>) {
    let text = source.text();
    match &node.kind {
        Kind::Word | Kind::Text | Kind::Scalar => {
            let value = node.string(text).unwrap_or_else(|| node.text(text).to_owned());
            if holds_key(&value) {
                out.push(pasted(node, path, source));
            }
        }
        Kind::Map(entries) => entries.iter().for_each(|(key, value)| {
            collect(key, path, source, out);
            let name = key.string(text).unwrap_or_default();
            collect(value, &path.with(Key::Name(name)), source, out);
        }),
        Kind::List(items) => {
            (0..).zip(items).for_each(|(at, item)| collect(item, &path.index(at), source, out));
        }
        Kind::Tuple { items, .. } => items.iter().for_each(|item| collect(item, path, source, out)),
        Kind::Fields { fields, .. } => fields
            .iter()
            .for_each(|field| collect(&field.value, &path.field(&field.name), source, out)),
    }
}

fn pasted(node: &Node, path: &FieldPath, source: &Source) -> Pasted {
    Pasted {
        path: path.clone(),
        offset: node.span.start,
        error: ConfigError {
            path: path.to_string(),
            place: source.place(node.span.start),
            found: "a text that begins as a key does (not shown)".into(),
            allowed: "no key in a config: runs, screens and logs show its values".into(),
            fix: "put the key into an environment variable or a file, and name that: \
                  `key: Env(\"NAME\")` or `key: File(\"path\")`; rename what is no key"
                .into(),
        },
    }
}
