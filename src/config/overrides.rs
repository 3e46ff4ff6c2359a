//! `--set key=value`: the text of the config is changed where the key is, and read again afterwards,
//! so that an override is checked like the file and errors name it.
//!
//! The value is RON. A bare word is read as a string where a string is wanted:
//! `--set mixing.target=law`, `--set model=owner/name`, while `--set model.precision=F32` is the
//! variant.

use super::decode::decode;
use super::error::ConfigError;
use super::field_path::{FieldPath, Key};
use super::fields;
use super::locate::{Kind, Node};
use super::scan::scan;
use super::secret;
use super::shorthand::expand;
use super::source::{Origin, Place, Source};
use super::words::{any_of, did_you_mean, excerpt};
use crate::echo::holds_key;

/// Applies one override to the text, which is valid RON with its short forms expanded, before and
/// after. On an error the text stays as it was.
pub(super) fn apply(source: &mut Source, text: &str) -> Result<(), ConfigError> {
    let origin = source.add_override(text);
    let edited = edited(source, text, origin).map_err(|(path, (found, allowed, fix))| {
        // A part of the path may be a part of a key.
        let found = if holds_key(text) { secret::NOT_SHOWN.into() } else { found };
        ConfigError { path, place: Place::Override(text.to_owned()), found, allowed, fix }
    });
    *source = edited?;
    Ok(())
}

/// What was found, what is allowed, and the fix.
type Complaint = (String, String, String);

fn complaint<T>(
    key: &str,
    found: String,
    allowed: &str,
    fix: &str,
) -> Result<T, (String, Complaint)> {
    Err((key.to_owned(), (found, allowed.to_owned(), fix.to_owned())))
}

/// The source with the override applied: with its value in the likeliest meaning that reads without
/// an error, or else in the likeliest one.
fn edited(source: &Source, text: &str, origin: Origin) -> Result<Source, (String, Complaint)> {
    let Some((key, value)) = text.split_once('=') else {
        let fix = "write, for example, --set training.lr=1e-5";
        let found = match names_a_field(text) {
            true => format!("`{text}`"),
            false => secret::NOT_SHOWN.to_owned(),
        };
        return complaint("", found, "key=value", fix);
    };
    let Some(path) = FieldPath::parse(key) else {
        let allowed = "field names separated by dots, entries of a list by name or [number]";
        return complaint(
            "",
            format!("the key `{key}`"),
            allowed,
            "such as data.domains.law.limit",
        );
    };
    let value = value.trim();
    let candidates = candidates(value);
    let Some((likeliest, others)) = candidates.split_first() else {
        let allowed = "a value in RON, with every bracket and quote closed";
        let fix = "put the whole in 'single quotes' for the shell";
        let found = match secret::is_secret(key.trim()) {
            true => secret::NOT_SHOWN.into(),
            false => format!("`{}`", excerpt(value)),
        };
        return complaint(key, found, allowed, fix);
    };
    let likeliest =
        edit(source, &path, likeliest, origin).map_err(|complaint| (key.to_owned(), complaint))?;
    if reads(&likeliest, origin) {
        return Ok(likeliest);
    }
    let mut others = others.iter().filter_map(|other| edit(source, &path, other, origin).ok());
    Ok(others.find(|edited| reads(edited, origin)).unwrap_or(likeliest))
}

/// Whether a text begins as the path of a field does. Any other may be a value, and so a secret.
fn names_a_field(text: &str) -> bool {
    let name = text.split(['.', '[']).next().unwrap_or(text);
    fields::all().any(|field| field.path.split(['.', '[']).next() == Some(name))
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "._[]".contains(c))
}

/// The ways in which a value may be meant, the likeliest first: as it is written, or as a string.
fn candidates(value: &str) -> Vec<String> {
    let quoted = format!("{value:?}");
    let whole = scan(value).ok().filter(|node| node.span == (0..value.len()));
    match whole {
        Some(node) => match node.kind {
            Kind::Word | Kind::Scalar => vec![value.to_owned(), quoted],
            Kind::Text
            | Kind::Fields { .. }
            | Kind::Tuple { .. }
            | Kind::List(_)
            | Kind::Map(_) => {
                vec![value.to_owned()]
            }
        },
        None if value.is_empty() || value.starts_with(['(', '[', '{', '"']) => Vec::new(),
        None => vec![quoted],
    }
}

