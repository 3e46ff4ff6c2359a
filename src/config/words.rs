//! Names in messages.

use crate::control::nearest;
use crate::echo::hide_keys;

/// ``did you mean `lr`?``, or nothing where no name is near.
pub(super) fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, known).map(|name| format!("did you mean `{name}`?")).unwrap_or_default()
}

/// `a`, `a or b`, `a, b or c`.
pub(super) fn any_of<T: AsRef<str>>(names: &[T]) -> String {
    match names {
        [] => "nothing".into(),
        [one] => one.as_ref().into(),
        [most @ .., last] => {
            let most: Vec<&str> = most.iter().map(AsRef::as_ref).collect();
            format!("{} or {}", most.join(", "), last.as_ref())
        }
    }
}

/// The value on one line, at most 60 characters. Keys are hidden before it is cut: half a key is too
/// much.
pub(super) fn excerpt(text: &str) -> String {
    let text = hide_keys(text);
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(60) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_read_as_prose() {
        assert_eq!(any_of(&["a"]), "a");
        assert_eq!(any_of(&["a", "b", "c"]), "a, b or c");
    }
}
