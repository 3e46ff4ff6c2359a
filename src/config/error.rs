//! What is wrong with a config, in words by which its author can correct it.

use super::source::Place;
use crate::echo;
use std::fmt;
use std::path::Path;

/// Most errors that are shown of one config.
pub(super) const MOST_ERRORS: usize = 100;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The field, as `--set` names it (`training.lr`); empty for the file as a whole.
    pub path: String,
    /// The line, or the `--set`.
    pub place: Place,
    /// The value or name there, or what is missing.
    pub found: String,
    /// What is allowed.
    pub allowed: String,
    /// What to do about it; empty where `allowed` is enough.
    pub fix: String,
}

impl ConfigError {
    /// The same with no key and no control character of the config in it.
    fn clean(self) -> Self {
        let clean = |text: String| echo::lines(&text).into_owned();
        ConfigError {
            path: clean(self.path),
            place: match self.place {
                Place::Override(text) => Place::Override(clean(text)),
                place => place,
            },
            found: clean(self.found),
            allowed: clean(self.allowed),
            fix: clean(self.fix),
        }
    }
}

impl fmt::Display for ConfigError {
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
pub struct ConfigErrors {
    /// The file, as the user named it.
    pub file: String,
    /// The errors, at least one and at most a hundred.
    pub errors: Vec<ConfigError>,
    /// Whether there are more.
    pub more: bool,
}

impl ConfigErrors {
    /// The first hundred of the errors in a file, with no key and no control character in them.
    pub(super) fn new(file: &Path, errors: Vec<ConfigError>) -> Self {
        let more = errors.len() > MOST_ERRORS;
        let errors = errors.into_iter().take(MOST_ERRORS).map(ConfigError::clean).collect();
        ConfigErrors { file: echo::line(&file.display().to_string()).into_owned(), errors, more }
    }

    /// The first of them, on one line.
    pub fn first(&self) -> String {
        let Some(ConfigError { path, found, allowed, .. }) = self.errors.first() else {
            return String::new();
        };
        format!("{path}: found {found}, allowed is {allowed}")
    }
}

impl std::error::Error for ConfigErrors {}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.errors.len() {
            many if self.more => writeln!(f, "{}: more than {many} things are wrong", self.file)?,
            1 => writeln!(f, "{}: one thing is wrong", self.file)?,
            many => writeln!(f, "{}: {many} things are wrong", self.file)?,
        }
        for (number, error) in self.errors.iter().enumerate() {
            write!(f, "\n{:>2}. {error}", number + 1)?;
        }
        if self.more {
            writeln!(f, "\nand more")?;
        }
        Ok(())
    }
}
