//! The screens over a run of this process, as the config and the terminal want them.

use super::signals::SignalFlags;
use crate::config::{Colours, ScreenMarks, ScreenPlan};
use crate::control::Request;
use crate::telemetry::{EventSource, RunView, Snapshot};
use crate::tui::keys::KeyMap;
use crate::tui::look::{Capabilities, Depth, Look, Marks, Theme};
use crate::tui::terminal::{self, Left, Session};
use crate::tui::{Model, ModelInit};
use anyhow::{Context, Result};
use jiff::tz::TimeZone;
use std::io::IsTerminal;
use std::path::Path;
use std::sync::mpsc::Sender;
use std::time::Duration;

/// How the screens will look, decided before there is a run to show.
pub struct Screens {
    look: Look,
    themes: Vec<Theme>,
    keys: KeyMap,
    plan: ScreenPlan,
}

/// What connects the screens with a run.
pub struct RunHandles {
    /// What they have to know of signals.
    pub flags: SignalFlags,
    /// The way to the engine.
    pub requests: Sender<Request>,
}

impl Screens {
    /// `None` where no screens are wanted, or there is no terminal for them.
    ///
    /// # Errors
    /// The config names a theme or keys that cannot be used.
    pub fn prepare(plan: &ScreenPlan, wanted: bool) -> Result<Option<Self>> {
        let plan = plan.clone();
        let (look, themes) = looks(&plan)?;
        let keys = KeyMap::with(&plan.keys).context("screen.keys cannot be used")?;
        let terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
        if !wanted || !terminal {
            return Ok(None);
        }
        Ok(Some(Screens { look, themes, keys, plan }))
    }

    /// Shows them until they are left, and gives back the view as it is then. The run goes on,
    /// whatever becomes of the terminal.
    pub fn show<S: EventSource>(self, view: RunView<S>, handles: RunHandles) -> RunView<S> {
        let RunHandles { flags, requests } = handles;
        let (mut source, Snapshot { state, recent }) = view.into_parts();
        let mut model = Model::new(ModelInit {
            now_ms: state.unix_ms,
            run: state,
            records: recent.into(),
            look: self.look,
            themes: self.themes,
            keys: self.keys,
            zone: TimeZone::system(),
            size: (80, 24),
            operator: operator(),
        });
        let left = terminal::run(
            &mut model,
            Session {
                source: &mut source,
                ask: &|request| requests.send(request).is_ok(),
                hung_up: flags.hung_up,
                ending: flags.ending,
                refresh: Duration::from_secs_f64(self.plan.refresh_secs),
                mouse: self.plan.mouse,
                close_at_end: self.plan.close_at_end,
                patience: Duration::from_secs_f64(self.plan.patience_secs),
            },
        );
        let run = Snapshot { state: model.into_run(), ..Snapshot::default() };
        say_what_goes_on(left, run.state.paused);
        RunView::from_parts(source, run)
    }
}

/// How the screens ended, and how a paused run can be resumed without them.
fn say_what_goes_on(left: std::io::Result<Left>, is_paused: bool) {
    let paused = is_paused.then(|| {
        let id = std::process::id();
        format!("the run is paused; `kill -USR2 {id}` lets it go on, `kill -TERM {id}` ends it")
    });
    match left {
        Ok(Left::Asked | Left::Ended) => paused.iter().for_each(|how| say!("{how}")),
        Ok(Left::Lost(why)) => {
            let how = paused.as_deref().unwrap_or("the run goes on");
            tracing::info!("the terminal is gone ({why}); {how}");
        }
        Err(error) => {
            tracing::warn!("the screens cannot be shown: {error}");
            complain!("warning: the screens cannot be shown ({error}); log lines instead");
        }
    }
}

/// The look that config and terminal agree on, and the themes that a key goes through.
fn looks(plan: &ScreenPlan) -> Result<(Look, Vec<Theme>)> {
    let can = Capabilities::from_env(&|name| std::env::var(name).ok());
    let depth = match plan.colours {
        Colours::Auto => can.depth,
        Colours::True => Depth::True,
        Colours::Indexed => Depth::Indexed,
        Colours::Basic => Depth::Basic,
        Colours::None => Depth::None,
    };
    let marks = match plan.marks {
        ScreenMarks::Auto => can.marks,
        ScreenMarks::Braille => Marks::Braille,
        ScreenMarks::Block => Marks::Block,
        ScreenMarks::Ascii => Marks::Ascii,
    };
    let read = |path: &Path| std::fs::read_to_string(path);
    let load = |name: &str| Theme::load(name, &read).map(|theme| theme.at(depth));
    let theme = load(&plan.theme).context("screen.theme cannot be used")?;
    let mut themes = Theme::names().map(load).collect::<Result<Vec<_>, _>>()?;
    if !themes.iter().any(|known| known.name == theme.name) {
        themes.push(theme.clone());
    }
    Ok((Look { theme, marks }, themes))
}

/// The operator at this terminal, as `user@tty`.
fn operator() -> String {
    let user = ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
    let user = user.filter(|user| !user.is_empty()).unwrap_or_else(|| "operator".into());
    let tty = rustix::termios::ttyname(std::io::stdin(), Vec::new());
    let tty = tty.ok().and_then(|name| name.into_string().ok());
    let tty = tty.map_or_else(String::new, |name| {
        format!("@{}", name.strip_prefix("/dev/").unwrap_or(&name))
    });
    format!("{user}{tty}")
}
