//! Arrow IPC, as `datasets` and Feather write it: a stream of batches; a file has magic bytes before it and
//! an index behind it, which reading in order does not need.

use super::columns::Columns;
use super::format::{DataFile, FileFormat, OnRow};
use super::source;
use crate::data::error::{DataError, RowPlace};
use crate::sandbox::caught;
use arrow_ipc::reader::StreamReader;
use std::io::{BufRead, BufReader, Read};

/// What a file has before its stream, with zeros behind it.
const FILE_MAGIC: &[u8] = b"ARROW1";

fn read(file: &DataFile<'_>, on_row: OnRow<'_>) -> Result<(), DataError> {
    let broken = |row: u64, error: String| DataError::Broken {
        path: file.path.to_owned(),
        place: RowPlace::Row(row),
        problem: format!("cannot be read as Arrow IPC: {error}"),
    };
    let (bytes, is_file) =
        stream(file).map_err(|error| source::broken(file.path, RowPlace::Row(1), &error))?;
    // A damaged file ends the reading, not the program.
    let reader = caught(|| StreamReader::try_new(bytes, None).map_err(|error| error.to_string()));
    let mut reader = reader.and_then(|reader| reader).map_err(|error| broken(1, error))?;
    let columns = Columns::choose(file, &reader.schema())?;
    let mut number = 0;
    loop {
        let next = caught(|| {
            let batch = reader.next().transpose().map_err(|error| error.to_string())?;
            let chosen = batch.map(|batch| batch.project(&columns.read)).transpose();
            chosen.map_err(|error| error.to_string())
        });
        let next = next.and_then(|next| next).map_err(|error| broken(number + 1, error))?;
        let Some(batch) = next else {
            return match is_file && !ends_with_magic(reader.get_mut()) {
                true => Err(broken(number + 1, UNFINISHED.into())),
                false => Ok(()),
            };
        };
        for row in columns.rows(batch, number + 1) {
            number += 1;
            on_row(Some(row))?;
        }
    }
}

/// What is said of a file whose writer did not get to its end.
const UNFINISHED: &str = "it begins as a file does and does not end as one, so that rows may be missing; write it \
                          again";

/// Whether what is left ends as a file does.
fn ends_with_magic(rest: &mut impl Read) -> bool {
    let (mut chunk, mut tail) = ([0; 4096], Vec::new());
    loop {
        match rest.read(&mut chunk) {
            Ok(0) | Err(_) => return tail.ends_with(FILE_MAGIC),
            Ok(count) => {
                tail.extend_from_slice(&chunk[..count]);
                tail.drain(..tail.len().saturating_sub(FILE_MAGIC.len()));
            }
        }
    }
}

/// The stream of batches in the file, and whether it is a file with an index behind them.
fn stream<'a>(file: &DataFile<'a>) -> std::io::Result<(impl Read + use<'a>, bool)> {
    let mut bytes = BufReader::new(source::counted(file.path, file.read_bytes)?);
    let is_file = bytes.fill_buf()?.starts_with(FILE_MAGIC);
    if is_file {
        bytes.consume(FILE_MAGIC.len());
        loop {
            let zeros = bytes.fill_buf()?.iter().take_while(|byte| **byte == 0).count();
            if zeros == 0 {
                break;
            }
            bytes.consume(zeros);
        }
    }
    Ok((bytes, is_file))
}

/// Files of Apache Arrow.
pub(super) struct Arrow;

impl FileFormat for Arrow {
    fn endings(&self) -> &'static [&'static str] {
        &[".arrow", ".ipc", ".feather"]
    }

    fn is_text(&self) -> bool {
        false
    }

    fn read(&self, file: &DataFile<'_>, on_row: OnRow<'_>) -> Result<(), DataError> {
        read(file, on_row)
    }
}
