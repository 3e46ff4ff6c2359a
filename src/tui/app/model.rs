use crate::control::Request;
use crate::telemetry::{Record, RunState};
use crate::tui::dialog::Dialog;
use crate::tui::keys::KeyMap;
use crate::tui::look::{Look, Role, Theme};
use crate::tui::scene::{EventLog, Scene};
use crate::tui::screens::{ScreenId, Screens};
use jiff::tz::TimeZone;
use ratatui::layout::{Position, Rect};
use std::collections::VecDeque;
use std::sync::Arc;
use tui_input::Input;

/// Everything that the screens show and remember; changed by [`update`](super::update) alone.
pub struct Model {
    /// The run: the fold of its events.
    pub(in crate::tui) run: RunState,
    pub(in crate::tui) log: EventLog,
    /// The picture that was kept while the run goes on, and when that was.
    pub(in crate::tui) frozen: Option<Box<(RunState, EventLog, u64)>>,
    pub(in crate::tui) look: Look,
    /// Themes that a key goes through, the one in use included.
    pub(in crate::tui) themes: Vec<Theme>,
    pub(in crate::tui) keys: KeyMap,
    pub(in crate::tui) zone: TimeZone,
    pub(in crate::tui) now_ms: u64,
    /// Columns and rows of the terminal.
    pub(in crate::tui) size: (u16, u16),
    /// The screen that is shown.
    pub(in crate::tui) shown: ScreenId,
    pub(in crate::tui) screens: Screens,
    pub(in crate::tui) dialog: Option<Dialog>,
    /// What each screen is filtered by, and whether that of the one shown is being typed.
    filters: Vec<Input>,
    pub(in crate::tui) filtering: bool,
    /// Command lines given before, the newest last.
    pub(in crate::tui) given: VecDeque<String>,
    /// Requests without an outcome yet.
    pub(in crate::tui) pending: VecDeque<Request>,
    pub(in crate::tui) answer: Option<Answer>,
    /// Where a held mouse button went down.
    pub(in crate::tui) pressed: Option<Position>,
    /// Whether no more events will come.
    pub(in crate::tui) ended: bool,
    /// Whether the screens end with the run: the operator left them by stopping it.
    pub(in crate::tui) leaves_at_end: bool,
    /// The operator at this terminal, as `user@tty`.
    pub(in crate::tui) operator: String,
}

/// A line that answers the operator, for some seconds.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::tui) struct Answer {
    pub text: String,
    pub role: Role,
    pub until_ms: u64,
}

/// What the screens begin with.
#[derive(Clone, Debug)]
pub struct ModelInit {
    /// The run until now.
    pub run: RunState,
    /// Its events until now, oldest first, as far as they are known.
    pub records: Vec<Arc<Record>>,
    /// How things look.
    pub look: Look,
    /// Themes that a key goes through.
    pub themes: Vec<Theme>,
    /// Which key does what.
    pub keys: KeyMap,
    /// Where the clock is read.
    pub zone: TimeZone,
    /// Now, milliseconds since 1970 UTC.
    pub now_ms: u64,
    /// Columns and rows.
    pub size: (u16, u16),
    /// The operator at this terminal, as `user@tty`.
    pub operator: String,
}

impl Model {
    /// The screens as they open.
    pub fn new(init: ModelInit) -> Self {
        let ModelInit { run, records, look, themes, keys, zone, now_ms, size, operator } = init;
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
            shown: ScreenId::default(),
            screens: Screens::new(),
            dialog: None,
            filters: ScreenId::all().map(|_| Input::default()).collect(),
            filtering: false,
            given: VecDeque::new(),
            pending: VecDeque::new(),
            answer: None,
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

    /// Shows a screen.
    pub fn show(&mut self, id: ScreenId) {
        self.shown = id;
    }

    /// What the screens are drawn from.
    pub(in crate::tui) fn scene(&self) -> Scene<'_> {
        match &self.frozen {
            Some(kept) => Scene { run: &kept.0, log: &kept.1, now_ms: kept.2, ..self.live_scene() },
            None => self.live_scene(),
        }
    }

    /// The same of the run as it is, whatever picture was kept.
    pub(in crate::tui) fn live_scene(&self) -> Scene<'_> {
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
    pub(in crate::tui) fn area(&self) -> Rect {
        Rect { x: 0, y: 0, width: self.size.0, height: self.size.1 }
    }

    /// What the shown screen is filtered by.
    pub(in crate::tui) fn filter(&self) -> &Input {
        &self.filters[self.shown as usize]
    }

    /// The same to be typed.
    pub(in crate::tui) fn filter_mut(&mut self) -> &mut Input {
        &mut self.filters[self.shown as usize]
    }

    /// Answers the operator with a line that is seen for some seconds.
    pub(in crate::tui) fn tell(&mut self, text: String, role: Role) {
        self.answer = Some(Answer { text, role, until_ms: self.now_ms + 8_000 });
    }
}
