//! A group of fields, as the reference shows them under one heading.

use super::field::Field;

/// A group of fields.
#[derive(Clone, Debug)]
pub(in crate::config) struct Section {
    /// Its dotted path; empty for the top of a config.
    pub path: &'static str,
    /// What it is about.
    pub help: &'static str,
    /// Its fields, in the order in which `run.ron` has them.
    pub fields: Vec<Field>,
}
