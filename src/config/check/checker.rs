//! The state that all checks share, and how they read values and note errors.

use crate::config::error::{ConfigError, MOST_ERRORS};
use crate::config::field_path::FieldPath;
use crate::config::fields::{FieldType, Limits, Spec};
use crate::config::given::Given;
use crate::config::locate::Node;
use crate::config::options::LoadOptions;
use crate::config::secret;
use crate::config::source::{Origin, Source};
use std::fmt::Display;

/// A check in progress: the text that errors point into, and the errors so far.
pub(super) struct Checker<'a> {
    /// The text of the config.
    pub source: &'a Source,
    /// The tree of the text.
    pub tree: &'a Node,
    /// Working directory, home and the like.
    pub options: &'a LoadOptions,
    /// Fields that have an error already and get no second one.
    pub broken: &'a [FieldPath],
    /// Number of domains of the run, at least 1: some ranges depend on it.
    pub domains: usize,
    /// Whether the run reads the machine now and then: some conditions depend on it.
    pub machine_is_read: bool,
    /// The errors so far, each with its byte in the text.
    pub errors: Vec<(usize, ConfigError)>,
}

impl Checker<'_> {
    /// Notes an error in the field `path`, with the value that is written there.
    pub fn error(&mut self, path: &str, allowed: impl Display, fix: impl Display) {
        let found = self.written(path).unwrap_or_else(|| "nothing".into());
        self.error_found(path, found, allowed, fix);
    }

    /// Notes an error in the field `path`, unless an error in it is known already.
    pub fn error_found(
        &mut self,
        path: &str,
        found: impl Display,
        allowed: impl Display,
        fix: impl Display,
    ) {
        let keys = FieldPath::parse(path).unwrap_or_default();
        let known = |broken: &FieldPath| keys.starts_with(broken) || broken.starts_with(&keys);
        if self.broken.iter().any(known) || self.errors.len() > MOST_ERRORS {
            return;
        }
        let start = self.tree.nearest(self.source.text(), &keys).0.span.start;
        let error = ConfigError {
            path: path.to_owned(),
            place: self.source.place(start),
            found: found.to_string(),
            allowed: allowed.to_string(),
            fix: fix.to_string(),
        };
        // What domains share is looked at for each of them.
        if !self.errors.iter().any(|(_, known)| *known == error) {
            self.errors.push((start, error));
        }
    }

    /// The value of a field as it is written, on one line.
    fn written(&self, path: &str) -> Option<String> {
        let keys = FieldPath::parse(path)?;
        let node = self.tree.find(self.source.text(), &keys)?;
        Some(secret::shown(&keys, node, self.source))
    }

    /// Whether a value comes from the command line.
    pub fn is_override(&self, path: &str) -> bool {
        let keys = FieldPath::parse(path).unwrap_or_default();
        let node = self.tree.nearest(self.source.text(), &keys).0;
        matches!(self.source.origin(node.span.start), Origin::Override(_))
    }

    /// The value of a field, or its default; one that is not allowed is an error.
    pub fn value<T: FieldType>(&mut self, spec: &Spec<T>, given: Given<T>) -> T {
        self.value_at(spec.path, spec, given)
    }

    /// The same for a field of an entry of a list, whose path has the index of the entry.
    pub fn value_at<T: FieldType>(&mut self, path: &str, spec: &Spec<T>, given: Given<T>) -> T {
        self.limited(path, given.0.unwrap_or_else(spec.default), &spec.limits)
    }

    /// A value of the field at `path`; one that is not allowed is an error.
    pub fn limited<T: FieldType>(&mut self, path: &str, value: T, limits: &Limits<T>) -> T {
        if !limits.holds(&value, self.domains) {
            let allowed = limits.words(self.domains);
            self.error(path, allowed, "");
        }
        value
    }
}
