use super::replay::Replay;
use crate::control::Request;
use crate::rules::{AlertRule, AlertWatch};
use crate::telemetry::Snapshot;
use crate::tui::dialog::{Dialog, Subject};
use crate::tui::keys::KeyMap;
use crate::tui::look::{Look, Role, Theme};
use crate::tui::ring::{Desktop, Ring, TerminalWays};
use crate::tui::scene::{Scene, ShownRun};
use crate::tui::screens::{ScreenId, Screens};
use jiff::tz::TimeZone;
use ratatui::layout::{Position, Rect};
use std::collections::VecDeque;
use std::path::Path;
use tui_input::Input;

/// What others did that waits to be told; the events have it all.
const MOST_PASSING: usize = 8;

/// The whole state of the screens; changed by [`update`](super::update) alone.
pub struct Model {
    pub(in crate::tui) run: ShownRun,
    /// The run of the picture that is kept while the run goes on.
    pub(in crate::tui) frozen: Option<Box<Frozen>>,
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
    /// The filter of each screen.
    filters: Vec<Input>,
    /// Whether the filter of the shown screen is being typed.
    pub(in crate::tui) filtering: bool,
    /// Earlier command lines, the newest last.
    pub(in crate::tui) given: VecDeque<String>,
    /// Requests without an outcome yet.
    pub(in crate::tui) pending: VecDeque<Request>,
    pub(in crate::tui) answer: Option<Answer>,
    /// What others did while an answer was shown, oldest first.
    pub(in crate::tui) passing: VecDeque<String>,
    /// Where a held mouse button went down.
    pub(in crate::tui) pressed: Option<Position>,
    /// Whether no more events will come.
    pub(in crate::tui) ended: bool,
    /// Why no more events come from a run that did not end.
    pub(in crate::tui) lost: Option<String>,
    /// Whether the screens end with the run: the operator left them by stopping it.
    pub(in crate::tui) leaves_at_end: bool,
    /// Whether leaving the screens asks nothing: the run is another process's.
    pub(in crate::tui) leaves_at_once: bool,
    /// Whether no commands are sent.
    pub(in crate::tui) only_looks: bool,
    /// Where in a record the screens are, if they show one.
    pub(in crate::tui) replay: Option<Replay>,
    /// The operator at this terminal, as `user@tty`.
    pub(in crate::tui) operator: String,
    /// The run's folder, where it is known.
    pub(in crate::tui) folder: Option<String>,
    /// Which alerts are told of at this terminal.
    pub(in crate::tui) alerts: AlertWatch<TerminalWays>,
    /// Those that are to be told with the next frame.
    pub(in crate::tui) ring: Ring,
}

/// A run as it was when its picture was frozen.
pub(in crate::tui) struct Frozen {
    pub run: ShownRun,
    pub now_ms: u64,
}

/// A line that answers the operator; it is shown for some seconds.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::tui) struct Answer {
    pub text: String,
    pub role: Role,
    pub until_ms: u64,
    /// Whether it tells of somebody else, so that the next such line may take its place.
    pub passes: bool,
}

