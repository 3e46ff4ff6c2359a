//! The screens of a run of another process, or of a record.

use super::compared::{Compared, compared, follow};
use super::no_screens::{find_plain_terminal, find_terminal};
use super::run_list;
use super::screens::{RunHandles, Screens, Seat, operator};
use super::signals::{SignalFlags, stop_for_now};
use crate::config::{PLAN_FILE, RunPlan, ScreenPlan};
use crate::disk;
use crate::remote::{self, Access, RemoteError, Whereabouts};
use crate::telemetry::{EventSource, Recording, RunView};
use crate::tui::terminal::{self, Chosen, Held, Left};
use crate::tui::{RunChoice, RunComparison};
use anyhow::{Context, Result, bail};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use signal_hook::iterator::Signals;
use std::path::Path;
use std::thread;

/// Shows the run in this folder until its screens are left; `quiet` rings and notifies of nothing.
///
/// # Errors
/// There is no terminal; the run has no record, or its process does not take this client.
pub fn attach(folder: &Path, access: Access, quiet: bool) -> Result<()> {
    let plan = stored_plan(folder);
    let is_plain = plan.as_ref().is_some_and(|plan| plan.screen.plain);
    let found = if is_plain { find_plain_terminal() } else { find_terminal() };
    if let Err(why) = found {
        bail!(
            "there is no terminal to show screens on: {why}; `versatune ctl {0} status` tells of the run in lines, and \
             `versatune snapshot {0}` prints a screen",
            folder.display()
        );
    }
    let screens = Screens::prepare(&screen_plan(plan.as_ref()))?;
    let flags = leaving_flags()?;
    let (run, handles) = open(folder, access, flags)?;
    let screens = telling(screens, plan, &handles, quiet);
    drop(screens.show(run, handles));
    match terminal::is_stuck() {
        true => bail!("the terminal does not read"),
        false => Ok(()),
    }
}

/// Shows the list of the runs that go on and of those in `runs_dir`, and the one that is chosen, until the list is
/// left: whoever leaves the screens of a run is back at the list.
///
/// # Errors
/// There is no terminal, it cannot be taken, or a thread cannot be started.
pub fn choose(runs_dir: &Path, access: Access, quiet: bool) -> Result<()> {
    if let Err(why) = find_terminal() {
        bail!(
            "there is no terminal to show the list of runs on: {why}; `versatune ls` prints it, and \
             `versatune ctl RUN status` tells of one in lines"
        );
    }
    let plan = ScreenPlan::default();
    let (look, keys) = Screens::prepare(&plan)?.look();
    let flags = leaving_flags()?;
    let runs = run_list::watch(runs_dir).context("no thread can be started")?;
    let mut held = Held::take(plan.mouse).context("the terminal cannot be taken")?;
    let mut choice = RunChoice::new(look, keys);
    loop {
        let shown = match terminal::choose(&mut choice, &runs, flags.of_terminal(), &mut held)? {
            None | Some(Chosen::Nothing) => return Ok(()),
            Some(Chosen::Run(folder)) => {
                let shown = show_in(&mut held, &folder, (access, quiet), &flags);
                let shown = shown.map(|left| !matches!(left, Left::Lost(_)));
                shown.with_context(|| folder.display().to_string())
            }
            Some(Chosen::Compare(folders)) => {
                compared(&folders, 0).and_then(|compared| compare_in(&mut held, compared, &flags))
            }
        };
        match shown {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(error) => choice.set_fault(format!("{error:#}")),
        }
    }
}

/// Shows runs over each other, and follows those that go on, until they are left.
///
/// # Errors
/// There is no terminal, it cannot be taken, or a thread cannot be started.
pub fn show_compared(compared: Compared) -> Result<()> {
    if let Err(why) = find_terminal() {
        bail!("there is no terminal to show the runs on: {why}; without --screen they are tables");
    }
    let flags = leaving_flags()?;
    let mut held =
        Held::take(ScreenPlan::default().mouse).context("the terminal cannot be taken")?;
    compare_in(&mut held, compared, &flags)?;
    Ok(())
}

