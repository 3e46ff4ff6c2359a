//! What screens are drawn from: the run, its events, the look and the time.

mod log;
pub mod meaning;

pub use log::{EventLog, Kept};

use super::draw::columns;
use super::look::{Look, Role};
use crate::telemetry::RunState;
use jiff::tz::TimeZone;
use ratatui::style::Style;

/// What a screen is drawn from.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The run: the newest state, or the one that was frozen.
    pub run: &'a RunState,
    /// Its events.
    pub log: &'a EventLog,
    /// How things look.
    pub look: &'a Look,
    /// Now, milliseconds since 1970 UTC.
    pub now_ms: u64,
    /// Where the clock is read.
    pub zone: &'a TimeZone,
    /// What the lists are filtered by; empty: by nothing.
    pub filter: &'a str,
}

impl Scene<'_> {
    /// The style of a meaning.
    pub fn style(&self, role: Role) -> Style {
        self.look.style(role)
    }

    /// `14:02:31`.
    pub fn clock(&self, unix_ms: u64) -> String {
        let at =
            i64::try_from(unix_ms).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
        at.map_or_else(String::new, |at| {
            at.to_zoned_datetime(self.zone.clone()).strftime("%H:%M:%S").to_string()
        })
    }

    /// Whether a domain is a target now.
    pub fn is_target(&self, domain: usize) -> bool {
        let targets = self.run.history.live.as_ref().map(|live| &live.params.targets);
        targets.is_some_and(|targets| targets.iter().any(|id| id.0 == domain))
    }

    /// Columns for the domains' names in a list.
    pub fn name_width(&self) -> u16 {
        self.run.domains.iter().map(|name| columns(name)).max().unwrap_or(0).clamp(4, 14)
    }

    /// Name of a domain.
    pub fn domain(&self, index: usize) -> &str {
        self.run.domains.get(index).map_or("?", String::as_str)
    }
}
