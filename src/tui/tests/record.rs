//! The screens of a record: keys become moments, and what comes from there is shown everywhere.

use super::mouse::{click, click_at};
use super::*;
use crate::telemetry::fixture::BEGAN_MS;
use crate::telemetry::{Moment, Moved, Record};

fn run() -> Vec<Record> {
    let mut events = small_run();
    events.splice(1..1, configured());
    records(events)
}

/// The screens of the record of a small run, at its end.
fn record() -> Model {
    let mut model = screens_of(at(u64::MAX).run);
    model.be_record(None);
    // It is looked at a year later.
    update(&mut model, Message::Tick(BEGAN_MS + 31_536_000_000));
    model
}

/// What a record gives at this event.
fn at(seq: u64) -> Moved {
    let mut run = Snapshot::default();
    let until: Vec<Arc<Record>> =
        run_records().filter(|record| record.seq <= seq).map(Arc::new).collect();
    until.iter().for_each(|record| run.apply(record));
    let samples = until.into_iter().filter(|record| record.event.is_droppable()).collect();
    Moved { run, samples }
}

fn run_records() -> impl Iterator<Item = Record> {
    run().into_iter()
}

fn arrive(model: &mut Model, seq: u64) {
    update(model, Message::Moved(Box::new(at(seq))));
}

fn goes(to: Moment) -> Vec<Effect> {
    vec![Effect::Go(to)]
}

/// The number of the event that completes a step.
fn step(step: u64) -> u64 {
    let is_it =
        |record: &Record| matches!(&record.event, Event::Step(sample) if sample.step == Step(step));
    run_records().find(is_it).unwrap().seq
}

fn tick(model: &mut Model, ms: u64) -> Vec<Effect> {
    let now_ms = model.now_ms + ms;
    update(model, Message::Tick(now_ms))
}

#[test]
fn keys_go_through_a_record_and_not_through_a_live_run() {
    for (key, moment) in [
        (",", Moment::Steps(-1)),
        (".", Moment::Steps(1)),
        ("n", Moment::Marks(1)),
        ("N", Moment::Marks(-1)),
        ("(", Moment::START),
        (")", Moment::END),
    ] {
        assert_eq!(press(&mut record(), key), goes(moment), "{key}");
        let mut live = training();
        assert_eq!(press(&mut live, key), []);
        // The overview has no crosshair that marks could be for.
        let why = match moment {
            Moment::Marks(_) => "the curves and the mixture have marks",
            _ => "only a record can be gone through",
        };
        assert!(shown(&mut live, (100, 30)).contains(why), "{key}");
    }
}

#[test]
fn every_screen_shows_the_run_as_it_was() {
    let mut model = record();
    let end = shown(&mut model, (100, 30));
    assert!(end.contains("● finished") && end.contains("paused ×10  step 40 of 40"), "{end}");
    press(&mut model, ",");
    arrive(&mut model, step(21) - 1);
    let picture = shown(&mut model, (100, 30));
    assert!(picture.contains("● training") && picture.contains("step 20 of 40"), "{picture}");
    // A checkpoint was saved seconds ago then, not a year.
    assert!(!picture.contains(" d ago") && !picture.contains("8760"), "{picture}");
    let shown_at = |model: &mut Model, screen: &str| {
        press(model, screen);
        shown(model, (100, 30))
    };
    let events = shown_at(&mut model, "6");
    assert!(events.contains("checkpoints/step-000020") && !events.contains("all steps done"));
    for (width, height) in crate::tui::testing::SIZES {
        press(&mut model, "1");
        let buf = drawn(&mut model, width, height);
        let picture = crate::tui::testing::picture(&buf, &model.look);
        insta::assert_snapshot!(format!("record_{width}x{height}"), picture);
    }
    arrive(&mut model, u64::MAX);
    assert_eq!(shown_at(&mut model, "1"), end);
}

