//! Changed rules and conditions: a condition that is written as it was read, or an error, never a panic.

use crate::Kind;
use crate::common::Dice;
use crate::mutate;
use proptest::prelude::*;
use proptest::sample::select;
use versatune::control::{Command, Condition};

pub const KIND: Kind = Kind { name: "rules", share: 1.0, trial };

/// Conditions, and rules, of a trial.
const INPUTS: u32 = 5_000;

const CONDITIONS: [&str; 9] = [
    "forgotten(general) > 0.02 for 3 updates",
    "tokens_per_s < 0.5 * median",
    "target at ceiling and not (loss(law) > 3 or weight(code) <= 0.1)",
    "gpu.temperature > 88 for 20 steps",
    "phase failed or paused by itself",
    "no step for 10 min",
    "not not not limit reached",
    "1e-3 * lr >= grad_norm",
    "((((step > 3))))",
];

const RULES: [&str; 4] = [
    "when forgotten(general) > 0.02 do mixing hold",
    "whenever grad_norm > 5 * median for 2 steps do note a spike",
    "when loss(law) < 1.5 do weights law=0.5 code=0.25",
    "cancel 2",
];

fn trial(dice: &mut Dice) -> u64 {
    mutate::every(dice, INPUTS, one_of(&CONDITIONS), |text| match Condition::parse(&text) {
        Ok(condition) => {
            assert_eq!(Condition::parse(&condition.to_string()).as_ref(), Ok(&condition));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    });
    mutate::every(dice, INPUTS, one_of(&RULES), |line| match Command::parse(&line) {
        Ok(command) => assert_eq!(Command::parse(&command.to_string()).as_ref(), Ok(&command)),
        Err(error) => assert!(!error.to_string().is_empty()),
    });
    2 * u64::from(INPUTS)
}

/// One of these, changed.
fn one_of(all: &'static [&'static str]) -> impl Strategy<Value = String> {
    select(all).prop_flat_map(mutate::text)
}
