//! Points as rows: one number or sentence each, with the same fields as CSV and as JSON.

use super::points::Points;
use super::sink::Sink;
use crate::echo;
use serde::Serialize;
use std::io::{self, Write};

/// Fields of a row, in their order.
pub const FIELDS: [&str; 7] = ["step", "unix_ms", "metric", "domain", "value", "error", "text"];

/// What is not there is an empty field, or `null`; numbers are the shortest that read back to the same bits.
#[derive(Serialize)]
struct Row<'a> {
    step: u64,
    unix_ms: u64,
    metric: &'a str,
    domain: Option<&'a str>,
    value: Option<f64>,
    error: Option<f64>,
    text: Option<&'a str>,
}

fn each_row(
    points: &Points<'_>,
    mut write: impl FnMut(Row<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let (step, unix_ms) = (points.step.0, points.unix_ms);
    for value in &points.values {
        write(Row {
            step,
            unix_ms,
            metric: &value.metric,
            domain: value.domain.as_deref(),
            value: value.value.is_finite().then_some(value.value),
            error: value.error,
            text: None,
        })?;
    }
    let Some((metric, text)) = &points.text else { return Ok(()) };
    let (domain, value, error) = (None, None, None);
    write(Row { step, unix_ms, metric, domain, value, error, text: Some(text) })
}

/// CSV with a line of names.
pub struct Csv<W: Write>(csv::Writer<W>);

impl<W: Write> Csv<W> {
    /// # Errors
    /// The names cannot be written.
    pub fn begin(out: W) -> io::Result<Self> {
        // The names are there without any row too.
        let mut out = csv::WriterBuilder::new().has_headers(false).from_writer(out);
        out.write_record(FIELDS)?;
        Ok(Csv(out))
    }
}

impl<W: Write> Sink for Csv<W> {
    fn put(&mut self, points: &Points<'_>) -> io::Result<()> {
        each_row(points, |row| Ok(self.0.serialize(row)?))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A JSON object a line.
pub struct JsonLines<W>(pub W);

impl<W: Write> Sink for JsonLines<W> {
    fn put(&mut self, points: &Points<'_>) -> io::Result<()> {
        each_row(points, |row| {
            let line = serde_json::to_string(&row)?;
            writeln!(self.0, "{}", echo::json(&line))
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
