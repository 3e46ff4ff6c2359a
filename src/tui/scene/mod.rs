//! What screens are drawn from: the run, its newest records, the look and the time.

mod log;
pub mod meaning;
mod shown_run;

pub use log::{EventLog, RecordList};
pub use shown_run::ShownRun;

use super::draw::columns;
use super::look::{Look, Role};
use crate::telemetry::RunState;
use jiff::tz::TimeZone;
use ratatui::style::Style;

/// What a screen is drawn from.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The run, now or as it was frozen.
    pub run: &'a RunState,
    /// Its newest records.
    pub log: EventLog<'a>,
    pub look: &'a Look,
    /// Now, milliseconds since 1970 UTC.
    pub now_ms: u64,
    /// In which times of day are shown.
    pub zone: &'a TimeZone,
    /// The filter of the screen; empty if there is none.
    pub filter: &'a str,
}

impl Scene<'_> {
    /// The style of a role.
    pub fn style(&self, role: Role) -> Style {
        self.look.style(role)
    }

    /// A time of day: `14:02:31`.
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

    /// The name of a domain; `?` where there is none.
    pub fn domain(&self, index: usize) -> &str {
        self.run.domain(index)
    }
}
