use super::dialog::Dialog;
use super::keys::KeyMap;
use super::log::EventLog;
use super::look::{Look, Role};
use super::scene::Scene;
use super::screens::Screens;
use crate::control::Request;
use crate::telemetry::{Record, RunState};
use jiff::tz::TimeZone;
use ratatui::layout::Rect;
use std::collections::VecDeque;
use std::sync::Arc;
use tui_input::Input;

/// Everything that the screens show and remember; changed by [`update`](super::update) alone.
pub struct Model {
    /// The run: the fold of its events.
    pub(super) run: RunState,
    pub(super) log: EventLog,
    /// The picture that was kept while the run goes on, and when that was.
    pub(super) frozen: Option<Box<(RunState, EventLog, u64)>>,
    pub(super) look: Look,
    /// Themes that a key goes through, the one in use included.
    pub(super) themes: Vec<super::look::Theme>,
    pub(super) keys: KeyMap,
    pub(super) zone: TimeZone,
    pub(super) now_ms: u64,
    /// Columns and rows of the terminal.
    pub(super) size: (u16, u16),
    /// The screen that is shown, from 0.
    pub(super) shown: usize,
    pub(super) screens: Screens,
    pub(super) dialog: Option<Dialog>,
    /// What each screen is filtered by, and whether that of the one shown is being typed.
    filters: [Input; Screens::COUNT],
    pub(super) filtering: bool,
    /// Command lines given before, the newest last.
    pub(super) given: VecDeque<String>,
    /// Requests without an outcome yet.
    pub(super) asked: VecDeque<Request>,
    pub(super) message: Option<Message>,
    /// Where a held mouse button went down.
    pub(super) pressed: Option<ratatui::layout::Position>,
    /// Whether no more events will come.
    pub(super) ended: bool,
    /// Whether the screens end with the run: the operator left them by stopping it.
    pub(super) leaves_at_end: bool,
    /// Who sits here, as `user@tty`.
    pub(super) operator: String,
}

/// A line that answers the operator, for some seconds.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Message {
    pub text: String,
    pub role: Role,
    pub until_ms: u64,
}

/// What the screens begin with.
#[derive(Clone, Debug)]
pub struct Outset {
    /// The run until now.
    pub run: RunState,
    /// Its events until now, oldest first, as far as they are known.
    pub records: Vec<Arc<Record>>,
    /// How things look.
    pub look: Look,
    /// Themes that a key goes through.
    pub themes: Vec<super::look::Theme>,
    /// Which key does what.
    pub keys: KeyMap,
    /// Where the clock is read.
    pub zone: TimeZone,
    /// Now, milliseconds since 1970 UTC.
    pub now_ms: u64,
    /// Columns and rows.
    pub size: (u16, u16),
    /// Who sits here, as `user@tty`.
    pub operator: String,
}

impl Model {
    /// The screens as they open.
    pub fn new(outset: Outset) -> Self {
        let Outset { run, records, look, themes, keys, zone, now_ms, size, operator } = outset;
        let mut log = EventLog::default();
        records.into_iter().for_each(|record| log.push(record));
        Model {
            run,
            log,
            frozen: None,
            look,
            themes,
            keys,
            zone,
            now_ms,
            size,
            shown: 0,
            screens: Screens::default(),
            dialog: None,
            filters: Default::default(),
            filtering: false,
            given: VecDeque::new(),
            asked: VecDeque::new(),
            message: None,
            pressed: None,
            ended: false,
            leaves_at_end: false,
            operator,
        }
    }

    /// The run as the screens last knew it.
    pub fn into_run(self) -> RunState {
        self.run
    }

    /// Shows the screen of this number; one that does not exist changes nothing.
    pub fn show(&mut self, number: u8) {
        let place = usize::from(number).checked_sub(1).filter(|place| *place < Screens::COUNT);
        self.shown = place.unwrap_or(self.shown);
    }

    /// What the screens are drawn from.
    pub(super) fn scene(&self) -> Scene<'_> {
        match &self.frozen {
            Some(kept) => Scene { run: &kept.0, log: &kept.1, now_ms: kept.2, ..self.live_scene() },
            None => self.live_scene(),
        }
    }

    /// The same of the run as it is, whatever picture was kept.
    pub(super) fn live_scene(&self) -> Scene<'_> {
        Scene {
            run: &self.run,
            log: &self.log,
            look: &self.look,
            now_ms: self.now_ms,
            zone: &self.zone,
            filter: self.filter().value(),
        }
    }

    /// The whole terminal.
    pub(super) fn area(&self) -> Rect {
        Rect { x: 0, y: 0, width: self.size.0, height: self.size.1 }
    }

    /// What the screen shown is filtered by.
    pub(super) fn filter(&self) -> &Input {
        &self.filters[self.shown % Screens::COUNT]
    }

    /// The same to be typed.
    pub(super) fn filter_mut(&mut self) -> &mut Input {
        &mut self.filters[self.shown % Screens::COUNT]
    }

    pub(super) fn tell(&mut self, text: String, role: Role) {
        self.message = Some(Message { text, role, until_ms: self.now_ms + 8_000 });
    }
}
