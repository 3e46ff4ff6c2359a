//! What is wrong with a config, said so that the one who wrote it can put it right.

use super::source::Place;
use crate::control::nearest;
use std::fmt;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The field, as `--set` names it (`training.lr`); empty for the file as a whole.
    pub path: String,
    /// Where it stands.
    pub place: Place,
    /// What was found there.
    pub found: String,
    /// What is allowed.
    pub allowed: String,
    /// What to do about it; may be empty where `allowed` says it all.
    pub fix: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => writeln!(f, "{}", self.place)?,
            path => writeln!(f, "{path}  ({})", self.place)?,
        }
        let lines = [("found", &self.found), ("allowed", &self.allowed), ("fix", &self.fix)];
        for (label, text) in lines {
            if !text.is_empty() {
                let text = text.replace('\n', "\n             ");
                writeln!(f, "    {label:<8} {text}")?;
            }
        }
        Ok(())
    }
}

/// Everything that is wrong with a config, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The file, as the user named it.
    pub file: String,
    /// The faults, at least one.
    pub faults: Vec<Fault>,
}

impl std::error::Error for ConfigError {}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.faults.len() {
            1 => writeln!(f, "{}: one thing is wrong", self.file)?,
            many => writeln!(f, "{}: {many} things are wrong", self.file)?,
        }
        for (number, fault) in self.faults.iter().enumerate() {
            write!(f, "\n{:>2}. {fault}", number + 1)?;
        }
        Ok(())
    }
}

/// `did you mean lr?`, or nothing.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_read_as_prose() {
        assert_eq!(any_of(&["a"]), "a");
        assert_eq!(any_of(&["a", "b", "c"]), "a, b or c");
    }
}