/// Whether the text that this override put in has no wrong name or type.
fn reads(source: &Source, origin: Origin) -> bool {
    let Ok(tree) = scan(source.text()) else { return false };
    let decoded = decode(source, &tree);
    decoded.spans.iter().all(|span| source.origin(span.start) != origin)
}

fn edit(
    source: &Source,
    path: &FieldPath,
    value: &str,
    origin: Origin,
) -> Result<Source, Complaint> {
    let mut source = source.clone();
    let syntax = |error: super::scan::SyntaxError| (error.found, error.allowed, String::new());
    let tree = expand(&mut source).map_err(syntax)?;
    let (node, depth) = tree.nearest(source.text(), path);
    if depth == path.0.len() {
        source.splice(node.span.clone(), value, origin);
    } else {
        let (inside, text) = insertion(source.text(), node, path, depth, value)?;
        source.splice(inside..inside, &text, origin);
    }
    expand(&mut source).map_err(syntax)?;
    Ok(source)
}

/// The fields that have to be put into `node` for the rest of the path to exist, and the byte
/// where they go.
fn insertion(
    text: &str,
    node: &Node,
    path: &FieldPath,
    depth: usize,
    value: &str,
) -> Result<(usize, String), Complaint> {
    let (here, rest) = path.0.split_at(depth);
    let here = match FieldPath(here.to_vec()).to_string() {
        empty if empty.is_empty() => "the config".to_owned(),
        path => format!("`{path}`"),
    };
    let Kind::Fields { inside, .. } = struct_inside(node).kind else {
        return Err(no_such_entry(text, node, &here, &rest[0]));
    };
    let mut out = String::new();
    for (i, key) in rest.iter().enumerate() {
        let Key::Name(name) = key else {
            let list = FieldPath(path.0[..depth + i].to_vec());
            let allowed = format!("a list to take an entry from; `{list}` has none");
            return Err((
                format!("the entry {}", FieldPath(vec![key.clone()])),
                allowed,
                format!("set `{list}` as a whole"),
            ));
        };
        if !is_name(name) {
            return Err((
                format!("the key `{name}`"),
                "letters, digits and _".into(),
                String::new(),
            ));
        }
        out.push_str(&format!("{name}: {}", if i + 1 < rest.len() { "(" } else { value }));
    }
    out.push_str(&")".repeat(rest.len() - 1));
    out.push_str(", ");
    Ok((inside, out))
}

fn no_such_entry(text: &str, node: &Node, here: &str, key: &Key) -> Complaint {
    let wanted = match key {
        Key::Name(name) => name.clone(),
        Key::Index(index) => format!("[{index}]"),
    };
    let found = format!("`{wanted}`, which is not in {here}");
    match &node.kind {
        Kind::List(items) => {
            let names: Vec<String> = items.iter().filter_map(|item| item.own_name(text)).collect();
            let allowed = match names.len() {
                0 => format!("[0] to [{}]", items.len().saturating_sub(1)),
                _ => any_of(&names),
            };
            (found, allowed, did_you_mean(&wanted, names.iter().map(String::as_str)))
        }
        Kind::Map(_) => {
            (found, "the names that are there".into(), format!("set {here} as a whole"))
        }
        Kind::Word | Kind::Text | Kind::Scalar | Kind::Fields { .. } | Kind::Tuple { .. } => {
            (found, format!("{here} is one value, without fields"), format!("set {here} itself"))
        }
    }
}

/// The value inside `Some((…))` and `Tune((…))`, as paths lead to it.
fn struct_inside(node: &Node) -> &Node {
    match &node.kind {
        Kind::Tuple { items, .. } if items.len() == 1 => struct_inside(&items[0]),
        _ => node,
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
