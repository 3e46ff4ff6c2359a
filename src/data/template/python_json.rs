//! JSON as Python's `json.dumps` writes it, which is what `tojson` of chat templates is.

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{CompactFormatter, Formatter, Serializer};
use std::io::{self, Write};

/// Options of `json.dumps`.
pub(super) struct Style {
    /// Between items.
    pub comma: String,
    /// Between a name and its value.
    pub colon: String,
    /// What each level is moved in by, on lines of their own.
    pub indent: Option<String>,
    /// Whether other characters than those of ASCII are escaped.
    pub ascii: bool,
}

impl Default for Style {
    fn default() -> Self {
        Style { comma: ", ".into(), colon: ": ".into(), indent: None, ascii: false }
    }
}

/// A value as JSON; `None` where it has none.
pub(super) fn python_json(value: &impl Serialize, style: &Style) -> Option<String> {
    let mut out = Vec::new();
    let formatter = Python { style, level: 0, has_items: Vec::new() };
    value.serialize(&mut Serializer::with_formatter(&mut out, formatter)).ok()?;
    String::from_utf8(out).ok()
}

/// A value with the names of all objects in order.
pub(super) fn sorted(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> =
                fields.into_iter().map(|(name, value)| (name, sorted(value))).collect();
            fields.sort_by(|(a, _), (b, _)| a.cmp(b));
            Value::Object(fields.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

/// A number as Python writes it: the shortest digits, with an exponent below 1e-4 and from 1e16 on.
pub(super) fn python_float(number: f64) -> String {
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    match exponent.parse::<i32>() {
        Ok(exponent) if !(-4..16).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
        }
        _ => format!("{number:?}"),
    }
}

struct Python<'a> {
    style: &'a Style,
    level: usize,
    /// Of each array and object that is open.
    has_items: Vec<bool>,
}

impl Python<'_> {
    fn open<W: ?Sized + Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.level += 1;
        self.has_items.push(false);
        out.write_all(bracket)
    }

    fn close<W: ?Sized + Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.level -= 1;
        if self.has_items.pop() == Some(true) {
            self.new_line(out)?;
        }
        out.write_all(bracket)
    }

    fn item<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if let Some(has_items) = self.has_items.last_mut() {
            *has_items = true;
        }
        if !first {
            out.write_all(self.style.comma.as_bytes())?;
        }
        self.new_line(out)
    }

    fn new_line<W: ?Sized + Write>(&self, out: &mut W) -> io::Result<()> {
        let Some(indent) = &self.style.indent else { return Ok(()) };
        out.write_all(b"\n")?;
        (0..self.level).try_for_each(|_| out.write_all(indent.as_bytes()))
    }
}

impl Formatter for Python<'_> {
    fn write_f64<W: ?Sized + Write>(&mut self, out: &mut W, value: f64) -> io::Result<()> {
        out.write_all(python_float(value).as_bytes())
    }

    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        if !self.style.ascii {
            return CompactFormatter.write_string_fragment(out, fragment);
        }
        let mut units = [0; 2];
        fragment.chars().try_for_each(|c| match c.is_ascii() && c != '\u{7f}' {
            true => out.write_all(&[c as u8]),
            false => c.encode_utf16(&mut units).iter().try_for_each(|u| write!(out, "\\u{u:04x}")),
        })
    }

    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.item(out, first)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.item(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(self.style.colon.as_bytes())
    }
}