#[test]
fn a_record_is_played_by_ticks_at_the_chosen_speed_from_the_start_to_the_end() {
    let mut model = record();
    // At the end it begins again.
    assert_eq!(press(&mut model, " "), goes(Moment::START));
    assert_eq!(tick(&mut model, 500), [], "it is not there yet");
    arrive(&mut model, 1);
    assert!(shown(&mut model, (100, 30)).contains("playing ×10"));
    let later = |ms, speed: u64| goes(Moment::Later { ms, longest_gap_ms: 2_000 * speed });
    assert_eq!(tick(&mut model, 100), later(1_000, 10));
    press(&mut model, ">");
    assert_eq!(tick(&mut model, 100), later(10_000, 100));
    press(&mut model, "<<<<");
    assert_eq!(tick(&mut model, 250), later(250, 1));
    // A terminal that was away for an hour.
    assert_eq!(tick(&mut model, 3_600_000), later(1_000, 1));
    run_records().skip(1).for_each(|record| {
        update(&mut model, Message::Record(Arc::new(record)));
    });
    assert_eq!(tick(&mut model, 100), []);
    let picture = shown(&mut model, (100, 30));
    assert!(picture.contains("paused ×1 ") && picture.contains("● finished"), "{picture}");
    // A step stops it, a jump does not.
    arrive(&mut model, 30);
    press(&mut model, " n");
    assert!(model.replay.as_ref().unwrap().is_playing());
    press(&mut model, ",");
    assert!(!model.replay.as_ref().unwrap().is_playing());
}

#[test]
fn the_chosen_event_is_gone_to() {
    let mut model = record();
    press(&mut model, "6/kind:saved\n");
    shown(&mut model, (100, 30));
    press(&mut model, "k");
    let saved: Vec<u64> = run_records()
        .filter(|record| matches!(record.event, Event::CheckpointSaved { .. }))
        .map(|record| record.seq)
        .collect();
    let chosen = saved[saved.len() - 2];
    assert_eq!(press(&mut model, "\n"), goes(Moment::Event(chosen)));
    arrive(&mut model, chosen);
    press(&mut model, "\x1b");
    let picture = shown(&mut model, (100, 30));
    assert!(picture.contains("following"), "the event is the newest one: {picture}");
    // The steps of another moment are those of that moment.
    press(&mut model, "M");
    let steps = |model: &mut Model| shown(model, (100, 30)).matches(" step ").count();
    let before = steps(&mut model);
    arrive(&mut model, step(3));
    assert!(steps(&mut model) < before);
}

#[test]
fn the_bar_and_the_keys_of_the_line_are_clicked() {
    let mut model = record();
    assert_eq!(click(&mut model, ", back"), goes(Moment::Steps(-1)));
    let picture = shown(&mut model, (100, 30));
    let (before, _) = picture.lines().nth(3).and_then(|line| line.split_once('━')).unwrap();
    let (column, row) = (before.chars().count() as u16, 3);
    assert_eq!(click_at(&mut model, column, row), goes(Moment::Event(1)));
    let drag = |column, kind| {
        Message::Input(Input::Mouse(MouseEvent {
            kind,
            column,
            row,
            modifiers: KeyModifiers::NONE,
        }))
    };
    update(&mut model, drag(column + 2, MouseEventKind::Down(MouseButton::Left)));
    let to = update(&mut model, drag(99, MouseEventKind::Drag(MouseButton::Left)));
    assert_eq!(to, goes(Moment::Event(run().len() as u64)));
    assert_eq!(click(&mut model, "space play"), goes(Moment::START));
}

#[test]
fn commands_do_nothing_in_a_record_and_say_why() {
    let mut model = record();
    arrive(&mut model, step(21));
    for keys in ["s", "v", ":pause\n", "l0.9\n", ":stop\n\n"] {
        assert_eq!(press(&mut model, keys), [], "{keys}");
        let picture = shown(&mut model, (100, 30));
        assert!(picture.contains("this is a record, which takes no commands"), "{keys}: {picture}");
    }
    // An edit shows what it would have done then.
    press(&mut model, ":set lambda 2\n");
    assert!(shown(&mut model, (100, 30)).contains("why (kept in the record)"));
    press(&mut model, "\x1b");
    assert_eq!(press(&mut model, "q"), [Effect::Leave]);
}

#[test]
fn the_ends_of_a_record_are_said() {
    let mut model = record();
    press(&mut model, ".");
    arrive(&mut model, u64::MAX);
    assert!(shown(&mut model, (100, 30)).contains("this is the end of the record"));
    arrive(&mut model, 1);
    press(&mut model, "N");
    arrive(&mut model, 1);
    assert!(shown(&mut model, (100, 30)).contains("this is the start of the record"));
}
