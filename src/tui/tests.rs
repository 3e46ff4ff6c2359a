//! The screens from outside: keys and records in, requests and pictures out.

use super::keys::KeyMap;
use super::look::{Look, Marks, Theme};
use super::testing::text;
use super::*;
use crate::control::{
    Actor, Command, CommandOutcome, EngineCommand, LifecycleCommand, LiveChange, Request,
    RequestId, Tunable, Verdict,
};
use crate::telemetry::any::any_event;
use crate::telemetry::fixture::{configured, fold, records, small_run};
use crate::telemetry::{CrossTable, Event, Phase, Snapshot};
use crate::unit::Step;
use crossterm::event::{
    Event as Input, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use jiff::tz::TimeZone;
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use std::sync::Arc;

mod copying;
mod help;
mod jobs;
mod many;
mod mouse;
mod others;
mod phases;
mod record;

/// A wide terminal, a usual one, the smallest two.
const SIZES: [(u16, u16); 4] = [(200, 60), (110, 32), (80, 24), (60, 20)];

/// Screens as they open over a run.
fn screens_of(run: Snapshot) -> Model {
    Model::new(ModelInit {
        run,
        look: Look { theme: Theme::dark(), marks: Marks::Braille },
        themes: vec![Theme::dark()],
        keys: KeyMap::default(),
        zone: TimeZone::UTC,
        now_ms: 0,
        size: (100, 30),
        operator: "ada@pts/3".into(),
    })
}

fn model(events: Vec<Event>) -> Model {
    let mut model = screens_of(Snapshot::default());
    let mut now_ms = 0;
    for record in records(events) {
        now_ms = record.unix_ms;
        update(&mut model, Message::Record(Arc::new(record)));
    }
    update(&mut model, Message::Tick(now_ms));
    model
}

/// A run in its 40th step.
fn training() -> Model {
    let mut events = small_run();
    events.pop();
    events.splice(1..1, configured());
    model(events)
}

fn press(model: &mut Model, keys: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    for key in keys.chars() {
        let (code, modifiers) = match key {
            '\n' => (KeyCode::Enter, KeyModifiers::NONE),
            '\t' => (KeyCode::Tab, KeyModifiers::NONE),
            '\x1b' => (KeyCode::Esc, KeyModifiers::NONE),
            '\x03' => (KeyCode::Char('c'), KeyModifiers::CONTROL),
            c => (KeyCode::Char(c), KeyModifiers::NONE),
        };
        let key = Input::Key(KeyEvent::new(code, modifiers));
        effects.extend(update(model, Message::Input(key)));
    }
    without_ids(effects)
}

/// The effects without the ids of their requests, which no test can know, and what edits saw.
fn without_ids(effects: Vec<Effect>) -> Vec<Effect> {
    let without = |effect| match effect {
        Effect::Send(request) => Effect::Send(Request { id: RequestId(0), saw: None, ..request }),
        effect => effect,
    };
    effects.into_iter().map(without).collect()
}

fn shown(model: &mut Model, (width, height): (u16, u16)) -> String {
    text(&drawn(model, width, height))
}

fn drawn(model: &mut Model, width: u16, height: u16) -> Buffer {
    update(model, Message::Input(Input::Resize(width, height)));
    frame(model)
}

fn sends(command: impl Into<Command>, reason: Option<&str>) -> Vec<Effect> {
    let (actor, command) = (Actor::Operator("ada@pts/3".into()), command.into());
    let reason = reason.map(str::to_owned);
    vec![Effect::Send(Request {
        id: RequestId(0),
        ..Request::new(actor, command).with_reason(reason)
    })]
}

#[test]
fn keys_become_requests() {
    for (keys, effects) in [
        (" ", sends(LifecycleCommand::Pause, None)),
        ("s", sends(EngineCommand::Save, None)),
        (":evaluate\n", sends(EngineCommand::Evaluate, None)),
        (":note odd loss\n", sends(Command::Note("odd loss".into()), None)),
        // What changes the run is previewed, and sent with a second enter.
        (":set lambda 0.9\n", vec![]),
        (":set lambda 0.9\n\n", sends(LiveChange::Set(Tunable::Lambda, 0.9), None)),
        (":set lambda 0.9\nslow\n", sends(LiveChange::Set(Tunable::Lambda, 0.9), Some("slow"))),
        (":set lambda 0.9\n\x1b", vec![]),
        (":stop\n", vec![]),
        ("t0 \n", sends(LiveChange::Target(vec!["law".into()]), None)),
        // `q` opens a question, and a second `q` closes it.
        ("q", vec![]),
        ("qq", vec![]),
        ("\x03\x03", vec![]),
        ("qk", vec![Effect::Leave]),
        ("qs", sends(LifecycleCommand::Stop, None)),
        // Typed words are no keys, on a screen without a list either.
        ("/ sq", vec![]),
        ("2/ sq", vec![]),
        (":q", vec![]),
        (":q\nk", vec![Effect::Leave]),
        (":help\n\x1bs", sends(EngineCommand::Save, None)),
    ] {
        assert_eq!(press(&mut training(), keys), effects, "{keys:?}");
    }
}

#[test]
fn the_crosshair_goes_to_marks_and_to_the_step_of_an_event() {
    let mut model = training();
    press(&mut model, "3N");
    assert!(shown(&mut model, (110, 34)).contains("step 40"), "the newest mark");
    press(&mut model, "N");
    let picture = shown(&mut model, (110, 34));
    assert!(picture.contains("step 20 ") && picture.contains("set lambda 0.5"), "{picture}");
    press(&mut model, "N");
    assert!(shown(&mut model, (110, 34)).contains("no mark lies that way"));
    press(&mut model, "\x1b6");
    let events = shown(&mut model, (110, 34));
    assert!(events.contains("─ events"), "{events}");
    press(&mut model, "/eval\n");
    shown(&mut model, (110, 34));
    press(&mut model, "gj\n");
    let curves = shown(&mut model, (110, 34));
    assert!(curves.contains("step 20 ") && !curves.contains("─ events"), "{curves}");
}

#[test]
fn a_run_whose_process_is_gone_is_shown_as_lost() {
    let mut model = training();
    update(&mut model, Message::StreamFailed("the run's process has ended".into()));
    let text = shown(&mut model, (100, 30));
    assert!(text.contains("● lost: the run's process has ended"), "{text}");
    assert!(!text.contains("● training") && !text.contains("ETA"), "{text}");
    assert_eq!(press(&mut model, " "), []);
    assert!(shown(&mut model, (100, 30)).contains("pause: not sent, the run's process has ended"));
    assert_eq!(press(&mut model, "q"), [Effect::Leave]);
}

#[test]
fn a_run_that_has_ended_is_left_without_a_question() {
    let mut model = model(small_run());
    assert_eq!(press(&mut model, " "), []);
    assert!(shown(&mut model, (100, 30)).contains("pause: the run has ended"));
    assert_eq!(press(&mut model, "q"), [Effect::Leave]);
}

#[test]
fn an_edit_shows_its_preview_and_its_outcome() {
    let mut model = training();
    press(&mut model, ":set lambda 2\n");
    let picture = shown(&mut model, (100, 30));
    for word in ["set lambda 2", "now", "unchanged", "changed", "law", "why (kept in the record)"] {
        assert!(picture.contains(word), "{word} in\n{picture}");
    }
    let Some(Effect::Send(request)) = press(&mut model, "\n").pop() else {
        panic!("nothing is sent")
    };
    assert!(shown(&mut model, (100, 30)).contains("set lambda 2: sent"));
    let outcome = CommandOutcome {
        id: crate::control::CommandId(9),
        request: RequestId::unique(),
        step: crate::unit::Step(40),
        actor: request.actor,
        command: request.command,
        reason: None,
        verdict: Verdict::Applied { old: Some("0.5".into()), new: Some("2".into()) },
        undone: None,
    };
    // The same command of the same operator, but another request.
    let others = records([Event::CommandOutcome(outcome.clone())]).remove(0);
    update(&mut model, Message::Record(Arc::new(others)));
    assert!(shown(&mut model, (100, 30)).contains("set lambda 2: sent"));
    let ours = CommandOutcome { request: model.pending.back().unwrap().id, ..outcome };
    let record = records([Event::CommandOutcome(ours)]).remove(0);
    update(&mut model, Message::Record(Arc::new(record)));
    let picture = shown(&mut model, (100, 30));
    assert!(picture.contains("set lambda 2: applied, 0.5 → 2"), "{picture}");
    assert!(picture.contains("λ 2"), "{picture}");
}

#[test]
fn a_frozen_picture_stays_while_the_run_goes_on() {
    let mut model = training();
    press(&mut model, "f");
    let before = shown(&mut model, (100, 30));
    let more = records([crate::telemetry::fixture::step_sample(41)]).remove(0);
    update(&mut model, Message::Record(Arc::new(more)));
    assert_eq!(shown(&mut model, (100, 30)), before);
    press(&mut model, "f");
    assert!(shown(&mut model, (100, 30)).contains("step 41"));
}

#[test]
fn pasted_text_presses_no_key() {
    let mut model = training();
    let paste = Message::Input(Input::Paste("s:abort\n\nq".into()));
    assert_eq!(update(&mut model, paste), []);
    assert!(model.dialog.is_none());
}

#[test]
fn screens_are_chosen_by_number_tab_and_mouse() {
    let mut model = training();
    let numbers = ["2", "3", "4", "5", "6", "7", "8"].into_iter().zip(2..);
    for (keys, number) in numbers.chain([("\t", 1), ("\t", 2), ("1", 1)]) {
        press(&mut model, keys);
        assert_eq!(model.shown.number(), number, "{keys:?}");
    }
    shown(&mut model, (100, 30));
    let click = MouseEvent {
        kind: MouseEventKind::Down(MouseButton::Left),
        column: 14,
        row: 1,
        modifiers: KeyModifiers::NONE,
    };
    update(&mut model, Message::Input(Input::Mouse(click)));
    assert_eq!(model.shown, ScreenId::Domains);
}

#[test]
fn a_theme_that_paints_its_background_paints_every_cell() {
    let mut model = training();
    let theme = Theme::load("high-contrast", &|_: &std::path::Path| {
        Err(std::io::ErrorKind::NotFound.into())
    });
    model.look.theme = theme.unwrap();
    let ground = model.look.theme.ground().bg;
    assert_eq!(ground, Some(ratatui::style::Color::Rgb(0, 0, 0)));
    for keys in ["1", "2", "5", "6", "8", "?"] {
        press(&mut model, keys);
        let buf = drawn(&mut model, 100, 30);
        let bare = buf.content().iter().filter(|cell| cell.bg == ratatui::style::Color::Reset);
        assert_eq!(bare.count(), 0, "{keys:?}");
    }
}

#[test]
fn a_small_terminal_shows_the_size_that_is_needed() {
    insta::assert_snapshot!("too_small", shown(&mut training(), (40, 10)));
}

#[test]
fn dialogs_are_drawn_over_the_screens() {
    for (name, keys) in [("help", "?"), ("leave", "q"), ("palette", ":set "), ("target", "t")] {
        let mut model = training();
        press(&mut model, keys);
        insta::assert_snapshot!(format!("dialog_{name}"), shown(&mut model, (80, 24)));
    }
}

#[test]
fn a_filter_belongs_to_the_screen_where_it_was_typed() {
    let mut model = training();
    press(&mut model, "2/code\n");
    assert!(!shown(&mut model, (100, 30)).contains("medical"));
    // Not to the curves, nor to the overview with its ceilings.
    press(&mut model, "3");
    assert!(shown(&mut model, (100, 30)).contains("ceiling medical"));
    press(&mut model, "1");
    let overview = shown(&mut model, (100, 30));
    assert!(overview.contains("ceiling medical") && !overview.contains("filter /"), "{overview}");
    press(&mut model, "2");
    assert!(shown(&mut model, (100, 30)).contains("filter / code"));
    // A pending request is shown instead of it, and esc clears it.
    press(&mut model, " ");
    assert!(shown(&mut model, (100, 30)).contains("pause: sent"));
    press(&mut model, "\x1b");
    assert!(shown(&mut model, (100, 30)).contains("medical"));
}

#[test]
fn the_pause_key_resumes_a_paused_run_in_any_phase() {
    let mut events = small_run();
    events.pop();
    let phase = |phase| Event::PhaseChanged { phase, detail: None };
    events.extend([phase(Phase::Paused), phase(Phase::Evaluating)]);
    let mut model = model(events);
    let Some(Effect::Send(Request {
        actor,
        command: Command::Lifecycle(LifecycleCommand::Resume),
        ..
    })) = press(&mut model, " ").pop()
    else {
        panic!("no resume is sent")
    };
    // Pressed again before the outcome, it pauses again.
    assert_eq!(press(&mut model, " "), sends(LifecycleCommand::Pause, None));
    model.pending.pop_back();
    let resumed = Event::CommandOutcome(CommandOutcome {
        id: crate::control::CommandId(9),
        request: model.pending.back().unwrap().id,
        step: Step(40),
        actor,
        command: Command::Lifecycle(LifecycleCommand::Resume),
        reason: None,
        verdict: Verdict::Applied { old: None, new: None },
        undone: None,
    });
    update(&mut model, Message::Record(Arc::new(records([resumed]).remove(0))));
    assert_eq!(press(&mut model, " "), sends(LifecycleCommand::Pause, None));
}

#[test]
fn a_frozen_picture_keeps_its_time() {
    let mut model = training();
    press(&mut model, "f");
    let before = shown(&mut model, (100, 30));
    let later = model.now_ms + 3_600_000;
    update(&mut model, Message::Tick(later));
    assert_eq!(shown(&mut model, (100, 30)), before);
}

#[test]
fn keys_go_through_the_panels_that_are_shown() {
    let mut model = training();
    // Below 100 columns the potential is no panel of its own: the fifth is the last.
    shown(&mut model, (80, 24));
    press(&mut model, "jjjjjz");
    assert!(shown(&mut model, (80, 24)).contains("─ events ─"));
    assert!(!shown(&mut model, (80, 24)).contains("─ weight"));
    press(&mut model, "zj");
    assert!(shown(&mut model, (80, 24)).contains("─ weight"));
    // Esc first clears the choice.
    press(&mut model, "\x1bz");
    assert!(!shown(&mut model, (80, 24)).contains("─ machine"));
}

fn any_keys() -> impl Strategy<Value = String> {
    let key = prop::sample::select(
        " tsfzq?:/1234568jk\n\t\x1b\x03 ldur+-0[]myxao".chars().collect::<Vec<_>>(),
    );
    prop::collection::vec(key, 0..12).prop_map(|keys| keys.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_events_keys_and_sizes_are_drawn(
        events in prop::collection::vec(any_event(), 0..24),
        started in any::<bool>(),
        keys in any_keys(),
        width in 1u16..=400,
        height in 1u16..=200,
    ) {
        let mut all = if started { small_run() } else { Vec::new() };
        all.splice(0..0, configured().into_iter().filter(|_| started));
        all.extend(events);
        let mut model = model(all);
        press(&mut model, &keys);
        drawn(&mut model, width, height);
        drawn(&mut model, height.min(70), width.min(30));
    }
}

/// Found by the test above: a preview looks at the table, whatever a damaged record has in its place.
#[test]
fn a_preview_over_a_table_that_lacks_domains_is_drawn() {
    let mut events = small_run();
    events.pop();
    events.splice(1..1, configured());
    let untuned = vec![f64::NAN; 2];
    let table = CrossTable { rows: vec![32; 2], untuned, tuned: vec![], errors: vec![] };
    events.push(Event::CrossLosses(table));
    let mut model = model(events);
    press(&mut model, "t");
    assert!(shown(&mut model, (100, 30)).contains("target"));
}

#[test]
fn the_screens_hold_the_fold_of_the_records() {
    let events = small_run();
    let state = fold(&records(events.clone()));
    assert_eq!(format!("{:?}", model(events).run.state()), format!("{state:?}"));
}
