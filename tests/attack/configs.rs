//! Changed configs, overrides and commands, read in this process: a plan or errors, never a panic.

use crate::Kind;
use crate::common::{CONFIG, Dice};
use crate::mutate;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use std::path::Path;
use versatune::config::{Files, LoadOptions, load_str};
use versatune::control::Command;

pub const KIND: Kind = Kind { name: "config", share: 1.0, trial };

/// Configs, and commands, of a trial.
const INPUTS: u32 = 2_000;

const OVERRIDES: [&str; 6] = [
    "training.lr=1e-5",
    "mixing.target=law",
    "data.domains[0].train=\"a.jsonl\"",
    "mixing.detected=Given({\"law\": 0.2, \"code\": 0.8})",
    "training.length=Steps(300)",
    "logging.host_secs=1",
];

const COMMANDS: [&str; 5] =
    ["target law code", "set lambda 0.5", "weights law=0.5 code=0.25", "note a b  reason", "undo"];

fn trial(dice: &mut Dice) -> u64 {
    let folder = std::env::temp_dir();
    let options = LoadOptions {
        files: Files::MayBeMissing,
        cwd: folder.clone(),
        home: None,
        cache: folder,
        is_stored: false,
    };
    let configs = (mutate::text(CONFIG), vec(one_of(&OVERRIDES), 0..3));
    mutate::every(dice, INPUTS, configs, |(text, overrides)| {
        if let Err(errors) = load_str(&text, Path::new("attack.ron"), &overrides, &options) {
            let shown = errors.to_string();
            assert!(shown.starts_with("attack.ron: "), "{shown}");
            let raw = shown.chars().find(|c| c.is_control() && *c != '\n');
            assert!(raw.is_none(), "control character {raw:?} in {shown:?}");
        }
    });
    mutate::every(dice, INPUTS, one_of(&COMMANDS), |command| {
        if let Err(error) = Command::parse(&command) {
            assert!(!error.to_string().is_empty());
        }
    });
    2 * u64::from(INPUTS)
}

/// One of these, changed.
fn one_of(all: &'static [&'static str]) -> impl Strategy<Value = String> {
    select(all).prop_flat_map(mutate::text)
}