/// What a model starts from.
#[derive(Clone, Debug)]
pub struct ModelInit {
    /// The run until now.
    pub run: Snapshot,
    /// How things look.
    pub look: Look,
    /// Themes that a key goes through.
    pub themes: Vec<Theme>,
    /// Which key does what.
    pub keys: KeyMap,
    /// In which times of day are shown.
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
        let ModelInit { run, look, themes, keys, zone, now_ms, size, operator } = init;
        let alerts = AlertWatch::new(Vec::new(), &run.state);
        Model {
            run: ShownRun::new(run),
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
            passing: VecDeque::new(),
            pressed: None,
            ended: false,
            lost: None,
            leaves_at_end: false,
            operator,
            folder: None,
            leaves_at_once: false,
            only_looks: false,
            replay: None,
            alerts,
            ring: Ring::default(),
        }
    }

    /// The run up to the last record that the screens took.
    pub fn into_run(self) -> Snapshot {
        self.run.snapshot
    }

    /// Shows a screen.
    pub fn show(&mut self, id: ScreenId) {
        self.shown = id;
    }

    /// What the shown screen is drawn from: the frozen run, if there is one.
    pub(in crate::tui) fn scene(&self) -> Scene<'_> {
        match self.frozen.as_deref() {
            Some(Frozen { run, now_ms }) => self.scene_with(run, *now_ms),
            None => self.live_scene(),
        }
    }

    /// What dialogs are drawn from: the run as it is now.
    pub(in crate::tui) fn live_scene(&self) -> Scene<'_> {
        // In a record it is as late as it was then.
        let now_ms = if self.replay.is_some() { self.run.state().unix_ms } else { self.now_ms };
        self.scene_with(&self.run, now_ms)
    }

    fn scene_with<'a>(&'a self, run: &'a ShownRun, now_ms: u64) -> Scene<'a> {
        Scene {
            run: run.state(),
            log: run.log(),
            look: &self.look,
            now_ms,
            zone: &self.zone,
            filter: self.filter().value(),
        }
    }

    /// What the help explains.
    pub(in crate::tui) fn helped(&self) -> Subject<'_> {
        Subject {
            screen: self.shown,
            is_record: self.replay.is_some(),
            keys: &self.keys,
            glyphs: self.look.glyphs(),
        }
    }

    /// The whole terminal.
    pub(in crate::tui) fn area(&self) -> Rect {
        Rect { x: 0, y: 0, width: self.size.0, height: self.size.1 }
    }

    /// The filter of the shown screen.
    pub(in crate::tui) fn filter(&self) -> &Input {
        &self.filters[self.shown as usize]
    }

    /// The filter of the shown screen, for editing.
    pub(in crate::tui) fn filter_mut(&mut self) -> &mut Input {
        &mut self.filters[self.shown as usize]
    }

    /// Makes these the screens of another process's run: they are left without a question, and send no commands
    /// where they only look.
    pub fn be_guest(&mut self, only_looks: bool) {
        self.leaves_at_once = true;
        self.only_looks = only_looks;
    }

    /// Makes these the screens of a record, whose end they show: keys go through it, and commands do nothing.
    /// `elsewhere` is where the run's process may still be.
    pub fn be_record(&mut self, elsewhere: Option<String>) {
        self.leaves_at_once = true;
        let grows = elsewhere.is_some();
        if let Some(where_it_is) = elsewhere {
            let text = format!("the record, as it grows: {where_it_is}");
            self.set_answer(text, Role::Warning);
        }
        self.replay = Some(Replay::new(self.run.state(), grows));
    }

    /// Makes this folder the run's: its path can be copied.
    pub fn be_of(&mut self, folder: &Path) {
        self.folder = Some(folder.display().to_string());
    }

    /// Tells of these alerts at this terminal from now on.
    pub fn tell_of(&mut self, alerts: Vec<AlertRule<TerminalWays>>) {
        self.alerts = AlertWatch::new(alerts, self.run.state());
    }

    /// The bytes that tell of the alerts that came since the last call.
    pub(in crate::tui) fn take_ring(&mut self, desktop: Desktop) -> Vec<u8> {
        self.ring.take(desktop)
    }

    /// Answers the operator with a line that is shown for some seconds.
    pub(in crate::tui) fn set_answer(&mut self, text: String, role: Role) {
        let until_ms = self.now_ms + 8_000;
        self.answer = Some(Answer { text, role, until_ms, passes: false });
    }

    /// Tells what somebody else did, once no answer to the operator is shown any more.
    pub(in crate::tui) fn tell(&mut self, text: String) {
        if self.passing.len() == MOST_PASSING {
            self.passing.pop_front();
        }
        self.passing.push_back(text);
        if self.answer.as_ref().is_none_or(|answer| answer.passes) {
            self.tell_next();
        }
    }

    /// It is so late now: answers that were shown for long enough give way to what others did.
    pub(in crate::tui) fn tick(&mut self, now_ms: u64) {
        self.now_ms = now_ms;
        self.answer.take_if(|answer| answer.until_ms <= now_ms);
        if self.answer.is_none() {
            self.tell_next();
        }
    }

    fn tell_next(&mut self) {
        if let Some(text) = self.passing.pop_front() {
            self.set_answer(text, Role::Accent);
            if let Some(answer) = &mut self.answer {
                answer.passes = true;
            }
        }
    }
}
