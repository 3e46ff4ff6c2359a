//! Dotted paths such as `data.domains[1].train`: the names of fields on screens, in errors and on
//! the command line.

use std::fmt;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    /// A field, or an entry by its name.
    Name(String),
    /// An index in a list, from 0.
    Index(usize),
}

/// The path from the top of a config to one of its values.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FieldPath(pub Vec<Key>);

impl FieldPath {
    /// Reads `data.domains[1].train`, `data.domains.1.train` or `data.domains.law.train`.
    /// `None` where a step is empty or a bracket is not closed.
    pub fn parse(text: &str) -> Option<Self> {
        let mut keys = Vec::new();
        for part in text.trim().split('.') {
            let (name, mut rest) = match part.find('[') {
                Some(at) => part.split_at(at),
                None => (part, ""),
            };
            match name.parse::<usize>() {
                Ok(index) => keys.push(Key::Index(index)),
                Err(_) if name.is_empty() => return None,
                Err(_) => keys.push(Key::Name(name.to_owned())),
            }
            while !rest.is_empty() {
                let (index, after) = rest.strip_prefix('[')?.split_once(']')?;
                keys.push(Key::Index(index.trim().parse().ok()?));
                rest = after;
            }
        }
        Some(FieldPath(keys))
    }

    /// This path and one more step.
    pub fn with(&self, key: Key) -> Self {
        let mut keys = self.0.clone();
        keys.push(key);
        FieldPath(keys)
    }

    /// This path and one more field.
    pub fn field(&self, name: &str) -> Self {
        self.with(Key::Name(name.to_owned()))
    }

    /// This path and one more index.
    pub fn index(&self, index: usize) -> Self {
        self.with(Key::Index(index))
    }

    /// Whether `other` is this path or a value around it.
    pub fn starts_with(&self, other: &FieldPath) -> bool {
        self.0.starts_with(&other.0)
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, key) in self.0.iter().enumerate() {
            match key {
                Key::Name(name) if i > 0 => write!(f, ".{name}")?,
                Key::Name(name) => write!(f, "{name}")?,
                Key::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_read_and_write_alike() {
        for text in ["name", "training.lr", "data.domains[1].train[0]", "schedule[3]"] {
            assert_eq!(FieldPath::parse(text).unwrap().to_string(), text);
        }
        let dotted = FieldPath::parse("data.domains.1.train").unwrap();
        assert_eq!(dotted.to_string(), "data.domains[1].train");
        for bad in ["", ".", "a..b", "a[", "a[x]", "a[1]b"] {
            assert_eq!(FieldPath::parse(bad), None, "{bad}");
        }
    }
}
