//! What keys do with a record, and what comes of it.

use super::effect::Effect;
use super::model::Model;
use super::on_screen::with_shown_screen;
use super::replay::Replay;
use crate::telemetry::{Moment, Moved};
use crate::tui::input::Action;
use crate::tui::look::Role;
use crate::tui::scene::ShownRun;

/// Carries out an action on a record; `None` where it is none about records.
pub(super) fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    let is_about_records = matches!(
        action,
        Action::StepBack
            | Action::StepOn
            | Action::MarkBefore
            | Action::MarkAfter
            | Action::RecordStart
            | Action::RecordEnd
            | Action::Slower
            | Action::Faster
    );
    if model.replay.is_none() {
        if matches!(action, Action::MarkBefore | Action::MarkAfter) {
            return go_to_mark(model, action);
        }
        return is_about_records.then(|| {
            let text = "this run goes on; only a record can be gone through";
            model.set_answer(text.into(), Role::Warning);
            Vec::new()
        });
    }
    Some(match action {
        Action::Pause => play_or_stop(model),
        Action::StepBack => step(model, -1),
        Action::StepOn => step(model, 1),
        Action::MarkBefore => go(model, Moment::Marks(-1)),
        Action::MarkAfter => go(model, Moment::Marks(1)),
        Action::RecordStart => go(model, Moment::START),
        Action::RecordEnd => go(model, Moment::END),
        Action::Slower => change(model, Replay::slower),
        Action::Faster => change(model, Replay::faster),
        Action::Freeze => {
            model.set_answer("a record that is not played stands still".into(), Role::Dim);
            Vec::new()
        }
        Action::Choose => {
            let chosen = with_shown_screen(model, |screen, scene| screen.chosen_event(scene))?;
            go(model, Moment::Event(chosen))
        }
        _ => return None,
    })
}

/// Of a run that goes on the crosshair goes to marks, on the screens that have one.
fn go_to_mark(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    if !with_shown_screen(model, |screen, scene| screen.act(action, scene)) {
        let text = "no mark lies that way; the curves and the mixture have marks";
        model.set_answer(text.into(), Role::Dim);
    }
    Some(Vec::new())
}

/// Goes to a moment of the record.
pub(super) fn go(model: &mut Model, to: Moment) -> Vec<Effect> {
    let now_ms = model.now_ms;
    change(model, |replay| replay.leave_for(to, now_ms));
    vec![Effect::Go(to)]
}

fn step(model: &mut Model, steps: i64) -> Vec<Effect> {
    change(model, Replay::stop);
    go(model, Moment::Steps(steps))
}

/// From the end it is played from the start.
fn play_or_stop(model: &mut Model) -> Vec<Effect> {
    let (now_ms, here) = (model.now_ms, model.run.state().seq);
    let Some(replay) = &mut model.replay else { return Vec::new() };
    if replay.is_playing() {
        replay.stop();
        return Vec::new();
    }
    replay.play(now_ms);
    match here >= replay.last {
        true => go(model, Moment::START),
        false => Vec::new(),
    }
}

fn change(model: &mut Model, change: impl FnOnce(&mut Replay)) -> Vec<Effect> {
    if let Some(replay) = &mut model.replay {
        change(replay);
    }
    Vec::new()
}

/// The time is now that of the model: plays on.
pub(super) fn tick(model: &mut Model) -> Vec<Effect> {
    let (now_ms, here) = (model.now_ms, model.run.state().seq);
    let on = model.replay.as_mut().and_then(|replay| replay.tick(now_ms, here));
    on.map(Effect::Go).into_iter().collect()
}

/// The run is shown as it was at the moment that it was sent to.
pub(super) fn arrive(model: &mut Model, moved: Moved) {
    let before = model.run.state().seq;
    model.run = ShownRun::at(moved);
    let (now_ms, here) = (model.now_ms, model.run.state().seq);
    let Some(replay) = &mut model.replay else { return };
    replay.see(model.run.state());
    let (to, last) = (replay.arrive(now_ms), replay.last);
    if here == before && matches!(to, Some(Moment::Steps(_) | Moment::Marks(_))) {
        let end = if here >= last { "end" } else { "start" };
        model.set_answer(format!("this is the {end} of the record"), Role::Dim);
    }
}
