//! The tree of a RON text with what the `ron` crate does not keep: which bytes each field, entry and
//! element takes. By it an error gets its line, and an override the bytes that it replaces.

use super::field_path::{FieldPath, Key};
use std::ops::Range;

/// A value and the bytes that it takes.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// From the first byte of its name or bracket to the last.
    pub span: Range<usize>,
    /// What is written there, with the values inside.
    pub kind: Kind,
}

/// Form of a value.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// A bare name: `None`, `Cosine`, `true`.
    Word,
    /// A string.
    Text,
    /// A number or a character.
    Scalar,
    /// `(a: 1)` or `Name(a: 1)`.
    Fields {
        /// The name before the bracket.
        name: Option<String>,
        /// The byte after the opening bracket.
        inside: usize,
        /// The fields, in the order of the text.
        fields: Vec<Field>,
    },
    /// `(1, 2)` or `Name(1)`.
    Tuple {
        /// The name before the bracket.
        name: Option<String>,
        /// The elements, in the order of the text.
        items: Vec<Node>,
    },
    /// `[1, 2]`.
    List(Vec<Node>),
    /// `{"a": 1}`.
    Map(Vec<(Node, Node)>),
}

/// `name: value`, in brackets.
#[derive(Clone, Debug)]
pub(super) struct Field {
    /// The name before the colon.
    pub name: String,
    /// From the name to the comma after the value, or to the value's end.
    pub span: Range<usize>,
    /// The value after the colon.
    pub value: Node,
}

impl Node {
    /// The value that one step of a path leads to. An entry of a list is found by its index or by its
    /// `name`; the step goes through the brackets of a single value (`Some(…)`, `Tune(…)`).
    pub fn step<'a>(&'a self, text: &str, key: &Key) -> Option<&'a Node> {
        match (&self.kind, key) {
            (Kind::Fields { fields, .. }, Key::Name(name)) => {
                fields.iter().find(|field| field.name == *name).map(|field| &field.value)
            }
            (Kind::List(items), Key::Index(index)) => items.get(*index),
            (Kind::List(items), Key::Name(name)) => {
                items.iter().find(|item| item.own_name(text).as_deref() == Some(name))
            }
            (Kind::Tuple { items, .. }, key) => match items.as_slice() {
                [only] => only.step(text, key).or((*key == Key::Index(0)).then_some(only)),
                _ => None,
            },
            (Kind::Map(entries), Key::Name(name)) => entries
                .iter()
                .find(|(key, _)| key.string(text).as_deref() == Some(name))
                .map(|(_, value)| value),
            (Kind::Map(_) | Kind::Fields { .. }, Key::Index(_))
            | (Kind::Word | Kind::Text | Kind::Scalar, _) => None,
        }
    }

    /// The value at a path.
    pub fn find(&self, text: &str, path: &FieldPath) -> Option<&Node> {
        path.0.iter().try_fold(self, |node, key| node.step(text, key))
    }

    /// The value at a path, or else the innermost one around it that exists, with the number of steps
    /// that lead to it.
    pub fn nearest(&self, text: &str, path: &FieldPath) -> (&Node, usize) {
        let mut node = self;
        for (depth, key) in path.0.iter().enumerate() {
            match node.step(text, key) {
                Some(next) => node = next,
                None => return (node, depth),
            }
        }
        (node, path.0.len())
    }

    /// The name by which an entry of a list is found: its field `name`, or the string itself.
    pub fn own_name(&self, text: &str) -> Option<String> {
        match &self.kind {
            Kind::Text => self.string(text),
            Kind::Fields { fields, .. } => {
                fields.iter().find(|field| field.name == "name")?.value.string(text)
            }
            Kind::Word | Kind::Scalar | Kind::Tuple { .. } | Kind::List(_) | Kind::Map(_) => None,
        }
    }

    /// The text of a string.
    pub fn string(&self, text: &str) -> Option<String> {
        match self.kind {
            Kind::Text => ron::from_str(self.text(text)).ok(),
            _ => None,
        }
    }

    /// The value as written.
    pub fn text<'t>(&self, text: &'t str) -> &'t str {
        &text[self.span.clone()]
    }

    /// The innermost field around a byte, if there is one.
    pub fn field_around(&self, offset: usize) -> Option<&Field> {
        self.children().find_map(|(field, child)| {
            let around = match field {
                Some(field) => field.span.start <= offset && offset <= child.span.end,
                None => child.span.start <= offset && offset <= child.span.end,
            };
            if !around {
                return None;
            }
            child.field_around(offset).or(field)
        })
    }

    /// The values directly inside, each with its field where it is one.
    pub fn children(&self) -> Box<dyn Iterator<Item = (Option<&Field>, &Node)> + '_> {
        match &self.kind {
            Kind::Word | Kind::Text | Kind::Scalar => Box::new(std::iter::empty()),
            Kind::Fields { fields, .. } => {
                Box::new(fields.iter().map(|field| (Some(field), &field.value)))
            }
            Kind::Tuple { items, .. } | Kind::List(items) => {
                Box::new(items.iter().map(|item| (None, item)))
            }
            Kind::Map(entries) => Box::new(entries.iter().map(|(_, value)| (None, value))),
        }
    }
}

#[cfg(test)]
#[path = "locate_tests.rs"]
mod tests;
