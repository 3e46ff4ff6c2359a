//! Lines as people type them, and the round trip.

use super::*;
use crate::control::CheckpointChoice;
use crate::unit::Step;
use proptest::prelude::*;

fn parsed(line: &str) -> Result<Command, String> {
    Command::parse(line).map_err(|error| error.to_string())
}

#[test]
fn lines_are_read_as_commands() {
    let names = |names: &[&str]| names.iter().map(|name| name.to_string()).collect();
    for (line, command) in [
        ("pause", Command::Lifecycle(LifecycleCommand::Pause)),
        ("  stop\t", Command::Lifecycle(LifecycleCommand::Stop)),
        ("target law", Command::Live(LiveChange::Target(names(&["law"])))),
        ("target law, code", Command::Live(LiveChange::Target(names(&["law", "code"])))),
        ("target none", Command::Live(LiveChange::Target(vec![]))),
        ("set lr 2e-5", Command::Live(LiveChange::Set(Tunable::Lr, 2e-5))),
        ("rollback 400", EngineCommand::Rollback(CheckpointChoice::Step(Step(400))).into()),
        ("ask Why -- not?", EngineCommand::Ask("Why -- not?".into()).into()),
        (
            "rehearse 20 target none",
            EngineCommand::Rehearse(20, Box::new(LiveChange::Target(vec![]).into())).into(),
        ),
        ("rollback best", EngineCommand::Rollback(CheckpointChoice::Best).into()),
        ("set   every  25", Command::Live(LiveChange::Set(Tunable::Every, 25.0))),
        (
            "weights law=0.3,code=.2",
            Command::Engine(EngineCommand::Weights(vec![
                ("law".into(), 0.3),
                ("code".into(), 0.2),
            ])),
        ),
        ("alerts on", Command::Live(LiveChange::Alerts(true, vec![]))),
        (
            "alerts off end,limit",
            Command::Live(LiveChange::Alerts(false, vec![UsualAlert::End, UsualAlert::Limit])),
        ),
        ("mixing release", Command::Live(LiveChange::HoldMixing(false))),
        ("note λ was  too high -- I think", Command::Note("λ was  too high -- I think".into())),
    ] {
        assert_eq!(parsed(line), Ok(command), "{line}");
    }
}

#[test]
fn errors_say_what_was_found_and_what_is_allowed() {
    let long = "pause, resume, stop, abort, save, evaluate, generate, target, set, weights, \
                limit, mixing, rollback, when, whenever, cancel, alerts, undo, rehearse, keep, drop, ask, note";
    let settings = "lambda, delta, tau, confidence, floor, anchor, every, smoothing, lr, clip, length, stop_at, \
                    evaluation.budget, checkpoint.every, samples.every, logging.every";
    for (line, expected) in [
        ("pasue", format!("no command 'pasue'; did you mean pause? There are: {long}")),
        ("", format!("no command ''; There are: {long}")),
        ("quit", format!("no command 'quit'; There are: {long}")),
        ("pause now", "pause takes nothing after it; found 'now'".into()),
        ("set lamda 3", format!("no setting 'lamda'; did you mean lambda? There are: {settings}")),
        ("set lambda", "lambda needs a number, such as 0.3 or 2e-5; found ''".into()),
        ("set lambda NaN", "lambda needs a number, such as 0.3 or 2e-5; found 'NaN'".into()),
        (
            "set lambda 0.3 now",
            "lambda needs a number, such as 0.3 or 2e-5; found '0.3 now'".into(),
        ),
        (
            "target",
            "target needs more: target <domain>[,<domain>…] | none, as in 'target law,code'".into(),
        ),
        (
            "target ,",
            "target needs more: target <domain>[,<domain>…] | none, as in 'target law,code'".into(),
        ),
        (
            "limit law",
            "'law' is no limit; write <domain>=<share>, as in general=0.02, or <domain>=none"
                .into(),
        ),
        ("weights law", "'law' is no weight; write <domain>=<weight>, as in law=0.3".into()),
        ("weights law=x", "law needs a number, such as 0.3 or 2e-5; found 'x'".into()),
        ("alerts", "alerts needs more: alerts on | off [failure,end,pause,ceiling,limit], as in 'alerts off ceiling'".into()),
        ("alerts hold", "no word after alerts 'hold'; There are: on, off".into()),
        (
            "alerts off celing",
            "no built-in alert 'celing'; did you mean ceiling? There are: failure, end, pause, ceiling, limit".into(),
        ),
        ("mixing on", "no word after mixing 'on'; There are: hold, release".into()),
        (
            "when loss > 3",
            "'do' is missing: when <condition> do <command>, as in 'when forgotten(general) > 0.02 for 3 \
             updates do mixing hold'"
                .into(),
        ),
        (
            "whenever",
            "whenever needs more: whenever <condition> do <command>, as in 'whenever grad_norm > 5 * \
             median do note a spike'"
                .into(),
        ),
        ("when loss > 3 do cancel 1", "a rule gives no command about rules".into()),
        ("cancel one", "cancel needs the number of a rule; found 'one'".into()),
        ("note a\u{1b}[31m", "a command is one line of text, without '\\u{1b}'".into()),
    ] {
        assert_eq!(parsed(line), Err(expected), "{line}");
    }
    assert!(parsed("target law none").unwrap_err().contains("and not 'none'"));
}