/// The same in a terminal that is held; `false` where it is lost.
fn compare_in(held: &mut Held, compared: Compared, flags: &SignalFlags) -> Result<bool> {
    let (look, keys) = Screens::prepare(&ScreenPlan::default())?.look();
    let Compared { comparison, damage, readings } = compared;
    let mut screen = RunComparison::new(comparison, look, keys);
    if !damage.is_empty() {
        screen.set_fault(format!("{}; what can be read is shown", damage.join("; ")));
    }
    let newer = follow(readings).context("no thread can be started")?;
    Ok(terminal::compare(&mut screen, &newer, flags.of_terminal(), held)?)
}

fn show_in(
    held: &mut Held,
    folder: &Path,
    (access, quiet): (Access, bool),
    flags: &SignalFlags,
) -> Result<Left> {
    let plan = stored_plan(folder);
    let screens = Screens::prepare(&screen_plan(plan.as_ref()))?;
    let (run, handles) = open(folder, access, flags.clone())?;
    let screens = telling(screens, plan, &handles, quiet);
    Ok(screens.show_in(held, run, handles).1?)
}

/// The screens with the alerts of a run that goes on, unless they are to be quiet.
fn telling(screens: Screens, plan: Option<RunPlan>, handles: &RunHandles, quiet: bool) -> Screens {
    let is_live = matches!(handles.seat, Seat::Guest { .. });
    match plan.filter(|_| !quiet && is_live) {
        Some(plan) => screens.telling_of(&plan),
        None => screens,
    }
}

/// The run in this folder: from its process, or from its record where it has none here.
fn open(
    folder: &Path,
    access: Access,
    flags: SignalFlags,
) -> Result<(RunView<Box<dyn EventSource>>, RunHandles)> {
    let (source, handles): (Box<dyn EventSource>, _) =
        match remote::connect(folder, &operator(), access) {
            Ok((run, sender)) => {
                let send = Box::new(move |request| sender.send(&request).is_ok());
                let seat = Seat::Guest { only_looks: access == Access::ReadOnly };
                (
                    Box::new(run),
                    RunHandles { flags, send, go: Box::new(|_| {}), seat, folder: folder.into() },
                )
            }
            Err(RemoteError::NoRun { whereabouts, .. }) => {
                let goes_on = whereabouts != Whereabouts::Ended;
                let (record, seeker) = Recording::open(folder, goes_on)?;
                let go = Box::new(move |moment| seeker.go(moment));
                let send = Box::new(|_| false);
                let seat = Seat::Record { elsewhere: goes_on.then(|| whereabouts.words()) };
                (Box::new(record), RunHandles { flags, send, go, seat, folder: folder.into() })
            }
            Err(error) => return Err(error.into()),
        };
    Ok((RunView::open(source)?, handles))
}

/// The plan in the run's folder. It holds no command and no address: nothing in it leaves this process.
fn stored_plan(folder: &Path) -> Option<RunPlan> {
    let text = disk::read_text(&folder.join(PLAN_FILE), disk::LARGEST_TEXT);
    text.ok().and_then(|text| RunPlan::from_ron(&text).ok())
}

/// How the run's own screens look, or the defaults. These ones are closed by whoever opened them.
fn screen_plan(plan: Option<&RunPlan>) -> ScreenPlan {
    let plan = plan.map_or_else(ScreenPlan::default, |plan| plan.screen.clone());
    ScreenPlan { close_at_end: false, ..plan }
}

/// Signals that end a process make the screens give the terminal back; SIGTSTP does so before it stops the
/// process.
fn leaving_flags() -> Result<SignalFlags> {
    let flags = SignalFlags::default();
    for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM] {
        signal_hook::flag::register(signal, flags.hung_up.clone())?;
    }
    signal_hook::flag::register(SIGCONT, flags.continued.clone())?;
    let mut stops = Signals::new([SIGTSTP])?;
    let stop = move || stops.forever().for_each(|_| stop_for_now());
    thread::Builder::new().name("signals".into()).spawn(stop)?;
    Ok(flags)
}
