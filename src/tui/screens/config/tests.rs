use super::*;
use crate::control::{
    Actor, Command, CommandId, CommandOutcome, LiveChange, LiveField, RequestId, Tunable, Verdict,
};
use crate::telemetry::any::any_event;
use crate::telemetry::fixture::{configured, small_run, targeted};
use crate::telemetry::{ConfigOrigin, ConfigValue, Event};
use crate::tui::testing::{SIZES, Stage, text};
use crate::unit::Step;
use proptest::prelude::*;

fn stage() -> Stage {
    let mut events = small_run();
    let mut configured = configured();
    if let Some(Event::Configured { values, .. }) = configured.first_mut() {
        let value = |field: &str, value: &str, origin| ConfigValue {
            field: field.into(),
            value: value.into(),
            origin,
            live: None,
        };
        let live = |field, text, origin, live| ConfigValue {
            live: Some(live),
            ..value(field, text, origin)
        };
        let (default, line) = (ConfigOrigin::Default, ConfigOrigin::File(9));
        values.push(live("mixing.target", "[]", default, LiveField::Target));
        values.push(live("mixing.tau", "1.0", line, LiveField::Set(Tunable::Tau)));
        let files: Vec<String> = (0..9).map(|n| format!("\"data/law/part-{n}.jsonl\"")).collect();
        let files = format!("[{}]", files.join(", "));
        values.push(value("data.domains.law.train", &files, ConfigOrigin::File(31)));
        values.extend(
            (0..40).map(|n| {
                value(&format!("data.domains.law.field{n}"), "true", ConfigOrigin::Default)
            }),
        );
    }
    events.splice(1..1, configured);
    events.insert(events.len() - 20, targeted(22, Actor::Schedule));
    Stage::new(events)
}

#[test]
fn a_run_is_drawn_in_every_size() {
    for size in SIZES {
        let picture = stage().picture(&mut Config::default(), size);
        insta::assert_snapshot!(format!("config_{}x{}", size.0, size.1), picture);
    }
}

#[test]
fn an_empty_run_says_what_is_not_known() {
    let picture = Stage::new([]).picture(&mut Config::default(), (60, 20));
    insta::assert_snapshot!("config_nothing", picture);
}

fn lines(stage: &Stage, screen: &mut Config, word: &str) -> Vec<String> {
    let shown = text(&stage.draw(screen, (120, 40)));
    let squeezed = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    shown.lines().filter(|line| line.contains(word)).map(squeezed).collect()
}

#[test]
fn each_value_has_its_origin() {
    let (stage, mut screen) = (stage(), Config::default());
    // In the list of live values, and in that of the config.
    assert_eq!(
        lines(&stage, &mut screen, "lambda"),
        [
            "lambda 0.3 → 0.5 set at step 20 by ada@pts/3: general drifts",
            "mixing.lambda 0.3 → 0.5 set at step 20 by ada@pts/3: general drifts",
        ]
    );
    assert_eq!(
        lines(&stage, &mut screen, "target"),
        [
            "target none → law set at step 22 by schedule",
            "mixing.target none → law set at step 22 by schedule",
        ]
    );
    assert_eq!(
        lines(&stage, &mut screen, "tau"),
        ["tau 1 config line 9", "mixing.tau 1.0 config line 9"]
    );
    assert_eq!(lines(&stage, &mut screen, "clip")[0], "clip 1 default");
    assert_eq!(lines(&stage, &mut screen, "mixing ")[0], "mixing moving default");
}

#[test]
fn a_value_that_differs_without_a_command_is_from_a_checkpoint() {
    let mut events = configured();
    if let Some(Event::LiveValues(live)) = events.last_mut() {
        live.lr = 1e-5;
    }
    let stage = Stage::new(events);
    let shown = lines(&stage, &mut Config::default(), "lr");
    assert_eq!(shown[0], "lr 2e-5 → 1e-5 from a checkpoint");
}

