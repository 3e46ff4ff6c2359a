//! The screens of a run of this process, set up from the config and the terminal.

use super::lines_out::lines_out;
use super::signals::SignalFlags;
use crate::config::{AlertWay, Colours, RunPlan, ScreenMarks, ScreenPlan};
use crate::control::Request;
use crate::disk;
use crate::headless::LogFormat;
use crate::plain::{self, PlainEnd, PlainSession};
use crate::rules::AlertRule;
use crate::telemetry::{EventSource, Moment, RunState, RunView};
use crate::tui::keys::KeyMap;
use crate::tui::look::{Capabilities, Depth, Look, Marks, Theme};
use crate::tui::terminal::{self, Held, Left, Session};
use crate::tui::{Model, ModelInit, TerminalWays};
use anyhow::{Context, Result};
use jiff::tz::TimeZone;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Screens that can be shown: how they look is checked before a run is opened.
pub struct Screens {
    look: Look,
    themes: Vec<Theme>,
    keys: KeyMap,
    plan: ScreenPlan,
    alerts: Vec<AlertRule<TerminalWays>>,
}

/// Connections of the screens with a run.
pub struct RunHandles {
    /// Set by signals.
    pub flags: SignalFlags,
    /// Sends a request to the engine; `false` where there is none any more.
    pub send: Box<dyn Fn(Request) -> bool>,
    /// Sends the run to another moment, where it is a record.
    pub go: Box<dyn Fn(Moment)>,
    /// Whose run it is.
    pub seat: Seat,
    /// The run's folder.
    pub folder: PathBuf,
}

/// Whose run the screens show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seat {
    /// This process's: it is said how to come back to it when the screens are left.
    Own,
    /// Another process's.
    Guest {
        /// Whether no commands are sent.
        only_looks: bool,
    },
    /// Nobody's here: a record is shown as it is now.
    Record {
        /// Where the run's process may still be, and what reaches it there.
        elsewhere: Option<String>,
    },
}

impl Screens {
    /// Checks the config of the screens.
    ///
    /// # Errors
    /// The config names a theme or keys that cannot be used.
    pub fn prepare(plan: &ScreenPlan) -> Result<Self> {
        let plan = plan.clone();
        let (look, themes) = looks(&plan)?;
        let keys = KeyMap::with(&plan.keys).context("screen.keys cannot be used")?;
        Ok(Screens { look, themes, keys, plan, alerts: Vec::new() })
    }

    /// With the alerts of a run that are told of at its terminals.
    pub fn telling_of(self, run: &RunPlan) -> Self {
        Screens { alerts: alerts_at_terminals(run), ..self }
    }

    /// How they look, and which key does what.
    pub fn look(&self) -> (Look, KeyMap) {
        (self.look.clone(), self.keys.clone())
    }

    /// Shows them until they are left, and returns the view as it is then. A terminal that is lost
    /// does not stop the run.
    pub fn show<S: EventSource>(self, view: RunView<S>, handles: RunHandles) -> RunView<S> {
        let is_own = handles.seat == Seat::Own;
        let (view, left) = match self.plan.plain {
            true => tell(view, handles),
            false => match Held::take(self.plan.mouse) {
                Ok(mut held) => self.show_in(&mut held, view, handles),
                Err(error) => (view, Err(error)),
            },
        };
        // The terminal is given back by now.
        let run = view.state();
        let goes_on = (is_own && run.ended.is_none()).then(std::process::id);
        report_left(left, goes_on, run);
        view
    }

    /// Shows them in a terminal that is held, until they are left; how they were.
    pub fn show_in<S: EventSource>(
        self,
        held: &mut Held,
        view: RunView<S>,
        handles: RunHandles,
    ) -> (RunView<S>, std::io::Result<Left>) {
        let RunHandles { flags, send, go, seat, folder } = handles;
        let (mut source, run) = view.into_parts();
        let mut model = Model::new(ModelInit {
            now_ms: run.state.unix_ms,
            run,
            look: self.look,
            themes: self.themes,
            keys: self.keys,
            zone: TimeZone::system(),
            size: (80, 24),
            operator: operator(),
        });
        model.tell_of(self.alerts);
        model.be_of(&std::path::absolute(&folder).unwrap_or(folder));
        match seat {
            Seat::Own => {}
            Seat::Guest { only_looks } => model.be_guest(only_looks),
            Seat::Record { elsewhere } => model.be_record(elsewhere),
        }
        let left = terminal::run(
            &mut model,
            Session {
                source: &mut source,
                send: &*send,
                go: &*go,
                hung_up: flags.hung_up,
                continued: flags.continued,
                ending: flags.ending,
                refresh: Duration::from_secs_f64(self.plan.refresh_secs),
                mouse: self.plan.mouse,
                close_at_end: self.plan.close_at_end,
                patience: Duration::from_secs_f64(self.plan.patience_secs),
            },
            held,
        );
        (RunView::from_parts(source, model.into_run()), left)
    }
}

