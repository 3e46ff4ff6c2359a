//! The screens of a run of another process, or of a record.

use super::screens::{RunHandles, Screens, Seat, operator};
use super::signals::SignalFlags;
use crate::config::{PLAN_FILE, RunPlan, ScreenPlan};
use crate::disk;
use crate::remote::{self, Access, RemoteError};
use crate::telemetry::{EventSource, RecordedRun, RunView};
use crate::tui;
use anyhow::{Result, bail};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use std::path::Path;

/// Shows the run in this folder until its screens are left.
///
/// # Errors
/// There is no terminal; the run has no record, or its process does not take this client.
pub fn attach(folder: &Path, access: Access) -> Result<()> {
    let Some(screens) = Screens::prepare(&screen_plan(folder), true)? else {
        bail!(
            "there is no terminal to show screens on; `versatune ctl {0} status` tells of the run in lines, and \
             `versatune snapshot {0}` prints a screen",
            folder.display()
        );
    };
    let flags = leaving_flags()?;
    match remote::connect(folder, &operator(), access) {
        Ok((run, sender)) => {
            let send = Box::new(move |request| sender.send(&request).is_ok());
            let seat = Seat::Guest { only_looks: access == Access::ReadOnly };
            show(screens, run, RunHandles { flags, send, seat })
        }
        Err(RemoteError::NoRun { .. }) => {
            let send = Box::new(|_| false);
            let seat = Seat::Guest { only_looks: false };
            show(screens, RecordedRun::open(folder)?, RunHandles { flags, send, seat })
        }
        Err(error) => Err(error.into()),
    }
}

fn show<S: EventSource>(screens: Screens, source: S, handles: RunHandles) -> Result<()> {
    drop(screens.show(RunView::open(source)?, handles));
    match tui::terminal::is_stuck() {
        true => bail!("the terminal does not read"),
        false => Ok(()),
    }
}

/// How the run's own screens look, or the defaults. These ones are closed by whoever opened them.
fn screen_plan(folder: &Path) -> ScreenPlan {
    let text = disk::read_text(&folder.join(PLAN_FILE), disk::LARGEST_TEXT);
    let plan = text.ok().and_then(|text| RunPlan::from_ron(&text).ok());
    let plan = plan.map_or_else(ScreenPlan::default, |plan| plan.screen);
    ScreenPlan { close_at_end: false, ..plan }
}

/// Signals that end a process make the screens give the terminal back.
fn leaving_flags() -> Result<SignalFlags> {
    let flags = SignalFlags::default();
    for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM] {
        signal_hook::flag::register(signal, flags.hung_up.clone())?;
    }
    signal_hook::flag::register(SIGCONT, flags.continued.clone())?;
    Ok(flags)
}
