//! A value as a config writes it, and its text: what `run.ron`, the list of changes of a resume
//! and the config screen show.

use crate::echo::is_shown;
use std::fmt::{self, Write};
use std::path::PathBuf;

/// A value in config syntax.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// A number or a bare word (`true`, `None`, `Cosine`), in its final form.
    Plain(String),
    /// A text, written in quotes.
    Text(String),
    /// A path, written in quotes.
    Path(PathBuf),
    /// `[…]`.
    List(Vec<Value>),
    /// `{"name": …}`.
    Map(Vec<(String, Value)>),
    /// A variant around one value: `Steps(300)`.
    Call(&'static str, Box<Value>),
    /// `(field: …)`, or `Variant(field: …)`.
    Fields(Option<&'static str>, Vec<(String, Value)>),
}

/// Longest line of a group that is written on one line.
const LINE: usize = 96;
const INDENT: usize = 4;

impl Value {
    /// `None`, in a config: no value.
    pub fn none() -> Self {
        Value::Plain("None".into())
    }

    /// A variant without fields.
    pub fn word(word: &str) -> Self {
        Value::Plain(word.into())
    }

    /// A variant around one value.
    pub fn call(name: &'static str, value: impl Into<Value>) -> Self {
        Value::Call(name, Box::new(value.into()))
    }

    /// A group of fields, with the name of its variant where it has one.
    pub fn fields<const N: usize>(name: Option<&'static str>, fields: [(&str, Value); N]) -> Self {
        Value::Fields(name, fields.map(|(name, value)| (name.to_owned(), value)).into())
    }

    /// The field of a group.
    pub fn field(&self, name: &str) -> Option<&Value> {
        let Value::Fields(_, fields) = self else { return None };
        fields.iter().find(|(field, _)| field == name).map(|(_, value)| value)
    }

    /// The values directly inside.
    fn children(&self) -> Vec<&Value> {
        match self {
            Value::Plain(_) | Value::Text(_) | Value::Path(_) => Vec::new(),
            Value::List(items) => items.iter().collect(),
            Value::Map(entries) | Value::Fields(_, entries) => {
                entries.iter().map(|(_, value)| value).collect()
            }
            Value::Call(_, value) => vec![value],
        }
    }

    /// The first path that cannot be written as text, because it is not Unicode.
    pub fn unwritable(&self) -> Option<&PathBuf> {
        match self {
            Value::Path(path) => path.to_str().is_none().then_some(path),
            other => other.children().into_iter().find_map(Value::unwritable),
        }
    }

    /// The text over several lines, a group on one line where it fits.
    pub fn pretty(&self) -> String {
        let mut out = String::new();
        self.write_pretty(0, 0, &mut out);
        out.push('\n');
        out
    }

    /// `used` is the number of characters before the value on its line.
    fn write_pretty(&self, indent: usize, used: usize, out: &mut String) {
        let line = self.to_string();
        let (open, close, items): (String, char, Vec<(String, &Value)>) = match self {
            Value::Plain(_) | Value::Text(_) | Value::Path(_) | Value::Call(..) => {
                return out.push_str(&line);
            }
            // The config as a whole is read field by field.
            _ if indent > 0 && used + line.chars().count() < LINE => return out.push_str(&line),
            Value::List(items) => {
                ("[".into(), ']', items.iter().map(|item| (String::new(), item)).collect())
            }
            Value::Map(entries) => {
                let entries = entries.iter().map(|(key, value)| (quoted(key) + ": ", value));
                ("{".into(), '}', entries.collect())
            }
            Value::Fields(name, fields) => {
                let fields = fields.iter().map(|(key, value)| (format!("{key}: "), value));
                (format!("{}(", name.unwrap_or_default()), ')', fields.collect())
            }
        };
        out.push_str(&open);
        out.push('\n');
        let inner = indent + INDENT;
        for (label, value) in items {
            out.push_str(&" ".repeat(inner));
            out.push_str(&label);
            value.write_pretty(inner, inner + label.chars().count(), out);
            out.push_str(",\n");
        }
        out.push_str(&" ".repeat(indent));
        out.push(close);
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Plain(text) => f.write_str(text),
            Value::Text(text) => f.write_str(&quoted(text)),
            Value::Path(path) => f.write_str(&quoted(&path.to_string_lossy())),
            Value::Call(name, value) => write!(f, "{name}({value})"),
            Value::List(items) => {
                f.write_char('[')?;
                separated(f, items, |f, item| write!(f, "{item}"))?;
                f.write_char(']')
            }
            Value::Map(entries) => {
                f.write_char('{')?;
                separated(f, entries, |f, (key, value)| write!(f, "{}: {value}", quoted(key)))?;
                f.write_char('}')
            }
            Value::Fields(name, fields) => {
                write!(f, "{}(", name.unwrap_or_default())?;
                separated(f, fields, |f, (key, value)| write!(f, "{key}: {value}"))?;
                f.write_char(')')
            }
        }
    }
}

fn separated<T>(
    f: &mut fmt::Formatter<'_>,
    items: &[T],
    write: impl Fn(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            f.write_str(", ")?;
        }
        write(f, item)?;
    }
    Ok(())
}

/// A text in quotes, as RON reads it back.
fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if !is_shown(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

macro_rules! plain {
    ($($type:ty),*) => {
        $(impl From<$type> for Value {
            /// `{:?}` gives numbers back to the bit and leaves whole floats their `.0`.
            fn from(value: $type) -> Self {
                Value::Plain(format!("{value:?}"))
            }
        })*
    };
}

plain!(bool, u32, u64, usize, f32, f64);

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.into())
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Value::Text(text.clone())
    }
}

impl From<PathBuf> for Value {
    fn from(path: PathBuf) -> Self {
        Value::Path(path)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        Value::List(items.into_iter().map(Into::into).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn groups_that_fit_are_written_on_one_line() {
        let adam = Value::fields(None, [("beta1", 0.9.into()), ("beta2", 0.999.into())]);
        let files: Vec<Value> = (0..9).map(|n| format!("rows-{n}.jsonl").as_str().into()).collect();
        let value = Value::fields(
            None,
            [
                ("lr", 5e-5.into()),
                ("adam", adam),
                ("length", Value::call("Steps", 30_u64)),
                ("files", Value::List(files)),
            ],
        );
        let files: Vec<String> = (0..9).map(|n| format!("        \"rows-{n}.jsonl\",\n")).collect();
        let expected = format!(
            "(\n    lr: 5e-5,\n    adam: (beta1: 0.9, beta2: 0.999),\n    length: Steps(30),\n    \
             files: [\n{}    ],\n)\n",
            files.concat()
        );
        assert_eq!(value.pretty(), expected);
        assert_eq!(value.field("adam").unwrap().to_string(), "(beta1: 0.9, beta2: 0.999)");
    }

    proptest! {
        #[test]
        fn texts_and_numbers_are_read_back(
            text in "\\PC{0,20}",
            odd in "[\\x00-\\x20\"\\\\\u{301}é]{0,8}",
            number in prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO,
        ) {
            for text in [text, odd] {
                let written = Value::from(text.as_str()).to_string();
                prop_assert_eq!(ron::from_str::<String>(&written), Ok(text));
            }
            let read: f64 = ron::from_str(&Value::from(number).to_string()).unwrap();
            prop_assert_eq!(read.to_bits(), number.to_bits());
        }
    }
}