/// Tells of a run in lines, until that is left; how it was.
fn tell<S: EventSource>(
    mut view: RunView<S>,
    handles: RunHandles,
) -> (RunView<S>, std::io::Result<Left>) {
    let session = PlainSession {
        send: &*handles.send,
        operator: operator(),
        hung_up: handles.flags.hung_up,
        is_record: matches!(handles.seat, Seat::Record { .. }),
    };
    let told = plain::run(&mut view, &mut *lines_out(LogFormat::Text), &session);
    let left = told.map(|end| match end {
        PlainEnd::ByOperator => Left::ByOperator,
        PlainEnd::Ended => Left::Ended,
        PlainEnd::Lost(why) => Left::Lost(why),
    });
    (view, left)
}

/// The alerts that a run's terminals tell of.
fn alerts_at_terminals(run: &RunPlan) -> Vec<AlertRule<TerminalWays>> {
    let ways = |ways: &[AlertWay]| TerminalWays {
        bell: ways.contains(&AlertWay::Bell),
        desktop: ways.contains(&AlertWay::Desktop),
    };
    let usual = ways(&run.notify.usual);
    let usual = AlertRule::usual(&usual);
    let given = run.alerts.iter().map(|alert| AlertRule {
        when: alert.when.clone(),
        repeat: alert.repeat,
        way: ways(&alert.ways),
        usual: None,
    });
    usual.chain(given).filter(|rule| rule.way.bell || rule.way.desktop).collect()
}

/// Reports how the screens ended, and how to come back to a run that goes on without them.
fn report_left(left: std::io::Result<Left>, goes_on: Option<u32>, run: &RunState) {
    let how = goes_on
        .map(|pid| how_to_come_back(&run.run, pid, run.paused) + " · Ctrl-C saves and stops");
    match left {
        Ok(Left::ByOperator | Left::Ended) => how.iter().for_each(|how| say!("{how}")),
        Ok(Left::Lost(why)) => {
            let how = how.as_deref().unwrap_or("the run goes on");
            tracing::info!("the terminal is gone ({why}); {how}");
        }
        Err(error) => {
            tracing::warn!("the screens cannot be shown: {error}");
            complain!("warning: the screens cannot be shown ({error}); log lines instead");
        }
    }
}

/// `run goes on · pid 28704 · see it: versatune attach demo`.
pub fn how_to_come_back(name: &str, pid: u32, is_paused: bool) -> String {
    let goes_on = if is_paused { "run is paused" } else { "run goes on" };
    let lets_go = match is_paused {
        true => format!(" · go on: versatune ctl {name} resume"),
        false => String::new(),
    };
    format!("{goes_on} · pid {pid} · see it: versatune attach {name}{lets_go}")
}

/// The look from the config, or from the terminal where the config leaves it open; and the themes that
/// a key goes through.
fn looks(plan: &ScreenPlan) -> Result<(Look, Vec<Theme>)> {
    let terminal = Capabilities::from_env(&|name| std::env::var(name).ok());
    let depth = match plan.colours {
        Colours::Auto => terminal.depth,
        Colours::True => Depth::True,
        Colours::Indexed => Depth::Indexed,
        Colours::Basic => Depth::Basic,
        Colours::None => Depth::None,
    };
    let marks = match plan.marks {
        ScreenMarks::Auto => terminal.marks,
        ScreenMarks::Braille => Marks::Braille,
        ScreenMarks::Block => Marks::Block,
        ScreenMarks::Ascii => Marks::Ascii,
    };
    let read = |path: &Path| disk::read_text(path, disk::LARGEST_TEXT);
    let load = |name: &str| Theme::load(name, &read).map(|theme| theme.at(depth));
    let theme = load(&plan.theme).context("screen.theme cannot be used")?;
    let mut themes = Theme::names().map(load).collect::<Result<Vec<_>, _>>()?;
    if !themes.iter().any(|known| known.name == theme.name) {
        themes.push(theme.clone());
    }
    Ok((Look { theme, marks }, themes))
}

/// The operator at this terminal, as `user@tty`.
pub fn operator() -> String {
    let user = ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
    let user = user.filter(|user| !user.is_empty()).unwrap_or_else(|| "operator".into());
    let tty = rustix::termios::ttyname(std::io::stdin(), Vec::new());
    let tty = tty.ok().and_then(|name| name.into_string().ok());
    let tty = tty.map_or_else(String::new, |name| {
        format!("@{}", name.strip_prefix("/dev/").unwrap_or(&name))
    });
    format!("{user}{tty}")
}
