use super::*;
use crate::control::Command;

fn live() -> LiveValues {
    let params = MixingParams { lambda: 0.3, delta: 0.05, tau: 1.0, ..MixingParams::default() };
    LiveValues {
        params,
        lambda_auto: false,
        lambda_span: usual_span(),
        every: 20,
        smoothing: 0.0,
        lr: 2e-5,
        clip: None,
        mixing_held: false,
        intervals: Intervals::default(),
        rules: Rules::default(),
        alerts_off: BTreeSet::new(),
        earlier: Vec::new(),
    }
}

fn give(live: &mut LiveValues, line: &str) -> Result<Change, String> {
    let domains = ["law", "code"].map(String::from);
    let Command::Live(change) = Command::parse(line).unwrap() else { panic!("{line}") };
    live.apply(&change, &domains)
}

#[test]
fn undo_takes_changes_back_one_by_one() {
    let mut now = live();
    let lines = ["set lambda 0.5", "target code", "set clip 2", "mixing hold", "set every 7"];
    for line in lines {
        give(&mut now, line).unwrap();
    }
    assert_eq!(now.field_of(&LiveChange::Undo), Some(LiveField::Set(Tunable::Every)));
    let undone: Vec<Change> = (0..5).map(|_| give(&mut now, "undo").unwrap()).collect();
    let undone: Vec<(&str, &str)> = undone.iter().map(|(a, b)| (&**a, &**b)).collect();
    assert_eq!(
        undone,
        [
            ("every 7", "every 20"),
            ("mixing held", "mixing moving"),
            ("clip 2", "clip none"),
            ("target code", "target none"),
            ("lambda 0.5", "lambda 0.3"),
        ]
    );
    assert_eq!(now, live());
    assert_eq!(give(&mut now, "undo"), Err("no live value was changed".into()));
}

#[test]
fn lambda_is_solved_again_and_a_limit_set_and_both_taken_back() {
    let mut now = live();
    assert_eq!(give(&mut now, "set lambda auto").unwrap(), ("0.3".into(), "auto".into()));
    assert!(now.lambda_auto);
    now.solved_lambda(0.125);
    assert_eq!((now.params.lambda, now.lambda_auto), (0.125, false));
    let set = give(&mut now, "limit law=0.02 code=0.1").unwrap();
    assert_eq!(set, ("none".into(), "law=0.02 code=0.1".into()));
    let set = give(&mut now, "limit law=none").unwrap();
    assert_eq!(set, ("law=0.02 code=0.1".into(), "code=0.1".into()));
    give(&mut now, "undo").unwrap();
    give(&mut now, "undo").unwrap();
    let undone = give(&mut now, "undo").unwrap();
    assert_eq!(undone, ("lambda 0.125".into(), "lambda 0.3".into()));
    assert_eq!(now, live());
    // A number given before λ is solved: the undo leaves it to be solved again.
    now.lambda_auto = true;
    assert_eq!(give(&mut now, "set lambda 2").unwrap(), ("auto".into(), "2".into()));
    assert!(!now.lambda_auto);
    assert_eq!(give(&mut now, "undo").unwrap(), ("lambda 2".into(), "lambda auto".into()));
    assert!(now.lambda_auto);
}

#[test]
fn rules_are_added_cancelled_and_taken_back_and_keep_their_numbers() {
    let mut now = live();
    let added = give(&mut now, "when loss(law) > 3 do pause").unwrap();
    assert_eq!(added, ("none".into(), "1: when loss(law) > 3 do pause".into()));
    give(&mut now, "whenever step > 3 do note x").unwrap();
    give(&mut now, "cancel 2").unwrap();
    assert_eq!(give(&mut now, "cancel 2"), Err("there is no rule 2; there are: 1".into()));
    assert_eq!(give(&mut now, "undo").unwrap().1.matches("2: whenever").count(), 1);
    give(&mut now, "undo").unwrap();
    give(&mut now, "when step > 4 do save").unwrap();
    let numbers: Vec<u64> = now.rules.iter().map(|rule| rule.number).collect();
    assert_eq!(numbers, [1, 3], "2 was another rule");
    let error = give(&mut now, "when loss(lwa) > 3 do pause").unwrap_err();
    assert!(error.contains("did you mean law?"), "{error}");
    let stored = serde_json::to_string(&now).unwrap();
    assert_eq!(serde_json::from_str::<LiveValues>(&stored).unwrap(), now);
}

#[test]
fn a_rejected_change_leaves_nothing_to_undo() {
    let mut now = live();
    assert!(give(&mut now, "set delta 5").is_err());
    assert!(give(&mut now, "target lwa").is_err());
    assert_eq!(now, live());
}

#[test]
fn the_default_of_every_does_not_overrule_an_operator() {
    let mut now = live();
    now.settle(Tunable::Every, 18);
    assert_eq!(now.every, 18);
    let mut now = live();
    for line in ["set lambda 0.5", "set every 7", "set every 9"] {
        give(&mut now, line).unwrap();
    }
    now.settle(Tunable::Every, 18);
    assert_eq!(now.every, 9);
    let undone = [give(&mut now, "undo").unwrap().1, give(&mut now, "undo").unwrap().1];
    assert_eq!(undone, ["every 7", "every 18"]);
}

#[test]
fn a_value_is_taken_back_whatever_was_changed_since() {
    let domains = ["law", "code"].map(String::from);
    let mut now = live();
    give(&mut now, "set clip 2").unwrap();
    give(&mut now, "target code").unwrap();
    let clip = LiveField::Set(Tunable::Clip);
    now.take_back(clip, &domains).unwrap();
    assert_eq!((now.clip, now.params.targets.len()), (live().clip, 1));
    assert!(now.take_back(clip, &domains).is_err());
    assert_eq!(now.field_of(&LiveChange::Undo), Some(LiveField::Target));
}

#[test]
fn built_in_alerts_are_switched_by_name_and_back() {
    let mut now = live();
    let words = |now: &mut LiveValues, line| give(now, line).unwrap();
    let change = |old: &str, new: &str| (old.to_owned(), new.to_owned());
    assert_eq!(words(&mut now, "alerts off limit,ceiling"), change("on", "ceiling, limit off"));
    assert_eq!(words(&mut now, "alerts off"), change("ceiling, limit off", "off"));
    assert_eq!(
        words(&mut now, "alerts on end"),
        change("off", "failure, pause, ceiling, limit off")
    );
    let undone = words(&mut now, "undo");
    assert_eq!(undone, change("alerts failure, pause, ceiling, limit off", "alerts off"));
    assert_eq!(words(&mut now, "alerts on"), change("off", "on"));
    assert_eq!(now.alerts_off, BTreeSet::new());
}
