//! Which fields the rows of a file have, and what becomes of each.

use crate::data::plan::{FieldIs, RowFormat};
use crate::data::row_format::{self, Fields, Rules};
use crate::data::summary::{FieldCount, FieldUse, FileFields};
use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

/// Sets of fields of a file that are told apart; the rows of further ones count as having other fields.
const MOST_SHAPES: usize = 1000;

/// The name under which those count.
const OTHERS: &str = "…";

/// The fields of a row, each with what becomes of it.
pub(super) type Shape = [(String, FieldUse)];

/// Every set of fields once: most rows of a file have the same.
pub(super) struct Shapes<'a> {
    pub rules: &'a Rules,
    pub only: Option<&'a FieldIs>,
    known: RwLock<HashMap<u64, Arc<Shape>>>,
}

impl<'a> Shapes<'a> {
    pub fn new(rules: &'a Rules, only: Option<&'a FieldIs>) -> Self {
        Shapes { rules, only, known: RwLock::default() }
    }

    /// The shape of a row in a format that is not `Auto`; `unread` are the columns of its table that are
    /// not read. Called on many threads at once.
    pub fn of(&self, fields: &Fields, unread: &[String], format: &RowFormat) -> Arc<Shape> {
        let mut names = row_format::names_of_row(fields, format);
        names.extend(unread.iter().map(|name| Cow::Borrowed(name.as_str())));
        let mut hash = DefaultHasher::new();
        (std::mem::discriminant(format), &names).hash(&mut hash);
        let hash = hash.finish();
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(shape) = known.get(&hash) {
            return shape.clone();
        }
        let is_full = known.len() >= MOST_SHAPES;
        drop(known);
        if is_full {
            return [(OTHERS.to_owned(), FieldUse::Unused)].into();
        }
        let uses = names.into_iter().map(|name| {
            let decides = self.only.is_some_and(|only| only.field == name);
            let what = match decides {
                true => FieldUse::Domain,
                false => row_format::use_of(&name, format, self.rules),
            };
            (name.into_owned(), what)
        });
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.entry(hash).or_insert_with(|| uses.collect()).clone()
    }
}

/// Counts the fields of files, whose rows come in order.
#[derive(Default)]
pub(super) struct FieldCounter {
    files: Vec<FileFields>,
}

impl FieldCounter {
    /// Counts rows of a file that came together.
    pub fn count<'s>(&mut self, path: &Path, shapes: impl IntoIterator<Item = &'s Arc<Shape>>) {
        let mut counts: Vec<(&Arc<Shape>, u64)> = Vec::new();
        for shape in shapes {
            match counts.iter_mut().find(|(known, _)| Arc::ptr_eq(known, shape)) {
                Some((_, rows)) => *rows += 1,
                None => counts.push((shape, 1)),
            }
        }
        let name = path.display().to_string();
        if self.files.last().is_none_or(|file| file.file != name) {
            self.files.push(FileFields { file: name, rows: 0, fields: Vec::new() });
        }
        let Some(file) = self.files.last_mut() else { return };
        for (shape, rows) in counts {
            file.rows += rows;
            for (name, what) in shape.iter() {
                let same = |field: &&mut FieldCount| field.name == *name && field.what == *what;
                match file.fields.iter_mut().find(same) {
                    Some(field) => field.rows += rows,
                    None => {
                        file.fields.push(FieldCount { name: name.clone(), rows, what: *what });
                    }
                }
            }
        }
    }

    pub fn into_files(self) -> Vec<FileFields> {
        self.files
    }
}
