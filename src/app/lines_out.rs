use crate::headless::LogFormat;
use crate::tui::look::in_locale;
use std::io::{self, Stdout, Write, stdout};

/// Where log lines go: lines for people in the letters of the locale, records as they are.
pub fn lines_out(format: LogFormat) -> Box<dyn Write> {
    match format {
        LogFormat::Text => Box::new(InLocale(stdout())),
        LogFormat::Json => Box::new(stdout()),
    }
}

struct InLocale(Stdout);

impl Write for InLocale {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match std::str::from_utf8(bytes) {
            Ok(text) => self.0.write_all(in_locale(text).as_bytes())?,
            Err(_) => self.0.write_all(bytes)?,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