#[test]
fn values_that_a_config_writes_in_other_words_differ_from_none_before_they_are_changed() {
    let mut events = configured();
    let written = [
        ("mixing.lambda", "Auto(2.0)", LiveField::Set(Tunable::Lambda)),
        ("mixing.test", "Plain", LiveField::Set(Tunable::Confidence)),
        ("mixing.forgetting_limit", "{}", LiveField::Limits),
    ];
    if let Some(Event::Configured { values, .. }) = events.first_mut() {
        values.retain(|value| value.field != "mixing.lambda");
        values.extend(written.map(|(field, value, live)| ConfigValue {
            field: field.into(),
            value: value.into(),
            origin: ConfigOrigin::Default,
            live: Some(live),
        }));
    }
    let Some(Event::LiveValues(live)) = events.last_mut() else { panic!("no live values") };
    (live.lambda_auto, live.lambda_span) = (true, 2.0);
    let mut solved = live.clone();
    solved.solved_lambda(3.888_454_033_929_892);
    let mut stage = Stage::new(events);
    let shown = |stage: &Stage, word| lines(stage, &mut Config::default(), word)[0].clone();
    assert_eq!(shown(&stage, "lambda"), "lambda Auto(2) default");
    assert_eq!(shown(&stage, "confidence"), "confidence 0 default");
    assert_eq!(shown(&stage, "limit"), "limit none default");
    stage.apply(Event::LiveValues(solved));
    assert_eq!(shown(&stage, "lambda"), "lambda Auto(2) → 3.888 solved, default");
}

#[test]
fn the_list_is_filtered_and_scrolls() {
    let (mut stage, mut screen) = (stage(), Config::default());
    assert!(lines(&stage, &mut screen, "field39").is_empty());
    assert!(screen.act(Action::Last, &stage.scene()));
    assert_eq!(lines(&stage, &mut screen, "field39").len(), 1);
    stage.filter = "LINE law".into();
    assert_eq!(lines(&stage, &mut screen, "1 of 47 values").len(), 1);
    // The value that is too long for its line is shown below in full.
    assert!(!lines(&stage, &mut screen, "part-8").is_empty());
    stage.filter = "nowhere".into();
    assert_eq!(lines(&stage, &mut screen, "no value fits").len(), 1);
}

#[test]
fn a_value_that_was_set_back_keeps_its_command_as_origin() {
    let mut stage = stage();
    stage.apply(Event::CommandOutcome(CommandOutcome {
        id: CommandId(3),
        request: RequestId(0),
        step: Step(39),
        actor: Actor::Schedule,
        command: Command::Live(LiveChange::Set(Tunable::Lambda, 0.3)),
        reason: None,
        verdict: Verdict::Applied { old: Some("0.5".into()), new: Some("0.3".into()) },
        undone: None,
    }));
    let shown = lines(&stage, &mut Config::default(), "lambda");
    assert_eq!(shown[0], "lambda 0.3 set at step 39 by schedule");
}

proptest! {
    #[test]
    fn any_events_are_drawn_in_any_size(
        events in prop::collection::vec(any_event(), 0..20),
        values in prop::collection::vec(("\\PC{0,30}", "\\PC{0,300}"), 0..60),
        actions in prop::collection::vec(prop::sample::select(vec![
            Action::Up, Action::Down, Action::Last, Action::PageDown, Action::Enlarge, Action::Back,
        ]), 0..8),
        size in (1u16..=400, 1u16..=200),
    ) {
        let mut begun = configured();
        if let Some(Event::Configured { values: all, .. }) = begun.first_mut() {
            let value = |(field, value)| ConfigValue {
                field,
                value,
                origin: ConfigOrigin::Default,
                live: None,
            };
            all.extend(values.into_iter().map(value));
        }
        let (stage, mut screen) = (Stage::new(begun.into_iter().chain(events)), Config::default());
        stage.draw(&mut screen, size);
        for action in actions {
            screen.act(action, &stage.scene());
            stage.draw(&mut screen, size);
        }
    }
}
