//! What an operator wants to do or to know, with the keys of the help, counted.

use super::*;

/// What shows that a job is done.
enum Done {
    /// The run is given this command.
    Sends(&'static str),
    /// These words are on the screen.
    Shows(&'static [&'static str]),
    /// The screens are left.
    Leaves,
}

use Done::{Leaves, Sends, Shows};

/// A job, the keys for it, and what shows that it is done.
const JOBS: &[(&str, &str, Done)] = &[
    ("what is forgotten", "", Shows(&["trouble", "code forgot 12.5 %"])),
    (
        "is the loss falling, where is it best",
        "",
        Shows(&["held-out loss falls", "best mean loss 2.083"]),
    ),
    ("pause", " ", Sends("pause")),
    ("save a checkpoint", "s", Sends("save")),
    ("measure now", "v", Sends("evaluate")),
    ("have texts written", "w", Sends("generate")),
    ("leave, the run goes on", "qk", Leaves),
    ("save and stop", "qs", Sends("stop")),
    ("make another domain the target", "tj \n", Sends("target medical")),
    ("set lambda", "l0.5\n\n", Sends("set lambda 0.5")),
    ("set delta", "d0.1\n\n", Sends("set delta 0.1")),
    ("set tau", "u2\n\n", Sends("set tau 2")),
    ("set the learning rate", "r1e-5\n\n", Sends("set lr 1e-5")),
    ("take the last change back", ":undo\n\n", Sends("undo")),
    ("hold the mixture", ":mixing hold\n\n", Sends("mixing hold")),
    ("stop after a step", ":stop at 100\n\n", Sends("set stop_at 100")),
    ("train longer", ":set length 900\n\n", Sends("set length 900")),
    ("go back to the best checkpoint", ":rollback best\n\n", Sends("rollback best")),
    ("ask the model", ":ask What is a bond?\n", Sends("ask What is a bond?")),
    (
        "hold when a domain forgets",
        ":when forgotten(code) > 0.02 do mixing hold\n\n",
        Sends("when forgotten(code) > 0.02 do mixing hold"),
    ),
    ("one panel in full", "jz", Shows(&["held-out loss"])),
    ("compare two domains", "3/law,code\n", Shows(&["filter / law,code", "ceiling code"])),
    ("hide a domain's curve", "3kkk\n", Shows(&["● medical", "· law"])),
    ("where was the last command", "3NN", Shows(&["step 20", "set lambda 0.5"])),
    ("an event in the curves", "6/eval\ngj\n", Shows(&["step 20"])),
    ("what the model writes", "7", Shows(&["samples"])),
    ("which value is in force", "8", Shows(&["training.lr"])),
    ("what the time goes to", "5", Shows(&["waiting for data"])),
    ("what a sign means", "?", Shows(&["esc"])),
];

#[test]
fn every_job_is_done_with_the_keys_of_the_help() {
    for (job, keys, done) in JOBS {
        let mut model = training();
        shown(&mut model, (110, 32));
        let mut effects = Vec::new();
        for key in keys.chars() {
            effects.extend(press(&mut model, &key.to_string()));
            shown(&mut model, (110, 32));
        }
        let picture = shown(&mut model, (110, 32));
        match done {
            Sends(command) => {
                let sent = effects.iter().filter_map(|effect| match effect {
                    Effect::Send(request) => Some(request.command.to_string()),
                    _ => None,
                });
                assert_eq!(sent.collect::<Vec<_>>(), [*command], "{job}: {keys:?}\n{picture}");
            }
            Shows(words) => {
                let missing = words.iter().find(|word| !picture.contains(**word));
                assert!(missing.is_none(), "{job}: {missing:?} in\n{picture}");
            }
            Leaves => assert_eq!(effects, [Effect::Leave], "{job}"),
        }
        println!("{:>3} {job}", keys.chars().count());
    }
}

#[test]
fn what_the_target_does_next_needs_no_key() {
    let mut model = model(crate::telemetry::many::training_of(crate::telemetry::many::names(6)));
    let picture = shown(&mut model, (200, 60));
    assert!(picture.contains("law expands after step 420 unless the others forget"), "{picture}");
}
