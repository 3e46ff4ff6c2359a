//! From an error of `ron` to one for people: the field, its bytes, what is allowed there and the fix.

use super::field_path::{FieldPath, Key};
use super::fields;
use super::locate::{Field, Kind, Node};
use super::read::read;
use super::secret;
use super::source::{Source, offset_of};
use super::spelled::fix_for;
use super::words::{any_of, did_you_mean};
use crate::control::nearest;
use ron::error::{Error as RonError, SpannedError};
use std::ops::Range;

/// One error of `ron`, with the field that it is about.
pub(super) struct Diagnosis {
    /// The field that is wrong.
    pub path: FieldPath,
    /// The bytes of the text to point at.
    pub span: Range<usize>,
    /// The value or name there.
    pub found: String,
    /// What is allowed there.
    pub allowed: String,
    /// What to do; may be empty.
    pub fix: String,
    /// The field to blank out so that the rest can be read; `None` where nothing helps.
    pub remove: Option<(FieldPath, Range<usize>)>,
    /// The field that was meant by an unknown name: that it is missing is no second error.
    pub meant: Option<FieldPath>,
    /// Whether the error only follows from what was blanked out before, and is not to be shown.
    pub consequence: bool,
}

/// A text that could not be read, and its tree.
pub(super) struct Reading<'a> {
    /// The text before anything was blanked out, with its origins.
    pub source: &'a Source,
    /// The text that `ron` read: with blanks for `removed`.
    pub text: &'a str,
    /// The tree of `source`.
    pub tree: &'a Node,
    /// The bytes that were blanked out.
    pub removed: &'a [Range<usize>],
}

