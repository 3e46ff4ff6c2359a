//! An attack on the real binary: killed, its files damaged, its disk full, fed with what strangers
//! send. `make attack MINUTES=60 SEED=1`; not a part of `make test`.
//!
//! Each trial is a function of the seed, its kind and its number, and fails by a panic, as a test
//! does. A fault is printed with the arguments that repeat it.

#[path = "../common/mod.rs"]
mod common;

mod bounded;
mod configs;
mod damage;
mod disks;
mod hub;
mod judge;
mod kills;
mod models;
mod mutate;
mod packed;
mod records;
mod rows;
mod rules;
mod scoreboard;
mod socket;
mod terminal;
mod watch;

use common::Dice;
use scoreboard::Scoreboard;
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use watch::Watch;

/// A kind of attack.
pub struct Kind {
    pub name: &'static str,
    /// Share of the time.
    pub share: f64,
    /// Carries out one trial and gives the number of inputs that it tried.
    pub trial: fn(&mut Dice) -> u64,
}

const KINDS: [&Kind; 13] = [
    &kills::AT_RANDOM,
    &kills::AT_SYSTEM_CALLS,
    &damage::KIND,
    &disks::KIND,
    &hub::KIND,
    &judge::KIND,
    &models::KIND,
    &rows::KIND,
    &configs::KIND,
    &records::KIND,
    &rules::KIND,
    &socket::KIND,
    &terminal::KIND,
];

struct Args {
    minutes: f64,
    seed: u64,
    /// Only this kind.
    kind: Option<String>,
    /// Only this trial of it.
    trial: Option<u64>,
}

fn main() -> ExitCode {
    let args = match args(std::env::args().skip(1)) {
        Ok(args) => args,
        Err(problem) => {
            eprintln!(
                "error: {problem}; usage: [--minutes N] [--seed N] [--kind NAME [--trial N]]"
            );
            return ExitCode::from(2);
        }
    };
    panic::set_hook(Box::new(|_| {}));
    let watch = Watch::begin();
    let mut board = Scoreboard::new(KINDS.map(|kind| kind.name));
    let end = Instant::now() + Duration::from_secs_f64(60.0 * args.minutes);
    let mut spent = KINDS.map(|_| 0.0);
    let mut numbers = KINDS.map(|_| args.trial.unwrap_or(0));
    while Instant::now() < end {
        let Some(i) = next(&args, &spent) else { break };
        let begun = Instant::now();
        let (kind, number) = (KINDS[i], numbers[i]);
        let mut dice = Dice(stream(args.seed, kind.name, number));
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| (kind.trial)(&mut dice)));
        let outcome = outcome
            .map_err(|payload| text_of(&*payload))
            .and_then(|inputs| watch.check().map(|()| inputs));
        if let Err(fault) = &outcome {
            println!("FAULT --seed {} --kind {} --trial {number}: {fault}\n", args.seed, kind.name);
        }
        board.count(i, &outcome);
        if args.trial.is_some() {
            break;
        }
        numbers[i] += 1;
        spent[i] += begun.elapsed().as_secs_f64();
    }
    print!("{}", board.table(args.seed));
    if board.faults() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The kind that has had the least of its share of the time.
fn next(args: &Args, spent: &[f64]) -> Option<usize> {
    let wanted = |i: &usize| args.kind.as_deref().is_none_or(|name| name == KINDS[*i].name);
    let used = |i: &usize| spent[*i] / KINDS[*i].share;
    (0..KINDS.len()).filter(wanted).min_by(|a, b| used(a).total_cmp(&used(b)))
}

/// The random stream of one trial.
fn stream(seed: u64, kind: &str, number: u64) -> u64 {
    let mut dice = Dice(seed);
    for byte in kind.bytes() {
        dice.0 ^= u64::from(byte);
        dice.below(1);
    }
    dice.0.wrapping_add(number << 20)
}

fn args(mut given: impl Iterator<Item = String>) -> Result<Args, String> {
    let mut args = Args { minutes: 5.0, seed: 1, kind: None, trial: None };
    while let Some(name) = given.next() {
        let value = given.next().ok_or_else(|| format!("{name} has no value"))?;
        let number = || value.parse::<f64>().map_err(|_| format!("{name} {value} is no number"));
        match name.as_str() {
            "--minutes" => args.minutes = number()?,
            "--seed" => args.seed = number()? as u64,
            "--trial" => args.trial = Some(number()? as u64),
            "--kind" if KINDS.iter().any(|kind| kind.name == value) => args.kind = Some(value),
            "--kind" => {
                let known = KINDS.map(|kind| kind.name).join(", ");
                return Err(format!("there is no kind {value}; known are {known}"));
            }
            _ => return Err(format!("unknown argument {name}")),
        }
    }
    Ok(args)
}

fn text_of(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref().copied()).unwrap_or("a panic without a text").to_owned()
}
