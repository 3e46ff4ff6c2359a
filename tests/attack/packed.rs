//! Good data files in what such files come in.

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use arrow_ipc::writer::StreamWriter;
use parquet::arrow::ArrowWriter;
use std::io::{self, Read, Write};
use std::sync::Arc;

/// How a file of text is compressed or encoded.
#[derive(Clone, Copy)]
pub enum Packing {
    None,
    Gzip,
    Zstd,
    Xz,
    Bzip2,
    Utf16,
}

impl Packing {
    pub const ALL: [Packing; 6] =
        [Packing::None, Packing::Gzip, Packing::Zstd, Packing::Xz, Packing::Bzip2, Packing::Utf16];

    /// The end of the names of such files.
    pub fn ending(self) -> &'static str {
        match self {
            Packing::None | Packing::Utf16 => "",
            Packing::Gzip => ".gz",
            Packing::Zstd => ".zst",
            Packing::Xz => ".xz",
            Packing::Bzip2 => ".bz2",
        }
    }

    pub fn pack(self, text: Vec<u8>) -> Vec<u8> {
        let packed = match self {
            Packing::None => Ok(text),
            Packing::Gzip => gzip(&text),
            Packing::Zstd => zstd::encode_all(&text[..], 1),
            Packing::Xz => all_of(liblzma::read::XzEncoder::new(&text[..], 0)),
            Packing::Bzip2 => {
                all_of(bzip2::read::BzEncoder::new(&text[..], bzip2::Compression::fast()))
            }
            Packing::Utf16 => Ok(utf16(&text)),
        };
        packed.expect("it can be packed")
    }
}

fn gzip(text: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text)?;
    encoder.finish()
}

fn all_of(mut encoder: impl Read) -> io::Result<Vec<u8>> {
    let mut packed = Vec::new();
    encoder.read_to_end(&mut packed).map(|_| packed)
}

/// Little-endian behind its mark.
fn utf16(text: &[u8]) -> Vec<u8> {
    let text = format!("\u{feff}{}", String::from_utf8_lossy(text));
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A table of prompts and completions.
fn table(rows: usize) -> RecordBatch {
    let column = |text: &str| -> ArrayRef {
        Arc::new((0..rows).map(|i| Some(format!("{text} {i}"))).collect::<StringArray>())
    };
    let columns = [("prompt", column("One and")), ("completion", column("two"))];
    RecordBatch::try_from_iter(columns).expect("a table")
}

pub fn arrow(rows: usize) -> Vec<u8> {
    let batch = table(rows);
    let mut bytes = Vec::new();
    let mut writer = StreamWriter::try_new(&mut bytes, &batch.schema()).expect("a writer");
    writer.write(&batch).and_then(|()| writer.finish()).expect("a file");
    bytes
}

pub fn parquet(rows: usize) -> Vec<u8> {
    let batch = table(rows);
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).expect("a writer");
    writer.write(&batch).expect("a table");
    writer.close().expect("a file");
    bytes
}