impl Reading<'_> {
    /// The field that an error is about, and the error for people. `keys` is the path at which
    /// reading stopped.
    pub fn diagnose(&self, keys: &FieldPath, error: SpannedError) -> Diagnosis {
        let offset = offset_of(self.text, error.span.end.line, error.span.end.col);
        match &error.code {
            RonError::NoSuchStructField { expected, found, .. } => {
                self.unknown_field(keys, offset, expected, found)
            }
            RonError::DuplicateStructField { field, .. } => self.duplicate_field(keys, field),
            RonError::MissingStructField { field, .. } => {
                let mut diagnosis = self.value(keys.clone());
                diagnosis.consequence =
                    self.removed.iter().any(|gone| inside(gone, &diagnosis.span));
                diagnosis.allowed = format!("the field `{field}` is needed here");
                diagnosis.fix = format!("add `{field}: …`");
                diagnosis
            }
            code => {
                let mut diagnosis = self.value(self.deepest(keys, offset));
                let (allowed, fix) = self
                    .of_the_table(code, &diagnosis)
                    .unwrap_or_else(|| self.expectation(code, &diagnosis));
                diagnosis.allowed = allowed;
                diagnosis.fix = fix;
                diagnosis
            }
        }
    }

    fn unknown_field(
        &self,
        keys: &FieldPath,
        offset: usize,
        expected: &[&str],
        found: &str,
    ) -> Diagnosis {
        // The path has the unknown name already.
        let keys = match keys.0.split_last() {
            Some((Key::Name(name), parents)) if name == found => &FieldPath(parents.to_vec()),
            _ => keys,
        };
        let parent = self.tree.nearest(self.text, keys).0;
        let field = self.fields_of(parent).iter().find(|field| field.name == found);
        let field = field.or_else(|| self.tree.field_around(offset));
        let (path, span) = match field {
            Some(field) => (keys.field(&field.name), field.span.clone()),
            None => (keys.clone(), self.tree.span.clone()),
        };
        let meant = nearest(found, expected.iter().copied());
        let fix = meant.map_or("take it out".into(), |name| format!("did you mean `{name}`?"));
        let absent = |name: &&str| self.fields_of(parent).iter().all(|field| field.name != *name);
        Diagnosis {
            path: path.clone(),
            span: span.clone(),
            found: format!("the unknown field `{found}`"),
            allowed: match expected {
                [] => "no field at all".into(),
                names => any_of(names),
            },
            fix,
            remove: field.map(|_| (path, span)),
            meant: meant.filter(absent).map(|name| keys.field(name)),
            consequence: false,
        }
    }

    fn duplicate_field(&self, keys: &FieldPath, name: &str) -> Diagnosis {
        let parent = self.tree.nearest(self.text, keys).0;
        let twins = self.fields_of(parent).iter().filter(|field| field.name == name);
        let again = twins.skip(1).find(|field| !self.removed.contains(&field.span));
        let span = again.map_or(parent.span.clone(), |field| field.span.clone());
        let path = keys.field(name);
        Diagnosis {
            path: path.clone(),
            span: span.clone(),
            found: format!("`{name}` a second time"),
            allowed: "each field once".into(),
            fix: "take one of the two out".into(),
            remove: again.map(|_| (path, span)),
            meant: None,
            consequence: false,
        }
    }

    /// An error about the value at a path, still without `allowed` and `fix`; the innermost field
    /// around it is to be blanked out.
    fn value(&self, path: FieldPath) -> Diagnosis {
        let (node, depth) = self.tree.nearest(self.text, &path);
        let path = FieldPath(path.0[..depth].to_vec());
        Diagnosis {
            span: node.span.clone(),
            found: secret::shown(&path, node, self.source),
            allowed: String::new(),
            fix: String::new(),
            remove: self.field_of(&path),
            meant: None,
            consequence: false,
            path,
        }
    }

    /// The innermost field on the way to a path, with its own path.
    fn field_of(&self, path: &FieldPath) -> Option<(FieldPath, Range<usize>)> {
        (0..path.0.len()).rev().find_map(|depth| {
            let Key::Name(name) = &path.0[depth] else { return None };
            let parent = self.tree.find(self.text, &FieldPath(path.0[..depth].to_vec()))?;
            let mut fields = self.fields_of(parent).iter();
            let field = fields.find(|f| f.name == *name && !self.removed.contains(&f.span))?;
            Some((FieldPath(path.0[..=depth].to_vec()), field.span.clone()))
        })
    }

    fn fields_of<'n>(&self, node: &'n Node) -> &'n [Field] {
        match &node.kind {
            Kind::Fields { fields, .. } => fields,
            Kind::Tuple { items, .. } if items.len() == 1 => self.fields_of(&items[0]),
            Kind::Tuple { .. } | Kind::Word | Kind::Text | Kind::Scalar => &[],
            Kind::List(_) | Kind::Map(_) => &[],
        }
    }

    /// The value that an error is about: where the path ends, or deeper where the reading stopped.
    fn deepest(&self, keys: &FieldPath, offset: usize) -> FieldPath {
        let leaf = self
            .tree
            .find(self.text, keys)
            .is_some_and(|node| matches!(node.kind, Kind::Word | Kind::Text | Kind::Scalar));
        let stopped = path_at(self.tree, offset);
        if !leaf && stopped.starts_with(keys) { stopped } else { keys.clone() }
    }

    /// Where a name was to stand: the forms of the table of fields, and what was found in one of them.
    fn of_the_table(&self, code: &RonError, diagnosis: &Diagnosis) -> Option<(String, String)> {
        let wants_name = matches!(
            code,
            RonError::ExpectedIdentifier
                | RonError::SuggestRawIdentifier(_)
                | RonError::InvalidIdentifier(_)
        );
        let field = fields::just_at(&diagnosis.path).filter(|_| wants_name)?;
        let fix =
            fix_for(&field.form, &diagnosis.found).unwrap_or_else(|| self.variants_at(diagnosis).1);
        Some((field.form.clone(), fix))
    }

    /// What is allowed instead, and the fix.
    fn expectation(&self, code: &RonError, diagnosis: &Diagnosis) -> (String, String) {
        let found = diagnosis.found.trim_matches('"');
        let allowed = match code {
            RonError::ExpectedFloat => "a number, such as `0.5` or `2e-5`".into(),
            RonError::ExpectedInteger | RonError::InvalidIntegerDigit { .. } => WHOLE.into(),
            RonError::IntegerOutOfBounds => "a whole number from 0 to 2^64 − 1".into(),
            // Our scanner found the brackets and commas right: the value is a number of the
            // wrong kind, of which only the first digits were read.
            RonError::ExpectedComma
                if diagnosis.found.starts_with(|c: char| c.is_ascii_digit()) =>
            {
                WHOLE.into()
            }
            RonError::ExpectedBoolean => "true or false".into(),
            RonError::ExpectedString => "a text in quotes".into(),
            RonError::ExpectedArray => "a list: `[…, …]`".into(),
            RonError::ExpectedMap => "names with values: `{\"law\": …}`".into(),
            RonError::ExpectedStructLike | RonError::ExpectedNamedStructLike(_)
                if is_word(found) =>
            {
                format!("`{found}(…)`, with its value in brackets")
            }
            RonError::ExpectedStructLike
            | RonError::ExpectedNamedStructLike(_)
            | RonError::ExpectedDifferentStructName { .. }
            | RonError::ExpectedStructLikeEnd => "fields in brackets: `(name: value, …)`".into(),
            RonError::NoSuchEnumVariant { expected, .. } => {
                let fix = did_you_mean(
                    found.split('(').next().unwrap_or(found),
                    expected.iter().copied(),
                );
                return (any_of(&shown_variants(expected)), fix);
            }
            RonError::ExpectedIdentifier => return self.variants_at(diagnosis),
            RonError::InvalidValueForType { expected, .. } => expected.clone(),
            other => other.to_string(),
        };
        let quoted = matches!(
            code,
            RonError::ExpectedFloat | RonError::ExpectedInteger | RonError::ExpectedBoolean
        ) && diagnosis.found.starts_with('"');
        (allowed, if quoted { "write it without quotes".into() } else { String::new() })
    }

    /// The names that are allowed where something is found that is no name. `ron` itself lists them,
    /// in its error for a name that does not exist.
    fn variants_at(&self, diagnosis: &Diagnosis) -> (String, String) {
        let mut probe = self.text.to_owned();
        probe.replace_range(diagnosis.span.clone(), "__");
        let Err((_, SpannedError { code: RonError::NoSuchEnumVariant { expected, .. }, .. })) =
            read(&probe)
        else {
            return ("a name without quotes".into(), String::new());
        };
        let found = diagnosis.found.trim_matches('"');
        let fix = match expected.iter().find(|name| name.eq_ignore_ascii_case(found)) {
            Some(name) => format!("write `{name}` without quotes"),
            None => did_you_mean(found, expected.iter().copied()),
        };
        (any_of(&shown_variants(expected)), fix)
    }
}

const WHOLE: &str = "a whole number, such as `100`";

/// `Named` is the variant that a bare string is expanded to; users write the string.
fn shown_variants<'a>(names: &[&'a str]) -> Vec<&'a str> {
    names.iter().map(|name| if *name == "Named" { "a text in quotes" } else { name }).collect()
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

fn inside(inner: &Range<usize>, outer: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// The path of the innermost value around a byte.
fn path_at(tree: &Node, offset: usize) -> FieldPath {
    let mut path = FieldPath::default();
    let mut node = tree;
    'down: loop {
        for (index, (field, child)) in node.children().enumerate() {
            if child.span.start <= offset && offset <= child.span.end {
                let listed = matches!(node.kind, Kind::List(_));
                path = match field {
                    Some(field) => path.field(&field.name),
                    None if listed => path.index(index),
                    None => path,
                };
                node = child;
                continue 'down;
            }
        }
        return path;
    }
}
