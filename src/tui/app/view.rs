//! The picture: status, tabs, the screen that is shown, hints, and what is open over them.

use crate::tui::dialog::{Dialog, typed};
use crate::tui::input::keys::Action;
use crate::tui::look::Role;
use super::model::{Message, Model};
use crate::tui::draw::number;
use crate::tui::scene::{Scene, columns, put, put_right};
use crate::tui::screens::Screens;
use crate::control::Request;
use crate::telemetry::Phase;
use crate::unit::{duration_text, grouped};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// The least size that shows the screens.
const LEAST: (u16, u16) = (60, 20);
/// Columns from which on all tabs have their names.
const TABS_FROM: u16 = 100;

/// Draws everything.
pub fn draw(model: &Model, area: Rect, buf: &mut Buffer) {
    let scene = model.scene();
    buf.set_style(area, scene.look.theme.ground());
    if is_too_small((area.width, area.height)) {
        too_small(model, area, buf);
        return;
    }
    status(model, &scene, Rect { height: 1, ..area }, buf);
    tabs(model, &scene, Rect { y: area.y + 1, height: 1, ..area }, buf);
    let body = body(area);
    model.screens.get(model.shown).view(&scene, body, buf);
    let last = Rect { y: area.bottom() - 1, height: 1, ..area };
    footer(model, &scene, last, buf);
    match &model.dialog {
        Some(Dialog::Help(help)) => help.view(&model.keys, &scene, area, buf),
        // What is asked of the run is of the run as it is, not of the picture that was kept.
        Some(Dialog::Palette(palette)) => palette.view(&model.live_scene(), area, buf),
        Some(Dialog::Edit(edit)) => edit.view(&model.live_scene(), area, buf),
        Some(Dialog::Leave(leave)) => leave.view(&model.live_scene(), area, buf),
        None => {}
    }
}

/// Where the screen is drawn on a terminal of this size.
pub(in crate::tui) fn screen_area(size: (u16, u16)) -> Rect {
    body(Rect { x: 0, y: 0, width: size.0, height: size.1 })
}

fn body(area: Rect) -> Rect {
    Rect { y: area.y + 2, height: area.height.saturating_sub(3), ..area }
}

/// Whether there is no room for screens: then keys do nothing but leave.
pub(in crate::tui) fn is_too_small((columns, rows): (u16, u16)) -> bool {
    columns < LEAST.0 || rows < LEAST.1
}

fn too_small(model: &Model, area: Rect, buf: &mut Buffer) {
    let scene = &model.live_scene();
    let text = format!(
        "needs {}x{} columns and rows, has {}x{}",
        LEAST.0, LEAST.1, area.width, area.height
    );
    put(buf, scene.look, area.x, area.y, area.width, &text, scene.style(Role::Warning));
    let (word, role) = phase(scene.run.phase);
    let state = format!("{word}: {}", progress_text(scene));
    put(buf, scene.look, area.x, area.y + 1, area.width, &state, scene.style(role));
    let text = match &model.dialog {
        Some(Dialog::Leave(_)) => crate::tui::dialog::in_a_line(),
        _ => model.keys.key(Action::Leave).map_or_else(String::new, |key| format!("{key} leaves")),
    };
    put(buf, scene.look, area.x, area.y + 2, area.width, &text, scene.style(Role::Accent));
}

