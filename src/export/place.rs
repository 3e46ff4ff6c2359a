use super::error::ExportError;
use super::sink::Sink;
use super::table::{Csv, FIELDS, JsonLines};
use super::tensorboard::{EventWriter, file_name, is_event_file};
use crate::disk;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// What a run is exported as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// An event file in a folder.
    TensorBoard,
    /// A table with a line of names.
    Csv,
    /// A JSON object a line.
    JsonLines,
}

impl Format {
    /// Where an export goes if no place is named: a folder for TensorBoard, otherwise a file, in the run's folder.
    pub fn usual_place(self, run_dir: &Path) -> PathBuf {
        run_dir.join(match self {
            Format::TensorBoard => "metrics.tensorboard",
            Format::Csv => "metrics.csv",
            Format::JsonLines => "metrics.jsonl",
        })
    }

    /// The file in this place. A run has one name for its event file, which another export of it replaces.
    ///
    /// # Errors
    /// There is a file that no export of this kind has written, or the place cannot be used.
    pub(super) fn file(self, place: &Path, began_ms: u64) -> Result<PathBuf, ExportError> {
        match self {
            Format::TensorBoard => event_file(place, began_ms),
            Format::Csv => own_table(place, &FIELDS.join(",")),
            Format::JsonLines => own_table(place, &format!("{{\"{}\":", FIELDS[0])),
        }
    }

    /// What writes it.
    ///
    /// # Errors
    /// Its beginning cannot be written.
    pub(super) fn sink<'a>(
        self,
        out: impl Write + 'a,
        began_ms: u64,
    ) -> io::Result<Box<dyn Sink + 'a>> {
        Ok(match self {
            Format::TensorBoard => Box::new(EventWriter::begin(out, began_ms)?),
            Format::Csv => Box::new(Csv::begin(out)?),
            Format::JsonLines => Box::new(JsonLines(out)),
        })
    }
}

fn event_file(folder: &Path, began_ms: u64) -> Result<PathBuf, ExportError> {
    let not_written = |source| ExportError::Write { path: folder.to_owned(), source };
    disk::make_folder(folder).map_err(not_written)?;
    let of_second = u32::try_from(began_ms % 1000).unwrap_or_default();
    let name = file_name(began_ms / 1000, &disk::host_name(), of_second);
    for entry in fs::read_dir(folder).map_err(not_written)? {
        let found = entry.map_err(not_written)?.file_name().to_string_lossy().into_owned();
        if is_event_file(&found) && found != name {
            return Err(ExportError::Mixed { folder: folder.to_owned(), found });
        }
    }
    Ok(folder.join(name))
}

/// The file, where there is none yet, or one that begins as this export does.
fn own_table(path: &Path, begins: &str) -> Result<PathBuf, ExportError> {
    let not_written = |source| ExportError::Write { path: path.to_owned(), source };
    let mut found = Vec::new();
    match disk::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(path.to_owned()),
        opened => opened
            .and_then(|file| file.take(begins.len() as u64).read_to_end(&mut found))
            .map_err(not_written)?,
    };
    match found.is_empty() || found == begins.as_bytes() {
        true => Ok(path.to_owned()),
        false => Err(ExportError::Foreign { path: path.to_owned() }),
    }
}
