//! A group of fields, as the reference shows them under one heading.

use super::field::Field;

/// A section of the config.
#[derive(Clone, Debug)]
pub(in crate::config) struct Section {
    /// The dotted path; empty for the top of a config.
    pub path: &'static str,
    /// What the fields are about, in one or two sentences.
    pub help: &'static str,
    /// In the order in which `run.ron` has them.
    pub fields: Vec<Field>,
}