/// `● training  step 1,240 / 1,876 ━━━━━╸──── 66 %  ETA 2 h 14  13.1k tok/s  MFU 56 %`
fn status(model: &Model, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
    let (run, look) = (scene.run, scene.look);
    let (word, role) = phase(run.phase);
    let mut x = area.x + 1;
    let name = if run.run.is_empty() { "versatune" } else { &run.run };
    x += put(buf, look, x, area.y, area.width / 3, name, scene.style(Role::Title)) + 2;
    let mut lamp = format!("{} {word}", look.glyphs().lamp);
    if let Some(detail) = run.phase_detail.as_ref().filter(|_| area.width >= 80) {
        lamp += &format!(" {detail}");
    }
    x += put(buf, look, x, area.y, area.right().saturating_sub(x), &lamp, scene.style(role)) + 2;
    let mut right = area.right().saturating_sub(1);
    if model.frozen.is_some() {
        right -= put_right(buf, look, right, area.y, 10, "frozen", scene.style(Role::Warning)) + 2;
    }
    let done = columns(&progress_text(scene));
    let spare = if area.width >= 80 { done + 16 } else { done + 2 };
    for text in fitting(&figures(scene), right.saturating_sub(x + spare)).iter().rev() {
        let room = right.saturating_sub(x);
        right -= put_right(buf, look, right, area.y, room, text, scene.style(Role::Text)) + 2;
    }
    let done = progress_text(scene);
    x += put(buf, look, x, area.y, right.saturating_sub(x), &done, scene.style(Role::Text)) + 2;
    if let Some(share) = share_done(scene).filter(|_| right > x + 10) {
        progress_bar(scene, Rect { x, width: right - x - 1, ..area }, share, buf);
    }
}

/// What is said of the run in figures, with how little each is worth where room is scarce.
fn figures(scene: &Scene<'_>) -> Vec<(u8, String)> {
    let run = scene.run;
    let live = !matches!(run.phase, Some(Phase::Finished | Phase::Failed));
    let lr = run.history.sample.as_ref().filter(|_| live);
    let lr = lr.map(|sample| (3, format!("lr {}", number::short(sample.lr))));
    let eta = run.eta_secs().filter(|_| live);
    let eta = eta.map(|secs| (0, format!("ETA {}", duration_text(secs))));
    let rate = run.tokens_per_sec().map(|rate| (1, format!("{} tok/s", number::count(rate))));
    let mfu = run.mfu().map(|mfu| (2, format!("MFU {:.0} %", 100.0 * mfu)));
    [lr, eta, rate, mfu].into_iter().flatten().collect()
}

/// Those that have room in so many columns, the ones worth most first chosen; in their order.
fn fitting(figures: &[(u8, String)], mut room: u16) -> Vec<&str> {
    let mut by_worth: Vec<&(u8, String)> = figures.iter().collect();
    by_worth.sort_by_key(|(worth, _)| *worth);
    let mut worth_showing = Vec::new();
    for (worth, text) in by_worth {
        let Some(left) = room.checked_sub(columns(text) + 2) else { break };
        room = left;
        worth_showing.push(*worth);
    }
    let shown = figures.iter().filter(|(worth, _)| worth_showing.contains(worth));
    shown.map(|(_, text)| text.as_str()).collect()
}

/// What the lamp says, and its colour.
pub(in crate::tui) fn phase(phase: Option<Phase>) -> (&'static str, Role) {
    match phase {
        None => ("starting", Role::Dim),
        Some(Phase::Loading) => ("loading", Role::Accent),
        Some(Phase::Tokenizing) => ("tokenizing", Role::Accent),
        Some(Phase::Detection) => ("detection", Role::Accent),
        Some(Phase::Reference) => ("ceilings", Role::Accent),
        Some(Phase::Evaluating) => ("evaluating", Role::Good),
        Some(Phase::Training) => ("training", Role::Good),
        Some(Phase::Saving) => ("saving", Role::Good),
        Some(Phase::Paused) => ("paused", Role::Warning),
        Some(Phase::Finished) => ("finished", Role::Good),
        Some(Phase::Failed) => ("failed", Role::Error),
    }
}

fn share_done(scene: &Scene<'_>) -> Option<f64> {
    let run = scene.run;
    match &run.progress {
        Some(progress) => {
            let total = progress.total.filter(|total| *total > 0)?;
            Some(progress.done as f64 / total as f64)
        }
        None => (run.steps > 0).then(|| run.history.step.0 as f64 / run.steps as f64),
    }
}

/// `step 1,240 / 1,876`, or how far another phase has come.
pub(in crate::tui) fn progress_text(scene: &Scene<'_>) -> String {
    let run = scene.run;
    match &run.progress {
        Some(progress) => match progress.total {
            Some(total) => {
                format!("{} {} / {}", progress.what, grouped(progress.done), grouped(total))
            }
            None => format!("{} {}", progress.what, grouped(progress.done)),
        },
        None if run.steps > 0 => format!("step {} / {}", run.history.step, grouped(run.steps)),
        None => String::new(),
    }
}