#[test]
fn every_request_of_a_process_has_its_own_id() {
    let request = || Request::new(Actor::Schedule, LifecycleCommand::Pause);
    let ids: Vec<RequestId> = (0..4)
        .map(|_| std::thread::spawn(move || request().id))
        .map(|thread| thread.join().unwrap())
        .chain([request().id])
        .collect();
    let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!(distinct.len(), ids.len());
}

#[test]
fn a_reason_follows_two_dashes() {
    let parse = Command::parse_with_reason;
    let set = Command::Live(LiveChange::Set(Tunable::Lambda, 0.3));
    assert_eq!(parse("set lambda 0.3 -- too slow"), Ok((set, Some("too slow".into()))));
    assert_eq!(parse("pause"), Ok((LifecycleCommand::Pause.into(), None)));
    // Only a word of its own is the mark; a note keeps it.
    assert_eq!(parse("note a -- b"), Ok((Command::Note("a -- b".into()), None)));
    assert!(parse("pause --why").is_err());
    assert!(parse("pause -- ").unwrap_err().to_string().contains("no reason after --"));
    // Wide white space before the mark: positions are in bytes.
    let (_, wide) = parse("pause\u{3000}--\u{3000}später").unwrap();
    assert_eq!(wide.as_deref(), Some("später"));
}

fn command() -> impl Strategy<Value = Command> {
    let name = "[\\p{L}0-9][\\p{L}0-9_.-]{0,8}".prop_filter("means no domain", |n| n != "none");
    let finite = prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO;
    let tunable = prop::sample::select(Tunable::ALL.to_vec());
    let alone = [
        Command::Lifecycle(LifecycleCommand::Pause),
        Command::Lifecycle(LifecycleCommand::Resume),
        Command::Lifecycle(LifecycleCommand::Stop),
        Command::Lifecycle(LifecycleCommand::Abort),
        Command::Engine(EngineCommand::Save),
        Command::Engine(EngineCommand::Evaluate),
        Command::Engine(EngineCommand::Generate),
        Command::Engine(EngineCommand::Rollback(CheckpointChoice::Best)),
        Command::Engine(EngineCommand::Keep),
        Command::Engine(EngineCommand::Drop),
        Command::Live(LiveChange::HoldMixing(true)),
        Command::Live(LiveChange::HoldMixing(false)),
        Command::Live(LiveChange::Undo),
        Command::Live(LiveChange::CancelRule(7)),
        Command::parse("when loss > 3 for 2 steps do set lr 2e-5").unwrap(),
        Command::parse("whenever not limit reached do note a do b").unwrap(),
    ];
    prop_oneof![
        prop::sample::select(alone.to_vec()),
        prop::collection::vec(name.clone(), 0..4)
            .prop_map(|names| LiveChange::Target(names).into()),
        (tunable, finite).prop_map(|(tunable, value)| LiveChange::Set(tunable, value).into()),
        Just(LiveChange::AutoLambda.into()),
        (any::<bool>(), prop::sample::subsequence(UsualAlert::ALL.to_vec(), 0..=5))
            .prop_map(|(on, named)| LiveChange::Alerts(on, named).into()),
        prop::collection::vec((name.clone(), prop::option::of(0.0..=1.0f64)), 1..4)
            .prop_map(|limits| LiveChange::Limit(limits).into()),
        prop::collection::vec((name, 0.0..=1.0f64), 1..4)
            .prop_map(|named| EngineCommand::Weights(named).into()),
        any::<u64>().prop_map(|step| {
            EngineCommand::Rollback(CheckpointChoice::Step(Step(step))).into()
        }),
        "[^\\s\\p{C}]([^\\p{C}]{0,40}[^\\s\\p{C}])?".prop_map(Command::Note),
    ]
}

proptest! {
    #[test]
    fn what_is_written_is_read(command in command()) {
        prop_assert_eq!(parsed(&command.to_string()), Ok(command));
    }

    #[test]
    fn in_json_a_command_is_its_line(command in command()) {
        let json = serde_json::to_string(&command).unwrap();
        prop_assert_eq!(&json, &serde_json::to_string(&command.to_string()).unwrap());
        prop_assert_eq!(serde_json::from_str::<Command>(&json).unwrap(), command);
    }

    #[test]
    fn no_line_panics(line in "\\PC*", words in "(set|target|weights|note|pause)[ ,=a-z0-9.-]{0,20}") {
        for line in [line, words] {
            if let Ok(command) = Command::parse(&line) {
                prop_assert_eq!(parsed(&command.to_string()), Ok(command));
            }
            let _ = Command::parse_with_reason(&line);
        }
    }
}

#[test]
fn commands_with_a_semicolon_between_them_are_a_group() {
    let read = |line: &str| {
        let (commands, reason) = Command::parse_group(line).unwrap();
        (commands.iter().map(Command::to_string).collect::<Vec<_>>(), reason)
    };
    let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    assert_eq!(read("pause"), (words(&["pause"]), None));
    assert_eq!(
        read("set lambda 0.3;target law -- slow; and steady"),
        (words(&["set lambda 0.3", "target law"]), Some("slow; and steady".into()))
    );
    assert_eq!(read("pause; note a; b -- c"), (words(&["pause", "note a; b -- c"]), None));
    for bad in ["pause;", ";pause", "pause; ; resume", "pause; fly"] {
        assert!(Command::parse_group(bad).is_err(), "{bad}");
    }
}
