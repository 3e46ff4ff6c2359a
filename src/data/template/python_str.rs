//! Methods of Python's `str` and `list` that chat templates call and the library lacks, or has with fewer
//! arguments. What they create is paid for with the rendering's fuel before it is made.

use minijinja::value::{Rest, ValueKind, from_args};
use minijinja::{Error, ErrorKind, State, Value};
use minijinja_contrib::pycompat::unknown_method_callback;

/// What ends a line for `str.splitlines`.
const LINE_ENDS: [char; 10] =
    ['\n', '\r', '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}', '\u{2029}'];

/// The widest text that is padded.
const WIDEST: usize = 1 << 20;

/// A method that the template engine does not know.
pub(super) fn method(
    state: &mut State,
    value: &Value,
    name: &str,
    args: &[Value],
) -> Result<Value, Error> {
    let own = match (value.kind(), value.as_str()) {
        (ValueKind::String, Some(text)) => text_method(state, text, name, args)?,
        (ValueKind::Seq, _) if name == "index" => Some(index_in(value, args)?),
        _ => None,
    };
    match own {
        Some(result) => Ok(result),
        None => unknown_method_callback(state, value, name, args),
    }
}

fn text_method(
    state: &State,
    text: &str,
    name: &str,
    args: &[Value],
) -> Result<Option<Value>, Error> {
    Ok(Some(match name {
        "find" | "index" => found(text, name, args, |part, what| part.find(what))?,
        "rfind" | "rindex" => found(text, name, args, |part, what| part.rfind(what))?,
        "removeprefix" => {
            let (prefix,): (&str,) = from_args(args)?;
            Value::from(text.strip_prefix(prefix).unwrap_or(text))
        }
        "removesuffix" => {
            let (suffix,): (&str,) = from_args(args)?;
            Value::from(text.strip_suffix(suffix).unwrap_or(text))
        }
        "startswith" => is_at_end(text, args, |part, what| part.starts_with(what))?,
        "endswith" => is_at_end(text, args, |part, what| part.ends_with(what))?,
        "title" => Value::from(titled(text)),
        "istitle" => Value::from(text.chars().any(char::is_alphabetic) && titled(text) == text),
        "expandtabs" => expanded(state, text, args)?,
        "partition" | "rpartition" => partition(text, name, args)?,
        "rsplit" => rsplit(text, args)?,
        "splitlines" => splitlines(text, args)?,
        "casefold" => Value::from(text.to_lowercase()),
        "swapcase" => Value::from(text.chars().map(swapped).collect::<String>()),
        "isdecimal" => Value::from(!text.is_empty() && text.chars().all(|c| c.is_ascii_digit())),
        "zfill" | "ljust" | "rjust" | "center" => padded(state, text, name, args)?,
        _ => return Ok(None),
    }))
}

/// The position in characters, within `[start, end)` where those are given.
fn found(
    text: &str,
    name: &str,
    args: &[Value],
    find: fn(&str, &str) -> Option<usize>,
) -> Result<Value, Error> {
    let (what, start, end): (&str, Option<i64>, Option<i64>) = from_args(args)?;
    let (part, from) = sliced(text, start, end);
    let at = part.and_then(|part| Some((part, find(part, what)?)));
    match at {
        Some((part, at)) => Ok(Value::from(from + part[..at].chars().count())),
        None if name.ends_with("find") => Ok(Value::from(-1)),
        None => Err(Error::new(ErrorKind::InvalidOperation, "substring not found")),
    }
}

/// The characters `[start, end)`, which count from the end where they are negative, and the first of them; `None`
/// where the end is before the start.
fn sliced(text: &str, start: Option<i64>, end: Option<i64>) -> (Option<&str>, usize) {
    let count = text.chars().count();
    let place = |at: i64| match usize::try_from(at) {
        Ok(at) => at.min(count),
        Err(_) => count.saturating_sub(at.unsigned_abs() as usize),
    };
    let (from, to) = (place(start.unwrap_or(0)), place(end.unwrap_or(i64::MAX)));
    let byte = |at: usize| text.char_indices().nth(at).map_or(text.len(), |(byte, _)| byte);
    (text.get(byte(from)..byte(to)).filter(|_| from <= to), from)
}

/// Whether the characters `[start, end)` begin or end with the text, or with one of a list.
fn is_at_end(text: &str, args: &[Value], is: fn(&str, &str) -> bool) -> Result<Value, Error> {
    let (what, start, end): (&Value, Option<i64>, Option<i64>) = from_args(args)?;
    let (part, _) = sliced(text, start, end);
    let holds = |what: &Value| {
        let what = what.as_str();
        let what = what.ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "it is no text"))?;
        Ok::<bool, Error>(part.is_some_and(|part| is(part, what)))
    };
    Ok(Value::from(match what.kind() {
        ValueKind::Seq => what
            .try_iter()?
            .map(|what| holds(&what))
            .collect::<Result<Vec<_>, _>>()?
            .contains(&true),
        _ => holds(what)?,
    }))
}

/// Each letter behind one that is none is a capital, every other one is small: `It'S`.
fn titled(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut is_inside = false;
    for c in text.chars() {
        match is_inside {
            true => out.extend(c.to_lowercase()),
            false => out.extend(c.to_uppercase()),
        }
        is_inside = c.is_alphabetic();
    }
    out
}