fn progress_bar(scene: &Scene<'_>, area: Rect, share: f64, buf: &mut Buffer) {
    let [done, end, rest] = scene.look.glyphs().progress;
    let percent = format!(" {:.0} %", (100.0 * share.clamp(0.0, 1.0)).floor());
    let width = area.width.saturating_sub(columns(&percent)).min(40);
    let filled = ((share.clamp(0.0, 1.0) * f64::from(width)).floor() as u16).min(width);
    let mut x = area.x;
    x += put(
        buf,
        scene.look,
        x,
        area.y,
        filled,
        &done.repeat(usize::from(filled)),
        scene.style(Role::Accent),
    );
    if filled < width {
        x += put(buf, scene.look, x, area.y, 1, end, scene.style(Role::Accent));
        let left = width - filled - 1;
        x += put(
            buf,
            scene.look,
            x,
            area.y,
            left,
            &rest.repeat(usize::from(left)),
            scene.style(Role::Faint),
        );
    }
    put(buf, scene.look, x, area.y, columns(&percent), &percent, scene.style(Role::Dim));
}

/// A tab: its first column, its width, its place among the screens, its text.
struct Tab {
    x: u16,
    width: u16,
    place: usize,
    text: String,
}

fn tab_places(model: &Model, area: Rect) -> Vec<Tab> {
    let mut x = area.x + 1;
    let mut tabs = Vec::new();
    for (place, name) in Screens::NAMES.iter().enumerate() {
        let number = place + 1;
        let named = area.width >= TABS_FROM || place == model.shown;
        let text = if named { format!("{number} {name}") } else { number.to_string() };
        let width = columns(&text);
        tabs.push(Tab { x, width, place, text });
        x += width + 2;
    }
    tabs
}

fn tabs(model: &Model, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
    for Tab { x, width, place, text } in tab_places(model, area) {
        let style = scene.style(if place == model.shown { Role::Accent } else { Role::Dim });
        put(buf, scene.look, x, area.y, width.min(area.right().saturating_sub(x)), &text, style);
    }
    let tabs_end = tab_places(model, area).last().map_or(area.x, |tab| tab.x + tab.width);
    for hint in help_hints(model, area, tabs_end + 2) {
        hint.draw(scene, area.y, buf);
    }
}

/// The keys to help and the command line, right of the tabs; help alone where both have no room.
fn help_hints(model: &Model, area: Rect, from: u16) -> Vec<Hint> {
    let hint = |action| Hint::of(model, action);
    let mut hints: Vec<Hint> =
        [Action::Help, Action::Palette].into_iter().filter_map(hint).collect();
    let width = |hints: &[Hint]| hints.iter().map(|hint| hint.width + 2).sum::<u16>();
    while !hints.is_empty() && from + width(&hints) > area.right() + 1 {
        hints.pop();
    }
    let mut x = (area.right() + 1).saturating_sub(width(&hints));
    for hint in &mut hints {
        hint.x = x;
        x += hint.width + 2;
    }
    hints
}

/// What a click at a position does: tabs and hints are buttons.
pub(in crate::tui) fn button_at(model: &Model, at: Position) -> Option<Action> {
    let area = model.area();
    let row = |y: u16| Rect { y, height: 1, ..area };
    let last = area.bottom().checked_sub(1)?;
    if at.y == 1 {
        let on = |tab: &&Tab| (tab.x..tab.x + tab.width).contains(&at.x);
        let number = |tab: &Tab| Action::Screen(tab.place as u8 + 1);
        let tabs = tab_places(model, row(1));
        let end = tabs.last().map_or(0, |tab| tab.x + tab.width);
        let help = help_hints(model, row(1), end + 2);
        let help = help.iter().find(|hint| hint.is_at(at.x)).map(|hint| hint.action);
        return tabs.iter().find(on).map(number).or(help);
    }
    let is_hint = at.y == last && matches!(footing(model), Footing::Hints);
    let hints = is_hint.then(|| hints(model, row(last)));
    hints?.iter().find(|hint| hint.is_at(at.x)).map(|hint| hint.action)
}

