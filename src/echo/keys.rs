//! Keys of services, known by how they begin.

use std::borrow::Cow;
use std::ops::Range;

/// How the keys of well-known services begin; at least 16 letters and digits follow, capital
/// ones after `AKIA` and `ASIA`, with `-`, `_` and `.` among them unless the beginning ends with `_`.
pub const KEY_PREFIXES: [&str; 29] = [
    "sk-",
    "sk_",
    "pk_",
    "rk_",
    "hf_",
    "api_org_",
    "gsk_",
    "AIza",
    "ya29.",
    "xai-",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "nvapi-",
    "r8_",
    "AKIA",
    "ASIA",
    "pplx-",
    "fw_",
    "tgp_v1_",
    "csk-",
    "jina_",
    "xoxb-",
    "xoxp-",
    "eyJ",
];

/// Fewest characters of a key after its prefix.
const LENGTH: usize = 16;
/// Whether one of the prefixes begins with a byte: most letters of a text are passed by at once.
const BEGINS: [bool; 256] = {
    let (mut begins, mut i) = ([false; 256], 0);
    while i < KEY_PREFIXES.len() {
        begins[KEY_PREFIXES[i].as_bytes()[0] as usize] = true;
        i += 1;
    }
    begins
};
/// Stands in place of a key.
const HIDDEN: &str = "[key hidden]";
/// Stands in place of a user and password in an address.
const HIDDEN_USER: &str = "[hidden]";

/// Whether there is a key in the text, in quotes, behind a name or spelled with escapes too.
pub fn holds_key(text: &str) -> bool {
    let holds = |text: &str| (0..text.len()).any(|at| key_at(text, at).is_some());
    holds(text) || unescaped(text).is_some_and(|plain| holds(&plain))
}

/// The text without keys and without passwords of addresses. A key that is spelled with escapes
/// (`\u{73}k-…`, `%73k-…`) is written out first.
pub fn hide_keys(text: &str) -> Cow<'_, str> {
    match unescaped(text) {
        Some(plain) if find(&plain, 0).is_some() => Cow::Owned(hidden(&plain).into_owned()),
        _ => hidden(text),
    }
}

/// Likewise for a JSON text, whose own escapes spell no letters.
pub fn hide_keys_in_json(text: &str) -> Cow<'_, str> {
    hidden(text)
}

fn hidden(text: &str) -> Cow<'_, str> {
    let (mut out, mut done) = (String::new(), 0);
    while let Some((range, with)) = find(text, done) {
        out.push_str(&text[done..range.start]);
        out.push_str(with);
        done = range.end;
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[done..]);
    Cow::Owned(out)
}

/// The first secret at or behind a byte, and what stands in its place.
fn find(text: &str, from: usize) -> Option<(Range<usize>, &'static str)> {
    (from..text.len()).find_map(|at| {
        let end = match text.as_bytes()[at] {
            b':' => return user_of_address(text, at).map(|range| (range, HIDDEN_USER)),
            _ => key_at(text, at)?,
        };
        Some((at..end, HIDDEN))
    })
}

/// The end of the key that begins at a byte, if one does.
fn key_at(text: &str, at: usize) -> Option<usize> {
    let (before, rest) = text.as_bytes().split_at(at);
    if !BEGINS[usize::from(*rest.first()?)] || !begins_word(before) {
        return None;
    }
    let prefix = KEY_PREFIXES.iter().find(|prefix| rest.starts_with(prefix.as_bytes()))?;
    let is_key = |byte: &u8| match *prefix {
        "AKIA" | "ASIA" => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
        prefix if prefix.ends_with('_') => byte.is_ascii_alphanumeric(),
        _ => byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'),
    };
    let length = rest[prefix.len()..].iter().take_while(|byte| is_key(byte)).count();
    if length < LENGTH {
        return None;
    }
    // What a longer key goes on with belongs to it, whatever its prefix says.
    let tail = &rest[prefix.len() + length..];
    let more = tail.iter().take_while(|byte| {
        matches!(byte, b'-' | b'_' | b'.' | b'=' | b'+' | b'/') || byte.is_ascii_alphanumeric()
    });
    Some(at + prefix.len() + length + more.count())
}

/// Whether a word begins behind these bytes: not in the middle of `task-…`, but behind JSON's escapes.
fn begins_word(before: &[u8]) -> bool {
    let Some(last) = before.last() else { return true };
    let escape = |length: usize| {
        let at = before.len().checked_sub(length);
        at.is_some_and(|at| before[at] == b'\\')
    };
    !last.is_ascii_alphanumeric()
        || matches!(last, b'n' | b't' | b'r' | b'b' | b'f') && escape(2)
        || before.len() >= 6 && escape(6) && before[before.len() - 5] == b'u'
}

/// `user:password` in `://user:password@host`, where the colon of `://` is at a byte.
fn user_of_address(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = text[at..].strip_prefix("://")?;
    let end = rest.find(|c: char| c.is_whitespace() || "/?#\"'\\<>()".contains(c));
    let end = rest[..end.unwrap_or(rest.len())].rfind('@')?;
    (&rest[..end] != HIDDEN_USER).then_some(at + 3..at + 3 + end)
}

/// The text with its escapes resolved: `\u{73}`, `\u0073`, `\x73`, `%73`. `None` where it has none.
fn unescaped(text: &str) -> Option<String> {
    if !text.contains(['\\', '%']) {
        return None;
    }
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find(['\\', '%']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let (letter, length) = escape(rest).unwrap_or_else(|| {
            let first = rest.chars().next().unwrap_or_default();
            (first, first.len_utf8())
        });
        out.push(letter);
        rest = &rest[length..];
    }
    out.push_str(rest);
    (out != text).then_some(out)
}

/// The character of the escape that a text begins with, and the escape's length in bytes.
fn escape(text: &str) -> Option<(char, usize)> {
    let digits = |from: usize, count: usize| {
        let hex = text.get(from..from + count)?;
        let letter = char::from_u32(u32::from_str_radix(hex, 16).ok()?)?;
        Some((letter, from + count))
    };
    if text.starts_with('%') {
        return digits(1, 2);
    }
    match text.as_bytes().get(1)? {
        b'x' => digits(2, 2),
        b'u' if text.as_bytes().get(2) == Some(&b'{') => {
            let close = text.find('}')?;
            digits(3, close.checked_sub(3)?).map(|(letter, end)| (letter, end + 1))
        }
        b'u' => digits(2, 4),
        _ => None,
    }
}