fn expanded(state: &State, text: &str, args: &[Value]) -> Result<Value, Error> {
    let (width,): (Option<i64>,) = from_args(args)?;
    let width = usize::try_from(width.unwrap_or(8)).unwrap_or(0);
    if width > WIDEST {
        return Err(Error::new(ErrorKind::InvalidOperation, "the text would be too wide"));
    }
    state.consume_fuel((text.matches('\t').count() * width / 64) as u64)?;
    let (mut out, mut column) = (String::with_capacity(text.len()), 0);
    for c in text.chars() {
        match c {
            '\t' if width == 0 => {}
            '\t' => {
                let spaces = width - column % width;
                out.extend(std::iter::repeat_n(' ', spaces));
                column += spaces;
            }
            c => {
                out.push(c);
                column = if matches!(c, '\n' | '\r') { 0 } else { column + 1 };
            }
        }
    }
    Ok(Value::from(out))
}

/// Jinja2's filter: a number, or the text of one, as a whole number; what is none is `default`.
pub(super) fn whole_number(value: &Value, default: Option<i64>) -> Value {
    let default = Value::from(default.unwrap_or(0));
    match value.as_str() {
        None if value.is_integer() => value.clone(),
        None => match f64::try_from(value.clone()) {
            Ok(number) if number.is_finite() => Value::from(number.trunc() as i64),
            _ if value.kind() == ValueKind::Bool => Value::from(i64::from(value.is_true())),
            _ => default,
        },
        Some(text) => {
            let text = text.trim().replace('_', "");
            let whole = text.parse::<i64>().ok();
            let number = || text.parse::<f64>().ok().filter(|number| number.is_finite());
            whole.or_else(|| Some(number()?.trunc() as i64)).map_or(default, Value::from)
        }
    }
}

/// Jinja2's filter: the number of words.
pub(super) fn word_count(text: &str) -> usize {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.split(|c| !is_word(c)).filter(|word| !word.is_empty()).count()
}

/// The text before, the separator and the text behind; without a separator, the whole text and nothing
/// else, on the side where the search ends.
fn partition(text: &str, name: &str, args: &[Value]) -> Result<Value, Error> {
    let (separator,): (&str,) = from_args(args)?;
    let parts = match name {
        "rpartition" => text.rsplit_once(separator),
        _ => text.split_once(separator),
    };
    let parts = match parts {
        Some((before, after)) => [before, separator, after],
        None if name == "rpartition" => ["", "", text],
        None => [text, "", ""],
    };
    Ok(parts.into_iter().map(Value::from).collect())
}

fn rsplit(text: &str, args: &[Value]) -> Result<Value, Error> {
    let (separator, most): (Option<&str>, Option<i64>) = from_args(args)?;
    let most = most.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX - 1);
    let mut parts: Vec<&str> = match separator {
        Some(separator) => text.rsplitn(most + 1, separator).collect(),
        None => rsplit_spaces(text, most),
    };
    parts.reverse();
    Ok(parts.into_iter().map(Value::from).collect())
}

/// From the end, at runs of white space.
fn rsplit_spaces(text: &str, most: usize) -> Vec<&str> {
    let (mut rest, mut parts) = (text.trim_end(), Vec::new());
    while !rest.is_empty() {
        match rest.rfind(char::is_whitespace).filter(|_| parts.len() < most) {
            Some(at) => {
                parts.push(rest[at..].trim_start());
                rest = rest[..at].trim_end();
            }
            None => {
                parts.push(rest.trim_start());
                break;
            }
        }
    }
    parts
}

fn splitlines(text: &str, args: &[Value]) -> Result<Value, Error> {
    let (keep,): (Option<bool>,) = from_args(args)?;
    let (mut lines, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let at = rest.find(LINE_ENDS).unwrap_or(rest.len());
        let length = match &rest[at..] {
            behind if behind.starts_with("\r\n") => 2,
            behind => behind.chars().next().map_or(0, char::len_utf8),
        };
        let end = if keep == Some(true) { at + length } else { at };
        lines.push(Value::from(&rest[..end]));
        rest = &rest[at + length..];
    }
    Ok(Value::from(lines))
}

fn swapped(c: char) -> String {
    if c.is_uppercase() { c.to_lowercase().collect() } else { c.to_uppercase().collect() }
}

fn padded(state: &State, text: &str, name: &str, args: &[Value]) -> Result<Value, Error> {
    let (width, fill): (i64, Rest<&str>) = from_args(args)?;
    let fill = fill.first().copied().unwrap_or(if name == "zfill" { "0" } else { " " });
    let width = usize::try_from(width).unwrap_or(0);
    if width > WIDEST {
        return Err(Error::new(ErrorKind::InvalidOperation, "the text would be too wide"));
    }
    let missing = width.saturating_sub(text.chars().count());
    state.consume_fuel((missing * fill.len() / 64) as u64)?;
    let left = match name {
        "ljust" => 0,
        // As CPython places the odd character.
        "center" => missing / 2 + (missing & width & 1),
        _ => missing,
    };
    let (before, after) = (fill.repeat(left), fill.repeat(missing - left));
    Ok(Value::from(match text.strip_prefix(['-', '+']) {
        Some(digits) if name == "zfill" => {
            format!("{}{before}{digits}", &text[..text.len() - digits.len()])
        }
        _ => format!("{before}{text}{after}"),
    }))
}

fn index_in(list: &Value, args: &[Value]) -> Result<Value, Error> {
    let (wanted,): (&Value,) = from_args(args)?;
    match list.try_iter()?.position(|item| item == *wanted) {
        Some(at) => Ok(Value::from(at)),
        None => Err(Error::new(ErrorKind::InvalidOperation, "the list has no such item")),
    }
}