/// The filter that is typed, else the answer to the operator, else hints.
fn footer(model: &Model, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
    let (look, x) = (scene.look, area.x + 1);
    let room = area.width.saturating_sub(2);
    match footing(model) {
        Footing::Filter => {
            let used = put(buf, look, x, area.y, room, "filter / ", scene.style(Role::Key));
            let rest = Rect { x: x + used, width: room.saturating_sub(used), ..area };
            typed(buf, look, rest, model.filter(), model.filtering);
        }
        Footing::Message(message) => {
            put(buf, look, x, area.y, room, &message.text, scene.style(message.role));
        }
        Footing::Asked(request) => {
            let text = format!("{}: asked for, waits for the engine", request.command);
            put(buf, look, x, area.y, room, &text, scene.style(Role::Accent));
        }
        Footing::Hints => {
            for hint in hints(model, area) {
                hint.draw(scene, area.y, buf);
            }
        }
    }
}

/// What the last line says.
enum Footing<'a> {
    /// What is typed, or filters the screen.
    Filter,
    /// An answer to the operator.
    Message(&'a Message),
    /// What still has none.
    Asked(&'a Request),
    Hints,
}

fn footing(model: &Model) -> Footing<'_> {
    if model.filtering {
        return Footing::Filter;
    }
    match (&model.message, model.asked.back()) {
        (Some(message), _) => Footing::Message(message),
        (None, Some(request)) => Footing::Asked(request),
        (None, None) if !model.filter().value().is_empty() => Footing::Filter,
        (None, None) => Footing::Hints,
    }
}

/// Hints of every screen, after those of the one that is shown.
const COMMON: [Action; 9] = [
    Action::Pause,
    Action::Target,
    Action::Edit(crate::control::Tunable::Lambda),
    Action::Edit(crate::control::Tunable::Delta),
    Action::Edit(crate::control::Tunable::Tau),
    Action::Edit(crate::control::Tunable::Lr),
    Action::Save,
    Action::Expand,
    Action::Freeze,
];

/// A key and what it does, at its place in a line.
struct Hint {
    x: u16,
    width: u16,
    key: String,
    word: &'static str,
    action: Action,
}

impl Hint {
    /// Of an action that has a key and a word.
    fn of(model: &Model, action: Action) -> Option<Self> {
        let (key, word) = model.keys.hint(action)?;
        Some(Hint { x: 0, width: columns(&key) + 1 + columns(word), key, word, action })
    }

    fn draw(&self, scene: &Scene<'_>, y: u16, buf: &mut Buffer) {
        let Hint { x, width, key, word, .. } = self;
        let used = put(buf, scene.look, *x, y, *width, key, scene.style(Role::Key)) + 1;
        put(buf, scene.look, x + used, y, *width, word, scene.style(Role::Dim));
    }

    fn is_at(&self, x: u16) -> bool {
        (self.x..self.x + self.width).contains(&x)
    }
}

/// Hints from the left as far as they fit, those of the screen before those of all, and how to
/// leave at the right.
fn hints(model: &Model, area: Rect) -> Vec<Hint> {
    let mut end = area.right().saturating_sub(1);
    let mut placed = Vec::new();
    let leave = Hint::of(model, Action::Leave).filter(|leave| leave.width + 2 <= end);
    if let Some(leave) = leave {
        let x = end - leave.width;
        placed.push(Hint { x, ..leave });
        end = x - 2;
    }
    let own = model.screens.get(model.shown).hints();
    let common = COMMON.iter().filter(|a| model.run.ended.is_none() && !own.contains(a));
    let mut x = area.x + 1;
    for hint in own.iter().chain(common).filter_map(|action| Hint::of(model, *action)) {
        if x + hint.width > end {
            break;
        }
        let next = x + hint.width + 3;
        placed.push(Hint { x, ..hint });
        x = next;
    }
    placed
}
