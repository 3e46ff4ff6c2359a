//! The screens over a run of this process: what the config and the terminal say about them.

use super::signals::Signs;
use crate::config::{Colours, ScreenMarks, ScreenPlan};
use crate::control::Request;
use crate::telemetry::{Record, Viewer};
use crate::tui::keys::KeyMap;
use crate::tui::look::{Capabilities, Depth, Look, Marks, Theme};
use crate::tui::terminal::{self, Left, Session};
use crate::tui::{Model, ModelInit};
use anyhow::{Context, Result};
use jiff::tz::TimeZone;
use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

/// How the screens will look, decided before there is a run to show.
pub struct Screens {
    look: Look,
    themes: Vec<Theme>,
    keys: KeyMap,
    plan: ScreenPlan,
}

/// What ties the screens to a run.
pub struct Ties {
    /// What they have to know of signals.
    pub signs: Signs,
    /// The way to the engine.
    pub requests: Sender<Request>,
    /// The run's events of earlier processes, as far as screens show them.
    pub records: Vec<Arc<Record>>,
}

impl Ties {
    /// To a run whose record holds `history`.
    pub fn new(signs: Signs, requests: Sender<Request>, history: Option<&[Record]>) -> Self {
        let records = history.into_iter().flatten().filter(|record| !record.event.is_sample());
        let records = records.map(|record| Arc::new(record.clone())).collect();
        Ties { signs, requests, records }
    }
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

    /// Shows them until they are left. The run goes on, whatever becomes of the terminal.
    pub fn show(self, viewer: &mut Viewer, ties: Ties) {
        let Ties { signs, requests, records } = ties;
        let model = Model::new(ModelInit {
            run: viewer.state().clone(),
            records,
            look: self.look,
            themes: self.themes,
            keys: self.keys,
            zone: TimeZone::system(),
            now_ms: viewer.state().unix_ms,
            size: (80, 24),
            operator: operator(),
        });
        let left = terminal::run(
            model,
            Session {
                viewer,
                ask: &|request| requests.send(request).is_ok(),
                hung_up: signs.hung_up,
                ending: signs.ending,
                refresh: Duration::from_secs_f64(self.plan.refresh_secs),
                mouse: self.plan.mouse,
                close_at_end: self.plan.close_at_end,
                patience: Duration::from_secs_f64(self.plan.patience_secs),
            },
        );
        let paused = viewer.state().paused.then(|| {
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

/// Who sits here, as `user@tty`.
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
