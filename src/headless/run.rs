use super::{LogFormat, TextLines};
use crate::echo;
use crate::telemetry::{EventSource, Record, RunView};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::io::{self, Write};
use std::sync::Arc;

/// Writes the lines of a run until its events end; every line for people goes to the log files too.
/// Blocks until then.
///
/// `every` is the number of steps between two lines of training, `zone` that of the time stamps.
/// If writing to `out` fails (a closed pipe, a full disk), that is logged once and the rest is not
/// printed. The run goes on, and its record has everything.
pub fn run(
    mut view: RunView<impl EventSource>,
    out: impl Write,
    format: LogFormat,
    every: u64,
    zone: &TimeZone,
) {
    let mut lines = TextLines::every(every);
    let mut out = Some(out);
    let mut missed = 0;
    while let Some(record) = next(&mut view) {
        let text = lines.line(view.state(), &record);
        if let Some(text) = &text {
            tracing::info!(target: "run", "{text}");
        }
        let printed = match format {
            LogFormat::Text => text.map(|text| format!("{}  {text}", stamp(record.unix_ms, zone))),
            LogFormat::Json => json(&record),
        };
        print(&mut out, printed);
        if missed < view.missed() {
            missed = view.missed();
            tracing::warn!("stdout is slow: {missed} samples were not shown (the record has them)");
        }
    }
}

/// The next record; `None` at the end, and where the source cannot be read any further.
fn next(view: &mut RunView<impl EventSource>) -> Option<Arc<Record>> {
    view.wait().unwrap_or_else(|error| {
        tracing::error!("no more events can be shown: {error}");
        None
    })
}

/// Time as the lines show it: `2026-03-01 14:02:31+01:00`.
fn stamp(unix_ms: u64, zone: &TimeZone) -> String {
    let time = i64::try_from(unix_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let time = time.unwrap_or(Timestamp::UNIX_EPOCH).to_zoned_datetime(zone.clone());
    time.strftime("%Y-%m-%d %H:%M:%S%:z").to_string()
}

fn json(record: &Record) -> Option<String> {
    match serde_json::to_string(record) {
        Ok(line) => Some(echo::json(&line).into_owned()),
        Err(e) => {
            tracing::error!("event {} has no JSON: {e}", record.seq);
            None
        }
    }
}

fn print(out: &mut Option<impl Write>, line: Option<String>) {
    let (Some(writer), Some(line)) = (out.as_mut(), line) else { return };
    let written: io::Result<()> = writeln!(writer, "{line}").and_then(|()| writer.flush());
    if let Err(e) = written {
        tracing::warn!("stdout takes no more lines: {e}");
        *out = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_says_how_far_it_is_from_utc() {
        let berlin = TimeZone::fixed(jiff::tz::offset(1));
        assert_eq!(stamp(1_772_370_151_000, &berlin), "2026-03-01 14:02:31+01:00");
    }
}
