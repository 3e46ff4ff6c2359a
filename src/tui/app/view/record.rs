//! The line of a record below the verdict: where it is, whether it is played, a bar that takes clicks, and keys.
//!
//! ```text
//!  ● record  paused  step 20 of 40  event 61 of 113 ━━━━━━━━╸────── space play  , back  . step  n mark
//! ```

use super::button::Button;
use super::status::bar;
use crate::telemetry::Moment;
use crate::tui::app::model::Model;
use crate::tui::app::replay::Replay;
use crate::tui::draw::{Canvas, columns};
use crate::tui::input::Action;
use crate::tui::look::Role;
use crate::unit::grouped;
use ratatui::layout::{Position, Rect};

/// The row of the line.
pub(super) const ROW: u16 = 3;
/// Columns from which on the number of the event and the time are shown.
const WIDE: u16 = 110;
/// Columns of the bar where there is room for a key beside it.
const BAR: u16 = 8;

/// The keys, the most useful first.
const KEYS: [Action; 9] = [
    Action::Pause,
    Action::StepBack,
    Action::StepOn,
    Action::MarkAfter,
    Action::RecordStart,
    Action::RecordEnd,
    Action::Faster,
    Action::Slower,
    Action::MarkBefore,
];

/// The parts of the line.
struct Parts {
    words: Vec<(String, Role)>,
    bar: Rect,
    buttons: Vec<Button>,
}

impl Parts {
    fn new(model: &Model, replay: &Replay) -> Self {
        let area = model.area();
        let words = words(model, replay);
        let taken: u16 = words.iter().map(|(word, _)| columns(word) + 2).sum();
        let from = area.x + 1 + taken;
        let mut end = area.right().saturating_sub(1);
        let mut buttons = Vec::new();
        for button in KEYS.iter().filter_map(|action| hint(model, replay, *action)) {
            if from + BAR + button.width() + 2 > end {
                break;
            }
            end -= button.width() + 2;
            buttons.push(button);
        }
        let bar = Rect { x: from, y: ROW, width: end.saturating_sub(from), height: 1 };
        let mut x = end + 2;
        for button in &mut buttons {
            button.x = x;
            x = button.end() + 2;
        }
        Parts { words, bar, buttons }
    }
}

fn words(model: &Model, replay: &Replay) -> Vec<(String, Role)> {
    let (run, glyphs) = (model.run.state(), model.look.glyphs());
    let state = match (replay.is_slow(model.now_ms), replay.is_playing()) {
        (true, _) => ("reading the record".into(), Role::Warning),
        (false, _) if replay.is_followed(run.seq) => ("follows".into(), Role::Good),
        (false, true) => (format!("playing {}{}", glyphs.times, replay.speed()), Role::Good),
        (false, false) => (format!("paused {}{}", glyphs.times, replay.speed()), Role::Warning),
    };
    let step = format!("step {} of {}", run.history.step, replay.last_step);
    let mut words =
        vec![(format!("{} record", glyphs.lamp), Role::Accent), state, (step, Role::Text)];
    if model.size.0 >= WIDE {
        let event = format!("event {} of {}", grouped(run.seq), grouped(replay.last));
        words.push((event, Role::Text));
        words.push((model.live_scene().clock(run.unix_ms), Role::Dim));
    }
    words
}

fn hint(model: &Model, replay: &Replay, action: Action) -> Option<Button> {
    let mut button = Button::hint(model, action)?;
    if let Some((word, _)) = button.words.last_mut()
        && action == Action::Pause
        && !replay.is_playing()
    {
        *word = "play".into();
    }
    Some(button)
}

/// What can be clicked in the line besides the bar.
pub(super) fn buttons(model: &Model) -> Vec<Button> {
    model.replay.as_ref().map_or_else(Vec::new, |replay| Parts::new(model, replay).buttons)
}

/// The keys that have no room in the line, for the last one.
pub(super) fn buttons_without_room(model: &Model) -> Vec<Button> {
    let shown: Vec<Action> = buttons(model).iter().map(|button| button.action).collect();
    let Some(replay) = &model.replay else { return Vec::new() };
    let left = KEYS.iter().filter(|action| !shown.contains(action));
    left.filter_map(|action| hint(model, replay, *action)).collect()
}

/// Draws the line, where a record is shown.
pub(super) fn view(model: &Model, canvas: &mut Canvas<'_>) {
    let Some(replay) = &model.replay else { return };
    let parts = Parts::new(model, replay);
    let mut line = canvas.line(ROW);
    line.skip(1);
    for (word, role) in &parts.words {
        line.put(word, *role).skip(2);
    }
    let share = model.run.state().seq as f64 / replay.last.max(1) as f64;
    bar(&mut line, parts.bar.width, share);
    for button in &parts.buttons {
        button.draw(canvas, canvas.area().y + ROW);
    }
}

/// The moment at a position of the bar where the mouse button went down on it; beside the bar its nearest end.
pub(in crate::tui) fn moment_at(model: &Model, pressed: Position, at: Position) -> Option<Moment> {
    let replay = model.replay.as_ref()?;
    let Parts { bar, .. } = Parts::new(model, replay);
    if !bar.contains(pressed) {
        return None;
    }
    let share = f64::from(at.x.clamp(bar.x, bar.right() - 1) - bar.x)
        / f64::from(bar.width.saturating_sub(1).max(1));
    Some(Moment::Event(1 + (share * replay.last.saturating_sub(1) as f64).round() as u64))
}
