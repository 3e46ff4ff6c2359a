use super::error::ExportError;
use super::place::Format;
use super::points::Points;
use super::sink::Sink;
use super::way::Way;
use crate::disk;
use crate::telemetry::{RecordError, RecordReader, Snapshot};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A run that was exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The file.
    pub path: PathBuf,
    /// Numbers and sentences in it.
    pub points: u64,
    /// Those that were left out, of steps that a resume did again or a rollback left.
    pub left_out: u64,
    /// What was wrong with the record, in sentences; the rest of it is exported.
    pub damage: Vec<String>,
}

/// Writes what the record of a run holds up to now, on the way that counts, to a place: a folder for
/// TensorBoard, otherwise a file. Needs memory for a run's state, however long the record is.
///
/// # Errors
/// See [`ExportError`]; an earlier export is then still there.
pub fn export(run_dir: &Path, format: Format, place: &Path) -> Result<Exported, ExportError> {
    let way = Way::read(run_dir)?;
    let path = format.file(place, way.began_ms)?;
    let (mut points, mut left_out) = (0, 0);
    disk::write_atomic_with(&path, disk::OWNER_ONLY, |file| {
        let mut sink = format.sink(BufWriter::new(file), way.began_ms)?;
        (points, left_out) = write(run_dir, &way, sink.as_mut())?;
        sink.flush()
    })
    .map_err(|error| match error.downcast::<RecordError>() {
        Ok(error) => ExportError::Record(error),
        Err(source) => ExportError::Write { path: path.clone(), source },
    })?;
    Ok(Exported { path, points, left_out, damage: way.damage })
}

/// Writes the points of a record, and returns how many were written and left out.
fn write(run_dir: &Path, way: &Way, sink: &mut dyn Sink) -> io::Result<(u64, u64)> {
    let mut run = Snapshot::default();
    let (mut written, mut left_out) = (0, 0);
    for record in RecordReader::open(run_dir).map_err(io::Error::other)? {
        let record = Arc::new(record.map_err(io::Error::other)?);
        // A run that goes on may have come back to an earlier step since its way was read.
        if record.seq > way.last {
            break;
        }
        run.apply(&record);
        let Some(points) = Points::of(&run.state, &record) else { continue };
        if way.has(record.seq) {
            sink.put(&points)?;
            written += points.count();
        } else {
            left_out += points.count();
        }
    }
    Ok((written, left_out))
}
