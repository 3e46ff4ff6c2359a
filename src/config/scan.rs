//! RON text → its tree.
//!
//! It knows only as much of the grammar as that takes (brackets, commas, names, strings, comments);
//! whether numbers and names are right is checked by `ron` later.

use super::locate::{Field, Kind, Node};
use super::words::excerpt;

/// Deepest nesting; a config needs fewer than ten levels.
const MAX_DEPTH: usize = 60;

/// Why a text is not RON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SyntaxError {
    /// The byte where scanning stopped.
    pub offset: usize,
    /// The text there.
    pub found: String,
    /// What is allowed there.
    pub allowed: String,
}

/// The tree of a whole text.
pub(super) fn scan(text: &str) -> Result<Node, SyntaxError> {
    let mut scanner = Scanner { text, at: 0 };
    scanner.attributes()?;
    let node = scanner.value(0)?;
    scanner.blank()?;
    match scanner.peek() {
        None => Ok(node),
        Some(_) => Err(scanner.error("the end of the file")),
    }
}

struct Scanner<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Scanner<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn error(&self, allowed: &str) -> SyntaxError {
        let found = match self.peek() {
            None => "the end of the file".to_owned(),
            Some(c) => {
                let len = token_len(self.rest()).max(c.len_utf8());
                excerpt(&self.rest()[..len])
            }
        };
        SyntaxError { offset: self.at, found, allowed: allowed.to_owned() }
    }

    fn eat(&mut self, c: char) -> bool {
        let there = self.peek() == Some(c);
        if there {
            self.at += c.len_utf8();
        }
        there
    }

    /// Skips white space and comments.
    fn blank(&mut self) -> Result<(), SyntaxError> {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
            self.at += rest.len() - trimmed.len();
            if trimmed.starts_with("//") {
                self.at += trimmed.find('\n').unwrap_or(trimmed.len());
            } else if trimmed.starts_with("/*") {
                self.block_comment()?;
            } else {
                return Ok(());
            }
        }
    }

    /// Block comments nest.
    fn block_comment(&mut self) -> Result<(), SyntaxError> {
        let unclosed = self.error("a `*/` that ends this comment");
        let mut depth = 0;
        loop {
            let rest = self.rest();
            if rest.starts_with("/*") {
                depth += 1;
                self.at += 2;
            } else if rest.starts_with("*/") {
                depth -= 1;
                self.at += 2;
            } else {
                self.at += rest.chars().next().ok_or(unclosed.clone())?.len_utf8();
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// Skips `#![enable(…)]` at the top.
    fn attributes(&mut self) -> Result<(), SyntaxError> {
        self.blank()?;
        while self.rest().starts_with("#!") {
            let end = self.rest().find(']').ok_or_else(|| self.error("#![enable(…)]"))?;
            self.at += end + 1;
            self.blank()?;
        }
        Ok(())
    }

    fn value(&mut self, depth: usize) -> Result<Node, SyntaxError> {
        self.blank()?;
        if depth > MAX_DEPTH {
            return Err(self.error("fewer brackets inside brackets"));
        }
        let start = self.at;
        let kind = match self.peek() {
            Some('(') => self.round(None, depth)?,
            Some('[') => Kind::List(self.items('[', ']', |s| s.value(depth + 1))?),
            Some('{') => Kind::Map(self.items('{', '}', |s| {
                let key = s.value(depth + 1)?;
                s.expect(':', "`:` after the key")?;
                Ok((key, s.value(depth + 1)?))
            })?),
            Some('\'') => {
                self.quoted('\'')?;
                Kind::Scalar
            }
            _ => self.token(depth)?,
        };
        Ok(Node { span: start..self.at_end(start), kind })
    }

    /// The end of the value just read: nothing after it has been skipped yet.
    fn at_end(&self, start: usize) -> usize {
        self.at.max(start)
    }

    fn token(&mut self, depth: usize) -> Result<Kind, SyntaxError> {
        if let Some(kind) = self.string()? {
            return Ok(kind);
        }
        let len = token_len(self.rest());
        if len == 0 {
            return Err(self.error("a value"));
        }
        let token = self.rest()[..len].to_owned();
        self.at += len;
        if !token.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            return Ok(Kind::Scalar);
        }
        let end = self.at;
        self.blank()?;
        if self.peek() == Some('(') {
            return self.round(Some(token), depth);
        }
        self.at = end;
        Ok(Kind::Word)
    }

    /// A string of any kind, if one starts here.
    fn string(&mut self) -> Result<Option<Kind>, SyntaxError> {
        let rest = self.rest();
        let prefix = ["br", "b", "r", ""].into_iter().find(|p| {
            rest.strip_prefix(p).is_some_and(|r| r.trim_start_matches('#').starts_with('"'))
        });
        let Some(prefix) = prefix else { return Ok(None) };
        let hashes =
            rest[prefix.len()..].len() - rest[prefix.len()..].trim_start_matches('#').len();
        if prefix.ends_with('r') {
            let open = prefix.len() + hashes + 1;
            let close = format!("\"{}", "#".repeat(hashes));
            let end = rest[open..].find(&close);
            let end = end.ok_or_else(|| self.error("a quote that ends this text"))?;
            self.at += open + end + close.len();
        } else if hashes > 0 {
            return Ok(None);
        } else {
            self.at += prefix.len();
            self.quoted('"')?;
        }
        Ok(Some(if prefix.starts_with('b') { Kind::Scalar } else { Kind::Text }))
    }

    fn quoted(&mut self, quote: char) -> Result<(), SyntaxError> {
        let unclosed = self.error("a quote that ends this text");
        self.at += 1;
        while let Some(c) = self.peek() {
            self.at += c.len_utf8();
            if c == '\\' {
                self.at += self.peek().map_or(0, char::len_utf8);
            } else if c == quote {
                return Ok(());
            }
        }
        Err(unclosed)
    }

    /// The inside of round brackets: fields where a name and a colon come first, else elements.
    fn round(&mut self, name: Option<String>, depth: usize) -> Result<Kind, SyntaxError> {
        let open = self.at;
        self.at += 1;
        self.blank()?;
        let fields = self.peek() == Some(')') || self.field_name().is_some();
        self.at = open;
        if !fields {
            let items = self.items('(', ')', |s| s.value(depth + 1))?;
            return Ok(Kind::Tuple { name, items });
        }
        let mut fields = self.items('(', ')', |s| {
            let start = s.at;
            let name = s.field_name().ok_or_else(|| s.error("a field: `name: value`"))?;
            let value = s.value(depth + 1)?;
            Ok(Field { name, span: start..value.span.end, value })
        })?;
        for field in &mut fields {
            field.span.end = end_with_comma(self.text, field.span.end);
        }
        Ok(Kind::Fields { name, inside: open + 1, fields })
    }

    /// Reads `name:`; if the text goes on otherwise, nothing is read.
    fn field_name(&mut self) -> Option<String> {
        let start = self.at;
        let rest = self.rest();
        let rest = rest.strip_prefix("r#").unwrap_or(rest);
        let len = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let name = rest[..len].to_owned();
        self.at += self.rest().len() - rest.len() + len;
        if !name.is_empty() && self.blank().is_ok() && self.eat(':') {
            return Some(name);
        }
        self.at = start;
        None
    }

    /// Elements between brackets, separated by commas; one more comma at the end is allowed.
    fn items<T>(
        &mut self,
        open: char,
        close: char,
        mut item: impl FnMut(&mut Self) -> Result<T, SyntaxError>,
    ) -> Result<Vec<T>, SyntaxError> {
        let opened = self.at;
        self.expect(open, "a bracket")?;
        let mut items = Vec::new();
        loop {
            self.blank()?;
            if self.eat(close) {
                return Ok(items);
            }
            if self.peek().is_none() {
                self.at = opened;
                return Err(SyntaxError {
                    offset: opened,
                    found: format!("`{open}` that is never closed"),
                    allowed: format!("a `{close}` for every `{open}`"),
                });
            }
            items.push(item(self)?);
            self.blank()?;
            if !self.eat(',')
                && !matches!(self.peek(), Some(c) if c == close)
                && self.peek().is_some()
            {
                return Err(self.error(&format!("`,` or `{close}`")));
            }
        }
    }

    fn expect(&mut self, c: char, allowed: &str) -> Result<(), SyntaxError> {
        self.blank()?;
        if self.eat(c) { Ok(()) } else { Err(self.error(allowed)) }
    }
}

/// Bytes of a bare word or number at the start of a text.
fn token_len(text: &str) -> usize {
    let end = text.find(|c: char| c.is_whitespace() || "()[]{},:\"'".contains(c));
    let end = end.unwrap_or(text.len());
    let comment = ["//", "/*"].into_iter().filter_map(|mark| text[..end].find(mark)).min();
    comment.unwrap_or(end)
}

/// The end of a field with the comma after it, comments between them included.
fn end_with_comma(text: &str, end: usize) -> usize {
    let mut after = Scanner { text, at: end };
    if after.blank().is_ok() && after.eat(',') { after.at } else { end }
}
